"""Scores of account pairs: which evidence joins two accounts, and by how much. Pure.

The rules are section 5 of the detection specification: inside a family the strongest finding
counts, families add up, a pair is kept from S >= 0.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from itertools import product
from typing import NamedTuple

import msgspec
import networkx as nx
import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array

from detectors import scoring

FAMILIES = tuple(scoring.WEIGHTS)
DECLARED = "declared"
"""The part of a score that declared relationships take away; no finding stands behind it."""
ESTABLISHED = "established"
"""The part that is settled between two known operations; no finding stands behind it."""

DENSE = 1 << 20
"""Multiplications up to which a plain table is faster than one that leaves out what is empty."""
FEW = 4
"""Accounts of which each pair is faster looked at alone than all of them together."""
Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Flags = NDArray[np.bool_]
Apart = tuple[Collection[str], Collection[str]]
"""Two sides of which a person said that they do not belong together."""


class Evidence(msgspec.Struct, frozen=True):
    """What the fusion needs of one finding, as one revision told it.

    links: (index, index, llr) into subjects, or none: all pairs with `llr`. first_at, last_at:
    seconds since 1970. opens_alone: timing evidence over five synchronous objects or more.
    """

    id: int
    detector: str
    family: str
    anchor: str
    subjects: tuple[str, ...]
    links: tuple[tuple[int, int, float], ...]
    llr: float
    last_at: float
    first_at: float = 0.0
    signals: int = 0
    opens_alone: bool = False


@dataclass(frozen=True, slots=True)
class Edge:
    """A kept pair. parts: family -> (LLR after cap and decay, finding id).

    group: it ties one account to all members of a group; the evidence is with different ones.
    """

    a: str
    b: str
    score: float
    parts: dict[str, tuple[float, int]]
    group: bool = False


class Named(NamedTuple):
    """touches: accounts x findings about different things."""

    family: str
    touches: Flags


@dataclass(slots=True)
class Pairs:
    """LLRs of all account pairs, one symmetric matrix a family; `by` names the finding behind.

    declared: what declared relationships take from each pair; None without any. apart: what people
    took who cut pairs. named: by detector of `scoring.SEVERAL`, which account stands in which of
    its findings.
    """

    accounts: tuple[str, ...]
    best: dict[str, Floats] = field(default_factory=dict)
    by: dict[str, Ints] = field(default_factory=dict)
    declared: Floats | None = None
    apart: Floats | None = None
    named: dict[str, Named] = field(default_factory=dict)

    def total(self) -> Floats:
        """S of every pair, n x n; the diagonal says nothing."""
        size = len(self.accounts)
        total = np.full((size, size), scoring.PRIOR)
        for family in FAMILIES:
            if family in self.best:
                total += self.best[family]
        for taken in (self.declared, self.apart):
            if taken is not None:
                total += taken
        return total


def score_pairs(
    evidence: Sequence[Evidence],
    accounts: Sequence[str],
    declared: Collection[frozenset[str]] = (),
    apart: Collection[Apart] = (),
) -> Pairs:
    """Pair scores among `accounts`. Evidence may name others; they are ignored.

    declared: groups of accounts whose relationship is known. apart: sides that a person parted.
    """
    names = tuple(sorted(accounts))
    index = {name: place for place, name in enumerate(names)}
    pairs = Pairs(names)
    newest = max((one.last_at for one in evidence), default=0.0)
    ordered = sorted(evidence, key=lambda one: one.id)
    for one in ordered:
        age = newest - one.last_at
        if one.links:
            _add_links(pairs, one, index, age)
        else:
            _add_clique(pairs, one, index, age)
    for detector, (least, llr) in scoring.SEVERAL.items():
        _add_several(pairs, things_of(ordered, detector), index, least, llr)
    for group in declared:
        _set_apart(pairs, [place for name, place in index.items() if name in group])
    for left, right in apart:
        _part(pairs, *([index[name] for name in side if name in index] for side in (left, right)))
    return pairs


def things_of(evidence: Sequence[Evidence], detector: str) -> list[Evidence]:
    """What a detector of `scoring.SEVERAL` says of things of which several tell more than one."""
    return [
        one
        for one in evidence
        if one.detector == detector and scoring.is_one_of_several(detector, len(one.subjects))
    ]


def kept_graph(pairs: Pairs, least: float = 0.0) -> nx.Graph[str]:
    """Accounts joined where S >= `least`; `score` on every edge."""
    total = pairs.total()
    graph: nx.Graph[str] = nx.Graph()
    rows, columns = np.nonzero(np.triu(total >= least, k=1))
    for a, b in zip(rows.tolist(), columns.tolist(), strict=True):
        graph.add_edge(pairs.accounts[a], pairs.accounts[b], score=float(total[a, b]))
    return graph


def parts_of(pairs: Pairs, a: int, b: int) -> dict[str, tuple[float, int]]:
    """Family -> (LLR, finding) of one pair, and what a declared relationship takes from it."""
    parts = {
        family: (float(best[a, b]), int(pairs.by[family][a, b]))
        for family, best in pairs.best.items()
        if best[a, b] > 0.0
    }
    if pairs.declared is not None and pairs.declared[a, b]:
        parts[DECLARED] = (float(pairs.declared[a, b]), 0)
    return parts


def _add_links(pairs: Pairs, one: Evidence, index: dict[str, int], age: float) -> None:
    places = {n: index[name] for n, name in enumerate(one.subjects) if name in index}
    best, by = _matrices(pairs, one.family)
    weights: dict[float, float] = {}
    for first, second, llr in one.links:
        if first not in places or second not in places:
            continue
        a, b = places[first], places[second]
        if llr not in weights:
            weights[llr] = scoring.weigh(one.family, llr, age)
        weight = weights[llr]
        if a != b and weight > best[a, b]:
            best[a, b] = best[b, a] = weight
            by[a, b] = by[b, a] = one.id


def _add_clique(pairs: Pairs, one: Evidence, index: dict[str, int], age: float) -> None:
    places = [index[name] for name in one.subjects if name in index]
    if len(places) < 2:  # noqa: PLR2004 -- a pair needs two
        return
    best, by = _matrices(pairs, one.family)
    weight = scoring.weigh(one.family, one.llr, age)
    if len(places) <= FEW:
        for pair in product(places, places):
            if best[pair] < weight:
                best[pair], by[pair] = weight, one.id
        return
    rows = np.array(places)
    block = rows[:, np.newaxis], rows
    told = best[block]
    better = told < weight
    best[block] = np.where(better, weight, told)
    by[block] = np.where(better, one.id, by[block])


def _add_several(
    pairs: Pairs, same: Sequence[Evidence], index: dict[str, int], least: int, llr: float
) -> None:
    """Raise pairs that share at least `least` findings about different things.

    What stands behind a slash in an anchor is a part of one cluster, no text of its own.
    """
    things: dict[str, set[int]] = {}
    for one in same:
        places = things.setdefault(one.anchor.partition("/")[0], set())
        places.update(index[name] for name in one.subjects if name in index)
    if len(things) < least:
        return
    touches = np.zeros((len(pairs.accounts), len(things)), dtype=bool)
    for column, places in enumerate(things.values()):
        touches[[*places], column] = True
    pairs.named[same[0].detector] = Named(same[0].family, touches)
    best, by = _matrices(pairs, same[0].family)
    block, share = with_several(touches, least)
    told, behind = best[block], by[block]
    enough = share & (told < llr)
    told[enough] = llr
    behind[enough & (behind == 0)] = same[0].id
    best[block], by[block] = told, behind


def with_several(touches: Flags, least: int) -> tuple[tuple[Ints, ...], Flags]:
    """Accounts with so many things, as a block of a table of pairs, and which share so many.

    touches: accounts x things.
    """
    some = np.flatnonzero(np.count_nonzero(touches, axis=1) >= least)
    few = touches[some]
    # most things are one account's here: they are in common with nobody
    enough: Flags = _in_common(few[:, np.count_nonzero(few, axis=0) > 1]) >= least
    np.fill_diagonal(enough, val=True)
    return np.ix_(some, some), enough


def _in_common(touches: Flags) -> Ints:
    """Accounts x accounts: things that both have."""
    if touches.size * len(touches) <= DENSE:
        few = touches.astype(np.float32)
        return (few @ few.T).astype(np.int64)
    sparse = csr_array(touches.astype(np.int64))
    return np.asarray((sparse @ sparse.T).toarray())


def _set_apart(pairs: Pairs, places: list[int]) -> None:
    """Members of one declared group; a pair in two of them is declared once."""
    if pairs.declared is None:
        pairs.declared = np.zeros((len(pairs.accounts), len(pairs.accounts)))
    pairs.declared[np.ix_(places, places)] = scoring.DECLARED


def _part(pairs: Pairs, left: list[int], right: list[int]) -> None:
    """No pair between the two sides is kept, whatever evidence says."""
    if pairs.apart is None:
        pairs.apart = np.zeros((len(pairs.accounts), len(pairs.accounts)))
    pairs.apart[np.ix_(left, right)] = scoring.APART
    pairs.apart[np.ix_(right, left)] = scoring.APART


def _matrices(pairs: Pairs, family: str) -> tuple[Floats, Ints]:
    size = len(pairs.accounts)
    if family not in pairs.best:
        pairs.best[family] = np.zeros((size, size))
        pairs.by[family] = np.zeros((size, size), dtype=np.int64)
    return pairs.best[family], pairs.by[family]
