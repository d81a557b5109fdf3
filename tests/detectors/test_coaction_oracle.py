"""Pinned numbers on CooRTweet's published example: pair counts of three semantics, and D1."""

from __future__ import annotations

from collections import Counter
from functools import cache

import numpy as np
import pytest

from bench.worlds import baselines
from bench.worlds.baselines import Shares
from detectors.synchrony import (
    EdgeTier,
    Postings,
    Result,
    Settings,
    components,
    count_pairs,
    find_synchrony,
)

ORACLE = baselines.data_dir() / baselines.ORACLE
pytestmark = pytest.mark.skipif(
    not ORACLE.exists(),
    reason=f"The published example {ORACLE} is not here; set ABUSEDESK_DATA_DIR to its folder.",
)


@cache
def shares() -> Shares:
    return baselines.load_oracle()


@cache
def postings() -> Postings:
    rows = shares()
    accounts, account = np.unique(rows.accounts, return_inverse=True)
    return Postings(
        object=np.unique(rows.objects, return_inverse=True)[1],
        account=account,
        at=rows.at,
        signal=np.unique(rows.contents, return_inverse=True)[1],
        accounts=accounts.tolist(),
    )


@cache
def d1(cap: int, secret: bytes = b"") -> Result:
    return find_synchrony(postings(), Settings(cap=cap, use_prior=False), secret=secret)


def edge_names(result: Result) -> set[tuple[str, str]]:
    names = postings().accounts
    edges = result.edges
    kept = edges.tier != int(EdgeTier.EVENT_EXPLAINED)
    return {
        (names[a], names[b])
        for a, b in zip(edges.a[kept].tolist(), edges.b[kept].tolist(), strict=True)
    }


def test_the_example_is_the_published_one() -> None:
    rows = shares()
    first = set(zip(rows.objects, rows.accounts, strict=True))
    accounts_of = Counter(name for name, _ in first)
    assert len(rows) == 35_125
    assert len(set(rows.accounts)) == 9_509
    assert len(set(rows.objects)) == 7_285
    assert len(set(rows.contents)) == 35_085
    assert len(first) == 34_865
    assert sum(size >= 2 for size in accounts_of.values()) == 2_240
    assert sum(size >= 5 for size in accounts_of.values()) == 984
    assert sum(size > 400 for size in accounts_of.values()) == 4
    assert max(accounts_of.values()) == 1_047


@pytest.mark.parametrize(
    ("window_s", "participation", "pairs", "edges", "accounts"),
    [
        (10, 2, 447, 442, 525),
        (10, 5, 22, 20, 23),
        (10, 1, 1_098, 1_092, 1_525),
        (60, 2, 3_791, 3_721, 2_110),
        (60, 5, 1_235, 1_193, 772),
        (60, 1, 6_281, 6_206, 3_954),
    ],
)
def test_coortweet_semantics(
    window_s: int, participation: int, pairs: int, edges: int, accounts: int
) -> None:
    network = baselines.coortweet(shares(), window_s, participation)
    assert (network.pairs, len(network.weight), len(network.accounts)) == (pairs, edges, accounts)
    assert sum(network.weight.values()) == pairs


def test_toolkit_semantics_within_a_minute() -> None:
    edges = baselines.toolkit(shares(), 60)
    weights = [weight for _, _, weight in edges]
    assert len(edges) == 12_412
    assert len({frozenset((a, b)) for a, b, _ in edges}) == 6_206
    assert (sum(weights), max(weights)) == (12_523, 4)
    assert sum(weight >= 2 for weight in weights) == 95


def test_toolkit_semantics_within_ten_seconds() -> None:
    assert len(baselines.toolkit(shares(), 10)) == 2_184


@pytest.mark.parametrize(
    ("window_s", "first_share", "pairs", "twice"),
    [
        (10, False, 1_092, 2),
        (10, True, 1_083, 2),
        (60, False, 6_206, 32),
        (60, True, 6_193, 32),
        (3_600, False, 276_982, 9_454),
        (3_600, True, 276_947, 9_448),
    ],
)
def test_engine_counts(window_s: int, first_share: bool, pairs: int, twice: int) -> None:
    _, _, n = count_pairs(postings(), window_s, first_share=first_share)
    assert (len(n), int((n >= 2).sum())) == (pairs, twice)


@pytest.mark.parametrize("first_share", [True, False])
def test_engine_counts_of_repeats_within_a_minute(first_share: bool) -> None:
    a, b, n = count_pairs(postings(), 60, first_share=first_share)
    assert len(np.union1d(a[n >= 2], b[n >= 2])) == 58
    assert int((n >= 3).sum()) == 3


def test_any_share_edges_are_those_of_coortweet() -> None:
    a, b, _ = count_pairs(postings(), 60, first_share=False)
    names = postings().accounts
    mine = {(names[x], names[y]) for x, y in zip(a.tolist(), b.tolist(), strict=True)}
    assert mine == set(baselines.coortweet(shares(), 60, 1).weight)


def test_pairs_that_share_something_at_all() -> None:
    assert len(count_pairs(postings(), float("inf"))[2]) == 1_782_528


def test_d1_population_numbers() -> None:
    result = d1(2_000)
    assert result.m == 15_229
    assert [round(q, 4) for q in result.q] == [0.0002, 0.0057, 0.0419, 0.1809, 0.2775]
    assert (result.cap_effective, result.capped, result.prior_used) == (2_000, False, False)
    assert result.rated_objects == 984


def test_d1_edges_are_two_triangles_and_two_pairs() -> None:
    edges = d1(2_000).edges
    opening = edges.tier == int(EdgeTier.OPENING)
    label = components(edges.a[opening], edges.b[opening])
    assert sorted(Counter(label.tolist()).values()) == [3, 3]
    assert len(edges) == 8
    assert len(np.union1d(edges.a, edges.b)) == 9
    assert int(opening.sum()) == 6


@pytest.mark.parametrize("secret", [b"", b"one deployment", b"another"])
def test_d1_edges_do_not_depend_on_the_sample(secret: bytes) -> None:
    sampled = d1(400, secret)
    assert sampled.capped
    assert edge_names(sampled) == edge_names(d1(2_000))
