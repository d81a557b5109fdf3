"""Members of campaigns that people work on stay where they are, whatever evidence comes."""

from __future__ import annotations

from collections.abc import Collection

import msgspec
import pytest
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


def _tied(group: Group) -> dict[str, float]:
    """Members that evidence ties to the others now; an open case keeps those of before too."""
    return {name: p for name, p in group.members.items() if p > 0.0}


@given(shared=PAIRS, sizes=SIZES)
def test_what_nobody_touched_moves_as_the_evidence_says(
    shared: list[list[str]], sizes: list[int]
) -> None:
    evidence = _evidence(shared)

    def regroup(names: Collection[str]) -> list[Group]:
        return fusion.groups_of(score_pairs(evidence, sorted(names)), evidence)

    groups = regroup(NAMES)
    plan = hysteresis.plan(_standing(sizes), groups, set(), regroup)
    assert [_tied(group) for group, _ in plan.moves] == [group.members for group in groups]
    assert plan.offers == []


@given(shared=PAIRS, left=st.sets(st.sampled_from(NAMES[:6]), min_size=1))
def test_no_kept_pair_crosses_a_cut(shared: list[list[str]], left: set[str]) -> None:
    evidence, right = _evidence(shared), set(NAMES[6:])
    graph = kept_graph(score_pairs(evidence, NAMES, apart=[(left, right)]))
    assert not any((a in left and b in right) or (a in right and b in left) for a, b in graph.edges)


A, B = (tuple(f"{team}:{number}" for number in range(4)) for team in "ab")


def _linked(pairs: Collection[tuple[str, str]], llr: float = 9.0) -> list[Evidence]:
    """Two teams on a device each, and pairs between them on devices of their own."""
    found = _evidence([A, B])
    for pair in pairs:
        (one,) = _evidence([pair])
        found.append(msgspec.structs.replace(one, id=len(found) + 1, llr=llr))
    return found


def _planned(
    before: list[Standing], evidence: list[Evidence], touched: Collection[int] = ()
) -> hysteresis.Plan:
    def regroup(names: Collection[str]) -> list[Group]:
        return fusion.groups_of(score_pairs(evidence, sorted(names)), evidence)

    return hysteresis.plan(before, regroup({*A, *B}), touched, regroup)


def _two(*, is_open: bool = True) -> list[Standing]:
    return [Standing(1, is_open=True, members=frozenset(A)), Standing(2, is_open, frozenset(B))]


def test_three_strong_bridges_without_a_common_account_offer_a_merger() -> None:
    evidence = _linked([(A[n], B[n]) for n in range(3)])
    plan = _planned(_two(), evidence, {1})
    assert plan.offers == [hysteresis.Offer(1, 2, bridges=3, families=("infra-hard",))]
    assert {one.key: set(group.members) for group, (one, *_) in plan.moves} == {
        1: set(A),
        2: set(B),
    }, "an offer moves nobody"


@pytest.mark.parametrize(
    ("pairs", "llr"),
    [
        ([(A[0], B[0]), (A[1], B[1])], 9.0),
        ([(A[0], B[0]), (A[0], B[1]), (A[0], B[2])], 9.0),
        ([(A[0], B[0]), (A[1], B[0]), (A[2], B[0])], 9.0),
        ([(A[n], B[n]) for n in range(4)], 8.9),
    ],
    ids=["two", "all from one account", "all to one account", "weak"],
)
def test_less_than_that_offers_nothing(pairs: list[tuple[str, str]], llr: float) -> None:
    assert _planned(_two(), _linked(pairs, llr), {1, 2}).offers == []


def test_campaigns_that_nobody_works_on_merge_without_asking() -> None:
    plan = _planned(_two(), _linked([(A[n], B[n]) for n in range(3)]))
    ((group, continued),) = plan.moves
    assert (set(group.members), [one.key for one in continued]) == ({*A, *B}, [1, 2])
    assert plan.offers == []


def test_what_was_only_watched_goes_into_the_one_that_people_work_on() -> None:
    plan = _planned(_two(is_open=False), _linked([(A[n], B[n]) for n in range(3)]), {1})
    ((group, continued),) = plan.moves
    assert (set(group.members), [one.key for one in continued]) == ({*A, *B}, [1, 2])


def test_a_part_that_evidence_lets_go_is_offered_and_stays_until_somebody_says_so() -> None:
    whole = [Standing(1, is_open=True, members=frozenset({*A, *B}))]
    plan = _planned(whole, _linked([]), {1})
    assert [(one.key, one.part, one.other) for one in plan.offers] == [(1, frozenset(B), None)]
    ((group, _),) = plan.moves
    assert set(group.members) == {*A, *B}
    assert {group.members[name] for name in B} == {0.0}, "nothing ties them any more"
    freed = _planned(whole, _linked([]))
    assert [set(group.members) for group, _ in freed.moves] == [set(A), set(B)]
    assert freed.offers == []


@pytest.mark.parametrize("touched", [set(), {1}], ids=["nobody works on it", "people do"])
def test_who_faded_before_stays_until_another_group_has_them(touched: set[int]) -> None:
    faded = frozenset({"c:gone", B[0]})
    before = [Standing(1, is_open=True, members=frozenset(A), faded=faded)]
    kept, other = _planned(before, _linked([]), touched).moves
    assert kept[0].members == dict.fromkeys(["c:gone"], 0.0) | _tied(kept[0])
    assert set(_tied(kept[0])) == set(A)
    assert set(other[0].members) == set(B)


def test_whom_a_person_unties_is_not_kept_but_who_had_faded_before_is() -> None:
    before = [Standing(1, is_open=True, members=frozenset({*A, "c:cut"}), faded=frozenset({"c:x"}))]
    groups = fusion.groups_of(score_pairs(_linked([]), A), _linked([]))

    def members(*freed: int) -> set[str]:
        plan = hysteresis.plan(before, groups, set(), lambda _: groups, freed)
        return set(plan.moves[0][0].members)

    assert members() == {*A, "c:cut", "c:x"}
    assert members(1) == {*A, "c:x"}


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [("abcd", "abcd", True), ("abc", "abcdef", True), ("ab", "abcde", False), ("ab", "cd", False)],
)
def test_half_of_all_accounts_make_two_sets_one(one: str, other: str, same: bool) -> None:
    assert hysteresis.alike(one, other) is hysteresis.alike(other, one) is same
