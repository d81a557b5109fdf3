"""One search for pairs that serves the tests of all object types, and of all types together."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import accumulate, pairwise

import numpy as np

from detectors.synchrony.model import Ints
from detectors.synchrony.pairs import Meetings, meetings
from detectors.synchrony.rows import Rows


def met_in_each(
    types: Sequence[Rows], objects: Sequence[int], whole: Rows, people: int, least: int
) -> list[Meetings]:
    """Pairs with so many common objects of each type, then of all together.

    Who has enough of one type has it of all. objects: how many each type has; in `whole` those of
    one type follow those of the one before it.
    """
    before = accumulate(objects, initial=0)
    every = Rows.joined([*map(Rows.moved, types, before)])
    cells, its_cells = (rows.object * people + rows.account for rows in (every, whole))
    found = np.minimum(np.searchsorted(cells, its_cells), max(0, len(cells) - 1))
    if not np.array_equal(cells[found], its_cells):
        # a cap took others of an object's accounts for all types together than for one
        return [meetings(rows, least) for rows in (*types, whole)]
    met = meetings(every, least)
    ends = accumulate(map(len, types), initial=0)
    own = [np.arange(start, end) for start, end in pairwise(ends)]
    return [met.among(every, _places(len(every), some), least) for some in (*own, found)]


def _places(size: int, some: Ints) -> Ints:
    """Of each row its place among some of them, -1 where it is none."""
    place = np.full(size, -1)
    place[some] = np.arange(len(some))
    return place
