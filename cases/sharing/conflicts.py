"""What keeps a share from leaving."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from cases.sharing import checks, tlp
from cases.sharing.facts import Offer
from cases.sharing.leaks import Told, leaks
from cases.sharing.minimise import PERSONAL
from cases.sharing.pieces import Mapped
from cases.sharing.stix import Object
from detectors import normalise

VALID_AT_MOST: Final = timedelta(days=400)


@dataclass(frozen=True, slots=True)
class Conflict:
    """What keeps a share from leaving. what: the value or the text that it is about."""

    rule: str
    sentence: str
    what: str = ""


def whole_conflicts(offer: Offer, now: datetime, receivers: int) -> Iterator[Conflict]:
    """What keeps the share from anybody."""
    case = offer.case
    if tlp.RED in (case.level, offer.level):
        yield Conflict("tlp", "TLP:RED leaves by no machine and no file. No one can override this.")
    elif tlp.rank(offer.level) < tlp.rank(case.level):
        said = f"The case is {tlp.label(case.level)}; the share is wider, {tlp.label(offer.level)}."
        yield Conflict("tlp", said)
    if not now < offer.valid_until <= now + VALID_AT_MOST:
        yield Conflict(
            "valid-until", f"It must end within {VALID_AT_MOST.days} days, and not in the past."
        )
    if not receivers:
        yield Conflict("audience", "Nobody would get it.")


def conflicts(
    out: Mapped, objects: Sequence[Object], bodies: tuple[bytes, bytes], offer: Offer
) -> Iterator[Conflict]:
    found = [one for body in bodies for one in leaks(Told.read(body), out.withheld)]
    for type, value in dict.fromkeys(found):
        yield Conflict(
            "leak",
            f"A value ({type}) that is withheld, hashed or cut occurs in what would leave. Take it"
            " out of title, summary or shared note.",
            value,
        )
    for text in _free_texts(objects, offer):
        for mention in normalise.extract(text):
            if mention.type in PERSONAL - {"handle"}:
                yield Conflict(
                    "personal-data",
                    f"A text for partners names a person's {mention.type}.",
                    mention.value,
                )
    for fault in checks.faults(objects, out.level):
        yield Conflict("invalid", fault)


def _free_texts(objects: Sequence[Object], offer: Offer) -> Iterator[str]:
    """What people wrote and what leaves of it, each once."""
    notes = (str(one["content"]) for one in objects if one["type"] == "note")
    return iter(dict.fromkeys((offer.title, offer.summary, *notes)))
