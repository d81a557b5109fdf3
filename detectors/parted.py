"""Keeps apart whom a person parted: no campaign joins both, not even through a third. Pure."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence

import networkx as nx
import numpy as np

from detectors.pairs import Flags, Pairs


class Parting:
    """Who was said not to belong together, among scored accounts."""

    def __init__(self, pairs: Pairs) -> None:
        self._place = {name: place for place, name in enumerate(pairs.accounts)}
        self._apart: Flags | None = None if pairs.apart is None else pairs.apart < 0.0

    def between(self, one: Iterable[str], two: Iterable[str]) -> bool:
        """Whether somebody of `one` was parted from somebody of `two`."""
        if self._apart is None:
            return False
        return bool(self._apart[np.ix_(self._places(one), self._places(two))].any())

    def communities(self, names: Collection[str], graph: nx.Graph[str]) -> list[set[str]]:
        """`names` as they are where nobody is parted; else who hangs together without a clash.

        The strongest edges join first, so whoever is tied to both sides goes with the nearer one.
        """
        if not self.between(names, names):
            return [set(names)]
        edges = (
            (-score, *sorted((a, b))) for a, b, score in graph.subgraph(names).edges.data("score")
        )
        ordered = sorted(names)
        place = {name: n for n, name in enumerate(ordered)}
        links = ((place[a], place[b]) for _, a, b in sorted(edges))
        return [
            {ordered[n] for n in part} for part in self.joined([[one] for one in ordered], links)
        ]

    def joined(
        self, groups: Sequence[Collection[str]], links: Iterable[tuple[int, int]]
    ) -> list[list[int]]:
        """Numbers of groups that belong together by links, in their order; a clash joins nobody."""
        root = list(range(len(groups)))
        parts = {n: [n] for n in root}
        members, foes = self._vectors(groups)
        for a, b in links:
            one, two = sorted((root[a], root[b]))
            if one == two or (foes is not None and bool((foes[one] & members[two]).any())):
                continue
            for n in parts[two]:
                root[n] = one
            parts[one] += parts.pop(two)
            if foes is not None:
                members[one] |= members[two]
                foes[one] |= foes[two]
        return [sorted(part) for part in parts.values()]

    def _vectors(self, groups: Sequence[Collection[str]]) -> tuple[Flags, Flags | None]:
        """Groups x accounts: who is in each, and who was parted from somebody in it."""
        members = np.zeros((len(groups), len(self._place)), dtype=bool)
        if self._apart is None:
            return members, None
        foes = np.zeros_like(members)
        for n, group in enumerate(groups):
            places = self._places(group)
            members[n, places] = True
            foes[n] = self._apart[places].any(axis=0)
        return members, foes

    def _places(self, names: Iterable[str]) -> list[int]:
        return [self._place[name] for name in names]
