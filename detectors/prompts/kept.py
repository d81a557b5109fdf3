"""The templates of a shard as a tick reads them, kept from one tick to the next."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Mapping, Sequence
from itertools import compress

import numpy as np
from numpy.typing import NDArray

from detectors.base import HOUR_S, Key, Signal
from detectors.prompts import rows
from detectors.prompts.askers import Usage
from detectors.prompts.rows import HELD_H, Part, Told, oldest, part_of, told_of

Ints = NDArray[np.int64]
_NOBODY = -1


class KeptTemplates:
    """What is told of a template is made again when somebody used it.

    Each has a number, which goes to another when it is forgotten. By number: the first and the
    newest hour, how many askers there are, and what was told the last time, if it was. _ordered,
    _order: names in order, and the number of each.
    """

    def __init__(self, window_h: int, secret: bytes) -> None:
        self._window_h, self._secret = window_h, secret
        self._clear()

    def _clear(self) -> None:
        self._touched: dict[Key, None] = {}
        self._numbers: dict[Key, int] = {}
        self._free: list[int] = []
        self._keys: list[Key] = []
        self._told: list[Told | None] = []
        self._ordered: list[str] = []
        none = np.zeros(0, dtype=np.int64)
        self._first: Ints = none
        self._newest: Ints = none
        self._askers: Ints = none
        self._order: Ints = none
        self._shown: Ints = none

    def took(self, key: Key, signal: Signal, state: Usage) -> None:
        """One request; what it changes shows at the tick."""
        del signal, state
        self._touched[key] = None

    def dropped(self, keys: Sequence[Key]) -> None:
        """These templates are forgotten."""
        for key in keys:
            self._touched.pop(key, None)
        numbers = [number for key in keys if (number := self._numbers.pop(key, None)) is not None]
        for number in numbers:
            self._told[number] = None
        self._free += numbers
        self._newest[numbers] = _NOBODY
        there = self._newest[self._order] != _NOBODY
        self._order = self._order[there]
        self._ordered = [*compress(self._ordered, there.tolist())]

    def begin(self, states: Mapping[Key, Usage]) -> None:
        """All of them are new."""
        self._clear()
        self._touched = dict.fromkeys(states)

    def part(self, clock: float, states: Mapping[Key, Usage]) -> Part:
        """What `collect` gives."""
        self._take_in(states)
        now, newest = int(clock // HOUR_S), self._newest[self._order]
        known = newest > oldest(now, self._window_h)
        is_live = newest > now - HELD_H - self._window_h
        live, past = np.flatnonzero(is_live), np.flatnonzero(known & ~is_live)
        most = np.argsort(-self._askers[self._order[live]], kind="stable")
        some = np.append(live[most[: rows.MAX_LIVE]], past[: rows.MAX_PAST])
        names = [self._ordered[place] for place in some.tolist()]
        told = self._tell(self._order[some], states)
        since = int(self._first[self._order[known]].min(initial=now))
        return part_of(since, names, told, len(live), len(past))

    def _tell(self, numbers: Ints, states: Mapping[Key, Usage]) -> list[Told]:
        """What is told of these; of the others nothing is kept."""
        for number in np.setdiff1d(self._shown, numbers).tolist():
            self._told[number] = None
        self._shown = numbers
        found = []
        for number in numbers.tolist():
            one = self._told[number]
            if one is None:
                usage = states[self._keys[number]]
                one = self._told[number] = told_of(usage, self._secret)
                self._askers[number] = len(usage.askers)
            found.append(one)
        return found

    def _take_in(self, states: Mapping[Key, Usage]) -> None:
        """Look again at what was used, some of it for the first time."""
        new = [key for key in self._touched if key not in self._numbers]
        for key in new:
            self._enter(key)
        self._put_in_order(new)
        more = np.zeros(len(self._keys) - len(self._newest), dtype=np.int64)
        self._first, self._newest, self._askers = (
            np.append(column, more) for column in (self._first, self._newest, self._askers)
        )
        numbers = [self._numbers[key] for key in self._touched]
        used = [states[key] for key in self._touched]
        self._first[numbers] = [int(one.first_at // HOUR_S) for one in used]
        self._newest[numbers] = [int(one.newest // HOUR_S) for one in used]
        self._askers[numbers] = [len(one.askers) for one in used]
        for number in numbers:
            self._told[number] = None
        self._touched = {}

    def _enter(self, key: Key) -> None:
        if self._free:
            number = self._free.pop()
            self._keys[number] = key
        else:
            number = len(self._keys)
            self._keys.append(key)
            self._told.append(None)
        self._numbers[key] = number

    def _put_in_order(self, keys: Sequence[Key]) -> None:
        new = sorted(keys, key=lambda key: key.value)
        names = [key.value for key in new]
        places = [bisect_left(self._ordered, name) for name in names]
        self._order = np.insert(self._order, places, [self._numbers[key] for key in new])
        self._ordered = sorted(self._ordered + names)
