"""What keeps a graph readable when nearly everybody is tied to everybody. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Final

import networkx as nx

LINES: Final = 60
EACH: Final = 3
"""A drawing is a tangle above 60 lines, and three for each of its nodes."""
DENSE: Final = 0.6
SMALLEST: Final = 6
STRONGEST: Final = 2
SEED: Final = 7

Pair = tuple[int, int]


def is_tangle(nodes: int, lines: int) -> bool:
    """Whether single lines can no longer be followed by eye."""
    return lines > max(LINES, EACH * nodes)


def bundles(size: int, pairs: Sequence[Pair]) -> list[list[int]]:
    """Groups of numbers below `size`: each bundle of six or more, and everybody else alone.

    In a bundle everybody is tied to 60 % of the others, at least. One bundle of all is none: a
    single node shows nothing.
    """
    graph: nx.Graph[int] = nx.Graph(pairs)
    found = [
        _core(graph, members)
        for members in nx.community.louvain_communities(graph, seed=SEED)
        if len(members) >= SMALLEST
    ]
    free = set(range(size)).difference(*found)
    grown = [_grown(graph, core, free) for core in sorted(found) if core]
    kept = [one for one in grown if len(one) < size]
    bundled = {number for one in kept for number in one}
    return sorted([*kept, *([number] for number in range(size) if number not in bundled)])


def backbone(lines: Iterable[tuple[str, str, float]]) -> set[tuple[str, str]]:
    """The strongest lines that still hold together what all lines do, and each node's own two."""
    ordered = sorted(lines, key=lambda one: (-one[2], one[0], one[1]))
    graph: nx.Graph[str] = nx.Graph()
    graph.add_weighted_edges_from(ordered)
    kept = {(min(a, b), max(a, b)) for a, b in nx.maximum_spanning_edges(graph, data=False)}
    own: dict[str, int] = {}
    for a, b, _ in ordered:
        if min(own.get(a, 0), own.get(b, 0)) < STRONGEST:
            kept.add((min(a, b), max(a, b)))
            own[a], own[b] = own.get(a, 0) + 1, own.get(b, 0) + 1
    return kept


def _core(graph: nx.Graph[int], members: Iterable[int]) -> list[int]:
    """Of a community those who are tied to nearly all who stay; the least tied go first."""
    inner = nx.Graph(graph.subgraph(sorted(members)))
    while len(inner) >= SMALLEST:
        weakest = min(sorted(inner), key=lambda number: int(inner.degree[number]))
        if inner.degree[weakest] >= DENSE * (len(inner) - 1):
            return sorted(inner)
        inner.remove_node(weakest)
    return []


def _grown(graph: nx.Graph[int], core: Sequence[int], free: set[int]) -> list[int]:
    """The core with those whom a community left out though they are tied to nearly all of it."""
    members = set(core)
    for number in sorted(free.intersection(graph)):
        wider = members | {number}
        if all(len(wider.intersection(graph[one])) >= DENSE * len(members) for one in wider):
            members = wider
    free -= members
    return sorted(members)
