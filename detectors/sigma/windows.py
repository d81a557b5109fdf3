"""Which signals belong together, and what is reached by those of one group inside the window.

A window ends at a signal and reaches back `window_s` seconds, both ends included. Pure: the same
code serves the detector, a pasted sample and the comparison with SQL.
"""

from __future__ import annotations

from bisect import insort
from collections.abc import Iterable, Iterator, Sequence
from itertools import groupby, product
from operator import attrgetter
from typing import Final, NamedTuple

import msgspec

from detectors.base import PLACEHOLDERS, Signal
from detectors.grouping import JOINT
from detectors.sigma.checking_counts import MAX_THRESHOLD
from detectors.sigma.fields import values_of
from detectors.sigma.matching import as_text, folded, meets
from detectors.sigma.model import Count, Rule

MAX_KEPT: Final = 2_000
"""Signals of one group in a window; of more, the oldest that nothing depends on go."""
MAX_GROUP_VALUES: Final = 10

Group = tuple[str, ...]


class Seen(msgspec.Struct, array_like=True, order=True):
    """A signal in a window. marks: what it counts as: itself, values, or the rules it meets."""

    at: float
    signal_id: int
    account: str = ""
    marks: tuple[str, ...] = ()


class Gathered(msgspec.Struct, omit_defaults=True):
    """The window of one group, in order of time. lost: whether signals had to go early.

    marks: how often each is there. said, accounts: what was reached at the last emission.
    """

    seen: list[Seen] = []
    marks: dict[str, int] = {}
    said: int = 0
    accounts: int = 0
    lost: bool = False


class Reached(NamedTuple):
    """What a window holds. number: of what the rule counts. cited: the signals that make it."""

    number: int
    cited: Sequence[Seen]


class Alert(NamedTuple):
    """A window in which a rule was met: its group, its end, the number reached, its signals."""

    group: Group
    at: float
    number: int
    signal_ids: tuple[int, ...]


def met_slots(rule: Rule, signal: Signal) -> list[int]:
    """Numbers of the slots whose base a signal meets."""
    return [n for n, slot in enumerate(rule.slots) if meets(signal, slot.base.expr)]


def groups_of(rule: Rule, signal: Signal, slots: Sequence[int]) -> dict[Group, list[int]]:
    """The groups that a signal belongs to, each with the slots by which it does."""
    found: dict[Group, list[int]] = {}
    for number in slots:
        names = rule.slots[number].group_by
        for group in product(*(group_values(signal, name) for name in names)):
            found.setdefault(group, []).append(number)
    return found


def group_values(signal: Signal, name: str) -> list[str]:
    """The values of a field that signals are gathered by; placeholders are nobody's."""
    values = [folded(as_text(one)) for one in values_of(signal, name)[:MAX_GROUP_VALUES]]
    return [one for one in dict.fromkeys(values) if one not in PLACEHOLDERS]


def seen_as(rule: Rule, signal: Signal, slots: Sequence[int]) -> Seen:
    """How a signal counts in a group that it belongs to by these slots."""
    match rule.count:
        case Count.EVENTS:
            marks: Iterable[str] = ()
        case Count.VALUES:
            fields = {rule.slots[number].counted for number in slots}
            values = (one for field in sorted(fields) for one in values_of(signal, field))
            marks = dict.fromkeys(folded(as_text(one)) for one in values)
        case Count.TEMPORAL | Count.ORDERED:
            marks = (str(number) for number in slots)
    return Seen(signal.at, signal.id, signal.account, tuple(marks))


def put(state: Gathered, seen: Seen, window_s: float) -> None:
    """Take a signal in; let go what no window from now on can hold."""
    if not state.seen or seen >= state.seen[-1]:
        state.seen.append(seen)
    else:
        insort(state.seen, seen)
    for mark in seen.marks:
        state.marks[mark] = state.marks.get(mark, 0) + 1
    horizon = state.seen[-1].at - window_s
    passed = next((n for n, one in enumerate(state.seen) if one.at >= horizon), 0)
    for one in state.seen[:passed]:
        _forget(state, one)
    if passed:
        del state.seen[:passed]
    if len(state.seen) > MAX_KEPT:
        _drop_one(state)


def reached(rule: Rule, state: Gathered) -> Reached:
    """What the window that ends at its last signal holds."""
    if rule.count is Count.EVENTS:
        return Reached(len(state.seen), state.seen)
    if rule.count is Count.ORDERED:
        return _in_order(rule, state.seen)
    return Reached(len(state.marks), state.seen)


def alerts_of(rule: Rule, signals: Iterable[Signal]) -> list[Alert]:
    """All windows of a finished list in which the rule is met, by time and group."""
    by_group: dict[Group, list[Seen]] = {}
    for signal in signals:
        for group, slots in groups_of(rule, signal, met_slots(rule, signal)).items():
            by_group.setdefault(group, []).append(seen_as(rule, signal, slots))
    found = [one for group, seen in by_group.items() for one in _alerts(rule, group, seen)]
    return sorted(found, key=lambda one: (one.at, one.group))


def group_name(group: Group) -> str:
    """A group as the value of a key, which people read."""
    return JOINT.join(group)


def _alerts(rule: Rule, group: Group, seen: list[Seen]) -> Iterator[Alert]:
    state = Gathered()
    for at, acts in groupby(sorted(seen), key=attrgetter("at")):
        for one in acts:
            put(state, one, rule.window_s)
        number, cited = reached(rule, state)
        if number >= rule.threshold:
            yield Alert(group, at, number, tuple(sorted({one.signal_id for one in cited})))


def _in_order(rule: Rule, seen: Sequence[Seen]) -> Reached:
    """The earliest signals that follow each other, slot by slot, each later than the one before."""
    times: list[float] = []
    for number in range(len(rule.slots)):
        after = times[-1] if times else float("-inf")
        mark = str(number)
        at = next((one.at for one in seen if one.at > after and mark in one.marks), None)
        if at is None:
            break
        times.append(at)
    steps = {(at, str(number)) for number, at in enumerate(times)}
    cited = [one for one in seen if any((one.at, mark) in steps for mark in one.marks)]
    return Reached(len(times), cited)


def _drop_one(state: Gathered) -> None:
    """The oldest signal whose marks all come again; the oldest where there are marks enough."""
    state.lost = True
    place = 0
    if len(state.marks) <= MAX_THRESHOLD:
        repeated = (
            n
            for n, one in enumerate(state.seen)
            if all(state.marks[mark] > 1 for mark in one.marks)
        )
        place = next(repeated, 0)
    _forget(state, state.seen.pop(place))


def _forget(state: Gathered, seen: Seen) -> None:
    for mark in seen.marks:
        left = state.marks[mark] - 1
        if left:
            state.marks[mark] = left
        else:
            del state.marks[mark]
