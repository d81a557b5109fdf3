"""Pair scores: what they may never depend on, and what declarations and cuts take from them."""

from __future__ import annotations

from itertools import combinations
from random import Random

import msgspec
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from detectors import pairs, scoring
from detectors.base import DAY_S, Family
from detectors.pairs import Evidence, Pairs, kept_graph, score_pairs

NAMES = [f"x:{number}" for number in range(8)]
SEVERAL = {
    Family.CONTENT: ("near-duplicate-text", "media-reuse"),
    Family.INFRA_SOFT: ("lookalike-site",),
}


def told(number: int, family: str, llr: float, names: tuple[str, ...], **more: object) -> Evidence:
    values = {"detector": family, "anchor": f"a:{number}", "links": (), "last_at": 0.0, **more}
    return Evidence(id=number, family=family, subjects=names, llr=llr, **values)  # type: ignore[arg-type]  # a table of optional values


@st.composite
def worlds(draw: st.DrawFn) -> list[Evidence]:
    """Findings of any family, over all pairs or over links, some of them old."""
    found = []
    for number in range(1, draw(st.integers(1, 9)) + 1):
        names = draw(st.lists(st.sampled_from(NAMES), min_size=2, max_size=5, unique=True))
        places = [*combinations(range(len(names)), 2)]
        chosen = draw(st.lists(st.sampled_from(places), max_size=4, unique=True))
        llr = draw(st.sampled_from([0.5, 2.0, 3.0, 5.0, 8.0, 99.0]))
        family = draw(st.sampled_from([*scoring.WEIGHTS]))
        found.append(
            told(
                number,
                family,
                llr,
                tuple(names),
                detector=draw(st.sampled_from(["other", *SEVERAL.get(Family(family), ())])),
                anchor=f"a:{draw(st.integers(1, 5))}{draw(st.sampled_from(['', '/1', '/2']))}",
                links=tuple((a, b, llr) for a, b in chosen),
                last_at=draw(st.sampled_from([0, 7, 40])) * DAY_S,
            )
        )
    return found


def score(pairs: Pairs, a: str, b: str) -> float:
    return float(pairs.total()[pairs.accounts.index(a), pairs.accounts.index(b)])


@given(evidence=worlds(), left=st.sets(st.sampled_from(NAMES)), chance=st.randoms())
def test_a_pair_is_one_thing_from_both_sides(
    evidence: list[Evidence], left: set[str], chance: Random
) -> None:
    apart = (left, chance.sample(NAMES, 3))
    pairs = score_pairs(evidence, NAMES, [frozenset(left)], [apart])
    total = pairs.total()
    assert (total == total.T).all()
    for family, best in pairs.best.items():
        assert (best == best.T).all()
        off = ~np.eye(len(NAMES), dtype=bool)
        assert (pairs.by[family] == pairs.by[family].T)[off].all()


@given(evidence=worlds(), chance=st.randoms())
def test_the_order_of_evidence_and_of_accounts_changes_no_score(
    evidence: list[Evidence], chance: Random
) -> None:
    shuffled, names = [*evidence], [*NAMES]
    chance.shuffle(shuffled)
    chance.shuffle(names)
    one, two = score_pairs(evidence, NAMES), score_pairs(shuffled, names)
    assert one.accounts == two.accounts
    assert (one.total() == two.total()).all()
    assert {f: by.tolist() for f, by in one.by.items()} == {
        f: by.tolist() for f, by in two.by.items()
    }


@given(evidence=worlds(), some=st.sets(st.sampled_from(NAMES), min_size=2))
def test_accounts_that_nobody_asks_about_change_no_score(
    evidence: list[Evidence], some: set[str]
) -> None:
    whole, part = score_pairs(evidence, NAMES), score_pairs(evidence, sorted(some))
    for a, b in combinations(sorted(some), 2):
        assert score(whole, a, b) == score(part, a, b)


@given(evidence=worlds(), later=st.integers(-400, 400))
def test_only_ages_count_and_never_the_date(evidence: list[Evidence], later: int) -> None:
    moved = [msgspec.structs.replace(one, last_at=one.last_at + later * DAY_S) for one in evidence]
    assert (score_pairs(moved, NAMES).total() == score_pairs(evidence, NAMES).total()).all()


