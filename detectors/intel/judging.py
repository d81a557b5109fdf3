"""What becomes of each row of a report, given what the desk knows of its values."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Final

from detectors.choices import Opinion, RowOutcome, Tlp
from detectors.intel.forms import Kind
from detectors.intel.markings import marking_of
from detectors.intel.report import Row
from detectors.watching.things import Thing

MAX_VALUE: Final = 4_200
_BY_KIND: Final = {
    Kind.CANDIDATE: RowOutcome.CANDIDATE,
    Kind.AGGREGATE: RowOutcome.COUNT,
    Kind.NOTE: RowOutcome.NOTE,
    Kind.EMPTY: RowOutcome.EMPTY,
}
_FIRST: Final = (
    RowOutcome.NEW,
    RowOutcome.WITHDRAWS,
    RowOutcome.CANDIDATE,
    RowOutcome.HELD,
    RowOutcome.KNOWN,
)
"""Of several values in a row, the outcome of the first of these is the row's."""


@dataclass(frozen=True, slots=True)
class Known:
    """What the desk knows of a value: whether this source says it, how many others, which lists.

    as_seed: this source says so far only that one might look there. blocking: it stands on them
    itself; above: what it lies below does.
    """

    by_source: bool = False
    as_seed: bool = False
    others: int = 0
    blocking: tuple[str, ...] = ()
    above: tuple[str, ...] = ()
    informing: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Judged:
    """outcome: of the row. things: the same for each of its values, as it is stored."""

    row: Row
    outcome: RowOutcome
    things: list[dict[str, Any]] = field(default_factory=list)


def judge(
    rows: Sequence[Row], known: Mapping[Thing, Known], opinion: str = Opinion.POSITIVE
) -> Iterator[Judged]:
    """Outcome of every row, in order; a value counts where it is said first.

    opinion: of rows that do not say one. What was a seed and is more by now is new.
    """
    seen: set[tuple[str, Thing]] = set()
    for row in rows:
        things = []
        for thing in row.things:
            told = known.get(thing, Known())
            if told.as_seed and not row.gone and (row.opinion or opinion) != Opinion.SEED:
                told = replace(told, by_source=False)
            outcome = _outcome(row, thing, told, seen)
            seen.add((outcome, thing))
            things.append(_told(thing, outcome, known.get(thing, Known())))
        yield Judged(row, _of_row(row, [one["outcome"] for one in things]), things)


def _outcome(row: Row, thing: Thing, known: Known, seen: set[tuple[str, Thing]]) -> RowOutcome:
    if row.gone:
        return RowOutcome.WITHDRAWS if known.by_source else RowOutcome.NOTE
    if known.blocking or len(thing[1]) > MAX_VALUE or marking_of(row.tags) == Tlp.RED:
        return RowOutcome.HELD
    if known.by_source:
        return RowOutcome.KNOWN
    if (RowOutcome.NEW, thing) in seen:
        return RowOutcome.REPEATED
    if known.above or row.kind is not Kind.ENTITY:
        return RowOutcome.CANDIDATE
    return RowOutcome.NEW


def _of_row(row: Row, outcomes: Iterable[str]) -> RowOutcome:
    said = set(outcomes)
    if not said:
        return _BY_KIND.get(row.kind, RowOutcome.NOTE)
    first = next((one for one in _FIRST if one in said), None)
    return first or RowOutcome(min(said))


def _told(thing: Thing, outcome: RowOutcome, known: Known) -> dict[str, Any]:
    return {
        "type": thing[0],
        "value": thing[1],
        "outcome": outcome.value,
        "others": known.others,
        "lists": list(known.blocking or known.above or known.informing),
    }
