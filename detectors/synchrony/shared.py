"""One search for pairs that serves the tests of all object types, and of all types together."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import accumulate, pairwise
from typing import NamedTuple

import numpy as np

from detectors.synchrony.model import Flags, Ints
from detectors.synchrony.pairs import Meetings, meetings
from detectors.synchrony.rows import Rows


class Met(NamedTuple):
    """Pairs with enough common objects. each: of each type; whole: of all together; other: which
    objects have other rows there; None where that is not known."""

    each: list[Meetings]
    whole: Meetings
    other: Flags | None


def met_in_each(
    types: Sequence[Rows], objects: Sequence[int], whole: Rows, people: int, least: int
) -> Met:
    """Pairs with so many common objects of each type, and of all together.

    Who has enough of one type has it of all. objects: how many each type has; in `whole` those of
    one type follow those of the one before it.
    """
    before = accumulate(objects, initial=0)
    every = Rows.joined([*map(Rows.moved, types, before)])
    cells, its_cells = (rows.object * people + rows.account for rows in (every, whole))
    place = _places_in(cells, its_cells)
    if place is None:
        # a cap took others of an object's accounts for all types together than for one
        return Met([meetings(rows, least) for rows in types], meetings(whole, least), None)
    met = meetings(every, least)
    ends = accumulate(map(len, types), initial=0)
    each = [met.between(every, start, end, least) for start, end in pairwise(ends)]
    other = np.zeros(sum(objects), dtype=np.bool_)
    other[every.object[place < 0]] = True
    return Met(each, met.among(every, place, least) if other.any() else met, other)


def _places_in(every: Ints, some: Ints) -> Ints | None:
    """Of each cell its place among some of them, -1 where it is none; None if these have others."""
    if np.array_equal(every, some):
        return np.arange(len(every))
    found = np.minimum(np.searchsorted(every, some), max(0, len(every) - 1))
    if not np.array_equal(every[found], some):
        return None
    place = np.full(len(every), -1)
    place[found] = np.arange(len(found))
    return place
