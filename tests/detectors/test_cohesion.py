"""What a group says as a whole, and what one kind of evidence is enough for."""

from __future__ import annotations

import math
from collections.abc import Sequence

import pytest
from hypothesis import given

from detectors import fusion, scoring
from detectors.base import Family
from detectors.cohesion import cohesive_graph, group_edges, lent_to
from detectors.fusion import Group
from detectors.pairs import Apart, Evidence, score_pairs
from detectors.ties import Ties
from tests.detectors.test_pairs import NAMES, told, worlds

CREW = tuple(f"x:{n}" for n in range(6))
STORIES = [
    told(n, Family.CONTENT, 3.0, CREW, detector="reworded-text", anchor=f"story:{n}")
    for n in range(1, 4)
]
"""Three stories that all of the crew tell: 5.0, which alone is at the edge."""


def groups(evidence: Sequence[Evidence], apart: Sequence[Apart] = ()) -> list[Group]:
    names = sorted({name for one in evidence for name in one.subjects})
    return fusion.groups_of(score_pairs(evidence, names, apart=apart), evidence)


def sign_ups(reached: int, llr: float = 3.0) -> Evidence:
    """A finding of another kind about the first so many of the crew."""
    return told(9, Family.IDENTITY, llr, CREW[:reached])


def test_stories_alone_hold_a_group_together_and_open_nothing() -> None:
    pairs = score_pairs(STORIES, CREW)
    assert cohesive_graph(pairs).number_of_edges() == 15
    assert groups(STORIES) == []


@pytest.mark.parametrize("reached", [2, 3, 4, 5, 6])
def test_another_kind_counts_for_all_by_the_share_that_it_reaches(reached: int) -> None:
    lent = lent_to(frozenset(CREW), score_pairs([*STORIES, sign_ups(reached)], CREW))
    assert lent["identity"] == (3.0 * reached / 6, 9)


def test_less_than_a_third_is_no_witness() -> None:
    crew = (*CREW, "x:6", "x:7")
    stories = [
        told(n, Family.CONTENT, 3.0, crew, detector="reworded-text", anchor=f"story:{n}")
        for n in range(1, 4)
    ]
    lent = lent_to(frozenset(crew), score_pairs([*stories, sign_ups(2)], crew))
    assert "identity" not in lent


def test_two_findings_about_different_pairs_are_not_one_about_four() -> None:
    pairs = [told(20 + n, Family.IDENTITY, 3.0, CREW[2 * n : 2 * n + 2]) for n in range(3)]
    lent = lent_to(frozenset(CREW), score_pairs([*STORIES, *pairs], CREW))
    assert lent["identity"][0] == 1.0, "a third of the accounts, not all of them"


def test_a_finding_about_most_of_a_group_opens_it_whole() -> None:
    (whole,) = groups([*STORIES, sign_ups(5)])
    assert whole.opens
    assert set(whole.members) == set(CREW)
    assert set(whole.families) == {"content", "identity"}
    assert math.isclose(whole.score, math.fsum(whole.parts.values()))


def test_a_finding_about_few_of_it_is_watched() -> None:
    found = groups([*STORIES, sign_ups(2)])
    assert [group.opens for group in found] == [False]


def test_what_a_group_lends_counts_too_where_its_pairs_hold_together_without_it() -> None:
    crew = CREW[:3]
    evidence = [
        *STORIES,
        told(8, Family.BEHAVIOUR, 1.2, crew),
        told(9, Family.INFRA_HARD, 4.0, crew[:2]),
    ]
    pairs = score_pairs(evidence, crew)
    assert pairs.total()[0, 2] == pytest.approx(0.2), "kept, and not sure enough for a case"
    (whole,) = fusion.groups_of(pairs, evidence)
    assert whole.opens
    assert set(whole.families) == {"content", "infra-hard", "behaviour"}
    assert [edge.group for edge in whole.edges] == [False, True, True]
    assert math.isclose(whole.score, math.fsum(whole.parts.values()))


