"""Joins scored pairs into campaigns: cores, communities, who hangs on them. Pure.

A campaign is a 2-core of at least three accounts; what opens a case is section 5 of the detection
specification.
"""

from __future__ import annotations

import math
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations

import networkx as nx

from detectors import scoring
from detectors.base import Family
from detectors.cohesion import cohesive_graph, group_edges
from detectors.pairs import (
    DECLARED,
    ESTABLISHED,
    FAMILIES,
    Edge,
    Evidence,
    Pairs,
    kept_graph,
    parts_of,
)
from detectors.parted import Parting
from detectors.ties import Ties, bridge, in_reach, is_cut, sharers_of

MAX_ACCOUNTS = 3_000
MAX_EDGES = 2_000
COMMUNITY_ABOVE = 200
HUB_PARTS = 3
TIMING_ONLY = "timing only"
"""Label of a campaign that no other evidence would make one."""
CORE = 2
"""Edges inside a core that each of its accounts has."""


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


def groups_of(pairs: Pairs, evidence: Sequence[Evidence]) -> list[Group]:
    """Campaigns among the scored accounts, largest first."""
    graph, near, parting = kept_graph(pairs), cohesive_graph(pairs), Parting(pairs)
    connectors = _connectors(graph)
    for one in (near, graph):
        one.remove_nodes_from(connectors)
    seeds = [
        seed
        for component in nx.connected_components(graph)
        for part in parting.communities(component, graph)
        for community in _communities(graph, part)
        if (seed := _seed(community, graph, pairs)) is not None
    ]
    wide = [
        seed
        for community in _near_cores(near, parting)
        if (seed := _wide_seed(community, near, pairs)) is not None
    ]
    judged = [(one, _judged(one, evidence, connectors).opens) for one in wide]
    seeds = _widened(seeds, judged, parting)
    alone = [_judged(seed, evidence, connectors).opens for seed in seeds]
    bound = _bound(seeds, alone, pairs, parting)
    found = [_judged(seed, evidence, connectors) for seed in bound]
    return sorted(found, key=lambda group: (-len(group.members), min(group.members)))


def drawn_in(pairs: Pairs, known: Collection[str]) -> tuple[set[str], set[str]]:
    """Accounts that hang on a group of known ones; those with which known ones may be one group."""
    graph, near = kept_graph(pairs), cohesive_graph(pairs)
    tied, likely = set[str](), set[str]()
    cores = {_core(component, graph) for component in nx.connected_components(graph)}
    for core in cores.union(_near_cores(near, Parting(pairs))):
        if core.isdisjoint(known):
            continue
        ties = Ties(core, pairs, established=True)
        tied.update(pairs.accounts[place] for place in ties.places)
        likely |= in_reach(core, pairs)
    # how far a group that is not known yet could reach: as far as all others together
    inside = {place for place, name in enumerate(pairs.accounts) if name in known}
    for place in inside.intersection(Ties(frozenset(), pairs).places):
        likely |= sharers_of([place], pairs)
    return tied, likely


def _near_cores(near: nx.Graph[str], parting: Parting) -> Iterable[frozenset[str]]:
    """Groups that hold together by evidence of which one family alone can be all."""
    for component in nx.connected_components(near):
        for part in parting.communities(component, near):
            for community in _communities(near, part):
                if core := _two_core(near.subgraph(community)):
                    yield core


def _wide_seed(core: frozenset[str], near: nx.Graph[str], pairs: Pairs) -> _Seed | None:
    """What a group is with the evidence that it has as a whole."""
    edges = {(edge.a, edge.b): edge for edge in group_edges(core, near, pairs)}
    if is_cut(core, core, pairs) or not any(edge.group for edge in edges.values()):
        return None
    graph: nx.Graph[str] = nx.Graph()
    graph.add_weighted_edges_from(
        ((a, b, edge.score) for (a, b), edge in edges.items()), weight="score"
    )
    inner = _core(graph.nodes, graph)
    if not inner:
        return None
    inside = [edge for edge in edges.values() if edge.a in inner and edge.b in inner]
    ordered = sorted(inside, key=lambda edge: (-edge.score, edge.a, edge.b))
    return _Seed(_members(graph.subgraph(inner), inner), inner, tuple(ordered))


def _widened(
    seeds: Sequence[_Seed], wide: Sequence[tuple[_Seed, bool]], parting: Parting
) -> list[_Seed]:
    """Seeds, where a wide one takes in those that are mostly inside it, if it may open a case.

    One that may not gives way to a seed that has half of it. An account or two in common are not
    enough for either: they may be helpers of both.
    """
    found = list(seeds)
    for seed, opens in wide:
        if opens:
            near = [one for one in found if _is_half(one, seed) or _is_half(seed, one)]
            links = [(0, place) for place in range(1, len(near) + 1)]
            taken, *_ = parting.joined([one.members for one in (seed, *near)], links)
            inside = [near[place - 1] for place in taken[1:]]
            found = [one for one in found if one not in inside]
            found.append(_joined([(seed, {}), *((one, {}) for one in inside)], (), parting))
        elif not any(_is_half(seed, one) for one in found):
            found.append(seed)
    return found


def _is_half(seed: _Seed, other: _Seed) -> bool:
    """Whether at least half of a seed is in the other one."""
    return 2 * len(seed.core & other.core) >= len(seed.core)


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


