"""A tangle stays readable: bundles are one node, a backbone keeps together what was together."""

from __future__ import annotations

from itertools import combinations

import networkx as nx
from hypothesis import given, settings
from hypothesis import strategies as st

from cases.drawing import draw
from cases.tangle import SMALLEST, backbone, bundles, is_tangle

NAMES = [f"x:a{number}" for number in range(10)]
LINES = st.dictionaries(
    st.tuples(st.sampled_from(NAMES), st.sampled_from(NAMES)).filter(lambda one: one[0] < one[1]),
    st.integers(1, 9).map(float),
    max_size=45,
)


def _lines(found: dict[tuple[str, str], float]) -> list[tuple[str, str, float]]:
    return [(a, b, score) for (a, b), score in found.items()]


@settings(max_examples=60, deadline=None)
@given(found=LINES)
def test_the_backbone_holds_together_what_all_lines_do(found: dict[tuple[str, str], float]) -> None:
    kept = backbone(_lines(found))
    assert kept <= found.keys()
    whole, thin = nx.Graph(list(found)), nx.Graph(list(kept))
    assert set(map(frozenset, nx.connected_components(whole))) == set(
        map(frozenset, nx.connected_components(thin))
    )


@settings(max_examples=60, deadline=None)
@given(found=LINES)
def test_every_node_keeps_its_two_strongest_lines(found: dict[tuple[str, str], float]) -> None:
    kept = backbone(_lines(found))
    for name in NAMES:
        own = sorted((score for pair, score in found.items() if name in pair), reverse=True)
        drawn = sorted((found[pair] for pair in kept if name in pair), reverse=True)
        assert drawn[:2] == own[:2]


@settings(max_examples=40, deadline=None)
@given(
    pairs=st.lists(
        st.tuples(st.integers(0, 11), st.integers(0, 11)).filter(lambda one: one[0] < one[1]),
        unique=True,
        max_size=66,
    )
)
def test_bundles_are_a_partition_of_nearly_complete_groups(pairs: list[tuple[int, int]]) -> None:
    found = bundles(12, pairs)
    assert sorted(number for one in found for number in one) == list(range(12))
    tied = set(pairs)
    for group in found:
        if len(group) == 1:
            continue
        assert len(group) >= SMALLEST
        for number in group:
            links = sum((min(number, one), max(number, one)) in tied for one in group)
            assert links >= 0.6 * (len(group) - 1)


def test_twenty_four_who_are_all_tied_are_a_tangle_and_their_backbone_is_not() -> None:
    names = [f"x:a{number:02}" for number in range(24)]
    lines = [(a, b, 1.0 + (place % 7)) for place, (a, b) in enumerate(combinations(names, 2))]
    assert is_tangle(24, len(lines))
    kept = backbone(lines)
    assert not is_tangle(24, len(kept))
    assert draw(names, [(a, b) for a, b, _ in lines]).folded == {}  # one node of all shows nothing


def test_two_crews_and_who_stands_between_are_two_bundles_and_one_account() -> None:
    left, right = [f"l{n:02}" for n in range(12)], [f"r{n:02}" for n in range(12)]
    ties = [*combinations(left, 2), *combinations(right, 2)]
    ties += [(left[0], "go-between"), ("go-between", right[0])]
    found = draw([*left, *right, "go-between"], ties)
    assert sorted(map(len, found.folded.values())) == [12, 12]
    assert found.within["go-between"] == "go-between"
    assert len(found.at) == 3
