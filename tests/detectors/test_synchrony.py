"""The synchrony test: reference worlds, caps, clocks, bundles, and a slow second implementation."""

from __future__ import annotations

import math
import time
from collections import defaultdict
from functools import cache
from itertools import combinations
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bench.worlds import coaction
from detectors import synchrony
from detectors.synchrony import (
    WINDOWS_S,
    EdgeTier,
    Postings,
    Result,
    Settings,
    components,
    count_pairs,
    false_discovery,
    find_synchrony,
    in_two_core,
    keyed_rank,
    pairs,
    tail_p,
)
from detectors.synchrony.judge import hopeful

SEEDS = (21, 22, 23, 24, 25)
BARE = Settings(use_prior=False)
DAY_S = 86_400
Row = tuple[int, int, float, int]  # object, account, at, signal


@cache
def world(name: str, seed: int) -> coaction.World:
    return coaction.make(name, seed)


@cache
def run(name: str, seed: int, stranger_min_objects: int = 3) -> Result:
    options = Settings(use_prior=False, stranger_min_objects=stranger_min_objects)
    return find_synchrony(world(name, seed).postings(), options)


def members(result: Result, *tiers: EdgeTier) -> set[int]:
    edges = result.edges
    chosen = np.isin(edges.tier, [int(tier) for tier in tiers])
    return set(np.union1d(edges.a[chosen], edges.b[chosen]).tolist())


def groups(result: Result) -> list[set[int]]:
    edges = result.edges
    core = edges.tier == int(EdgeTier.OPENING)
    found: dict[int, set[int]] = defaultdict(set)
    label = components(edges.a[core], edges.b[core])
    for key, a, b in zip(label.tolist(), edges.a[core], edges.b[core], strict=True):
        found[key] |= {int(a), int(b)}
    return list(found.values())


def kinds(name: str, seed: int, people: set[int]) -> dict[str, int]:
    truth = world(name, seed).truth
    count: dict[str, int] = defaultdict(int)
    for person in people:
        count[truth[person]] += 1
    return dict(count)


def rows_to_postings(rows: list[Row], accounts: int, **more: object) -> Postings:
    columns = list(zip(*rows, strict=True)) if rows else [(), (), (), ()]
    return Postings(
        object=columns[0],
        account=columns[1],
        at=columns[2],
        signal=columns[3],
        accounts=[f"a{index:03}" for index in range(accounts)],
        **more,  # type: ignore[arg-type]  # step, skew or alone
    )


def same(one: Result, two: Result) -> bool:
    """Equal to the last bit."""
    columns = type(one.edges).__dataclass_fields__
    return all(
        np.array_equal(getattr(one.edges, name), getattr(two.edges, name)) for name in columns
    ) and all(
        getattr(one, name) == getattr(two, name)
        for name in type(one).__dataclass_fields__
        if name != "edges"
    )


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize("name", ["W0", "W1"])
def test_a_world_without_campaigns_has_no_group(name: str, seed: int) -> None:
    result = run(name, seed)
    assert result.m > 1_000
    assert members(result, EdgeTier.OPENING) == set()
    kept = members(result, EdgeTier.OPENING, EdgeTier.SUPPORTING)
    assert kinds(name, seed, kept).get("benign", 0) <= 2


@pytest.mark.parametrize("seed", SEEDS)
def test_event_crowds_are_explained_by_the_event(seed: int) -> None:
    crowd = kinds("W1", seed, members(run("W1", seed), EdgeTier.EVENT_EXPLAINED))
    assert crowd["fans"] >= 58


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize("name", ["W2", "W3", "W4"])
def test_groups_are_the_campaigns_and_nobody_else(name: str, seed: int) -> None:
    found = [kinds(name, seed, group) for group in groups(run(name, seed))]
    expected = {"fast", "slow", "camo", "newsroom"} | ({"big"} if name == "W3" else set())
    assert sorted(kind for group in found for kind in group) == sorted(expected)
    size = {kind: count for group in found for kind, count in group.items()}
    assert size["fast"] >= 14
    assert size["slow"] >= 10
    assert size["camo"] == 15
    assert size["newsroom"] == 8
    assert size.get("big", 60) >= 56


