"""The bins of a shard's busy accounts as columns, kept from one tick to the next."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from detectors.base import Key, Signal
from detectors.rhythm.beats import Columns, Flags, Ints, Rows, columns_of, oldest, ties_told
from detectors.rhythm.bins import Rhythm, bin_of

_BIN_BITS = 32
_ZERO = 1 << 20
"""The bin of 1970 in a cell, so that the days before it find room."""
_AT_ONCE = 1 << 17
"""Acts that wait to be put where they belong, if no tick comes first."""


class KeptBeats:
    """One row for each account and bin, in that order: its cell, and the first signal there.

    A cell holds the numbers of both. Accounts get a number when they have enough bins, as most
    never do, and give it back when they are forgotten. Ties are read again of who acted.
    """

    def __init__(self, least: int) -> None:
        self._least = least
        self._clear()

    def took(self, key: Key, signal: Signal, state: Rhythm) -> None:
        """One act; whether it is the first of its bin shows at the tick."""
        number = self._numbers.get(key)
        if number is None:
            if len(state.bins) >= self._least:
                self._enter(key, state)
            return
        self._ties[number] = None
        place = bin_of(signal.at)
        if place is not None:
            self._fresh.append((number, place, signal.id))
            if len(self._fresh) >= _AT_ONCE:
                self._take_in()

    def dropped(self, keys: Sequence[Key]) -> None:
        """These accounts are forgotten with all their bins."""
        numbers = [number for key in keys if (number := self._numbers.pop(key, None)) is not None]
        if not numbers:
            return
        self._take_in()
        gone = np.zeros(len(self._keys), dtype=np.bool_)
        gone[numbers] = True
        self._keep(~gone[self._cell >> _BIN_BITS])
        self._free += numbers

    def begin(self, states: Mapping[Key, Rhythm]) -> None:
        """Take every busy account from the states."""
        self._clear()
        for key, state in states.items():
            if len(state.bins) >= self._least:
                self._enter(key, state)

    def part(self, clock: float, states: Mapping[Key, Rhythm]) -> Columns:
        """Beats of the accounts that have enough bins in the lookback."""
        self._take_in()
        self._keep(self._bin() >= oldest(clock))

        def told_of(number: int) -> tuple[str, bytes]:
            key = self._keys[number]
            ties = self._ties[number]
            if ties is None:
                ties = self._ties[number] = ties_told(states[key])
            return key.value, ties

        rows = Rows(self._cell >> _BIN_BITS, self._bin(), self._id)
        return columns_of(rows, len(self._keys), self._least, told_of)

    def _clear(self) -> None:
        self._fresh: list[tuple[int, int, int]] = []
        self._numbers: dict[Key, int] = {}
        self._keys: list[Key] = []
        self._ties: list[bytes | None] = []
        self._free: list[int] = []
        self._cell: Ints = np.zeros(0, dtype=np.int64)
        self._id: Ints = np.zeros(0, dtype=np.int64)

    def _bin(self) -> Ints:
        return (self._cell & (1 << _BIN_BITS) - 1) - _ZERO

    def _keep(self, some: Flags) -> None:
        if not some.all():
            self._cell, self._id = self._cell[some], self._id[some]

    def _enter(self, key: Key, state: Rhythm) -> None:
        """Give an account a number, and take all its bins."""
        if self._free:
            number = self._free.pop()
            self._keys[number], self._ties[number] = key, None
        else:
            number = len(self._keys)
            self._keys.append(key)
            self._ties.append(None)
        self._numbers[key] = number
        self._fresh += [(number, place, id_) for place, id_ in state.bins.items()]

    def _take_in(self) -> None:
        """Put what is new where it belongs; of one bin the lowest signal stays."""
        if not self._fresh:
            return
        number, place, id_ = np.array(self._fresh, dtype=np.int64).T
        self._fresh = []
        cell = (number << _BIN_BITS) + place + _ZERO
        order = np.lexsort((id_, cell))
        order = order[np.diff(cell[order], prepend=-1) != 0]
        cell, id_ = cell[order], id_[order]
        there = np.searchsorted(self._cell, cell)
        known = np.append(self._cell, -1)[there] == cell
        self._id[there[known]] = np.minimum(self._id[there[known]], id_[known])
        self._cell = np.insert(self._cell, there[~known], cell[~known])
        self._id = np.insert(self._id, there[~known], id_[~known])
