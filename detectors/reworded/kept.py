"""The texts of a shard as columns, kept from one tick to the next."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from itertools import compress
from typing import NamedTuple

import msgspec
import numpy as np

from detectors.base import DAY_S, Key, Signal
from detectors.reworded.gathered import (
    NUMBER,
    PLACE,
    TIME,
    WORD,
    Columns,
    Flags,
    Floats,
    Ints,
    spread,
)
from detectors.reworded.texts import DRAFTS, TEXTS, Writer
from detectors.reworded.users import WORD_BITS, Users
from detectors.reworded.vocabulary import Vocabulary
from detectors.reworded.words import Words

_SPARE = 1 << 16
"""So many wordings may be nobody's any more before all are taken from the states anew."""
_DAY_BITS = 24


class _Rows(NamedTuple):
    """One row a text: numbers of its writer and its wording, its day, when and in which signal."""

    writer: Ints
    wording: Ints
    day: Ints
    at: Floats
    id: Ints

    def take(self, some: Flags) -> _Rows:
        """Some of them."""
        ids = (self.writer[some], self.wording[some], self.day[some])
        return _Rows(*ids, self.at[some], self.id[some])

    def joined(self, more: _Rows) -> _Rows:
        """These, then more."""
        return _Rows(
            np.append(self.writer, more.writer),
            np.append(self.wording, more.wording),
            np.append(self.day, more.day),
            np.append(self.at, more.at),
            np.append(self.id, more.id),
        )


