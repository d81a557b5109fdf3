"""Where the accounts of a case stand in its drawing. Pure: the same graph, the same drawing."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import networkx as nx
import numpy as np

from cases import tangle

MOST: Final = 300
"""Nodes that are drawn; above it communities fold to one node each."""
SIDE: Final = 1_000
"""Width and height of the drawing, without its margin."""
STEPS: Final = 60
HEAT: Final = 0.2
"""Length of the first step; each later one is shorter."""
SPREAD: Final = 1.6
NEAR: Final = 0.01
SEED: Final = 7
FLAT: Final = 1e-9


@dataclass(frozen=True, slots=True)
class Drawing:
    """at: node -> x, y. within: name -> the node that stands for it; folded: node -> its names."""

    at: Mapping[str, tuple[int, int]]
    within: Mapping[str, str]
    folded: Mapping[str, Sequence[str]]


def draw(names: Iterable[str], ties: Iterable[tuple[str, str]], most: int = MOST) -> Drawing:
    """A place for every name, or, of more than `most`, for every community of names.

    In a tangle those who are nearly all tied to each other are one node too.
    """
    known = sorted(set(names))
    numbers = {name: number for number, name in enumerate(known)}
    pairs = sorted(
        {(min(a, b), max(a, b)) for a, b in ((numbers[a], numbers[b]) for a, b in ties) if a != b}
    )
    groups = [[number] for number in range(len(known))]
    if len(known) > most:
        groups = _communities(len(known), pairs, most)
    elif tangle.is_tangle(len(known), len(pairs)):
        groups = tangle.bundles(len(known), pairs)
    home = {number: place for place, group in enumerate(groups) for number in group}
    between = sorted({(home[a], home[b]) for a, b in pairs if home[a] != home[b]})
    heads = [known[group[0]] for group in groups]
    places = _places(len(groups), between)
    return Drawing(
        at=dict(zip(heads, places, strict=True)),
        within={name: heads[home[number]] for name, number in numbers.items()},
        folded={
            known[group[0]]: [known[number] for number in group]
            for group in groups
            if len(group) > 1
        },
    )


def _communities(size: int, pairs: Sequence[tuple[int, int]], most: int) -> list[list[int]]:
    """At most `most` groups of numbers, each sorted, by their first number.

    Who has no tie is no community: all of them are one. A single community that is too large is cut
    by name, since nothing else tells its members apart.
    """
    graph: nx.Graph[int] = nx.Graph(pairs)
    found = [sorted(one) for one in nx.community.louvain_communities(graph, seed=SEED)]
    if loose := sorted(set(range(size)).difference(graph)):
        found.append(loose)
    if len(found) == 1:
        each = -(-size // most)
        found = [found[0][start : start + each] for start in range(0, size, each)]
    found.sort(key=lambda one: (-len(one), one[0]))
    if rest := sorted(number for one in found[most - 1 :] for number in one):
        found[most - 1 :] = [rest]
    return sorted(found)


def _places(size: int, pairs: Sequence[tuple[int, int]]) -> list[tuple[int, int]]:
    if size <= 1:
        return [(SIDE // 2, SIDE // 2)] * size
    turns = np.arange(size) * (2 * np.pi / size)  # around a circle first: nothing is left to chance
    x, y = np.cos(turns), np.sin(turns)
    tied = np.zeros((size, size))
    for a, b in pairs:
        tied[a, b] = tied[b, a] = 1.0
    apart = SPREAD / size**0.5
    for heat in np.linspace(HEAT, 0.0, STEPS, endpoint=False):
        dx, dy = np.subtract.outer(x, x), np.subtract.outer(y, y)
        far = np.maximum(np.hypot(dx, dy), NEAR)
        push = (apart / far) ** 2 - tied * far / apart
        px, py = (dx * push).sum(axis=1), (dy * push).sum(axis=1)
        step = heat / np.maximum(np.hypot(px, py), NEAR)
        x, y = x + px * step, y + py * step
    return _scaled(list(zip(x.tolist(), y.tolist(), strict=True)))


def _scaled(points: Sequence[tuple[float, float]]) -> list[tuple[int, int]]:
    """The whole square is used, each axis by itself; an axis without extent is in the middle."""
    axes = []
    for values in zip(*points, strict=True):
        low, high = min(values), max(values)
        width = high - low
        axes.append(
            [round(SIDE * (one - low) / width) if width > FLAT else SIDE // 2 for one in values]
        )
    return list(zip(*axes, strict=True))
