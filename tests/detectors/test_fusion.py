"""The fusion: which evidence makes a campaign and which does not."""

from __future__ import annotations

import math

import msgspec
import networkx as nx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from detectors import fusion, scoring
from detectors.base import DAY_S, Family
from detectors.fusion import Group
from detectors.pairs import Evidence, score_pairs

ACCOUNTS = tuple(f"x:{n}" for n in range(6))


def _evidence(
    number: int,
    family: str,
    llr: float,
    subjects: tuple[str, ...] = ACCOUNTS,
    **other: object,
) -> Evidence:
    values = {
        "detector": family,
        "anchor": f"a:{number}",
        "links": (),
        "last_at": 0.0,
        **other,
    }
    return Evidence(id=number, family=family, subjects=subjects, llr=llr, **values)  # type: ignore[arg-type]  # a table of optional values


def _groups(*evidence: Evidence) -> list[Group]:
    accounts = {name for one in evidence for name in one.subjects}
    return fusion.groups_of(score_pairs(evidence, sorted(accounts)), evidence)


@pytest.mark.parametrize("family", [name for name in scoring.WEIGHTS if name != Family.INFRA_HARD])
def test_no_single_soft_family_opens_a_case(family: str) -> None:
    groups = _groups(*(_evidence(n, family, 99.0) for n in range(1, 9)))
    assert not any(group.opens for group in groups)
    assert all(group.p < scoring.P_OPEN for group in groups)


def test_one_hard_identifier_opens_a_case() -> None:
    (group,) = _groups(_evidence(1, Family.INFRA_HARD, 8.0))
    assert group.opens
    assert set(group.members) == set(ACCOUNTS)


def test_two_families_open_a_case() -> None:
    (group,) = _groups(_evidence(1, Family.TIMING, 6.5), _evidence(2, Family.CONTENT, 3.0))
    assert group.opens
    assert group.families == (Family.TIMING, Family.CONTENT)


def test_a_household_opens_no_case() -> None:
    device = _evidence(1, Family.INFRA_HARD, 5.0)
    (home,) = _groups(device, _evidence(2, Family.INFRA_SOFT, 3.0))
    assert home.p >= scoring.P_OPEN
    assert not home.opens
    (crew,) = _groups(device, _evidence(2, Family.CONTENT, 3.0))
    assert crew.opens


def test_evidence_with_different_members_ties_an_account_to_their_group() -> None:
    core = ACCOUNTS[:4]
    evidence = [
        _evidence(1, Family.INFRA_HARD, 8.0, core),
        _evidence(2, Family.CONTENT, 5.0, (core[0], "x:new")),
        _evidence(3, Family.INFRA_SOFT, 3.0, (core[1], "x:new")),
    ]
    (group,) = _groups(*evidence)
    assert set(group.members) == {*core, "x:new"}
    assert "x:new" not in group.core
    (tie,) = (edge for edge in group.edges if edge.group)
    assert (tie.a, tie.b, tie.score) == (core[0], "x:new", 2.0)
    assert tie.parts == {Family.CONTENT: (5.0, 2), Family.INFRA_SOFT: (3.0, 3)}
    assert group.members["x:new"] == scoring.probability(2.0)


def test_evidence_of_one_kind_ties_nobody_to_a_group() -> None:
    (group,) = _groups(
        _evidence(1, Family.INFRA_HARD, 8.0, ACCOUNTS[:4]),
        _evidence(2, Family.INFRA_SOFT, 5.0, (ACCOUNTS[0], "x:guest")),
        _evidence(3, Family.INFRA_HARD, 5.0, (ACCOUNTS[1], "x:guest")),
    )
    assert set(group.members) == set(ACCOUNTS[:4])


def test_three_texts_with_three_members_count_as_three_texts() -> None:
    texts = [
        _evidence(n, Family.CONTENT, 3.0, (name, "x:new"), detector="near-duplicate-text")
        for n, name in enumerate(ACCOUNTS[:3], 2)
    ]
    device = _evidence(1, Family.INFRA_HARD, 8.0, ACCOUNTS[:4])
    kit = _evidence(9, Family.INFRA_SOFT, 3.0, (ACCOUNTS[3], "x:new"))
    (tied,) = _groups(device, *texts, kit)
    assert "x:new" in tied.members
    (apart,) = _groups(device, *texts[:2], kit)
    assert "x:new" not in apart.members


