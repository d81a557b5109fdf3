"""Who hangs on a group: evidence with several of its members, less what people know better."""

from __future__ import annotations

import math
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from detectors import folding, fusion, scoring
from detectors.base import Family
from detectors.declared import judged_groups
from detectors.fusion import Group
from detectors.pairs import DECLARED, Evidence, score_pairs
from detectors.ties import Ties
from tests.detectors.test_pairs import told

CORE = tuple(f"x:{n}" for n in range(4))
GUESTS = tuple(f"y:{n}" for n in range(3))
EVERYBODY = (*CORE, *GUESTS)
DEVICE = told(1, Family.INFRA_HARD, 8.0, CORE)


def guest(name: str = GUESTS[0], first: int = 2) -> list[Evidence]:
    """Text with one member and network with another: 2.0 over the group."""
    return [
        told(first, Family.CONTENT, 5.0, (CORE[0], name)),
        told(first + 1, Family.INFRA_SOFT, 3.0, (CORE[1], name)),
    ]


@st.composite
def shared(draw: st.DrawFn) -> list[Evidence]:
    """A crew on one device, and findings that each join a guest with a few of it."""
    found = [DEVICE]
    for number in range(2, draw(st.integers(1, 8)) + 2):
        members = draw(st.lists(st.sampled_from(CORE), min_size=1, max_size=2, unique=True))
        family = draw(st.sampled_from([*scoring.WEIGHTS]))
        llr = draw(st.sampled_from([1.5, 3.0, 5.0]))
        found.append(told(number, family, llr, (*members, draw(st.sampled_from(GUESTS)))))
    return found


def tied(evidence: list[Evidence], **more: list[frozenset[str]] | list[tuple[list[str], list[str]]]
         ) -> set[str]:  # fmt: skip
    pairs = score_pairs(evidence, EVERYBODY, **more)  # type: ignore[arg-type]  # either of the two
    return {pairs.accounts[place] for place in Ties(frozenset(CORE), pairs).places}


def with_crew(groups: list[Group]) -> Group:
    (one,) = (group for group in groups if set(CORE) <= set(group.members))
    return one


@given(evidence=shared())
def test_a_tie_says_all_that_it_rests_on(evidence: list[Evidence]) -> None:
    pairs = score_pairs(evidence, EVERYBODY)
    known = {one.id: one for one in evidence}
    for name, edge in Ties(frozenset(CORE), pairs).edges().items():
        assert edge.group
        assert name in {edge.a, edge.b}
        assert {edge.a, edge.b} & set(CORE)
        assert edge.a < edge.b
        assert edge.score >= scoring.S_OPEN
        assert math.isclose(edge.score, scoring.PRIOR + sum(llr for llr, _ in edge.parts.values()))
        assert len({scoring.kind_of(family) for family in edge.parts}) > 1
        for family, (_, number) in edge.parts.items():
            assert known[number].family == family
            assert name in known[number].subjects


@given(evidence=shared(), chance=st.randoms())
def test_who_hangs_on_a_group_does_not_depend_on_any_order(
    evidence: list[Evidence], chance: Random
) -> None:
    shuffled = [*evidence]
    chance.shuffle(shuffled)
    one, two = (score_pairs(some, EVERYBODY) for some in (evidence, shuffled))
    assert Ties(frozenset(CORE), one).edges() == Ties(frozenset(CORE), two).edges()


@given(evidence=shared(), member=st.sampled_from(CORE), name=st.sampled_from(GUESTS))
def test_who_was_cut_from_one_member_hangs_on_the_group_by_nothing(
    evidence: list[Evidence], member: str, name: str
) -> None:
    left = tied(evidence, apart=[([member], [name])])
    assert name not in left
    assert left == tied(evidence) - {name}, "nobody else is cut with it"


@given(evidence=shared(), name=st.sampled_from(GUESTS))
def test_whoever_hangs_on_a_group_is_found_from_both_ends(
    evidence: list[Evidence], name: str
) -> None:
    pairs = score_pairs(evidence, EVERYBODY)
    if name in tied(evidence):
        assert name in set().union(*fusion.drawn_in(pairs, CORE))
        assert set(CORE) & set().union(*fusion.drawn_in(pairs, {name}))


def test_what_a_household_shares_with_each_member_in_turn_ties_nobody() -> None:
    """Device and address are one kind of witness, however many members they are shared with."""
    family = [told(2 + n, Family.INFRA_HARD, 5.0, (CORE[n], GUESTS[0])) for n in range(4)]
    family += [told(9 + n, Family.INFRA_SOFT, 5.0, (CORE[n], GUESTS[0])) for n in range(4)]
    assert tied([DEVICE, *family]) == set()
    assert tied([DEVICE, *family, told(20, Family.CONTENT, 1.0, (CORE[0], GUESTS[0]))]) == {
        GUESTS[0]
    }


def test_evidence_of_one_family_counts_once_whoever_it_is_with() -> None:
    texts = [told(2 + n, Family.CONTENT, 4.0, (CORE[n], GUESTS[0])) for n in range(4)]
    kit = told(9, Family.INFRA_SOFT, 3.0, (CORE[3], GUESTS[0]))
    assert tied([DEVICE, *texts, kit]) == set(), "4 + 3 - 6 is below the threshold"


