"""How a change of evidence spreads and which campaign lives on; without a database."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import pytest
from hypothesis import given

from detectors import folding, registry, scoring
from detectors.base import FindingDraft, Key
from detectors.folding import Standing
from detectors.fusion import Group
from detectors.pairs import Evidence, kept_graph, score_pairs
from tests.detectors.test_pairs import NAMES, told, worlds

META = registry.get("coaction-synchrony").meta
DRAFT = FindingDraft(
    anchor=Key("group", "g"), subjects=("x:a", "x:b"), signal_ids=(1, 2), llr=4.0, sentence="s",
    first_at=1.0, last_at=2.0, links=((0, 1, 4.0),),
)  # fmt: skip


def group(names: str) -> Group:
    return Group(
        members=dict.fromkeys(names, 0.9), core=frozenset(names), edges=(), families=(), parts={},
        score=0.0, p=0.9, opens=True, label="", finding_ids=frozenset(),
    )  # fmt: skip


def standing(key: int, names: str, *, is_open: bool = False) -> Standing:
    return Standing(key, is_open, frozenset(names))


def link(number: int, names: str, family: str = "infra-hard", llr: float = 8.0) -> Evidence:
    return Evidence(
        id=number, detector="d", family=family, anchor=f"{number}", subjects=tuple(names),
        links=(), llr=llr, last_at=0.0,
    )  # fmt: skip


def reader(evidence: Sequence[Evidence]) -> folding.EvidenceAbout:
    return lambda names: [one for one in evidence if names.intersection(one.subjects)]


def test_numbers_of_the_population_alone_make_no_revision() -> None:
    same = replace(DRAFT, sentence="other", constants={"q": 1}, links=((0, 1, 3.0),))
    assert folding.revision_digest(same) == folding.revision_digest(DRAFT)


def test_other_accounts_evidence_or_weight_make_one() -> None:
    digests = {
        folding.revision_digest(one)
        for one in (
            DRAFT,
            replace(DRAFT, subjects=("x:a", "x:c")),
            replace(DRAFT, signal_ids=(1, 3)),
            replace(DRAFT, llr=5.0),
            replace(DRAFT, lapsed=True),
            replace(DRAFT, links=()),
        )
    }
    assert len(digests) == 6


def test_evidence_says_when_timing_opens_alone() -> None:
    few = replace(DRAFT, values={"synchronous_objects": folding.OPENS_ALONE_OBJECTS - 1})
    many = replace(DRAFT, values={"synchronous_objects": folding.OPENS_ALONE_OBJECTS})
    assert not folding.evidence_of(few, META).opens_alone
    told = folding.evidence_of(many, META, 7)
    assert (told.opens_alone, told.id, told.anchor) == (True, 7, "group:g")


def test_evidence_counts_all_signals_also_those_that_are_not_cited() -> None:
    assert folding.evidence_of(replace(DRAFT, signal_total=9_000), META).signals == 9_000
    assert folding.evidence_of(DRAFT, META).signals == 2


def test_a_change_reaches_over_kept_edges_only() -> None:
    evidence = [link(1, "ab"), link(2, "bc"), link(3, "cd", llr=3), link(4, "de")]
    told, reached = folding.neighbourhood({"a"}, reader(evidence))
    assert reached == {"a", "b", "c"}
    assert [one.id for one in told] == [1, 2, 3]


def test_a_change_reaches_those_who_hang_on_a_group_and_their_group() -> None:
    evidence = [
        link(1, "abc", "infra-hard", 8),
        link(2, "ax", "content", 5),
        link(3, "bx", "infra-soft", 3),
        link(4, "xy", "infra-hard", 8),
    ]
    for begin in "axy":
        _, reached = folding.neighbourhood({begin}, reader(evidence))
        assert reached == set("abcxy"), begin


def test_nobody_is_asked_to_hang_on_accounts_that_are_in_no_group() -> None:
    evidence = [
        link(1, "abc", "infra-hard", 8),
        link(2, "axmn", "content", 4.5),
        link(3, "bxop", "infra-soft", 3.5),
    ]

    about = reader(evidence)
    asked: set[str] = set()

    def grouped(names: set[str]) -> set[str]:
        asked.update(names)
        return names & set("abc")

    _, reached = folding.neighbourhood({"x"}, about, grouped)
    assert reached == set("abcx")
    assert asked >= set("abmnop")
    _, alone = folding.neighbourhood({"x"}, about, lambda _: set())
    assert alone == {"x"}


def test_a_campaign_lives_on_where_at_least_half_of_it_is() -> None:
    before = [standing(1, "abcd"), standing(2, "xyz")]
    found = folding.heirs(before, [group("cdef"), group("uvwx")])
    assert {place: [one.key for one in several] for place, several in found.items()} == {0: [1]}


def test_of_several_the_oldest_that_has_opened_lives_on() -> None:
    before = [standing(1, "ab"), standing(2, "cd", is_open=True), standing(3, "ef", is_open=True)]
    found = folding.heirs(before, [group("abcdef")])
    assert [one.key for one in found[0]] == [2, 3, 1]


@given(evidence=worlds())
def test_nobody_who_is_near_another_one_is_passed_over(evidence: list[Evidence]) -> None:
    near = kept_graph(score_pairs(evidence, NAMES), scoring.S_NEAR)
    assert {*near.nodes} <= folding.hopeful(set(NAMES), evidence)


@given(evidence=worlds())
def test_many_accounts_are_judged_as_few_are(evidence: list[Evidence]) -> None:
    """With few a plain table is used, with many one that leaves out what is empty."""
    few = folding.hopeful(set(NAMES), evidence)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(folding, "DENSE", 0)
        assert folding.hopeful(set(NAMES), evidence) == few


def test_most_people_of_a_crowd_are_passed_over() -> None:
    crowd = tuple(f"x:{n:03}" for n in range(200))
    saying = told(1, "content", 3.0, crowd)
    pair = told(2, "infra-soft", 3.0, ("x:000", "x:001"))
    assert folding.hopeful({*crowd}, [saying, pair]) == {"x:000", "x:001"}
    assert folding.hopeful({*crowd}, [saying]) == set()


def test_who_has_faded_stays_in_an_open_case_with_nothing_behind() -> None:
    before = [Standing(1, is_open=True, members=frozenset("abcd"), faded=frozenset("e"))]
    assert folding.with_faded(group("abc"), before, [group("abc")]) == {
        "d": 0.0, "e": 0.0, "a": 0.9, "b": 0.9, "c": 0.9,
    }  # fmt: skip


def test_who_is_in_another_group_now_has_left() -> None:
    before = [Standing(1, is_open=True, members=frozenset("abcdef"))]
    groups = [replace(group("abcd")), group("efg")]
    assert set(folding.with_faded(groups[0], before, groups)) == set("abcd")


def test_what_was_only_watched_keeps_nobody() -> None:
    watched = replace(group("abc"), opens=False)
    assert set(folding.with_faded(watched, [standing(1, "abcd")], [watched])) == set("abc")


def test_who_has_faded_does_not_decide_where_a_campaign_goes_on() -> None:
    old = Standing(1, is_open=True, members=frozenset("abc"), faded=frozenset("vwxyz"))
    assert folding.heirs([old], [group("abc")]) == {0: [old]}


def test_every_campaign_that_a_group_touches_is_there() -> None:
    known = [standing(1, "ab"), standing(2, "yz")]

    def of(accounts: set[str]) -> list[Standing]:
        return [one for one in known if one.members & accounts]

    before, groups = folding.settled({"a"}, of, lambda _: [group("abxy")])
    assert [one.key for one in before] == [1, 2]
    assert [set(one.members) for one in groups] == [set("abxy")]
