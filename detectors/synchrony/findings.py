"""Findings of one synchrony run: what a person reads and what the fusion links."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np

from detectors.base import MAX_SIGNAL_IDS, Condition, FindingDraft, Key, Tier
from detectors.emission import at_least
from detectors.synchrony.graph import components
from detectors.synchrony.model import Edges, EdgeTier, Ints, Result, Settings
from detectors.synchrony.rows import MS
from detectors.synchrony.tables import Table, platform_of
from detectors.synchrony.wording import EVENT_NOTE, PairNumbers, Told

TIERS = {
    EdgeTier.OPENING: (Tier.OPENING, 6.5),
    EdgeTier.SUPPORTING: (Tier.SUPPORTING, 4.0),
    EdgeTier.EVENT_EXPLAINED: (Tier.EVENT_EXPLAINED, 1.0),
}
ANCHORS = {
    EdgeTier.OPENING: "group",
    EdgeTier.SUPPORTING: "pair",
    EdgeTier.EVENT_EXPLAINED: "event",
}
MAX_LINKS = 20_000
MAX_EVENT_LINKS = 2_000
MIN_GROUP = 3

Pairs = Mapping[tuple[str, str], int]


@dataclass(frozen=True, slots=True)
class Run:
    """One object type, tested. clock_steps: platform -> step (s) of the clocks that are coarse."""

    table: Table
    result: Result
    settings: Settings
    lookback_d: int
    clock_steps: Mapping[str, int]


class _Share(NamedTuple):
    """An object that a picked edge shares. fast: inside the edge's window."""

    edge: int
    object: int
    signal_a: int
    signal_b: int
    fast: bool


@dataclass(frozen=True, slots=True)
class _Group:
    """Edges that make one finding. picked: those that are listed, strongest first up to a limit.

    rows: places of the shared columns of the picked edges; shares: what stands there. Most groups
    are single pairs, where plain Python takes a fraction of the time of arrays.
    """

    run: Run
    tier: EdgeTier
    total: int
    picked: Ints
    rows: Ints
    shares: list[_Share]


def findings(run: Run, known: Pairs | None = None) -> list[FindingDraft]:
    """One per group of the 2-core, one per other kept pair, one per crowd that an event explains.

    known: pairs that other runs report and their tier; what brings nothing new is left out.
    """
    return [
        _draft(_group(run, tier, index))
        for tier, index in _grouped(run.result.edges)
        if known is None or _is_new(run, tier, index, known)
    ]


def known_pairs(runs: Iterable[Run]) -> dict[tuple[str, str], int]:
    """Best tier of each reported pair; a lower number is the stronger tier."""
    best: dict[tuple[str, str], int] = {}
    for run in runs:
        edges, names = run.result.edges, run.table.accounts
        for a, b, tier in zip(*(x.tolist() for x in (edges.a, edges.b, edges.tier)), strict=True):
            pair = (names[a], names[b])
            best[pair] = min(tier, best.get(pair, tier))
    return best


def _grouped(edges: Edges) -> Iterator[tuple[EdgeTier, Ints]]:
    """Edges by finding: components of a tier, or single pairs."""
    for tier in EdgeTier:
        index = np.flatnonzero(edges.tier == int(tier))
        label = components(edges.a[index], edges.b[index])
        if tier is EdgeTier.SUPPORTING:
            label = np.arange(len(index))
        order = np.argsort(label, kind="stable")
        cuts = np.flatnonzero(np.diff(label[order])) + 1
        for part in np.split(index[order], cuts):
            if len(part):
                yield tier, part


def _is_new(run: Run, tier: EdgeTier, index: Ints, known: Pairs) -> bool:
    edges, names = run.result.edges, run.table.accounts
    pairs = zip(edges.a[index].tolist(), edges.b[index].tolist(), strict=True)
    return any(known.get((names[a], names[b]), tier + 1) > tier for a, b in pairs)