class KeptTexts:
    """The texts of whole days, and who uses which word.

    A day on which a writer said something more is read again from its state: days are small.
    """

    def __init__(self, lookback_d: int) -> None:
        self._lookback_d = lookback_d
        self._clear()

    def took(self, key: Key, signal: Signal, state: Writer) -> None:
        """Something was said on one day."""
        del state
        self._changed[key, int(signal.at // DAY_S)] = None

    def dropped(self, keys: Sequence[Key]) -> None:
        """These writers are forgotten, with all that they said."""
        self._gone.update(keys)

    def begin(self, states: Mapping[Key, Writer]) -> None:
        """Take every text from the states."""
        self._clear()
        self._changed |= {(key, day): None for key, state in states.items() for day in state.days}

    def part(self, clock: float, states: Mapping[Key, Writer]) -> Columns:
        """The texts of whole days inside the lookback."""
        since_day = math.floor(clock / DAY_S - self._lookback_d)
        self._update(states, since_day)
        used = self._used()
        if max(len(used) - 2 * used.sum(), len(self._names) - 2 * len(self._writers)) > _SPARE:
            self.begin(states)
            self._update(states, since_day)
            used = self._used()
        return self._told(used)

    def _clear(self) -> None:
        self._changed: dict[tuple[Key, int], None] = {}  # in an order that nothing else decides
        self._gone: set[Key] = set()
        self._names: list[str] = []
        self._drafts: list[int] = []
        self._writers: dict[Key, int] = {}
        self._vocabulary, self._users = Vocabulary(), Users()
        none = np.zeros(0, dtype=np.int64)
        self._rows = _Rows(none, none, none, np.zeros(0), none)

    def _used(self) -> Flags:
        """Which wordings are somebody's."""
        return np.bincount(self._rows.wording, minlength=len(self._vocabulary)) > 0

    def _update(self, states: Mapping[Key, Writer], since_day: int) -> None:
        """Take out what is over and what may have changed, and put in what there is now."""
        stale = self._stale(since_day)
        new = self._new(states, since_day)
        self._changed, self._gone = {}, set()
        self._recount(self._rows.take(stale), new)
        self._rows = self._rows.take(~stale).joined(new)

    def _stale(self, since_day: int) -> Flags:
        rows, writers = self._rows, self._writers
        gone = np.zeros(len(self._names), dtype=np.bool_)
        gone[[code for key in self._gone if (code := writers.pop(key, None)) is not None]] = True
        days = [
            code << _DAY_BITS | day
            for key, day in self._changed
            if day >= since_day and (code := writers.get(key)) is not None
        ]
        stale = (rows.day < since_day) | gone[rows.writer]
        some = np.zeros(len(self._names), dtype=np.bool_)
        some[np.array(days, dtype=np.int64) >> _DAY_BITS] = True
        near = np.flatnonzero(some[rows.writer])
        stale[near] |= np.isin(rows.writer[near] << _DAY_BITS | rows.day[near], days)
        return stale

    def _new(self, states: Mapping[Key, Writer], since_day: int) -> _Rows:
        told = [*self._said(states, since_day)]
        writer, day, words, at, ids = zip(*told, strict=True) if told else ((),) * 5
        return _Rows(
            np.array(writer, dtype=np.int64),
            self._vocabulary.enter(words),
            np.array(day, dtype=np.int64),
            np.array(at, dtype=np.float64),
            np.array(ids, dtype=np.int64),
        )

    def _said(
        self, states: Mapping[Key, Writer], since_day: int
    ) -> Iterator[tuple[int, int, Words, float, int]]:
        """What stands of the days that changed: writer, day, words, time, signal."""
        for key, day in self._changed:
            if day < since_day or key not in states:
                continue
            texts = states[key].days.get(day)
            if not texts:
                continue
            code = self._writers.setdefault(key, len(self._names))
            if code == len(self._names):
                self._names.append(key.value)
                if key.type == DRAFTS:
                    self._drafts.append(code)
            for words, (at, id_) in texts.items():
                yield code, day, words, at, id_

    def _recount(self, old: _Rows, new: _Rows) -> None:
        """Have the users of words follow; most of what is taken out is put in again."""
        both = old.joined(new)
        sign = np.repeat([-1, 1], [len(old.writer), len(new.writer)])
        told, place = np.unique(both.writer << WORD_BITS | both.wording, return_inverse=True)
        change = np.bincount(place, weights=sign, minlength=len(told)).astype(np.int64)
        told, change = told[change != 0], change[change != 0]
        sets = self._vocabulary.sets()
        cells, row = spread(sets.ends[:-1], sets.sizes, told & (1 << WORD_BITS) - 1)
        pairs = told[row] >> WORD_BITS << WORD_BITS | sets.code[cells]
        self._users.count(pairs, change[row], len(sets.vocabulary))

    def _told(self, used: Flags) -> Columns:
        rows, sets = self._rows, self._vocabulary.sets()
        is_there = np.bincount(rows.writer, minlength=len(self._names)) > 0
        is_draft = np.zeros(len(self._names), dtype=np.bool_)
        is_draft[self._drafts] = True
        code = sets.code if used.all() else sets.code[np.repeat(used, sets.sizes)]
        return Columns(
            accounts=msgspec.msgpack.encode([*compress(self._names, is_there.tolist())]),
            writers=int(np.count_nonzero(is_there)),
            distinct=not any(self._is_twice(code, is_there) for code in self._drafts),
            is_draft=is_draft[is_there].tobytes(),
            writer=(np.cumsum(is_there) - 1)[rows.writer].astype(PLACE).tobytes(),
            wording=(np.cumsum(used) - 1)[rows.wording].astype(PLACE).tobytes(),
            at=rows.at.astype(TIME).tobytes(),
            ids=rows.id.astype(NUMBER).tobytes(),
            vocabulary=sets.vocabulary.astype(WORD).tobytes(),
            users=self._users.of_each().astype(PLACE).tobytes(),
            sizes=sets.sizes[used].astype(PLACE).tobytes(),
            codes=code.astype(PLACE, copy=False).data,
        )

    def _is_twice(self, draft: int, is_there: Flags) -> bool:
        """Whether the writer of these drafts is the writer of own texts as well."""
        own = self._writers.get(Key(TEXTS, self._names[draft]))
        return bool(is_there[draft]) and own is not None and bool(is_there[own])
