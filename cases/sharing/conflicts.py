"""What keeps a share from leaving."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
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

PAPS: Final = ("clear", "green", "amber", "red")
VALID_AT_MOST: Final = timedelta(days=400)
OVERRIDABLE: Final = frozenset({"pap", "licence", "personal-data"})
"""What a lead may weigh; TLP, leaks, ends and agreements are not among it."""
_NARROW: Final = re.compile(r"(?:^|[-\s])(?:NC|ND|NOASSERTION|PROPRIETARY|NONE)(?:[-\s]|$)", re.I)
"""Licences that do not let pass on: no commercial use, no derivatives, none given."""


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


@dataclass(frozen=True, slots=True)
class Received:
    """What somebody else said of a value that a share tells."""

    type: str
    value: str
    source: str
    pap: str
    licence: str


def received_conflicts(offer: Offer, received: Iterable[Received]) -> Iterator[Conflict]:
    """What the sources of values do not allow: more than their PAP, or passing on at all."""
    for one in received:
        if one.pap and PAPS.index(offer.pap) < PAPS.index(one.pap):
            yield Conflict(
                "pap",
                f"{one.source} sent this {one.type} as PAP:{one.pap.upper()}; the share allows more"
                f", PAP:{offer.pap.upper()}.",
                one.value,
            )
        if _NARROW.search(one.licence):
            yield Conflict(
                "licence",
                f"{one.source} sent this {one.type} under {one.licence}, which does not let it be"
                " passed on.",
                one.value,
            )


def conflicts(
    out: Mapped, objects: Sequence[Object], bodies: Sequence[bytes], offer: Offer
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