def _group(run: Run, tier: EdgeTier, index: Ints) -> _Group:
    edges = run.result.edges
    limit = MAX_EVENT_LINKS if tier is EdgeTier.EVENT_EXPLAINED else MAX_LINKS
    strongest = index[np.lexsort((index, edges.p[index]))][:limit]
    picked = np.sort(strongest)
    count = edges.first[picked + 1] - edges.first[picked]
    edge = np.repeat(picked, count)
    rows = np.arange(len(edge)) - np.repeat(np.cumsum(count) - count, count) + edges.first[edge]
    window = np.searchsorted(run.result.windows_s, edges.window_s[edge])
    columns = (
        edge,
        edges.shared_object[rows],
        edges.signal_a[rows],
        edges.signal_b[rows],
        edges.shared_level[rows] <= window,
    )
    shares = [*map(_Share, *(column.tolist() for column in columns))]
    return _Group(run, tier, len(index), picked, rows, shares)


def _draft(group: _Group) -> FindingDraft:
    edges, run = group.run.result.edges, group.run
    tier, llr = TIERS[group.tier]
    people = np.unique([edges.a[group.picked], edges.b[group.picked]])
    subjects = tuple(run.table.accounts[index] for index in people.tolist())
    signal_ids, signal_total = _evidence(group)
    times = np.concatenate([edges.at_a[group.rows], edges.at_b[group.rows]]) / MS
    values = _values(group, people, subjects)
    p = float(edges.p[group.picked].max())
    return FindingDraft(
        anchor=_anchor(group, subjects),
        subjects=subjects,
        signal_ids=signal_ids,
        signal_total=signal_total,
        llr=llr,
        score=p,
        tier=tier,
        links=_links(edges, group.picked, people, llr),
        sentence=_sentence(group, subjects, values),
        first_at=float(times.min()),
        last_at=float(times.max()),
        values=values,
        constants=_constants(group),
        conditions=_conditions(group, subjects, p),
        flags=_flags(group),
    )


def _anchor(group: _Group, subjects: tuple[str, ...]) -> Key:
    """A group goes by its first account, so that it keeps its identity while it grows."""
    name = " ".join(subjects) if group.tier is EdgeTier.SUPPORTING else subjects[0]
    return Key(f"synchrony-{group.run.table.kind}", f"{ANCHORS[group.tier]}:{name}")


def _links(
    edges: Edges, picked: Ints, people: Ints, llr: float
) -> tuple[tuple[int, int, float], ...]:
    first = np.searchsorted(people, edges.a[picked]).tolist()
    second = np.searchsorted(people, edges.b[picked]).tolist()
    return tuple((a, b, llr) for a, b in zip(first, second, strict=True))


def _evidence(group: _Group) -> tuple[tuple[int, ...], int]:
    """Signals behind the shares; when there are too many, the synchronous ones come first."""
    fast: set[int] = set()
    every: set[int] = set()
    for share in group.shares:
        every.update((share.signal_a, share.signal_b))
        if share.fast:
            fast.update((share.signal_a, share.signal_b))
    kept = [*sorted(fast), *sorted(every - fast)][:MAX_SIGNAL_IDS]
    return tuple(sorted(kept)), len(every)


def _values(group: _Group, people: Ints, subjects: tuple[str, ...]) -> dict[str, Any]:
    """The numbers behind the sentence.

    edges: rows of [subject, subject, n, c, window_s, sum_q, p, tests].
    """
    edges, picked = group.run.result.edges, group.picked
    columns = (
        np.searchsorted(people, edges.a[picked]),
        np.searchsorted(people, edges.b[picked]),
        *(c[picked] for c in (edges.n, edges.c, edges.window_s, edges.sum_q, edges.p, edges.tests)),
    )
    return {
        "object_type": group.run.table.kind,
        "objects": _distinct(group.shares),
        "synchronous_objects": _distinct([share for share in group.shares if share.fast]),
        "window_s": int(edges.window_s[picked].max()),
        "platforms": len({platform_of(label) for label in subjects}),
        "pairs": group.total,
        "edges": [list(row) for row in zip(*(c.tolist() for c in columns), strict=True)],
    }


