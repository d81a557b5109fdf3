"""How many pairs of each object met how fast."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from detectors.synchrony.model import Flags, Ints, Levels


class Tally:
    """Pairs per object: by the first window that holds them and by the first that is possible.

    within, possible: (objects, windows + 1).
    """

    def __init__(self, objects: int, windows: int) -> None:
        self.within = np.zeros((objects, windows + 1), dtype=np.int64)
        self.possible = np.zeros((objects, windows + 1), dtype=np.int64)

    def add(self, objects: Ints, level: Levels, first: Levels) -> None:
        """Count one pair per row."""
        self._count(objects, level, first, 1)

    def remove(self, objects: Ints, level: Levels, first: Levels) -> None:
        """Take back one pair per row."""
        self._count(objects, level, first, -1)

    def _count(self, objects: Ints, level: Levels, first: Levels, sign: int) -> None:
        if not len(objects):
            return
        low, high = int(objects.min()), int(objects.max()) + 1
        width = self.within.shape[1]
        cells = (objects - low) * width
        counts = np.bincount(cells + level, minlength=(high - low) * width).reshape(-1, width)
        self.within[low:high] += sign * counts
        if first.any():
            counts = np.bincount(cells + first, minlength=(high - low) * width)
            self.possible[low:high] += sign * counts.reshape(-1, width)
        else:
            self.possible[low:high, 0] += sign * counts.sum(axis=1)

    def __len__(self) -> int:
        return len(self.within)

    def add_within(self, inside: Ints, total: Ints) -> None:
        """Count all pairs of every object, which every window is possible for.

        inside: (objects, windows) pairs inside each window; total: (objects,) pairs.
        """
        self.within += np.diff(inside, axis=1, prepend=0, append=total[:, None])
        self.possible[:, 0] += total

    @classmethod
    def joined(cls, parts: Sequence[Tally], starts: Sequence[int], objects: int) -> Tally:
        """Counts of so many objects, of which those of each part begin there."""
        whole = cls(objects, parts[0].within.shape[1] - 1)
        for part, start in zip(parts, starts, strict=True):
            end = min(start + len(part), objects)
            whole.within[start:end] = part.within[: end - start]
            whole.possible[start:end] = part.possible[: end - start]
        return whole

    def put(self, objects: Flags, other: Tally) -> None:
        """Take the counts of these objects from another one of as many."""
        self.within[objects], self.possible[objects] = (
            other.within[objects],
            other.possible[objects],
        )

    def shares(self) -> tuple[npt.NDArray[np.float64], Ints]:
        """(objects, windows) share of pairs inside each window, and the pairs behind it."""
        inside = np.cumsum(self.within[:, :-1], axis=1)
        total = np.cumsum(self.possible[:, :-1], axis=1)
        return inside / np.maximum(total, 1), total