@pytest.mark.parametrize("seed", SEEDS)
def test_decoys_with_a_life_push_a_campaign_into_the_event_tier(seed: int) -> None:
    result = run("W5", seed)
    found = [kinds("W5", seed, group) for group in groups(result)]
    assert sorted(kind for group in found for kind in group) == ["camo", "newsroom", "slow"]
    assert kinds("W5", seed, members(result, EdgeTier.EVENT_EXPLAINED))["fast"] >= 14


@pytest.mark.parametrize("seed", SEEDS)
def test_one_shot_decoys_would_work_without_the_activity_guard(seed: int) -> None:
    assert "fast" not in kinds("W4", seed, members(run("W4", seed, 1), EdgeTier.OPENING))


@pytest.mark.parametrize("seed", SEEDS)
def test_a_viral_link_is_no_coordination(seed: int) -> None:
    postings = coaction.viral(seed).postings()
    began = time.perf_counter()
    result = find_synchrony(postings, Settings())
    assert time.perf_counter() - began <= 1.0
    assert (result.m, len(result.edges)) == (0, 0)
    assert result.capped


def test_a_small_tick_takes_milliseconds() -> None:
    rng = np.random.default_rng(5)
    rows = [
        (int(o), int(a), float(o) * 100 + a, k)
        for k, (o, a) in enumerate(
            zip(rng.integers(600, size=3_000), rng.integers(400, size=3_000), strict=True)
        )
    ]
    postings = rows_to_postings(rows, 400)
    taken = []
    for _ in range(5):
        began = time.perf_counter()
        find_synchrony(postings, BARE)
        taken.append(time.perf_counter() - began)
    assert min(taken) <= 0.05


def test_no_postings_no_findings() -> None:
    result = find_synchrony(rows_to_postings([], 0), Settings())
    assert (result.m, len(result.edges), result.windows_s) == (0, 0, ())


def test_rows_of_one_account_alone_are_no_pair() -> None:
    rows = [(k, 0, 10.0 * k, k) for k in range(9)]
    assert find_synchrony(rows_to_postings(rows, 1), BARE).m == 0
    assert len(count_pairs(rows_to_postings(rows, 1), 60, first_share=False)[2]) == 0


def test_windows_are_inclusive() -> None:
    rows = [(0, 0, 0.1, 1), (0, 1, 60.1, 2), (1, 0, 0.0, 3), (1, 1, 60.001, 4)]
    assert count_pairs(rows_to_postings(rows, 2), 60)[2].tolist() == [1]


def test_a_repeat_counts_only_among_any_shares() -> None:
    rows = [(0, 0, 0.0, 1), (0, 0, 500.0, 2), (0, 1, 501.0, 3)]
    assert len(count_pairs(rows_to_postings(rows, 2), 10)[2]) == 0
    assert count_pairs(rows_to_postings(rows, 2), 10, first_share=False)[2].tolist() == [1]


def ring(objects: int, accounts: int = 3) -> list[Row]:
    """Accounts 0.. share `objects` objects within seconds, amid a slow population."""
    fast = [(k, a, k * 7_000.0 + a, 1_000 * k + a) for k in range(objects) for a in range(accounts)]
    slow = [
        (500 + k, 50 + (k * 7 + a) % 40, k * 5_000.0 + a * 9_000, 10**6 + 10 * k + a)
        for k in range(60)
        for a in range(6)
    ]
    return fast + slow


def test_three_accounts_make_a_group_and_two_only_support() -> None:
    trio = find_synchrony(rows_to_postings(ring(6), 100), BARE)
    assert [len(group) for group in groups(trio)] == [3]
    duo = find_synchrony(rows_to_postings(ring(6, accounts=2), 100), BARE)
    assert duo.edges.tier.tolist() == [int(EdgeTier.SUPPORTING)]


def test_fewer_shared_objects_than_n_min_are_not_tested() -> None:
    few, enough = (find_synchrony(rows_to_postings(ring(k), 100), BARE) for k in (3, 4))
    assert enough.m - few.m == 3
    assert len(few.edges) == 0


