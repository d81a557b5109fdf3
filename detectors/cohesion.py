"""Evidence that a group has as a whole: it counts for all pairs by how many accounts it reaches.

Who rewrites every text and rarely reuses a device leaves pairs with one kind of evidence each.
Pure.
"""

from __future__ import annotations

from collections.abc import Iterable

import networkx as nx
import numpy as np

from detectors import scoring
from detectors.pairs import FAMILIES, Edge, Pairs, parts_of

Lent = dict[str, tuple[float, int]]
"""Family -> (LLR that it lends to pairs without evidence of its kind, finding)."""


def cohesive_graph(pairs: Pairs) -> nx.Graph[str]:
    """Accounts joined by what they did, at the strongest of one family or more; `score` is S.

    A household shares its devices with whoever in it does the same as others, so what was used
    joins nobody here.
    """
    total = pairs.total()
    used = sum((pairs.best[f] for f in FAMILIES if f in pairs.best and scoring.is_infra(f)), 0.0)
    graph: nx.Graph[str] = nx.Graph()
    rows, columns = np.nonzero(np.triu(total - used >= scoring.S_NEAR, k=1))
    for a, b in zip(rows.tolist(), columns.tolist(), strict=True):
        graph.add_edge(pairs.accounts[a], pairs.accounts[b], score=float(total[a, b]))
    return graph


def lent_to(core: frozenset[str], pairs: Pairs) -> Lent:
    """What each kind of evidence says of the group: by the finding that says most of it.

    An LLR counts for all by the share of accounts that its finding reaches; below a third it is no
    witness (`scoring.reaches`).
    """
    places = [place for place, name in enumerate(pairs.accounts) if name in core]
    block = np.ix_(places, places)
    best: dict[str, tuple[float, str, int]] = {}
    for family in (family for family in FAMILIES if family in pairs.best):
        llrs, by = pairs.best[family][block], pairs.by[family][block]
        for finding in np.unique(by[llrs > 0.0]).tolist():
            told = by == finding
            reached = int(told.any(axis=1).sum())
            if scoring.reaches(reached, len(places)):
                weight = float(llrs[told].max()) * reached / len(places)
                kind, found = scoring.kind_of(family), (weight, str(family), finding)
                best[kind] = max(best.get(kind, found), found)
    return {family: (llr, finding) for llr, family, finding in best.values()}


def group_edges(core: frozenset[str], graph: nx.Graph[str], pairs: Pairs) -> Iterable[Edge]:
    """Pairs of the core that hold together with what the whole group lends them."""
    lent = lent_to(core, pairs)
    index = {name: place for place, name in enumerate(pairs.accounts)}
    for one, other, score in graph.subgraph(core).edges.data("score"):
        a, b = sorted((one, other))
        parts = parts_of(pairs, index[a], index[b])
        kinds = {scoring.kind_of(family) for family in parts}
        more = {f: part for f, part in lent.items() if scoring.kind_of(f) not in kinds}
        total = score + sum(llr for llr, _ in more.values())
        if total >= 0.0:
            yield Edge(a, b, total, parts | more, group=bool(more))
