"""What desks tell each other of how a pattern fares: a floor of a count, a week, no event."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Any, Final
from uuid import UUID

from cases.sharing import stix, tlp
from cases.sharing.facts import Maker
from cases.sharing.patterns.wire import UnreadableError
from cases.sharing.stix import EXTENSION, Object

FORMAT: Final = "abuse-outcome/1"
CONFIRMED: Final = "confirmed"
FALSE: Final = "false_positive"
KINDS: Final = (CONFIRMED, FALSE)
FLOORS: Final = (5, 20, 100, 1_000)
"""Fewer than the first tell nothing; else the largest that is reached is told."""
WEEK: Final = timedelta(days=7)
_MEMBERS: Final = frozenset(
    {
        "type", "spec_version", "id", "created_by_ref", "created", "modified", "first_seen",
        "last_seen", "count", "sighting_of_ref", "object_marking_refs", "extensions",
    }
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Outcome:
    """A count of one week. floor: at least so many groups."""

    pattern: str
    revision: int
    kind: str
    monday: date
    floor: int


def floor_of(count: int) -> int:
    """What is told of a count; 0: nothing is."""
    return max((one for one in FLOORS if one <= count), default=0)


def bucket(floor: int) -> str:
    """A floor as people read it."""
    place = FLOORS.index(floor) if floor in FLOORS else -1
    if place < 0:
        return "none"
    above = FLOORS[place + 1] - 1 if place + 1 < len(FLOORS) else None
    return f"{floor:,} to {above:,}" if above else f"{floor:,} or more"


def monday_of(at: datetime) -> date:
    """The day on which the week of a moment begins, UTC."""
    day = at.astimezone(UTC).date()
    return day - timedelta(days=day.weekday())


def sighting_of(one: Outcome, uuid: UUID, maker: Maker, level: str) -> Object:
    """What goes over the wire: a count and dates, of which pattern, and nothing else."""
    begin = datetime.combine(one.monday, time(), UTC)
    end = begin + WEEK - timedelta(seconds=1)
    said = stix.moment(begin + WEEK)
    return {
        "type": "sighting",
        "spec_version": "2.1",
        "id": f"sighting--{uuid}",
        "created_by_ref": maker.id,
        "created": said,
        "modified": said,
        "first_seen": stix.moment(begin),
        "last_seen": stix.moment(end),
        "count": one.floor,
        "sighting_of_ref": one.pattern,
        "object_marking_refs": [tlp.MARKING[level]],
        "extensions": {
            EXTENSION: {
                "extension_type": "property-extension",
                "format": FORMAT,
                "kind": one.kind,
                "revision": one.revision,
            }
        },
    }


def outcome_of(sighting: dict[str, Any]) -> Outcome | None:
    """What a partner tells; None for a sighting of another sort. Raises UnreadableError."""
    extension = (sighting.get("extensions") or {}).get(EXTENSION)
    if not isinstance(extension, dict) or extension.get("format") != FORMAT:
        return None
    kind, revision, floor = (extension.get("kind"), extension.get("revision"),
                             sighting.get("count"))  # fmt: skip
    if beyond := sorted(sighting.keys() - _MEMBERS):
        message = f"A count of outcomes tells counts and dates only, not {beyond[0]}."
        raise UnreadableError(message)
    if kind not in KINDS or floor not in FLOORS or not isinstance(revision, int):
        message = f"A count of outcomes has a kind of {KINDS} and a count of {FLOORS}."
        raise UnreadableError(message)
    try:
        begin = datetime.fromisoformat(str(sighting["first_seen"]))
    except (KeyError, ValueError) as error:
        message = "A count of outcomes says in which week it was."
        raise UnreadableError(message) from error
    if begin.tzinfo is None or monday_of(begin) != begin.astimezone(UTC).date():
        message = "A count of outcomes begins on a Monday."
        raise UnreadableError(message)
    return Outcome(
        str(sighting.get("sighting_of_ref")), revision, str(kind), begin.date(), int(floor)
    )


def totals(outcomes: Iterable[Outcome]) -> dict[str, int]:
    """Kind -> at least so many, of all weeks and partners."""
    found = dict.fromkeys(KINDS, 0)
    for one in outcomes:
        found[one.kind] += one.floor
    return found


def is_disputed(counts: dict[str, int]) -> bool:
    """Whether more of it was found false than right."""
    return counts.get(FALSE, 0) > counts.get(CONFIRMED, 0)


def weeks_between(first: date, last: date) -> Iterator[date]:
    """Mondays from `first` to before `last`."""
    while first < last:
        yield first
        first += WEEK
