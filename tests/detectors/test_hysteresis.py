"""Members of campaigns that people work on stay where they are, whatever evidence comes."""

from __future__ import annotations

from collections.abc import Collection

from hypothesis import given
from hypothesis import strategies as st

from detectors import fusion, hysteresis
from detectors.folding import Standing
from detectors.fusion import Group
from detectors.pairs import Evidence, kept_graph, score_pairs

NAMES = [f"x:{number}" for number in range(12)]
PAIRS = st.lists(
    st.lists(st.sampled_from(NAMES), min_size=2, max_size=5, unique=True), min_size=1, max_size=8
)
SIZES = st.lists(st.integers(3, 5), min_size=1, max_size=3)


def _evidence(shared: Collection[Collection[str]]) -> list[Evidence]:
    """Each lot of accounts on one device of its own."""
    return [
        Evidence(
            id=number,
            detector="test",
            family="infra-hard",
            anchor=f"device:{number}",
            subjects=tuple(names),
            links=(),
            llr=8.0,
            last_at=0.0,
        )
        for number, names in enumerate(shared, 1)
    ]


def _standing(sizes: list[int]) -> list[Standing]:
    """Campaigns that share no account; the first has the first names."""
    found, place = [], 0
    for key, size in enumerate(sizes, 1):
        members = frozenset(NAMES[place : place + size])
        if len(members) == size:
            found.append(Standing(key, is_open=True, members=members))
        place += size
    return found


@given(shared=PAIRS, sizes=SIZES, touched=st.sets(st.integers(1, 3)))
def test_no_account_leaves_a_touched_campaign_nor_is_in_two(
    shared: list[list[str]], sizes: list[int], touched: set[int]
) -> None:
    before = _standing(sizes)
    evidence = _evidence(shared)

    def regroup(names: Collection[str]) -> list[Group]:
        return fusion.groups_of(score_pairs(evidence, sorted(names)), evidence)

    plan = hysteresis.plan(before, regroup(NAMES), touched, regroup)
    told: dict[int, frozenset[str]] = {one.key: one.members for one in before}
    for group, continued in plan.moves:
        assert not touched.intersection(one.key for one in continued[1:])
        if continued:
            told[continued[0].key] = frozenset(group.members)
    for one in before:
        if one.key in touched:
            assert one.members <= told[one.key]
    held = {one.key: told[one.key] for one in before if one.key in touched}
    for key, members in held.items():
        for group, continued in plan.moves:
            if not continued or continued[0].key != key:
                assert members.isdisjoint(group.members)


@given(shared=PAIRS, sizes=SIZES)
def test_what_nobody_touched_moves_as_the_evidence_says(
    shared: list[list[str]], sizes: list[int]
) -> None:
    evidence = _evidence(shared)

    def regroup(names: Collection[str]) -> list[Group]:
        return fusion.groups_of(score_pairs(evidence, sorted(names)), evidence)

    groups = regroup(NAMES)
    plan = hysteresis.plan(_standing(sizes), groups, set(), regroup)
    assert [group for group, _ in plan.moves] == groups
    assert plan.offers == []


@given(shared=PAIRS, left=st.sets(st.sampled_from(NAMES[:6]), min_size=1))
def test_no_kept_pair_crosses_a_cut(shared: list[list[str]], left: set[str]) -> None:
    evidence, right = _evidence(shared), set(NAMES[6:])
    graph = kept_graph(score_pairs(evidence, NAMES, apart=[(left, right)]))
    assert not any((a in left and b in right) or (a in right and b in left) for a, b in graph.edges)
