"""Different wordings and their words under numbers of their own, as more and more come."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from detectors.numbered import places_in
from detectors.reworded.gathered import Codes, Ints, Sets
from detectors.reworded.words import WIDTH, Words, numbers_of

_SPARE = 4
"""A fourth more room than is needed, so that most additions move nothing."""


class Vocabulary:
    """Words and wordings in the order in which they came."""

    def __init__(self) -> None:
        self._wordings: dict[Words, int] = {}
        self._sizes: Ints = np.zeros(0, dtype=np.int64)
        self._room: Codes = np.zeros(0, dtype=np.int32)
        self._filled = 0
        self._numbers: Ints = np.zeros(0, dtype=np.int64)
        self._sorted: Ints = np.zeros(0, dtype=np.int64)
        self._place: Ints = np.zeros(0, dtype=np.int64)

    def __len__(self) -> int:
        return len(self._sizes)

    def enter(self, told: Sequence[Words]) -> Ints:
        """The numbers of these wordings, some of which may be new."""
        known = self._wordings
        new = [words for words in dict.fromkeys(told) if words not in known]
        known.update(zip(new, range(len(known), len(known) + len(new)), strict=True))
        self._sizes = np.append(self._sizes, [len(words) // WIDTH for words in new]).astype(
            np.int64
        )
        self._append(self._codes(numbers_of(new)))
        return np.fromiter(map(known.__getitem__, told), dtype=np.int64, count=len(told))

    def sets(self) -> Sets:
        """All wordings."""
        ends = np.concatenate([[0], np.cumsum(self._sizes)])
        return Sets(self._numbers, self._room[: self._filled], ends)

    def _append(self, codes: Codes) -> None:
        """Put codes behind the others; now and then all are moved to where there is more room."""
        end = self._filled + len(codes)
        if end > len(self._room):
            room = np.zeros(end + end // _SPARE, dtype=np.int32)
            room[: self._filled] = self._room[: self._filled]
            self._room = room
        self._room[self._filled : end] = codes
        self._filled = end

    def _codes(self, numbers: Ints) -> Codes:
        """Places of words in the vocabulary."""
        place, is_known = places_in(self._sorted, numbers)
        new = np.unique(numbers[~is_known])
        if len(new):
            place = np.searchsorted(self._sorted, new)
            self._sorted = np.insert(self._sorted, place, new)
            codes = len(self._numbers) + np.arange(len(new))
            self._place = np.insert(self._place, place, codes)
            self._numbers = np.append(self._numbers, new)
            place = np.searchsorted(self._sorted, numbers)
        return self._place[place].astype(np.int32)