def test_a_ceiling_keeps_weak_pairs_out_of_groups() -> None:
    result = find_synchrony(rows_to_postings(ring(6), 100), Settings(use_prior=False, p_open=1e-30))
    assert set(result.edges.tier.tolist()) == {int(EdgeTier.SUPPORTING)}


def test_few_objects_fall_back_on_cautious_rates() -> None:
    result = find_synchrony(rows_to_postings(ring(6), 100), Settings())
    assert result.prior_used
    assert all(
        q >= prior for q, prior in zip(result.q, (0.04, 0.09, 0.15, 0.36, 0.47), strict=True)
    )


def test_objects_of_one_post_count_once() -> None:
    """Four hashtags in each of two posts are two occasions, not eight."""
    one = [
        (4 * post + tag, a, post * 9_000.0 + a, 10 * post + a)
        for post in range(2)
        for tag in range(4)
        for a in range(3)
    ]
    assert find_synchrony(rows_to_postings(one, 3), BARE).m == 0
    rows = [(o, a, at, o * 100 + a) for o, a, at, _ in one]
    assert find_synchrony(rows_to_postings(rows, 3), BARE).m == 3


def test_a_bundle_takes_its_largest_rate() -> None:
    rows = [
        (4 * post + tag, a, post * 9_000.0 + a, 10 * post + a)
        for post in range(5)
        for tag in range(2)
        for a in range(3)
    ]
    result = find_synchrony(rows_to_postings(rows + ring(0), 100), BARE)
    assert result.edges.n.tolist() == [5, 5, 5]
    assert result.edges.first.tolist() == [0, 10, 20, 30]


