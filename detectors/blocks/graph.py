"""The densest block of accounts and objects, and how dense chance makes one."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from hashlib import blake2b
from statistics import fmean, pstdev
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from detectors.synchrony.graph import components

Ints = NDArray[np.int64]
Flags = NDArray[np.bool_]
Floats = NDArray[np.float64]

LEAST_EDGES = 3
"""An account or object with fewer edges is no part of a block. Most have fewer; they are shuffled
with the others, because they say how likely it is to meet by chance."""
DISCOUNT = 5.0
PEELED_SHARE = 0.05
REPAIRS = 8
MAX_BLOCKS = 8
FEW_SHUFFLES = 25
CLEAR_DEVIATIONS = 10.0
_MORE = 1 + 1e-12


@dataclass(frozen=True, slots=True)
class Graph:
    """Edges between accounts (rows) and objects (columns), each once.

    weight: (columns,) of every edge to that object: 1 / log(degree + 5), so that what everybody
    acts upon makes nobody suspicious. of_row, pull: (rows,) degree and (columns,) weight that one
    edge of a row is expected to bring to the column. busy_row, busy_column: who is looked at.
    """

    row: Ints
    column: Ints
    weight: Floats
    of_row: Ints
    pull: Floats
    busy_row: Flags
    busy_column: Flags

    @classmethod
    def of(cls, row: Ints, column: Ints) -> Graph:
        """Of edges that are given once each; rows and columns are numbered from 0."""
        of_row, of_column = np.bincount(row), np.bincount(column)
        weight = 1.0 / np.log(of_column + DISCOUNT)
        pull = of_column * weight / max(len(row), 1)
        busy = (of_row >= LEAST_EDGES, of_column >= LEAST_EDGES)
        return cls(row, column, weight, of_row, pull, *busy)

    def __len__(self) -> int:
        return len(self.row)

    def busy(self, row: Ints, column: Ints) -> Flags:
        """Which edges join an account and an object that are both looked at."""
        return self.busy_row[row] & self.busy_column[column]


@dataclass(frozen=True, slots=True)
class Block:
    """Some accounts and objects and the edges between them. density: weight of edges per node."""

    rows: Ints
    columns: Ints
    edges: Ints
    density: float

    @property
    def fill(self) -> float:
        """Share of all possible edges."""
        cells = len(self.rows) * len(self.columns)
        return len(self.edges) / cells if cells else 0.0


class Chance(NamedTuple):
    """The densest block of all shuffles, and how many there were."""

    density: float
    shuffles: int


def blocks(graph: Graph) -> Iterator[Block]:
    """The densest block, then the densest of what is left without its edges, and so on.

    A block that falls apart is several.
    """
    left = graph.busy(graph.row, graph.column)
    for _ in range(MAX_BLOCKS):
        index = np.flatnonzero(left)
        inside, density = _densest(graph, graph.row[index], graph.column[index])
        if not inside.any():
            return
        edges = index[inside]
        left[edges] = False
        for part in _parts(graph, edges):
            yield Block(np.unique(graph.row[part]), np.unique(graph.column[part]), part, density)


def beyond_chance(graph: Graph, densities: Sequence[float], shuffles: int) -> Chance:
    """Which densities no shuffle reaches that keeps every degree.

    It ends when all are reached, or when what is left is so far beyond the shuffles so far that
    more of them would tell nothing new. The dice are seeded by the edges, so that one graph always
    has one answer.
    """
    raw = np.stack((graph.row, graph.column)).astype("<i8").tobytes()
    seed = int.from_bytes(blake2b(raw, digest_size=16).digest(), "big")
    dice = np.random.Generator(np.random.PCG64(seed))
    seen: list[float] = []
    left = min(densities, default=0.0)
    while len(seen) < shuffles:
        seen.append(_densest(graph, *_shuffled(graph, dice))[1])
        left = min((one for one in densities if one > max(seen)), default=0.0)
        clear = fmean(seen) + CLEAR_DEVIATIONS * pstdev(seen)
        if not left or (len(seen) >= FEW_SHUFFLES and left > clear):
            break
    return Chance(max(seen, default=0.0), len(seen))


def _densest(graph: Graph, row: Ints, column: Ints) -> tuple[Flags, float]:
    """Edges of the densest block on the way of peeling, and its density.

    Density is the weight above what the degrees alone explain (d_i d_j / M for each cell), per
    node: the busiest accounts meet on the best known objects by chance. In each step the lightest
    twentieth of the nodes goes. Greedy peeling (Charikar 2000) takes one at a time; in steps it is
    hundreds of times faster and treats shuffles alike.
    """
    cost = graph.weight[column]
    alive, left_at = np.arange(len(row)), np.zeros(len(row), dtype=np.int64)
    best, best_step, step = 0.0, len(row) + 1, 0
    while len(alive):
        step += 1
        left_at[alive] = step
        a, b, weights = row[alive], column[alive], cost[alive]
        row_sum, column_sum = np.bincount(a, weights), np.bincount(b, weights)
        rows, columns = np.flatnonzero(row_sum), np.flatnonzero(column_sum)
        pulled = float(graph.pull[columns].sum())
        pushed = float(graph.of_row[rows].sum())
        density = (float(weights.sum()) - pulled * pushed) / (len(rows) + len(columns))
        if density > best * _MORE:
            best, best_step = density, step
        row_gain = row_sum - graph.of_row[: len(row_sum)] * pulled
        column_gain = column_sum - graph.pull[: len(column_sum)] * pushed
        gains = np.concatenate((row_gain[rows], column_gain[columns]))
        number = max(0, int(PEELED_SHARE * len(gains)) - 1)
        bar = np.partition(gains, number)[number] + 1e-12
        alive = alive[(row_gain[a] > bar) & (column_gain[b] > bar)]
    return left_at >= best_step, best


def _shuffled(graph: Graph, dice: np.random.Generator) -> tuple[Ints, Ints]:
    """The same degrees, other partners; of those edges that are looked at.

    What meets twice is dealt again with as many others, at last left out.
    """
    row, column = graph.row, dice.permutation(graph.column)
    for _ in range(REPAIRS):
        busy = np.flatnonzero(graph.busy(row, column))
        double = busy[_doubled(graph, row[busy], column[busy])]
        if not len(double):
            break
        dealt = np.unique(np.concatenate((double, dice.integers(0, len(column), len(double)))))
        column[dealt] = column[dice.permutation(dealt)]
    busy = np.flatnonzero(graph.busy(row, column))
    single = busy[~_doubled(graph, row[busy], column[busy])]
    return row[single], column[single]


def _doubled(graph: Graph, row: Ints, column: Ints) -> Flags:
    """Which edges repeat another one."""
    codes = row * len(graph.weight) + column
    order = np.argsort(codes)
    found = np.zeros(len(codes), dtype=np.bool_)
    found[order[1:]] = codes[order[1:]] == codes[order[:-1]]
    return found


def _parts(graph: Graph, edges: Ints) -> Iterator[Ints]:
    """Edges by connected component, the largest first."""
    label = components(graph.row[edges], int(graph.row.max()) + 1 + graph.column[edges])
    groups = [edges[label == one] for one in np.unique(label)]
    yield from sorted(groups, key=lambda group: (-len(group), int(group[0])))