@given(evidence=worlds(), more=worlds())
def test_more_evidence_of_the_same_time_takes_nothing_from_a_pair(
    evidence: list[Evidence], more: list[Evidence]
) -> None:
    newest = max(one.last_at for one in evidence)
    added = [
        msgspec.structs.replace(one, id=one.id + 100, last_at=min(one.last_at, newest))
        for one in more
    ]
    before = score_pairs(evidence, NAMES).total()
    assert (score_pairs([*evidence, *added], NAMES).total() >= before).all()


@given(evidence=worlds())
def test_no_family_adds_more_than_its_cap(evidence: list[Evidence]) -> None:
    pairs = score_pairs(evidence, NAMES)
    for family, best in pairs.best.items():
        assert best.max(initial=0.0) <= scoring.WEIGHTS[family].cap
        assert best.min(initial=0.0) >= 0.0


@given(evidence=worlds(), group=st.sets(st.sampled_from(NAMES), min_size=2))
def test_a_declaration_takes_the_same_from_each_of_its_pairs_however_often_it_is_made(
    evidence: list[Evidence], group: set[str]
) -> None:
    plain = score_pairs(evidence, NAMES)
    once = score_pairs(evidence, NAMES, [frozenset(group)])
    twice = score_pairs(evidence, NAMES, [frozenset(group), frozenset({*group, NAMES[0]})])
    for a, b in combinations(NAMES, 2):
        taken = scoring.DECLARED if {a, b} <= group else 0.0
        assert score(once, a, b) == score(plain, a, b) + taken
        taken = scoring.DECLARED if {a, b} <= {*group, NAMES[0]} else 0.0
        assert score(twice, a, b) == score(plain, a, b) + taken


def test_a_cut_outweighs_all_that_evidence_can_say() -> None:
    everything = [
        told(n, family, 99.0, tuple(NAMES)) for n, family in enumerate(scoring.WEIGHTS, 1)
    ]
    pairs = score_pairs(everything, NAMES, apart=[(NAMES[:3], [*NAMES[3:6], "x:gone"])])
    graph = kept_graph(pairs)
    assert not graph.has_edge(NAMES[0], NAMES[3])
    assert graph.has_edge(NAMES[0], NAMES[1])
    assert graph.has_edge(NAMES[3], NAMES[5])
    assert graph.has_edge(NAMES[0], NAMES[6]), "who is on neither side keeps all pairs"


def test_a_cut_between_accounts_that_are_not_asked_about_takes_nothing() -> None:
    evidence = [told(1, Family.INFRA_HARD, 8.0, tuple(NAMES))]
    pairs = score_pairs(evidence, NAMES, apart=[(["x:gone"], ["y:gone"])])
    assert (pairs.total() == score_pairs(evidence, NAMES).total()).all()


def test_links_weigh_their_own_pairs_and_no_other() -> None:
    links = ((0, 1, 3.0), (2, 1, 5.0), (1, 1, 99.0))
    pairs = score_pairs([told(1, Family.CONTENT, 4.0, tuple(NAMES[:3]), links=links)], NAMES[:3])
    assert [score(pairs, *pair) for pair in combinations(NAMES[:3], 2)] == [-3.0, -6.0, -1.0]


def test_a_pair_is_kept_from_zero_on() -> None:
    exact = score_pairs([told(1, Family.INFRA_HARD, 6.0, tuple(NAMES[:2]))], NAMES)
    below = score_pairs([told(1, Family.INFRA_HARD, 5.999, tuple(NAMES[:2]))], NAMES)
    assert kept_graph(exact).has_edge(*NAMES[:2])
    assert kept_graph(below).number_of_edges() == 0


@pytest.mark.parametrize(
    ("detector", "family"),
    [
        ("near-duplicate-text", Family.CONTENT),
        ("media-reuse", Family.CONTENT),
        ("lookalike-site", Family.INFRA_SOFT),
    ],
)
def test_what_travels_by_itself_weighs_from_the_third_thing_on(detector: str, family: str) -> None:
    least, llr = scoring.SEVERAL[detector]
    same = [
        told(n, family, 1.5, tuple(NAMES[:2]), detector=detector, anchor=f"url:{n}")
        for n in range(1, least + 1)
    ]
    assert score(score_pairs(same[:-1], NAMES), *NAMES[:2]) == scoring.PRIOR + 1.5
    assert score(score_pairs(same, NAMES), *NAMES[:2]) == scoring.PRIOR + llr


