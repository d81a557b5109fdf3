"""The one gate: what a share is for an audience, who gets it, and what holds it up."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from hashlib import sha256
from typing import Any, Final

from cases.sharing import checks, csvtable, tlp
from cases.sharing.facts import Offer
from cases.sharing.leaks import Told, leaks
from cases.sharing.mapping import Line, Mapped, mapped
from cases.sharing.minimise import PERSONAL, Profile
from cases.sharing.stix import Object
from detectors import normalise

VALID_AT_MOST: Final = timedelta(days=400)
# Why a partner does not get it -> in words after its name.
REFUSALS: Final = {
    "inactive": "is switched off",
    "circle-inactive": "is in a circle that is switched off",
    "no-agreement": "has no agreement with purpose and legal basis",
    "agreement-ended": "had an agreement that has ended",
    "red": "gets nothing that is TLP:RED by a machine or a file",
    "cap": "is not cleared for this TLP",
    "circle-cap": "is in a circle that is not cleared for this TLP",
    "not-community": "is in a circle that is no community, which TLP:GREEN asks for",
    "tlp-1": "knows TLP 1 only, which has no TLP:AMBER+STRICT",
    "not-named": "is not named in the share",
    "joined-later": "joined the circle after it was shared",
    "left": "is not in the circle any more",
}


@dataclass(frozen=True, slots=True)
class Audience:
    """One partner as the gate sees it. ends_on: last day of its agreement."""

    cap: str
    circle_cap: str
    ends_on: date | None = None
    agreed: bool = True
    active: bool = True
    circle_active: bool = True
    community: bool = False
    knows_tlp_2: bool = True
    named: bool = True
    member: bool = True
    joined_later: bool = False


@dataclass(frozen=True, slots=True)
class Conflict:
    """What keeps a share from leaving. what: the value or the text that it is about."""

    rule: str
    sentence: str
    what: str = ""


@dataclass(frozen=True, slots=True)
class Rendered:
    """What leaves to partners of one profile. objects: with their exact bytes, in order."""

    profile: str
    bundle: bytes
    table: bytes
    objects: tuple[Object, ...]
    lines: tuple[Line, ...]
    subjects: tuple[tuple[str, str, str, str], ...]
    conflicts: tuple[Conflict, ...]

    @property
    def sha256(self) -> str:
        """Of the bundle."""
        return digest(self.bundle)


def render(offer: Offer, profile: Profile) -> Rendered:
    """Every byte of a share that leaves the desk was made here.

    The same offer and the same profile are the same bytes. Raises ValueError at TLP:RED.
    """
    if profile.level == tlp.RED:
        message = "TLP:RED leaves by no machine and no file."
        raise ValueError(message)
    out = mapped(offer, profile)
    objects = closed(out.objects.values())
    name = offer.name_of("bundle", offer.case.key).id
    bundle = written({"type": "bundle", "id": name, "objects": objects})
    table = csvtable.written(out.rows, offer, profile)
    return Rendered(
        profile=profile.name,
        bundle=bundle,
        table=table,
        objects=tuple(objects),
        lines=tuple(out.lines),
        subjects=tuple(out.subjects),
        conflicts=tuple(_conflicts(out, objects, (bundle, table), offer)),
    )


def written(bundle: dict[str, Any]) -> bytes:
    """A bundle as people can read it; ASCII, so that what they see is what leaves."""
    return json.dumps(bundle, indent=2, sort_keys=True, ensure_ascii=True).encode() + b"\n"


def digest(body: bytes) -> str:
    return sha256(body).hexdigest()


def refusals(level: str, audience: Audience, today: date) -> list[str]:
    """Why this partner does not get what is marked so; empty: it does. Names in `REFUSALS`."""
    tests = {
        "red": level == tlp.RED,
        "inactive": not audience.active,
        "circle-inactive": not audience.circle_active,
        "no-agreement": not audience.agreed,
        "agreement-ended": audience.ends_on is not None and audience.ends_on < today,
        "cap": tlp.rank(level) > tlp.rank(audience.cap),
        "circle-cap": tlp.rank(level) > tlp.rank(audience.circle_cap),
        "not-community": level == tlp.GREEN and not audience.community,
        "tlp-1": level == tlp.STRICT and not audience.knows_tlp_2,
        "not-named": not audience.named,
        "joined-later": audience.joined_later,
        "left": not audience.member,
    }
    return [name for name, holds in tests.items() if holds]


def closed(objects: Iterable[Object]) -> list[Object]:
    """Objects without those that refer to what is not there, or to what is marked narrower.

    A list of references loses the ones that lead nowhere; what loses all of them stays too.
    """
    kept = {one["id"]: one for one in objects}
    while True:
        left = {id: cut for id, one in kept.items() if (cut := _cut(one, kept)) is not None}
        if left == kept:
            return list(kept.values())
        kept = left


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


def _conflicts(
    out: Mapped, objects: Sequence[Object], bodies: tuple[bytes, bytes], offer: Offer
) -> Iterator[Conflict]:
    found = [one for body in bodies for one in leaks(Told.read(body), out.withheld)]
    for type, value in dict.fromkeys(found):
        yield Conflict(
            "leak",
            f"A {type} that is withheld, hashed or cut occurs in what would leave. Take it out of"
            " title, summary or shared note.",
            value,
        )
    for text in _free_texts(objects, offer):
        for mention in normalise.extract(text):
            if mention.type in PERSONAL - {"handle"}:
                yield Conflict(
                    "personal-data", f"A text for partners names a {mention.type}.", mention.value
                )
    for fault in checks.faults(objects, out.level):
        yield Conflict("invalid", fault)


def _free_texts(objects: Sequence[Object], offer: Offer) -> Iterator[str]:
    """What people wrote and what leaves of it, each once."""
    notes = (str(one["content"]) for one in objects if one["type"] == "note")
    return iter(dict.fromkeys((offer.title, offer.summary, *notes)))


def _cut(one: Object, kept: dict[str, Object]) -> Object | None:
    """The object with the references that hold; None without one that it has to have."""
    cut = dict(one)
    level = tlp.level_of(one)
    for name, value in one.items():
        if name == "object_marking_refs":
            continue
        if name.endswith("_refs"):
            cut[name] = [ref for ref in value if _reaches(ref, level, kept)]
            if not cut[name]:
                return None
        elif name.endswith("_ref") and not _reaches(value, level, kept):
            return None
    return cut


def _reaches(ref: str, level: str | None, kept: dict[str, Object]) -> bool:
    there = kept.get(ref)
    if there is None:
        return False
    theirs = tlp.level_of(there)
    return level is None or theirs is None or tlp.rank(theirs) <= tlp.rank(level)
