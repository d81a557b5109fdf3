"""Joins findings into campaigns: pair scores, cores, communities. Pure; numbers in, groups out.

The rules are section 5 of the detection specification: inside a family the strongest finding
counts, families add up, a pair is kept from S >= 0, a campaign is a 2-core of at least three.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, field

import msgspec
import networkx as nx
import numpy as np
from numpy.typing import NDArray

from detectors import scoring
from detectors.base import Family

MAX_ACCOUNTS = 3_000
MAX_EDGES = 2_000
COMMUNITY_ABOVE = 200
HUB_PARTS = 3
FAMILIES = tuple(scoring.WEIGHTS)
DECLARED = "declared"
"""The part of a score that declared relationships take away; no finding stands behind it."""
Apart = tuple[Collection[str], Collection[str]]
"""Two sides of which a person said that they do not belong together."""

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]


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
    """A kept pair. parts: family -> (LLR after cap and decay, finding id)."""

    a: str
    b: str
    score: float
    parts: dict[str, tuple[float, int]]


@dataclass(frozen=True, slots=True)
class Group:
    """One campaign as the evidence has it. score = sum(parts): means over the edges of the core."""

    members: dict[str, float]
    core: frozenset[str]
    edges: tuple[Edge, ...]
    families: tuple[str, ...]
    parts: dict[str, float]
    score: float
    p: float
    opens: bool
    label: str
    finding_ids: frozenset[int]
    first_at: float = 0.0
    last_at: float = 0.0
    signals: int = 0
    connectors: tuple[str, ...] = ()
    declared: int = 0
    """Id of the declared group that all members are in; such a campaign opens nothing."""


@dataclass(slots=True)
class Pairs:
    """LLRs of all account pairs, one symmetric matrix a family; `by` names the finding behind.

    declared: what declared relationships take from each pair; None without any. apart: what people
    took who cut pairs.
    """

    accounts: tuple[str, ...]
    best: dict[str, Floats] = field(default_factory=dict)
    by: dict[str, Ints] = field(default_factory=dict)
    declared: Floats | None = None
    apart: Floats | None = None

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
        _add_several(pairs, [one for one in ordered if one.detector == detector], index, least, llr)
    for group in declared:
        _set_apart(pairs, [place for name, place in index.items() if name in group])
    for left, right in apart:
        _part(pairs, *([index[name] for name in side if name in index] for side in (left, right)))
    return pairs


def kept_graph(pairs: Pairs) -> nx.Graph[str]:
    """Accounts joined where S >= 0; `score` on every edge."""
    total = pairs.total()
    graph: nx.Graph[str] = nx.Graph()
    rows, columns = np.nonzero(np.triu(total >= 0.0, k=1))
    for a, b in zip(rows.tolist(), columns.tolist(), strict=True):
        graph.add_edge(pairs.accounts[a], pairs.accounts[b], score=float(total[a, b]))
    return graph


def groups_of(pairs: Pairs, evidence: Sequence[Evidence]) -> list[Group]:
    """Campaigns among the scored accounts, largest first."""
    graph = kept_graph(pairs)
    connectors = _connectors(graph)
    graph.remove_nodes_from(connectors)
    found = [
        _group(community, graph, pairs, evidence, connectors)
        for component in nx.connected_components(graph)
        for community in _communities(graph, component)
    ]
    kept = [group for group in found if group is not None]
    return sorted(kept, key=lambda group: (-len(group.members), min(group.members)))


def _add_links(pairs: Pairs, one: Evidence, index: dict[str, int], age: float) -> None:
    best, by = _matrices(pairs, one.family)
    for first, second, llr in one.links:
        a, b = index.get(one.subjects[first]), index.get(one.subjects[second])
        if a is None or b is None or a == b:
            continue
        weight = scoring.weigh(one.family, llr, age)
        if weight > best[a, b]:
            best[a, b] = best[b, a] = weight
            by[a, b] = by[b, a] = one.id


def _add_clique(pairs: Pairs, one: Evidence, index: dict[str, int], age: float) -> None:
    places = [index[name] for name in one.subjects if name in index]
    if len(places) < 2:  # noqa: PLR2004 -- a pair needs two
        return
    best, by = _matrices(pairs, one.family)
    block = np.ix_(places, places)
    weight = scoring.weigh(one.family, one.llr, age)
    better = best[block] < weight
    best[block] = np.where(better, weight, best[block])
    by[block] = np.where(better, one.id, by[block])


def _add_several(
    pairs: Pairs, same: Sequence[Evidence], index: dict[str, int], least: int, llr: float
) -> None:
    """Raise pairs that share at least `least` findings about different things.

    What stands behind a slash in an anchor is a part of one cluster, no text of its own.
    """
    named: dict[str, set[str]] = {}
    for one in same:
        named.setdefault(one.anchor.partition("/")[0], set()).update(one.subjects)
    if len(named) < least:
        return
    size = len(pairs.accounts)
    count = np.zeros((size, size), dtype=np.int64)
    for names in named.values():
        places = [index[name] for name in sorted(names) if name in index]
        count[np.ix_(places, places)] += 1
    best, by = _matrices(pairs, same[0].family)
    enough = (count >= least) & (best < llr)
    best[enough] = llr
    by[enough & (by == 0)] = same[0].id


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


def _connectors(graph: nx.Graph[str]) -> tuple[str, ...]:
    """Accounts that alone hold more than three groups together: a shared helper, not a member."""
    found = []
    for node in nx.articulation_points(graph):
        component = nx.node_connected_component(graph, node) - {node}
        rest = nx.connected_components(graph.subgraph(component))
        parts = sum(1 for part in rest if len(part) >= scoring.MIN_ACCOUNTS)
        if parts > HUB_PARTS:
            found.append(node)
    return tuple(sorted(found))


def _communities(graph: nx.Graph[str], component: set[str]) -> Iterable[set[str]]:
    if len(component) <= COMMUNITY_ABOVE:
        return [component]
    # in sorted order: Louvain walks nodes as the graph holds them
    ordered: nx.Graph[str] = nx.Graph()
    ordered.add_nodes_from(sorted(component))
    ordered.add_weighted_edges_from(
        sorted(
            (*sorted((a, b)), score)
            for a, b, score in graph.subgraph(component).edges.data("score")
        ),
        weight="score",
    )
    found: list[set[str]] = nx.community.louvain_communities(
        ordered, weight="score", resolution=1.0, seed=0
    )
    return found


def _group(
    community: set[str],
    graph: nx.Graph[str],
    pairs: Pairs,
    evidence: Sequence[Evidence],
    connectors: tuple[str, ...],
) -> Group | None:
    inside = graph.subgraph(community)
    core = frozenset(nx.k_core(inside, 2).nodes)
    if len(core) < scoring.MIN_ACCOUNTS:
        return None
    members = _members(inside, core)
    edges = _edges(inside.subgraph(members), pairs)
    core_edges = [edge for edge in edges if edge.a in core and edge.b in core]
    parts = _parts(core_edges)
    p = sum(scoring.probability(edge.score) for edge in core_edges) / len(core_edges)
    if p < scoring.P_WATCH:
        return None
    families = _families(core_edges, core)
    label, opens = _opening(families, p, core, evidence)
    names = set(members)
    # evidence is what joins two members; a finding that touches one explains nothing here
    joining = [one for one in evidence if len(names.intersection(one.subjects)) > 1]
    return Group(
        members=members,
        core=core,
        edges=tuple(edges),
        families=families,
        parts=parts,
        score=sum(parts.values()),
        p=p,
        opens=opens,
        label=label,
        finding_ids=frozenset(one.id for one in joining),
        first_at=min(one.first_at for one in joining),
        last_at=max(one.last_at for one in joining),
        signals=sum(one.signals for one in joining),
        connectors=connectors,
    )


def _members(inside: nx.Graph[str], core: frozenset[str]) -> dict[str, float]:
    """Core accounts, and others that hang on the core by an edge of P >= 0.8; with mean edge P."""
    members: dict[str, float] = {}
    for name in sorted(inside.nodes):
        chances = [
            scoring.probability(inside.edges[name, other]["score"])
            for other in sorted(inside.neighbors(name))
            if other in core
        ]
        if name in core or (chances and max(chances) >= scoring.P_OPEN):
            members[name] = sum(chances) / len(chances)
    return members


def _edges(inside: nx.Graph[str], pairs: Pairs) -> list[Edge]:
    index = {name: place for place, name in enumerate(pairs.accounts)}
    found = []
    for first, second, score in inside.edges.data("score"):
        a, b = sorted((first, second))
        place = index[a], index[b]
        parts = {
            family: (float(best[place]), int(pairs.by[family][place]))
            for family, best in pairs.best.items()
            if best[place] > 0.0
        }
        if pairs.declared is not None and pairs.declared[place]:
            parts[DECLARED] = (float(pairs.declared[place]), 0)
        found.append(Edge(a, b, score, parts))
    return sorted(found, key=lambda edge: (-edge.score, edge.a, edge.b))


def _parts(edges: Sequence[Edge]) -> dict[str, float]:
    """Mean contribution of the prior, of each family and of declarations to an edge."""
    parts = {"prior": scoring.PRIOR}
    for family in (*FAMILIES, DECLARED):
        total = sum(edge.parts[family][0] for edge in edges if family in edge.parts)
        if total:
            parts[str(family)] = total / len(edges)
    return parts


def _families(edges: Sequence[Edge], core: frozenset[str]) -> tuple[str, ...]:
    """Families that reach at least a third of the core: a stray finding is no second witness."""
    found = []
    for family in FAMILIES:
        touched = {name for edge in edges if family in edge.parts for name in (edge.a, edge.b)}
        if len(touched) >= max(2, len(core) / 3):
            found.append(str(family))
    return tuple(found)


def _opening(
    families: tuple[str, ...], p: float, core: frozenset[str], evidence: Sequence[Evidence]
) -> tuple[str, bool]:
    """Label and whether this may open a case: two families, or one hard identifier.

    Timing alone opens too, and says so, when its core acted together on five objects or more.
    """
    if families == (Family.TIMING,):
        return "timing only", any(_timing_opens(one, core) for one in evidence)
    strong = len(families) > 1 or Family.INFRA_HARD in families
    return "", p >= scoring.P_OPEN and strong


def _timing_opens(one: Evidence, core: frozenset[str]) -> bool:
    """Most of the finding is in this core: pairs of it may have been kept by other evidence too."""
    inside = sum(1 for name in one.subjects if name in core)
    return one.opens_alone and 2 * inside >= len(one.subjects) and inside >= scoring.MIN_ACCOUNTS
