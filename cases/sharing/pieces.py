"""What every object of a share has in common, and what became of every field."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final

from cases.sharing import minimise, stix, tlp
from cases.sharing.facts import Offer
from cases.sharing.minimise import HMAC, SENT, TRUNCATED, Fate, Profile, Thing
from cases.sharing.stix import Object

SEED: Final = "investigation-seed"
SEED_AT_MOST: Final = 29
"""Confidence above which nobody would take it for a lead only."""


@dataclass(frozen=True, slots=True)
class Line:
    """One field of one thing in the preview: what was there, what leaves of it, by which rule."""

    about: str
    field: str
    how: str
    rule: str
    before: str = ""
    after: str = ""


@dataclass(slots=True)
class Mapped:
    """Objects in the order in which they were made, each once; lines of the preview.

    level: of all of it. withheld: (type, value) of everything that must occur nowhere in what
    leaves. subjects: (type, value, how, id) of each thing of which something leaves. rows: a line
    of the table for each of them.
    """

    level: str
    objects: dict[str, Object] = field(default_factory=dict)
    lines: list[Line] = field(default_factory=list)
    withheld: list[tuple[str, str]] = field(default_factory=list)
    subjects: list[tuple[str, str, str, str]] = field(default_factory=list)
    ids: dict[Thing, str] = field(default_factory=dict)
    rows: list[tuple[Thing, Fate]] = field(default_factory=list)

    def add(self, one: Object) -> str:
        self.objects.setdefault(one["id"], one)
        return str(one["id"])


def common(type: str, source: str, offer: Offer, profile: Profile) -> Object:
    """What every domain object and relationship bears."""
    named = offer.name_of(type, source)
    return {
        "type": type,
        "spec_version": "2.1",
        "id": named.id,
        "created_by_ref": offer.maker.id,
        "created": stix.moment(named.created),
        "modified": stix.moment(offer.at),
        "object_marking_refs": [tlp.MARKING[profile.level]],
    }


def how_sure(probability: float, offer: Offer) -> dict[str, Any]:
    """Confidence, 0 to 100; what nobody confirmed is a lead, and says so."""
    said = round(100 * min(1.0, max(0.0, probability)))
    if offer.case.confirmed:
        return {"confidence": said}
    return {"confidence": min(said, SEED_AT_MOST), "labels": [SEED]}


def time_line(out: Mapped, about: str, name: str, at: datetime, level: str) -> str:
    cut, rule = minimise.time_of(at, level)
    how = SENT if cut == at.replace(microsecond=0) else TRUNCATED
    out.lines.append(Line(about, name, how, rule, before=stix.moment(at), after=stix.moment(cut)))
    return stix.moment(cut)


def tie(out: Mapped, tie: tuple[str, str, str], offer: Offer, profile: Profile) -> None:
    kind, source, target = tie
    out.add(
        {
            **common("relationship", " ".join(tie), offer, profile),
            "relationship_type": kind,
            "source_ref": source,
            "target_ref": target,
        }
    )


def observable_of(thing: Thing, fate: Fate, level: str) -> Object:
    """The observable that carries what leaves of a thing."""
    value = fate.value
    if fate.how == HMAC or thing.type not in _CARRIERS:
        return stix.observable("user-account", level, account_type=thing.type, user_id=value)
    type, properties = _CARRIERS[thing.type](value)
    return stix.observable(type, level, **properties)


def _account(value: str) -> tuple[str, dict[str, Any]]:
    platform, _, actor = value.partition(":")
    return "user-account", {"account_type": platform, "user_id": actor}


def _address(value: str) -> tuple[str, dict[str, Any]]:
    return "ipv6-addr" if ":" in value else "ipv4-addr", {"value": value}


def _file(value: str) -> tuple[str, dict[str, Any]]:
    return "file", {"hashes": {stix.HASH_OF_LENGTH[len(value)]: value}}


# Type of a thing that leaves as it is -> its observable. Every other type travels as an account of
# its own type, as does every keyed hash: an `hmac:` in an address would be no address.
_CARRIERS: Final[dict[str, Callable[[str], tuple[str, dict[str, Any]]]]] = {
    "account": _account,
    "domain": lambda value: ("domain-name", {"value": value}),
    "url": lambda value: ("url", {"value": value}),
    "ip": _address,
    "hash": _file,
}