def test_what_a_household_shares_makes_nobody_cohesive() -> None:
    home = [
        told(1, Family.INFRA_HARD, 5.0, CREW),
        told(2, Family.INFRA_SOFT, 3.0, CREW),
        told(3, Family.CONTENT, 2.0, CREW),
    ]
    assert cohesive_graph(score_pairs(home, CREW)).number_of_edges() == 0


def test_a_cut_holds_for_the_whole_group() -> None:
    burst = told(9, Family.IDENTITY, 3.0, CREW[1:5])
    (whole,) = groups([*STORIES, burst])
    assert set(whole.members) == set(CREW)
    sides = CREW[:3], CREW[3:]
    for group in groups([*STORIES, burst], apart=[sides]):
        assert not all(set(group.members).intersection(side) for side in sides)


@given(evidence=worlds())
def test_edges_of_a_group_say_all_that_they_rest_on(evidence: list[Evidence]) -> None:
    pairs = score_pairs(evidence, NAMES)
    graph = cohesive_graph(pairs)
    for edge in group_edges(frozenset(graph.nodes), graph, pairs):
        assert edge.score >= 0.0
        assert math.isclose(edge.score, scoring.PRIOR + sum(llr for llr, _ in edge.parts.values()))


def _known_operation() -> list[Evidence]:
    """A crew on one card, which opens by itself."""
    return [told(1, Family.INFRA_HARD, 8.0, CREW[:4])]


def test_the_account_that_had_it_written_belongs_to_the_operation_that_publishes_it() -> None:
    written = told(2, Family.AI, 5.0, (*CREW[:3], "ai:key"))
    evidence = [*_known_operation(), written]
    (whole,) = groups(evidence)
    assert "ai:key" in whole.members
    pairs = score_pairs(evidence, [*CREW, "ai:key"])
    assert Ties(frozenset(CREW[:4]), pairs).edges() == {}
    tie = Ties(frozenset(CREW[:4]), pairs, established=True).edges()["ai:key"]
    assert tie.parts["established"] == (scoring.ESTABLISHED, 0)
    assert math.isclose(tie.score, scoring.PRIOR + sum(llr for llr, _ in tie.parts.values()))


def test_what_one_member_published_ties_no_account() -> None:
    written = told(2, Family.AI, 5.0, (CREW[0], "ai:key"))
    (whole,) = groups([*_known_operation(), written])
    assert "ai:key" not in whole.members


def test_a_shared_device_alone_ties_nobody_to_an_operation() -> None:
    home = told(2, Family.INFRA_HARD, 5.0, (*CREW[:2], "x:flatmate"))
    (whole,) = groups([*_known_operation(), home])
    assert "x:flatmate" not in whole.members


def test_one_story_in_common_ties_nobody_and_three_do() -> None:
    heard = [
        told(
            n, Family.CONTENT, 3.0, (*CREW[:2], "x:new"), detector="reworded-text", anchor=f"s:{n}"
        )
        for n in range(2, 5)
    ]
    (whole,) = groups([*_known_operation(), *heard])
    assert "x:new" in whole.members
    (whole,) = groups([*_known_operation(), heard[0]])
    assert "x:new" not in whole.members


def test_weak_pairs_do_not_hold_a_strong_core_back() -> None:
    strong = [
        told(1, Family.INFRA_HARD, 5.0, CREW[:3]),
        told(2, Family.CONTENT, 5.0, CREW[:3]),
    ]
    weak = [
        told(10 * place + n, family, 3.0, (CREW[n % 3], CREW[(n + 1) % 3], f"x:w{n}"))
        for place, family in enumerate((Family.INFRA_SOFT, Family.BEHAVIOUR), 1)
        for n in range(6)
    ]
    (whole,) = groups([*strong, *weak])
    assert whole.opens
    assert set(CREW[:3]) <= set(whole.core)
