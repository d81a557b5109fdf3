"""Whom a person parted meets in no campaign, whoever stands between the two."""

from __future__ import annotations

from collections.abc import Collection
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from detectors import fusion, scoring
from detectors.base import Family
from detectors.fusion import Group
from detectors.pairs import Apart, Evidence, score_pairs
from detectors.parted import Parting

LEFT, RIGHT, THIRD = (tuple(f"x:{team}{n}" for n in range(4)) for team in "lrt")
CUT: Apart = (LEFT, RIGHT)


def told(
    number: int, names: Collection[str], family: str = "infra-hard", llr: float = 8.0
) -> Evidence:
    return Evidence(
        id=number,
        detector=family,
        family=family,
        anchor=f"a:{number}",
        subjects=tuple(sorted(names)),
        links=(),
        llr=llr,
        last_at=0.0,
    )


def groups(evidence: Collection[Evidence], *apart: Apart) -> list[Group]:
    names = sorted({name for one in evidence for name in one.subjects})
    return fusion.groups_of(score_pairs([*evidence], names, apart=apart), [*evidence])


def members(found: Collection[Group]) -> list[set[str]]:
    return [set(one.members) for one in found]


TEAMS = [told(1, LEFT), told(2, RIGHT), told(3, THIRD)]


def test_a_third_team_between_two_sides_goes_with_the_nearer_one() -> None:
    evidence = [
        *TEAMS,
        told(4, [*LEFT[:2], *THIRD[:2]]),
        told(5, [*RIGHT[:2], *THIRD[2:]], llr=7.0),
    ]
    (whole,) = groups(evidence)
    assert set(whole.members) == {*LEFT, *RIGHT, *THIRD}
    parted = groups(evidence, CUT)
    assert members(parted) == [{*LEFT, *THIRD}, {*RIGHT}]
    assert all(one.opens for one in parted)
    assert all({edge.a, edge.b} <= set(one.members) for one in parted for edge in one.edges)


def test_one_pair_that_was_cut_keeps_the_two_apart_inside_a_dense_group() -> None:
    evidence = [told(1, [*LEFT, *THIRD])]
    (found,) = groups(evidence, ([LEFT[0]], [THIRD[0]]))
    assert len(found.members) == 7
    assert not {LEFT[0], THIRD[0]} <= set(found.members)


def test_two_guests_of_one_group_who_were_parted_are_not_both_in_it() -> None:
    def guest(name: str, first: int, llr: float) -> list[Evidence]:
        return [
            told(first, [name, THIRD[0]], Family.CONTENT, llr),
            told(first + 1, [name, THIRD[1]], Family.INFRA_SOFT, 3.0),
        ]

    evidence = [told(3, THIRD), *guest("x:near", 10, 5.0), *guest("x:far", 20, 4.5)]
    (whole,) = groups(evidence)
    assert {"x:near", "x:far"} <= set(whole.members)
    (parted,) = groups(evidence, (["x:near"], ["x:far"]))
    assert set(parted.members) == {*THIRD, "x:near"}


def test_groups_that_hang_on_a_third_by_two_accounts_each_stay_two() -> None:
    def hanging(team: Collection[str], first: int) -> list[Evidence]:
        found = []
        for n, name in enumerate(sorted(team)[:2]):
            found += [
                told(first + 2 * n, [THIRD[0], name], Family.CONTENT, 5.0),
                told(first + 2 * n + 1, [THIRD[1], name], Family.INFRA_SOFT, 3.0),
            ]
        return found

    evidence = [*TEAMS, *hanging(LEFT, 10), *hanging(RIGHT, 20)]
    (whole,) = groups(evidence)
    assert len(whole.members) == 12
    found = members(groups(evidence, CUT))
    assert not any(one & {*LEFT} and one & {*RIGHT} for one in found)
    assert {*LEFT, *THIRD} in found


NAMES = tuple(f"x:{n}" for n in range(9))
_evidence = st.lists(
    st.tuples(
        st.sampled_from([*scoring.WEIGHTS]),
        st.sampled_from([3.0, 5.0, 8.0]),
        st.sets(st.sampled_from(NAMES), min_size=2, max_size=5),
    ),
    min_size=3,
    max_size=10,
)
_sides = st.lists(
    st.tuples(st.sampled_from(NAMES), st.sampled_from(NAMES)).filter(lambda one: one[0] != one[1]),
    max_size=4,
)


@settings(max_examples=150)
@given(lots=_evidence, sides=_sides, chance=st.randoms(use_true_random=False))
def test_no_campaign_holds_both_sides_of_any_cut_in_any_order(
    lots: list[tuple[str, float, set[str]]], sides: list[tuple[str, str]], chance: Random
) -> None:
    evidence = [told(n, names, family, llr) for n, (family, llr, names) in enumerate(lots, 1)]
    names = {name for one in evidence for name in one.subjects}
    cuts: list[Apart] = [([a], [b]) for a, b in sides if {a, b} <= names]
    found = groups(evidence, *cuts)
    for one in found:
        for left, right in cuts:
            assert not {*left, *right} <= set(one.members)
    chance.shuffle(evidence)
    chance.shuffle(cuts)
    assert members(groups(evidence, *cuts)) == members(found)


@pytest.mark.parametrize("cut", [None, ([NAMES[0]], [NAMES[1]])])
def test_links_join_groups_unless_they_clash(cut: Apart | None) -> None:
    pairs = score_pairs([told(1, NAMES)], NAMES, apart=[cut] if cut else [])
    parting = Parting(pairs)
    found = parting.joined([[name] for name in NAMES[:4]], [(2, 0), (1, 2), (3, 1)])
    assert found == ([[0, 2], [1, 3]] if cut else [[0, 1, 2, 3]])
    assert parting.between(NAMES[:1], NAMES[1:2]) == (cut is not None)