def _two_teams(bridges: int) -> list[Evidence]:
    """Two teams on a device each; some of the second share text and network with the first."""
    teams = [tuple(f"x:{team}{n}" for n in range(4)) for team in "ab"]
    evidence = [_evidence(n, Family.INFRA_HARD, 8.0, team) for n, team in enumerate(teams, 1)]
    for n in range(bridges):
        evidence += [
            _evidence(10 + n, Family.CONTENT, 5.0, (teams[0][0], teams[1][n])),
            _evidence(20 + n, Family.INFRA_SOFT, 3.0, (teams[0][1], teams[1][n])),
        ]
    return evidence


def test_two_accounts_that_belong_to_two_groups_make_them_one() -> None:
    (whole,) = _groups(*_two_teams(2))
    assert len(whole.members) == len(whole.core) == 8
    assert whole.opens
    assert math.isclose(whole.score, math.fsum(whole.parts.values()))


def test_one_account_may_help_two_groups() -> None:
    first, second = _groups(*_two_teams(1))
    assert sorted((len(first.members), len(second.members))) == [4, 5]


def _crews(shared: int, *between: Evidence) -> list[Evidence]:
    """A crew on one device that opens, and a household; `shared` of each side share three texts."""
    crew, home = (tuple(f"x:{team}{n}" for n in range(4)) for team in ("crew", "home"))
    texts = [
        _evidence(
            10 + n, Family.CONTENT, 3.0, (*crew[:shared], *home[:shared]),
            detector="near-duplicate-text",
        )
        for n in range(3)
    ]  # fmt: skip
    return [
        _evidence(1, Family.INFRA_HARD, 8.0, crew),
        _evidence(2, Family.INFRA_HARD, 5.0, home),
        _evidence(3, Family.INFRA_SOFT, 3.0, home),
        *texts,
        *between,
    ]


def test_a_group_that_shares_three_texts_with_a_known_operation_is_part_of_it() -> None:
    (whole,) = _groups(*_crews(2))
    assert len(whole.members) == len(whole.core) == 8
    ties = [edge for edge in whole.edges if edge.group]
    assert min(edge.score for edge in ties) >= scoring.S_OPEN
    for edge in ties:
        assert math.isclose(edge.score, scoring.PRIOR + sum(llr for llr, _ in edge.parts.values()))
    assert math.isclose(whole.score, math.fsum(whole.parts.values()))


def test_one_account_of_each_side_ties_no_groups() -> None:
    assert sorted(len(group.members) for group in _groups(*_crews(1))) == [4, 4]


def test_what_a_person_cut_is_not_tied_again() -> None:
    evidence = _crews(2)
    accounts = sorted({name for one in evidence for name in one.subjects})
    cut = (["x:crew0"], ["x:home0"])
    groups = fusion.groups_of(score_pairs(evidence, accounts, apart=[cut]), evidence)
    assert len(groups) == 2
    assert not any({"x:crew0", "x:home0"} <= set(group.members) for group in groups)


def test_inside_a_family_the_strongest_counts_and_never_the_sum() -> None:
    (group,) = _groups(_evidence(1, Family.INFRA_HARD, 7.0), _evidence(2, Family.INFRA_HARD, 8.0))
    assert group.parts == {"prior": -6.0, "infra-hard": 8.0}


@pytest.mark.row(17)
def test_the_score_is_the_sum_of_its_parts() -> None:
    (group,) = _groups(
        _evidence(1, Family.TIMING, 6.5),
        _evidence(2, Family.CONTENT, 3.0, ACCOUNTS[:4]),
        _evidence(3, Family.INFRA_SOFT, 2.0, ACCOUNTS[2:]),
    )
    assert math.isclose(group.score, math.fsum(group.parts.values()))
    assert math.isclose(group.score, sum(e.score for e in group.edges) / len(group.edges))


