"""Joins findings into campaigns: pair scores, cores, communities. Pure; numbers in, groups out.

The rules are section 5 of the detection specification: inside a family the strongest finding
counts, families add up, a pair is kept from S >= 0, a campaign is a 2-core of at least three.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import combinations
from typing import NamedTuple

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
    """A kept pair. parts: family -> (LLR after cap and decay, finding id).

    group: it ties one account to all members of a group; the evidence is with different ones.
    """

    a: str
    b: str
    score: float
    parts: dict[str, tuple[float, int]]
    group: bool = False


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


class Named(NamedTuple):
    """touches: accounts x findings about different things."""

    family: str
    touches: NDArray[np.bool_]


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
    seeds = [
        seed
        for component in nx.connected_components(graph)
        for community in _communities(graph, component)
        if (seed := _seed(community, graph, pairs)) is not None
    ]
    found = [_judged(seed, evidence, connectors) for seed in _bound(seeds, pairs)]
    return sorted(found, key=lambda group: (-len(group.members), min(group.members)))


def drawn_in(pairs: Pairs, known: Collection[str]) -> set[str]:
    """Accounts that hang on a group of known ones, and those on which a known one may hang."""
    graph = kept_graph(pairs)
    found: set[str] = set()
    for component in nx.connected_components(graph):
        core = frozenset(nx.k_core(graph.subgraph(component), 2).nodes)
        if len(core) >= scoring.MIN_ACCOUNTS and not core.isdisjoint(known):
            found.update(pairs.accounts[place] for place in _Ties(core, pairs).places)
    # how far a group that is not known yet could reach: as far as all others together
    inside = [place for place, name in enumerate(pairs.accounts) if name in known]
    reaching = set(_Ties(frozenset(), pairs).places).intersection(inside)
    for best in pairs.best.values():
        shared = (best[sorted(reaching)] > 0.0).any(axis=0)
        found.update(pairs.accounts[place] for place in np.flatnonzero(shared).tolist())
    return found


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
    things: dict[str, set[str]] = {}
    for one in same:
        things.setdefault(one.anchor.partition("/")[0], set()).update(one.subjects)
    if len(things) < least:
        return
    touches = np.zeros((len(pairs.accounts), len(things)), dtype=bool)
    for column, names in enumerate(things.values()):
        touches[[index[name] for name in sorted(names) if name in index], column] = True
    pairs.named[same[0].detector] = Named(same[0].family, touches)
    count = touches.astype(np.int64) @ touches.T
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


@dataclass(frozen=True, slots=True)
class _Seed:
    """A core that pairs alone hold together, with those who hang on it; edges: strongest first."""

    members: dict[str, float]
    core: frozenset[str]
    edges: tuple[Edge, ...]

    def core_edges(self) -> list[Edge]:
        """Edges between two accounts of the core."""
        return [edge for edge in self.edges if edge.a in self.core and edge.b in self.core]


def _seed(community: set[str], graph: nx.Graph[str], pairs: Pairs) -> _Seed | None:
    """None: no three accounts hold together, or by too little even for the watch list."""
    inside = graph.subgraph(community)
    core = frozenset(nx.k_core(inside, 2).nodes)
    if len(core) < scoring.MIN_ACCOUNTS:
        return None
    members = _members(inside, core)
    seed = _Seed(members, core, tuple(_edges(inside.subgraph(members), pairs)))
    return seed if _mean_p(seed.core_edges()) >= scoring.P_WATCH else None


def _bound(seeds: Sequence[_Seed], pairs: Pairs) -> list[_Seed]:
    """Seeds with the accounts that hang on them as a group; those that share such accounts as one.

    Two accounts of one seed that hang on another one make both one operation: one alone may be a
    helper of both.
    """
    hanging = [_Ties(seed.core, pairs).edges() for seed in seeds]
    ties: nx.Graph[int] = nx.Graph()
    ties.add_nodes_from(range(len(seeds)))
    for (a, one), (b, two) in combinations(enumerate(seeds), 2):
        shared = one.core.intersection(hanging[b]) | two.core.intersection(hanging[a])
        if len(shared) > 1:
            ties.add_edge(a, b)
    return [
        _joined([(seeds[place], hanging[place]) for place in sorted(places)])
        for places in nx.connected_components(ties)
    ]


def _joined(parts: Sequence[tuple[_Seed, Mapping[str, Edge]]]) -> _Seed:
    core = frozenset[str]().union(*(seed.core for seed, _ in parts))
    members = {name: p for seed, _ in parts for name, p in seed.members.items()}
    edges = {(edge.a, edge.b): edge for seed, _ in parts for edge in seed.edges}
    for _, hanging in parts:
        for name, edge in sorted(hanging.items()):
            edges.setdefault((edge.a, edge.b), edge)
            members[name] = max(members.get(name, 0.0), scoring.probability(edge.score))
    ordered = sorted(edges.values(), key=lambda edge: (-edge.score, edge.a, edge.b))
    return _Seed(members, core, tuple(ordered))


class _Ties:
    """Accounts outside a core that belong to it by evidence with different members of it.

    Evidence of one family counts once, by the member it is strongest with; what the account shares
    with many members in turn, as three texts with three of them, counts as if with one. An empty
    core stands for everybody else.
    """

    def __init__(self, core: frozenset[str], pairs: Pairs) -> None:
        self._pairs = pairs
        self._core = [
            place for place, name in enumerate(pairs.accounts) if not core or name in core
        ]
        self._best = {
            family: self._raised(family, best[:, self._core].max(axis=1))
            for family, best in pairs.best.items()
        }
        self._score = scoring.PRIOR + np.sum([*self._best.values()], axis=0)
        for taken in (pairs.declared, pairs.apart):
            if taken is not None:
                self._score += taken[:, self._core].min(axis=1)
        enough = (self._score >= scoring.S_OPEN) & (self._kinds() > 1)
        if core:
            enough[self._core] = False
        self.places: list[int] = np.flatnonzero(enough).tolist()

    def edges(self) -> dict[str, Edge]:
        """Account -> its tie to the group, drawn to the member it shares most with."""
        total = self._pairs.total()
        return {self._pairs.accounts[place]: self._edge(place, total) for place in self.places}

    def _raised(self, family: str, best: Floats) -> Floats:
        for detector, named in self._pairs.named.items():
            least, llr = scoring.SEVERAL[detector]
            if named.family == family:
                shared = named.touches[:, named.touches[self._core].any(axis=0)].sum(axis=1)
                best = np.where(shared >= least, np.maximum(best, llr), best)
        return best

    def _kinds(self) -> Ints:
        """How many kinds of evidence reach each account."""
        reached: dict[str, NDArray[np.bool_]] = {}
        for family, best in self._best.items():
            kind = scoring.kind_of(family)
            reached[kind] = reached.get(kind, False) | (best > 0.0)
        count: Ints = np.sum([*reached.values()], axis=0, dtype=np.int64)
        return count

    def _edge(self, place: int, total: Floats) -> Edge:
        parts: dict[str, tuple[float, int]] = {}
        for family, best in self._best.items():
            if best[place] > 0.0:
                whom = self._nearest(place, self._pairs.best[family])
                parts[family] = float(best[place]), int(self._pairs.by[family][place, whom])
        other = self._nearest(place, total)
        a, b = sorted((self._pairs.accounts[place], self._pairs.accounts[other]))
        return Edge(a, b, float(self._score[place]), parts, group=True)

    def _nearest(self, place: int, values: Floats) -> int:
        return max(self._core, key=lambda other: (values[place, other], -other))


def _judged(seed: _Seed, evidence: Sequence[Evidence], connectors: tuple[str, ...]) -> Group:
    core_edges = seed.core_edges()
    parts = _parts(core_edges)
    p = _mean_p(core_edges)
    families = _families(core_edges, seed.core)
    label, opens = _opening(families, p, seed.core, core_edges, evidence)
    names = set(seed.members)
    # evidence is what joins two members; a finding that touches one explains nothing here
    joining = [one for one in evidence if len(names.intersection(one.subjects)) > 1]
    return Group(
        members=seed.members,
        core=seed.core,
        edges=seed.edges,
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


def _mean_p(edges: Sequence[Edge]) -> float:
    return sum(scoring.probability(edge.score) for edge in edges) / len(edges)


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
    return tuple(
        str(family)
        for family in FAMILIES
        if _reach([edge for edge in edges if family in edge.parts], core)
    )


def _reach(edges: Sequence[Edge], core: frozenset[str]) -> bool:
    touched = {name for edge in edges for name in (edge.a, edge.b)}
    return len(touched) >= max(2, len(core) / 3)


def _opening(
    families: tuple[str, ...], p: float, core: frozenset[str], edges: Sequence[Edge],
    evidence: Sequence[Evidence],
) -> tuple[str, bool]:  # fmt: skip
    """Label and whether this may open a case: two kinds of evidence, or one hard identifier.

    Timing alone opens too, and says so, when its core acted together on five objects or more.
    """
    if families == (Family.TIMING,):
        return "timing only", any(_timing_opens(one, core) for one in evidence)
    kinds = {scoring.kind_of(family) for family in families}
    hard = [
        edge for edge in edges if edge.parts.get(Family.INFRA_HARD, (0.0, 0))[0] >= scoring.HARD
    ]
    strong = len(kinds) > 1 or _reach(hard, core)
    return "", p >= scoring.P_OPEN and strong


def _timing_opens(one: Evidence, core: frozenset[str]) -> bool:
    """Most of the finding is in this core: pairs of it may have been kept by other evidence too."""
    inside = sum(1 for name in one.subjects if name in core)
    return one.opens_alone and 2 * inside >= len(one.subjects) and inside >= scoring.MIN_ACCOUNTS