@pytest.mark.parametrize(("llr", "is_tied"), [(3.0, True), (2.38, False), (2.39, True)])
def test_a_tie_begins_where_a_case_would_open(llr: float, is_tied: bool) -> None:
    evidence = [
        DEVICE,
        told(2, Family.CONTENT, 5.0, (CORE[0], GUESTS[0])),
        told(3, Family.INFRA_SOFT, llr, (CORE[1], GUESTS[0])),
    ]
    assert bool(tied(evidence)) is is_tied


def test_two_guests_do_not_carry_each_other() -> None:
    """What a guest shares with a guest is no evidence with the group."""
    evidence = [
        DEVICE,
        told(2, Family.CONTENT, 5.0, (CORE[0], GUESTS[0])),
        told(3, Family.INFRA_SOFT, 5.0, (GUESTS[0], GUESTS[1])),
    ]
    assert tied(evidence) == set()


def test_a_declared_partner_of_a_member_needs_more_and_the_edge_says_why() -> None:
    partners = frozenset({CORE[2], GUESTS[0]})
    assert tied([DEVICE, *guest()], declared=[partners]) == set()
    strong = [
        DEVICE,
        told(2, Family.INFRA_HARD, 7.5, (CORE[0], GUESTS[0]), links=((0, 1, 5.5),)),
        told(3, Family.CONTENT, 5.0, (CORE[1], GUESTS[0])),
        told(4, Family.TIMING, 4.0, (CORE[3], GUESTS[0])),
    ]
    group = with_crew(judged_groups(strong, EVERYBODY, {1: partners}))
    (edge,) = (edge for edge in group.edges if edge.group)
    assert edge.parts[DECLARED] == (scoring.DECLARED, 0)
    assert math.isclose(edge.score, 5.5 + 5.0 + 4.0 + scoring.PRIOR + scoring.DECLARED)
    assert math.isclose(edge.score, scoring.PRIOR + sum(llr for llr, _ in edge.parts.values()))


def test_a_declaration_among_others_takes_nothing_from_a_tie() -> None:
    plain, beside = (
        with_crew(judged_groups([DEVICE, *guest()], EVERYBODY, declared))
        for declared in ({}, {1: frozenset({GUESTS[0], GUESTS[1], "z:9"})})
    )
    assert plain == beside
    assert GUESTS[0] in plain.members


def test_groups_of_two_sides_stay_two_when_each_pair_of_guests_was_cut() -> None:
    other = tuple(f"z:{n}" for n in range(4))
    evidence = [DEVICE, told(50, Family.INFRA_HARD, 8.0, other)]
    for n in range(2):
        evidence += guest(other[n], first=10 * (n + 1))
    names = [*CORE, *other]
    (whole,) = fusion.groups_of(score_pairs(evidence, names), evidence)
    assert set(whole.members) == set(names)
    parted = fusion.groups_of(score_pairs(evidence, names, apart=[(CORE, other)]), evidence)
    assert sorted(tuple(sorted(one.members)) for one in parted) == [CORE, other]


def test_the_neighbourhood_of_a_guest_holds_the_group_also_across_a_cut() -> None:
    """Cuts are applied to scores, never to what is read: who is freed again must be found."""
    evidence = [DEVICE, *guest()]

    def about(names: set[str]) -> list[Evidence]:
        return [one for one in evidence if names.intersection(one.subjects)]

    found, closed = folding.neighbourhood({GUESTS[0]}, about)
    assert closed == {*CORE, GUESTS[0]}
    groups = judged_groups(found, sorted(closed), {}, [([GUESTS[0]], [CORE[3]])])
    assert set(with_crew(groups).members) == set(CORE)


def test_nobody_hangs_on_a_group_without_evidence() -> None:
    pairs = score_pairs([DEVICE], EVERYBODY)
    assert Ties(frozenset(CORE), pairs).edges() == {}
    assert Ties(frozenset(), score_pairs([], EVERYBODY)).places == []


def _stories(count: int, llr: float = 4.5) -> list[Evidence]:
    """Things that two of the crew told in other words, and a guest as well."""
    return [
        told(
            number, Family.CONTENT, llr, (*CORE[:2], GUESTS[0]),
            detector="reworded-text", anchor=f"story:{number}",
        )
        for number in range(2, count + 2)
    ]  # fmt: skip


@pytest.mark.parametrize(("stories", "belongs"), [(1, False), (2, False), (3, True)])
def test_who_tells_one_story_of_a_crew_is_not_of_it_and_who_tells_three_is(
    stories: int, *, belongs: bool
) -> None:
    pairs = score_pairs([DEVICE, *_stories(stories)], EVERYBODY)
    ties = Ties(frozenset(CORE), pairs, established=True)
    assert ([pairs.accounts[place] for place in ties.places] == [GUESTS[0]]) is belongs


def test_whoever_wrote_what_two_of_a_crew_publish_is_of_it() -> None:
    wrote = told(2, Family.AI, 5.0, (*CORE[:2], GUESTS[0]))
    pairs = score_pairs([DEVICE, wrote], EVERYBODY)
    assert Ties(frozenset(CORE), pairs, established=True).edges().keys() == {GUESTS[0]}
    assert not Ties(frozenset(CORE), pairs).places