def test_timing_alone_opens_only_with_five_synchronous_objects() -> None:
    (weak,) = _groups(_evidence(1, Family.TIMING, 6.5))
    (strong,) = _groups(_evidence(1, Family.TIMING, 6.5, opens_alone=True))
    assert (weak.opens, strong.opens, strong.label) == (False, True, "timing only")


def test_devices_that_some_share_do_not_take_away_what_timing_alone_opens() -> None:
    crew = tuple(f"x:{n}" for n in range(8))
    homes = [_evidence(2 + n, Family.INFRA_HARD, 4.0, crew[2 * n : 2 * n + 2]) for n in (0, 1)]
    (group,) = _groups(_evidence(1, Family.TIMING, 6.5, crew, opens_alone=True), *homes)
    assert group.families == (Family.TIMING, Family.INFRA_HARD)
    assert group.p < scoring.P_OPEN
    assert (group.opens, group.label) == (True, "timing only")
    (few,) = _groups(_evidence(1, Family.TIMING, 6.5, crew), *homes)
    assert (few.opens, few.label) == (False, "")


@given(
    families=st.lists(st.sampled_from([*scoring.WEIGHTS]), max_size=4),
    reached=st.integers(2, len(ACCOUNTS)),
)
def test_more_evidence_never_closes_what_timing_opens(families: list[str], reached: int) -> None:
    timing = _evidence(1, Family.TIMING, 6.5, opens_alone=True)
    more = [_evidence(2 + n, one, 3.0, ACCOUNTS[:reached]) for n, one in enumerate(families)]
    assert any(group.opens for group in _groups(timing, *more))


def test_two_accounts_never_make_a_campaign() -> None:
    assert _groups(_evidence(1, Family.INFRA_HARD, 8.0, ACCOUNTS[:2])) == []


def test_a_chain_without_a_cycle_is_no_campaign() -> None:
    links = tuple((n, n + 1, 8.0) for n in range(5))
    assert _groups(_evidence(1, Family.INFRA_HARD, 8.0, links=links)) == []


def test_an_account_on_one_strong_edge_joins_outside_the_core() -> None:
    (group,) = _groups(
        _evidence(1, Family.INFRA_HARD, 9.0, ACCOUNTS[:3]),
        _evidence(2, Family.INFRA_HARD, 8.0, (ACCOUNTS[0], "x:9")),
    )
    assert "x:9" in group.members
    assert "x:9" not in group.core


def test_three_shared_texts_weigh_more_than_one() -> None:
    texts = [_evidence(n, Family.CONTENT, 3.0, detector="near-duplicate-text") for n in range(1, 4)]
    timing = _evidence(9, Family.TIMING, 6.5)
    (one,) = _groups(timing, texts[0])
    (three,) = _groups(timing, *texts)
    assert (one.parts["content"], three.parts["content"]) == (3.0, 5.0)


def test_old_evidence_fades_by_its_half_life() -> None:
    half = scoring.WEIGHTS[Family.TIMING].half_life_d * DAY_S
    assert math.isclose(scoring.weigh(Family.TIMING, 6.0, half), 3.0)
    assert scoring.weigh(Family.TIMING, 99.0, 0.0) == scoring.WEIGHTS[Family.TIMING].cap


def test_an_account_that_alone_joins_four_groups_is_set_aside() -> None:
    teams = [tuple(f"x:{team}-{n}" for n in range(3)) for team in range(4)]
    evidence = [
        _evidence(n, Family.INFRA_HARD, 8.0, (*team, "x:helper")) for n, team in enumerate(teams, 1)
    ]
    groups = _groups(*evidence)
    assert sorted(tuple(sorted(group.members)) for group in groups) == sorted(teams)
    assert groups[0].connectors == ("x:helper",)


@pytest.mark.parametrize(("teams", "is_helper"), [(3, False), (4, True)])
def test_a_helper_of_more_than_three_groups_is_no_member(teams: int, is_helper: bool) -> None:
    evidence = [
        _evidence(n, Family.INFRA_HARD, 8.0, (*(f"x:{n}-{m}" for m in range(3)), "x:helper"))
        for n in range(1, teams + 1)
    ]
    groups = _groups(*evidence)
    assert any("x:helper" in group.members for group in groups) is not is_helper
    assert ({"x:helper"} in [set(group.connectors) for group in groups]) is is_helper


