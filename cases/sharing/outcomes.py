"""What the desk tells others of what they shared: counts that name nobody. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from cases.sharing import stix
from cases.sharing.stix import Object

STEPS: Final = (5, 20, 100, 1_000)
"""Counts are told as the floor of their step; under the first nothing is told."""


@dataclass(frozen=True, slots=True)
class Seen:
    """An indicator of somebody, and how many accounts used it between two moments."""

    indicator: str
    marks: tuple[str, ...]
    accounts: int


@dataclass(frozen=True, slots=True)
class Told:
    """When something was told first, when it is told now, and under which marks."""

    first: datetime
    now: datetime
    marks: tuple[str, ...]


def floor_of(count: int) -> int:
    """The step that a count has reached; 0 under the first."""
    return max((step for step in STEPS if step <= count), default=0)


def sightings(
    seen: Sequence[Seen], *, maker: Object, since: datetime, until: datetime, name: str
) -> list[Object]:
    """Sightings of those that enough accounts used, and who says so; empty when none was.

    Moments are cut to days. name: makes ids that are the same for the same window.
    """
    told = [one for one in seen if floor_of(one.accounts)]
    if not told:
        return []
    began = stix.moment(since.replace(hour=0, minute=0, second=0, microsecond=0))
    ended = stix.moment(until.replace(hour=0, minute=0, second=0, microsecond=0))
    return [
        maker,
        *(_sighting(one, maker, (began, max(began, ended)), until, name) for one in told),
    ]


def opinion(about: str, word: str, *, maker: Object, told: Told, name: str) -> list[Object]:
    """What the desk thinks of an object of somebody, and who says so; an empty word takes it back.

    No person and no reason is told. name: makes an id that is the same for the same object.
    """
    said: Object = {
        "type": "opinion",
        "spec_version": "2.1",
        "id": f"opinion--{stix.named(f'{name} {about} opinion')}",
        "created_by_ref": maker["id"],
        "created": stix.moment(told.first),
        "modified": stix.moment(told.now),
        "object_marking_refs": list(told.marks),
        "opinion": word or "neutral",
        "object_refs": [about],
    }
    return [maker, said if word else said | {"revoked": True}]


def _sighting(one: Seen, maker: Object, window: tuple[str, str], at: datetime, name: str) -> Object:
    return {
        "type": "sighting",
        "spec_version": "2.1",
        "id": f"sighting--{stix.named(f'{name} {one.indicator} {window[0]} {stix.moment(at)}')}",
        "created_by_ref": maker["id"],
        "created": stix.moment(at),
        "modified": stix.moment(at),
        "object_marking_refs": list(one.marks),
        "first_seen": window[0],
        "last_seen": window[1],
        "count": floor_of(one.accounts),
        "sighting_of_ref": one.indicator,
        "where_sighted_refs": [maker["id"]],
        "extensions": stix.own_fields(kind="sighting"),
    }