def _distinct(shares: Sequence[_Share]) -> int:
    """Distinct objects where those that came in one and the same two signals count once.

    A bundle is represented by its rarest object, so that a common hashtag hides no link.
    """
    count = Counter(share.object for share in shares)
    rarest: dict[tuple[int, int, int], tuple[int, int]] = {}
    for share in shares:
        bundle = (share.edge, share.signal_a, share.signal_b)
        rank = (count[share.object], share.object)
        rarest[bundle] = min(rank, rarest.get(bundle, rank))
    return len({item for _, item in rarest.values()})


def _constants(group: _Group) -> dict[str, Any]:
    """All population numbers: with the cited signals they give the same p again."""
    result, settings, table = group.run.result, group.run.settings, group.run.table
    rates: dict[int, list[float]] = {}
    for share, q in zip(group.shares, result.edges.shared_q[group.rows].tolist(), strict=True):
        rates[share.object] = [*map(max, rates.get(share.object, q), q)]
    return {
        "windows_s": list(result.windows_s),
        "q": list(result.q),
        "object_q": {":".join(table.objects[index]): rates[index] for index in sorted(rates)},
        "clock_step_s": dict(group.run.clock_steps),
        "m": result.m,
        "p_threshold": result.event_threshold
        if group.tier is EdgeTier.EVENT_EXPLAINED
        else result.threshold,
        "alpha": settings.alpha,
        "p_open": settings.p_open,
        "cap_effective": result.cap_effective,
        "rated_objects": result.rated_objects,
        "prior_q": result.prior_used,
    }


def _conditions(group: _Group, subjects: tuple[str, ...], p: float) -> tuple[Condition, ...]:
    """What was compared, for the weakest pair."""
    run, edges, picked = group.run, group.run.result.edges, group.picked
    bar = (
        run.result.event_threshold
        if group.tier is EdgeTier.EVENT_EXPLAINED
        else run.result.threshold
    )
    n, c = int(edges.n[picked].min()), int(edges.c[picked].min())
    rows = [
        at_least("shared objects", n, run.settings.n_min, "objects"),
        at_least("synchronous objects", c, run.settings.c_min, "objects"),
        Condition("p of the weakest pair", p, "<=", bar, "p", p <= bar),
    ]
    if group.tier is EdgeTier.OPENING:
        ceiling = run.settings.p_open
        rows.append(Condition("p inside a group", p, "<=", ceiling, "p", p <= ceiling))
        rows.append(at_least("accounts in the ring", len(subjects), MIN_GROUP, "accounts"))
    return tuple(rows)


def _flags(group: _Group) -> tuple[str, ...]:
    result = group.run.result
    flags = {
        "prior_q": result.prior_used,
        "sampled": result.capped or group.run.table.sampled,
        "truncated": len(group.picked) < group.total,
    }
    return tuple(name for name, on in flags.items() if on)


def _sentence(group: _Group, subjects: tuple[str, ...], values: Mapping[str, Any]) -> str:
    """In words; of several pairs the weakest gives the numbers."""
    run, edges = group.run, group.run.result.edges
    weakest = int(group.picked[edges.p[group.picked].argmax()])
    pair = PairNumbers(
        n=int(edges.n[weakest]),
        c=int(edges.c[weakest]),
        window_s=int(edges.window_s[weakest]),
        expected=float(edges.sum_q[weakest]),
        p=float(edges.p[weakest]),
    )
    told = Told(run.table.kind, run.lookback_d, run.result.m, run.settings.alpha, pair)
    if group.total == 1:
        sentence = told.about_pair(*subjects)
    else:
        sentence = told.about_group(len(subjects), group.total, values)
    return f"{sentence} {EVENT_NOTE}" if group.tier is EdgeTier.EVENT_EXPLAINED else sentence
