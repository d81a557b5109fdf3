"""How a change of evidence spreads and which campaign lives on; without a database."""

from __future__ import annotations

from dataclasses import replace

from detectors import folding, registry
from detectors.base import FindingDraft, Key
from detectors.folding import Standing
from detectors.fusion import Group
from detectors.pairs import Evidence

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
    def link(number: int, names: str, llr: float) -> Evidence:
        return Evidence(
            id=number, detector="d", family="infra-hard", anchor=f"{number}",
            subjects=tuple(names), links=(), llr=llr, last_at=0.0,
        )  # fmt: skip

    evidence = [link(1, "ab", 8), link(2, "bc", 8), link(3, "cd", 3), link(4, "de", 8)]
    told, reached = folding.neighbourhood(
        {"a"}, lambda names: [one for one in evidence if names.intersection(one.subjects)]
    )
    assert reached == {"a", "b", "c"}
    assert [one.id for one in told] == [1, 2, 3]


def test_a_change_reaches_those_who_hang_on_a_group_and_their_group() -> None:
    def link(number: int, names: str, family: str, llr: float) -> Evidence:
        return Evidence(
            id=number, detector="d", family=family, anchor=f"{number}",
            subjects=tuple(names), links=(), llr=llr, last_at=0.0,
        )  # fmt: skip

    evidence = [
        link(1, "abc", "infra-hard", 8),
        link(2, "ax", "content", 5),
        link(3, "bx", "infra-soft", 3),
        link(4, "xy", "infra-hard", 8),
    ]
    for begin in "axy":
        _, reached = folding.neighbourhood(
            {begin}, lambda names: [one for one in evidence if names.intersection(one.subjects)]
        )
        assert reached == set("abcxy"), begin


def test_a_campaign_lives_on_where_at_least_half_of_it_is() -> None:
    before = [standing(1, "abcd"), standing(2, "xyz")]
    found = folding.heirs(before, [group("cdef"), group("uvwx")])
    assert {place: [one.key for one in several] for place, several in found.items()} == {0: [1]}


def test_of_several_the_oldest_that_has_opened_lives_on() -> None:
    before = [standing(1, "ab"), standing(2, "cd", is_open=True), standing(3, "ef", is_open=True)]
    found = folding.heirs(before, [group("abcdef")])
    assert [one.key for one in found[0]] == [2, 3, 1]