def test_a_minute_clock_skips_the_ten_second_window() -> None:
    rows = [(o, a, at // 60 * 60, s) for o, a, at, s in ring(8)]
    result = find_synchrony(rows_to_postings(rows, 100, step=60), BARE)
    assert result.windows_s == (60, 300, 1_800, 3_600)
    assert result.edges.window_s.tolist() == [60, 60, 60]
    assert result.edges.tests.tolist() == [4, 4, 4]


def test_one_coarse_clock_of_two_is_enough_to_skip() -> None:
    rows = ring(8)
    step = [60 if account == 0 else 1 for _, account, _, _ in rows]
    edges = find_synchrony(rows_to_postings(rows, 100, step=step), BARE).edges
    window = dict(
        zip(
            zip(edges.a.tolist(), edges.b.tolist(), strict=True),
            edges.window_s.tolist(),
            strict=True,
        )
    )
    assert window == {(0, 1): 60, (0, 2): 60, (1, 2): 10}


def test_the_clock_error_of_a_source_is_forgiven() -> None:
    rows = [(o, a, at + (70 if a == 0 else 0), s) for o, a, at, s in ring(8)]
    strict = find_synchrony(rows_to_postings(rows, 100), BARE).edges
    skew = [70 if account == 0 else 0 for _, account, _, _ in rows]
    mild = find_synchrony(rows_to_postings(rows, 100, skew=skew), BARE).edges
    assert strict.window_s.tolist() == [300, 300, 10]
    assert mild.window_s.tolist() == [10, 10, 10]


def test_the_cap_keeps_the_same_accounts_on_every_object() -> None:
    rows = [(o, a, o * 9_000.0 + a / 50, o * 1_000 + a) for o in range(6) for a in range(300)]
    postings = rows_to_postings(rows, 300)
    result = find_synchrony(postings, Settings(use_prior=False, cap=50), secret=b"s")
    lowest = sorted(range(300), key=lambda a: keyed_rank(postings.accounts[a], b"s"))[:50]
    assert result.capped
    assert result.m == 50 * 49 // 2
    assert members(result, *EdgeTier) <= set(lowest)


def test_the_cap_is_halved_until_the_pairs_are_affordable() -> None:
    rows = [(o, a, float(a), o * 1_000 + a) for o in range(4) for a in range(300)]
    result = find_synchrony(rows_to_postings(rows, 300), Settings(pair_budget=5_000))
    assert result.cap_effective == 50
    assert result.m == 50 * 49 // 2


def test_only_the_newest_objects_of_an_account_count() -> None:
    rows = [(o, a, o * 60.0 + a, o * 10 + a) for o in range(2_100) for a in range(3)]
    result = find_synchrony(rows_to_postings(rows, 3), BARE)
    assert result.edges.n.tolist() == [512, 512, 512]
    assert int(result.edges.shared_object.min()) == 2_100 - 512


def test_objects_that_only_one_account_shared_make_it_a_known_stranger() -> None:
    """Strangers count when they have shared enough elsewhere, seen here or not."""
    crowd = [
        (o, 10 + o * 30 + k, o * 7_000.0 + k, 10**5 + o * 100 + k)
        for o in range(6)
        for k in range(30)
    ]
    rows = ring(6) + crowd
    alone = find_synchrony(rows_to_postings(rows, 300), BARE)
    known = find_synchrony(rows_to_postings(rows, 300, alone=[5] * 300), BARE)
    assert members(alone, EdgeTier.OPENING) == {0, 1, 2}
    assert members(known, EdgeTier.OPENING) == set()


@given(
    q=st.lists(st.floats(0, 0.999), min_size=1, max_size=9),
    c=st.integers(0, 10),
)
def test_tail_p_is_the_sum_over_all_outcomes(q: list[float], c: int) -> None:
    total = 0.0
    for hits in range(len(q) + 1):
        for chosen in combinations(range(len(q)), hits):
            if hits >= c:
                total += math.prod(x if k in chosen else 1 - x for k, x in enumerate(q))
    assert tail_p([q], [c])[0] == pytest.approx(total, rel=1e-9, abs=1e-300)


@given(
    rows=st.lists(st.lists(st.floats(0, 0.999), min_size=3, max_size=3), min_size=1, max_size=6),
    pad=st.integers(0, 5),
)
def test_tail_p_has_the_same_bits_in_any_batch(rows: list[list[float]], pad: int) -> None:
    together = tail_p([row + [0.0] * pad for row in rows], [2] * len(rows))
    alone = [float(tail_p([row[::-1]], [2])[0]) for row in rows]
    assert together.tolist() == alone


def test_tail_p_keeps_tiny_values() -> None:
    assert tail_p([[1e-4] * 40], [40])[0] == pytest.approx(1e-160, rel=1e-9)


def test_false_discovery_keeps_up_to_the_largest_rank() -> None:
    kept, threshold = false_discovery(np.array([0.02, 0.001, 0.03, 0.9, 0.019]), 0.05, 5)
    assert kept.tolist() == [True, True, True, False, True]
    assert threshold == 0.03
    assert false_discovery(np.array([0.5, 1.0]), 0.05, 2)[1] == 0.0


def test_the_two_core_peels_trees() -> None:
    a, b = np.array([0, 1, 0, 2, 3, 7]), np.array([1, 2, 2, 3, 4, 8])
    assert in_two_core(a, b).tolist() == [True, True, True, False, False, False]
    assert components(a, b).tolist() == [0, 0, 0, 0, 0, 7]


@st.composite
def small_worlds(draw: st.DrawFn) -> list[Row]:
    """A few accounts, objects and posts; a post may carry several objects."""
    seed = draw(st.integers(0, 2**32 - 1))
    posts = draw(st.integers(0, 60))
    span = draw(st.sampled_from([200, 4_000, 40_000]))
    most = draw(st.sampled_from([1, 2, 4]))
    rng = np.random.default_rng(seed)
    return [
        (thing, int(account), float(at), signal)
        for signal, (account, at) in enumerate(
            zip(rng.integers(6, size=posts), rng.integers(span, size=posts), strict=True)
        )
        for thing in rng.choice(14, rng.integers(1, most + 1), replace=False).tolist()
    ]


SMALL = Settings(
    n_min=3,
    c_min=2,
    alpha=0.1,
    min_strangers=1,
    stranger_min_objects=2,
    use_prior=False,
    p_open=0.01,
)


@settings(deadline=None, max_examples=300)
@given(rows=small_worlds(), coarse=st.sets(st.integers(0, 5)), skew=st.integers(0, 30))
def test_a_slow_second_implementation_agrees(rows: list[Row], coarse: set[int], skew: int) -> None:
    step = [60 if row[1] in coarse else 1 for row in rows]
    slack = [skew if row[1] % 2 else 0 for row in rows]
    result = find_synchrony(rows_to_postings(rows, 6, step=step, skew=slack), SMALL)
    slow = slow_test(rows, coarse, skew)
    assert result.m == slow.m
    assert result.q == pytest.approx(slow.q[len(WINDOWS_S) - len(result.q) :])
    edges = result.edges
    kept = edges.tier != int(EdgeTier.EVENT_EXPLAINED)
    mine = {
        (int(a), int(b)): (int(n), float(p))
        for a, b, n, p in zip(
            edges.a[kept], edges.b[kept], edges.n[kept], edges.p[kept], strict=True
        )
    }
    assert mine.keys() == slow.kept.keys()
    for pair, (n, p) in slow.kept.items():
        assert mine[pair][0] == n
        assert mine[pair][1] == pytest.approx(p, rel=1e-9)


@settings(deadline=None, max_examples=100)
@given(rows=small_worlds(), data=st.data())
def test_any_order_of_rows_gives_the_same_bits(rows: list[Row], data: st.DataObject) -> None:
    other = data.draw(st.permutations(rows))
    one = find_synchrony(rows_to_postings(rows, 6), SMALL, secret=b"k")
    assert same(one, find_synchrony(rows_to_postings(other, 6), SMALL, secret=b"k"))


@pytest.mark.parametrize(("name", "value"), [("INT_BITS", 0), ("CACHED_PAIRS", 1 << 12)])
def test_how_pairs_are_sorted_and_cut_changes_no_bit(
    name: str, value: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    usual = run("W2", 21)
    assert usual.m
    monkeypatch.setattr(pairs, name, value)
    again = find_synchrony(world("W2", 21).postings(), Settings(use_prior=False))
    assert same(usual, again)


@pytest.mark.parametrize("name", ["W2", "W5"])
def test_leaving_out_pairs_that_cannot_be_kept_changes_no_bit(
    name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    usual = run(name, 22)
    seen: list[int] = []

    def everybody(shares: pairs.Shares, *_: object) -> pairs.Shares:
        seen.append(shares.pairs)
        return shares

    monkeypatch.setattr(synchrony, "hopeful", everybody)
    again = find_synchrony(world(name, 22).postings(), BARE)
    assert seen == [again.m]
    assert len(again.edges)
    assert same(usual, again)


def test_most_pairs_cannot_be_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    left: list[int] = []

    def noted(shares: pairs.Shares, *more: Any) -> pairs.Shares:
        some = hopeful(shares, *more)
        left.append(some.pairs)
        return some

    monkeypatch.setattr(synchrony, "hopeful", noted)
    result = find_synchrony(world("W2", 22).postings(), BARE)
    assert len(result.edges) <= left[0] < result.m / 3


@pytest.mark.parametrize("seed", [1, 2])
def test_a_shuffled_world_gives_the_same_bits(seed: int) -> None:
    plain = world("W3", 21).postings()
    order = np.random.default_rng(seed).permutation(len(np.asarray(plain.at)))
    mixed = Postings(
        object=np.asarray(plain.object)[order],
        account=np.asarray(plain.account)[order],
        at=np.asarray(plain.at)[order],
        signal=np.asarray(plain.signal)[order],
        accounts=plain.accounts,
    )
    sampled = Settings(use_prior=False, cap=100)
    assert same(find_synchrony(plain, sampled), find_synchrony(mixed, sampled))


class Slow:
    """What the slow implementation found."""

    def __init__(self, m: int, q: list[float], kept: dict[tuple[int, int], tuple[int, float]]):
        self.m = m
        self.q = q
        self.kept = kept


def slow_test(rows: list[Row], coarse: set[int], skew: int) -> Slow:
    """Section 4.1 step by step with dictionaries, without caps."""
    first: dict[tuple[int, int], tuple[float, int]] = {}
    for thing, account, at, signal in rows:
        first[thing, account] = min(first.get((thing, account), (math.inf, 0)), (at, signal))
    active = [sum(account == who for _, account in first) for who in range(6)]
    dt = _distances(first, coarse, skew)
    q = _slow_rates(dt)
    bundles: dict[tuple[int, int], dict[tuple[int, int], list[int]]] = {}
    for thing, a, b in dt:
        signals = (first[thing, a][1], first[thing, b][1])
        bundles.setdefault((a, b), {}).setdefault(signals, []).append(thing)
    strangers: dict[int, list[list[bool | None]]] = defaultdict(list)
    for (a, b), found in bundles.items():
        if len(found) == 1 and min(active[a], active[b]) >= SMALL.stranger_min_objects:
            for thing in next(iter(found.values())):
                strangers[thing].append(dt[thing, a, b])
    object_q = {thing: _object_q(strangers[thing], q) for thing, _, _ in dt}
    tested = {pair: found for pair, found in bundles.items() if len(found) >= SMALL.n_min}
    p = {pair: _pair_p(pair, found, dt, object_q) for pair, found in tested.items()}
    kept, _ = false_discovery(np.array(list(p.values())), SMALL.alpha, len(p))
    chosen = [pair for pair, keep in zip(p, kept.tolist(), strict=True) if keep]
    return Slow(len(tested), q, {pair: (len(tested[pair]), p[pair]) for pair in chosen})


def _distances(
    first: dict[tuple[int, int], tuple[float, int]], coarse: set[int], skew: int
) -> dict[tuple[int, int, int], list[bool | None]]:
    """(object, a, b) -> per window inside, outside, or None: the clocks cannot tell."""
    found: dict[tuple[int, int, int], list[bool | None]] = {}
    for (thing, a), (other, b) in combinations(sorted(first), 2):
        if thing != other:
            continue
        slack = skew if a % 2 or b % 2 else 0
        gap = max(0.0, abs(first[thing, a][0] - first[thing, b][0]) - slack)
        step = 60 if {a, b} & coarse else 1
        found[thing, a, b] = [gap <= w if w >= step else None for w in WINDOWS_S]
    return found


def _share(inside: list[bool | None]) -> float | None:
    known = [x for x in inside if x is not None]
    return sum(known) / len(known) if known else None


def _slow_rates(dt: dict[tuple[int, int, int], list[bool | None]]) -> list[float]:
    by_object: dict[int, list[list[bool | None]]] = defaultdict(list)
    for (thing, _, _), inside in dt.items():
        by_object[thing].append(inside)
    rates = []
    for k in range(len(WINDOWS_S)):
        busy = [[x[k] for x in pairs] for pairs in by_object.values() if len(pairs) >= 10]
        share = sorted(rate for rate in map(_share, busy) if rate is not None)
        low = share[: int(0.9 * len(share))]
        rates.append(max(1e-4, math.fsum(low) / len(low)) if low else 1e-4)
    return rates


def _object_q(strangers: list[list[bool | None]], q: list[float]) -> list[float]:
    rates = []
    for k, rate in enumerate(q):
        share = _share([x[k] for x in strangers])
        rates.append(min(0.999, rate if share is None else max(rate, share)))
    return rates


def _pair_p(
    pair: tuple[int, int],
    bundles: dict[tuple[int, int], list[int]],
    dt: dict[tuple[int, int, int], list[bool | None]],
    object_q: dict[int, list[float]],
) -> float:
    best, windows = 1.0, 0
    for k in range(len(WINDOWS_S)):
        chances, c = [], 0
        for things in bundles.values():
            inside = dt[things[0], *pair][k]
            if inside is not None:
                c += inside
                chances.append(max(object_q[thing][k] for thing in things))
        windows += bool(chances)
        if chances and c >= SMALL.c_min:
            best = min(best, float(tail_p([chances], [c])[0]))
    return min(1.0, windows * best)