def _core(community: Iterable[str], graph: nx.Graph[str]) -> frozenset[str]:
    """Accounts that hold together: all that do if they may open a case, else those that may.

    Empty: no three accounts hold together, or by too little even for the watch list.
    """
    inside = graph.subgraph(community)
    strong = [edge[:2] for edge in inside.edges.data("score") if edge[2] >= scoring.S_OPEN]
    whole, inner = (_two_core(one) for one in (inside, inside.edge_subgraph(strong)))
    sure = _mean_chance(inside.subgraph(whole)) if whole else 0.0
    if inner and sure < scoring.P_OPEN:
        return inner
    return whole if sure >= scoring.P_WATCH else frozenset()


def _two_core(graph: nx.Graph[str]) -> frozenset[str]:
    """Accounts that are left when those with a single edge are taken off again and again."""
    near = {name: {*others} for name, others in graph.adjacency()}
    loose = [name for name, others in near.items() if len(others) < CORE]
    while loose:
        name = loose.pop()
        for other in near.pop(name, ()):
            near[other].discard(name)
            if len(near[other]) == CORE - 1:
                loose.append(other)
    return frozenset(near) if len(near) >= scoring.MIN_ACCOUNTS else frozenset()


def _mean_chance(graph: nx.Graph[str]) -> float:
    chances = [scoring.probability(score) for _, _, score in graph.edges.data("score")]
    return math.fsum(chances) / len(chances)


def _seed(community: set[str], graph: nx.Graph[str], pairs: Pairs) -> _Seed | None:
    core = _core(community, graph)
    if not core:
        return None
    inside = graph.subgraph(community)
    members = _members(inside, core)
    return _Seed(members, core, tuple(_edges(inside.subgraph(members), pairs)))


def _bound(
    seeds: Sequence[_Seed], alone: Sequence[bool], pairs: Pairs, parting: Parting
) -> list[_Seed]:
    """Seeds with the accounts that hang on them as a group; those that belong together as one.

    Two accounts of one seed that hang on another one make both one operation: one alone may be a
    helper of both. alone: which of the seeds open by themselves; between those and others the
    evidence of all their accounts counts together.
    """
    hanging = [
        Ties(seed.core, pairs, established=opens).edges()
        for seed, opens in zip(seeds, alone, strict=True)
    ]
    links: list[tuple[int, int]] = []
    bridges: list[Edge] = []
    for (a, one), (b, two) in combinations(enumerate(seeds), 2):
        between = bridge(one.core, two.core, pairs) if alone[a] or alone[b] else []
        ones, twos = one.core.intersection(hanging[b]), two.core.intersection(hanging[a])
        if between or max(len(ones), len(twos)) > 1:
            links.append((a, b))
            bridges += between
    return [
        _joined([(seeds[place], hanging[place]) for place in places], bridges, parting)
        for places in parting.joined([seed.members for seed in seeds], links)
    ]


def _joined(
    parts: Sequence[tuple[_Seed, Mapping[str, Edge]]], bridges: Sequence[Edge], parting: Parting
) -> _Seed:
    """One seed of several, with who hangs on them; of two who were parted the nearer one."""
    core = frozenset[str]().union(*(seed.core for seed, _ in parts))
    members = {name: p for seed, _ in parts for name, p in seed.members.items()}
    edges: dict[tuple[str, str], Edge] = {}
    for edge in (edge for seed, _ in parts for edge in seed.edges):
        told = edges.setdefault((edge.a, edge.b), edge)
        if told.score < edge.score:  # one with what the whole group lends it says more
            edges[edge.a, edge.b] = edge
    for edge in bridges:
        if edge.a in core and edge.b in core:
            edges.setdefault((edge.a, edge.b), edge)
    for _, hanging in parts:
        for name, edge in sorted(hanging.items(), key=lambda one: (-one[1].score, one[0])):
            if parting.between([name], members):
                continue
            edges.setdefault((edge.a, edge.b), edge)
            members[name] = max(members.get(name, 0.0), scoring.probability(edge.score))
    ordered = sorted(edges.values(), key=lambda edge: (-edge.score, edge.a, edge.b))
    return _Seed(members, core, tuple(ordered))


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
        found.append(Edge(a, b, score, parts_of(pairs, index[a], index[b])))
    return sorted(found, key=lambda edge: (-edge.score, edge.a, edge.b))


def _parts(edges: Sequence[Edge]) -> dict[str, float]:
    """Mean contribution of the prior, of each family and of declarations to an edge."""
    parts = {"prior": scoring.PRIOR}
    for family in (*FAMILIES, DECLARED, ESTABLISHED):
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
    return scoring.reaches(len(touched), len(core))


def _opening(
    families: tuple[str, ...], p: float, core: frozenset[str], edges: Sequence[Edge],
    evidence: Sequence[Evidence],
) -> tuple[str, bool]:  # fmt: skip
    """Label and whether this may open a case: two kinds of evidence, or one hard identifier.

    Timing alone opens too, and says so, when its core acted together on five objects or more; what
    else some of it share does not take that away.
    """
    kinds = {scoring.kind_of(family) for family in families}
    hard = [
        edge for edge in edges if edge.parts.get(Family.INFRA_HARD, (0.0, 0))[0] >= scoring.HARD
    ]
    if p >= scoring.P_OPEN and (len(kinds) > 1 or _reach(hard, core)):
        return "", True
    if Family.TIMING not in families:
        return "", False
    opens = any(_timing_opens(one, core) for one in evidence)
    return TIMING_ONLY if opens or len(families) == 1 else "", opens


def _timing_opens(one: Evidence, core: frozenset[str]) -> bool:
    """Most of the finding is in this core: pairs of it may have been kept by other evidence too."""
    inside = sum(1 for name in one.subjects if name in core)
    return one.opens_alone and 2 * inside >= len(one.subjects) and inside >= scoring.MIN_ACCOUNTS
