"""How many writers use each word, counted as texts come and go."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from detectors.numbered import places_in
from detectors.reworded.gathered import Flags, Ints

Counts = npt.NDArray[np.int32]

WORD_BITS = 32
_FEW = 1 << 16
_PART = 4
_COUNT = np.int32


class Users:
    """Texts of each pair of a writer (high bits) and a word (low bits), and so the users of words.

    Pairs stand in order. New ones wait in a short column until there are so many that it pays to
    move the long one.
    """

    def __init__(self) -> None:
        self._long, self._short = _Column(), _Column()
        self._users: Ints = np.zeros(0, dtype=np.int64)

    def count(self, pairs: Ints, change: Ints, words: int) -> None:
        """So many more texts, or fewer, of each of these pairs. words: how many there are now."""
        self._users = np.pad(self._users, (0, words - len(self._users)))
        pairs, place = np.unique(pairs, return_inverse=True)
        change = np.bincount(place, weights=change, minlength=len(pairs)).astype(np.int64)
        pairs, change = pairs[change != 0], change[change != 0]
        for column in (self._long, self._short):
            known, gained = column.add(pairs, change)
            self._note(pairs[known], gained)
            pairs, change = pairs[~known], change[~known]
        self._note(pairs, np.ones(len(pairs), dtype=np.int64))
        self._short.enter(pairs, change)
        if len(self._short.pairs) > max(_FEW, len(self._long.pairs) // _PART):
            self._long.enter(self._short.pairs, self._short.texts, drop_empty=True)
            self._short = _Column()

    def of_each(self) -> Ints:
        """(words,) writers that use it."""
        return self._users.copy()

    def _note(self, pairs: Ints, gained: Ints) -> None:
        words = pairs & (1 << WORD_BITS) - 1
        more = np.bincount(words, weights=gained, minlength=len(self._users))
        self._users += more.astype(np.int64)


class _Column:
    """Pairs in order, and the texts of each; some have none any more."""

    def __init__(self) -> None:
        self.pairs: Ints = np.zeros(0, dtype=np.int64)
        self.texts: Counts = np.zeros(0, dtype=_COUNT)

    def add(self, pairs: Ints, change: Ints) -> tuple[Flags, Ints]:
        """Which of the pairs are here, and whether each of those has its first text or no more."""
        place, known = places_in(self.pairs, pairs)
        place = place[known]
        before = self.texts[place]
        after = before + change[known]
        self.texts[place] = after
        return known, (after > 0).astype(np.int64) - (before > 0)

    def enter(self, pairs: Ints, texts: Counts | Ints, *, drop_empty: bool = False) -> None:
        """Further pairs, in order. drop_empty: forget those here that have no text any more."""
        kept = self.texts > 0 if drop_empty else np.ones(len(self.texts), dtype=np.bool_)
        if not kept.all():
            self.pairs, self.texts = self.pairs[kept], self.texts[kept]
        place = np.searchsorted(self.pairs, pairs) + np.arange(len(pairs))
        is_old = np.ones(len(self.pairs) + len(pairs), dtype=np.bool_)
        is_old[place] = False
        self.pairs = _merged(self.pairs, pairs, place, is_old)
        self.texts = _merged(self.texts, texts.astype(_COUNT), place, is_old)


def _merged(old: Any, new: Any, place: Ints, is_old: Flags) -> Any:
    """Two columns as one; `np.insert` works all this out anew for each."""
    merged = np.empty(len(is_old), dtype=old.dtype)
    merged[is_old], merged[place] = old, new
    return merged