def test_parts_of_one_cluster_are_one_thing() -> None:
    """What stands behind a slash tells parts of one text apart, so three parts are no three."""
    parts = [
        told(n, Family.CONTENT, 2.0, tuple(NAMES[:2]), detector="near-duplicate-text",
             anchor=f"text:one/{n}")
        for n in range(1, 4)
    ]  # fmt: skip
    assert score(score_pairs(parts, NAMES), *NAMES[:2]) == -4.0


def test_three_things_count_by_whom_they_join_and_not_by_how_many_there_are() -> None:
    sites = [
        told(n, Family.INFRA_SOFT, 2.0, pair, detector="lookalike-site")
        for n, pair in enumerate(combinations(NAMES[:3], 2), 1)
    ]
    pairs = score_pairs(sites, NAMES)
    assert {score(pairs, a, b) for a, b in combinations(NAMES[:3], 2)} == {-4.0}


@pytest.mark.parametrize(
    ("detector", "crowd", "raised"),
    [
        ("near-duplicate-text", 60, True),
        ("near-duplicate-text", 61, False),
        ("reworded-text", 61, False),
        ("media-reuse", 61, False),
        ("lookalike-site", 61, True),  # nobody passes three false sites on by chance
    ],
)
def test_what_a_crowd_passes_on_is_none_of_several_things(
    detector: str, crowd: int, *, raised: bool
) -> None:
    names = tuple(f"x:{n}" for n in range(crowd))
    sayings = [told(n, Family.CONTENT, 2.0, names, detector=detector) for n in range(1, 4)]
    _, llr = scoring.SEVERAL[detector]
    assert score(score_pairs(sayings, NAMES), *NAMES[:2]) == scoring.PRIOR + (llr if raised else 2)


def test_a_saying_beside_two_things_of_few_makes_no_third() -> None:
    crowd, few = tuple(f"x:{n}" for n in range(scoring.CROWD + 1)), tuple(NAMES[:3])
    texts = [
        told(number, Family.CONTENT, 3.0, names, detector="near-duplicate-text")
        for number, names in enumerate((crowd, few, few), 1)
    ]
    assert score(score_pairs(texts, NAMES), *NAMES[:2]) == scoring.PRIOR + 3
    more = told(4, Family.CONTENT, 3.0, few, detector="near-duplicate-text")
    assert score(score_pairs([*texts, more], NAMES), *NAMES[:2]) == scoring.PRIOR + 5


def test_the_finding_behind_a_score_is_named() -> None:
    pairs = score_pairs(
        [
            told(7, Family.CONTENT, 3.0, tuple(NAMES[:3])),
            told(9, Family.CONTENT, 5.0, tuple(NAMES[1:3])),
        ],
        NAMES[:3],
    )
    by = pairs.by[Family.CONTENT]
    assert (by[0, 1], by[1, 2]) == (7, 9)


@given(evidence=worlds())
def test_a_large_table_is_made_as_a_small_one_is(evidence: list[Evidence]) -> None:
    small = score_pairs(evidence, NAMES)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(pairs, "DENSE", 0)
        large = score_pairs(evidence, NAMES)
    assert np.array_equal(small.total(), large.total())
    assert small.by.keys() == large.by.keys()
    assert all(np.array_equal(by, large.by[family]) for family, by in small.by.items())


@given(
    rows=st.lists(st.lists(st.booleans(), min_size=6, max_size=6), min_size=1, max_size=7),
    least=st.integers(1, 4),
    dense=st.booleans(),
)
def test_who_shares_several_things_is_found_as_by_looking_at_each_pair(
    rows: list[list[bool]], least: int, *, dense: bool
) -> None:
    touches = np.array(rows)
    with pytest.MonkeyPatch.context() as patch:
        if not dense:
            patch.setattr(pairs, "DENSE", 0)
        block, enough = pairs.with_several(touches, least)
    some = [place for place, row in enumerate(rows) if sum(row) >= least]
    assert [part.ravel().tolist() for part in block] == [some, some]
    told = [[int((touches[a] & touches[b]).sum()) >= least for b in some] for a in some]
    assert enough.tolist() == told