def test_customers_who_hang_on_a_helper_alone_make_no_groups_of_it() -> None:
    """Pairs at the end of a star are too few to be groups, so their middle holds none together."""
    star = [
        _evidence(n, Family.INFRA_HARD, 8.0, ("x:hub", f"x:{n}a", f"x:{n}b")) for n in range(1, 7)
    ]
    (group,) = _groups(*star)
    assert group.connectors == ()
    assert len(group.members) == 13


def test_a_cut_between_two_teams_makes_their_helper_no_connector() -> None:
    teams = [tuple(f"x:{team}-{n}" for n in range(3)) for team in range(4)]
    evidence = [
        _evidence(n, Family.INFRA_HARD, 8.0, (*team, "x:helper")) for n, team in enumerate(teams, 1)
    ]
    names = sorted({name for one in evidence for name in one.subjects})
    cut = (["x:helper"], teams[0])
    groups = fusion.groups_of(score_pairs(evidence, names, apart=[cut]), evidence)
    assert sorted(len(group.members) for group in groups) == [3, 10]
    assert {group.connectors for group in groups} == {()}


@given(
    lots=st.lists(
        st.tuples(
            st.sampled_from([*scoring.WEIGHTS]),
            st.sampled_from([3.0, 5.0, 8.0]),
            st.sets(st.sampled_from(ACCOUNTS), min_size=2),
        ),
        min_size=1,
        max_size=7,
    ),
    later=st.integers(0, 900),
)
def test_who_else_uses_the_desk_and_when_changes_no_campaign(
    lots: list[tuple[str, float, set[str]]], later: int
) -> None:
    """The same evidence beside a household of strangers, and at another date."""
    evidence = [
        _evidence(n, family, llr, tuple(sorted(names)), last_at=later * DAY_S)
        for n, (family, llr, names) in enumerate(lots, 1)
    ]
    today = [msgspec.structs.replace(one, last_at=0.0) for one in evidence]
    strangers = _evidence(99, Family.INFRA_HARD, 8.0, ("y:1", "y:2", "y:3"), last_at=later * DAY_S)
    beside = [one for one in _groups(*evidence, strangers) if "y:1" not in one.members]
    plain = _groups(*today)
    assert [(one.members, one.opens, one.parts) for one in beside] == [
        (one.members, one.opens, one.parts) for one in plain
    ]


def test_the_order_of_evidence_changes_nothing() -> None:
    evidence = [
        _evidence(1, Family.TIMING, 6.5),
        _evidence(2, Family.CONTENT, 3.0, ACCOUNTS[1:]),
        _evidence(3, Family.INFRA_HARD, 8.0, ACCOUNTS[:3]),
    ]
    assert _groups(*evidence) == _groups(*reversed(evidence))


def test_a_component_above_two_hundred_accounts_is_cut_into_communities() -> None:
    halves = [tuple(f"x:{half}-{n:03}" for n in range(120)) for half in "ab"]
    bridge = (halves[0][0], halves[0][1], halves[1][0])
    groups = _groups(
        _evidence(1, Family.INFRA_HARD, 8.0, halves[0]),
        _evidence(2, Family.INFRA_HARD, 8.0, halves[1]),
        _evidence(3, Family.INFRA_HARD, 8.0, bridge),
    )
    assert sorted(len(group.members) for group in groups) == [120, 120]


@given(st.sets(st.tuples(st.integers(0, 11), st.integers(0, 11)), max_size=30))
def test_a_core_is_what_networkx_calls_the_2_core(pairs: set[tuple[int, int]]) -> None:
    graph: nx.Graph[str] = nx.Graph()
    graph.add_edges_from((str(a), str(b)) for a, b in pairs if a != b)
    core = frozenset(nx.k_core(graph, 2).nodes)
    assert fusion._two_core(graph) == (core if len(core) >= scoring.MIN_ACCOUNTS else frozenset())
