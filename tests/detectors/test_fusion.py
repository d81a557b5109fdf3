"""The fusion: which evidence makes a campaign and which does not."""

from __future__ import annotations

import math

import pytest

from detectors import fusion, scoring
from detectors.base import DAY_S, Family
from detectors.fusion import Evidence, Group

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
    return fusion.groups_of(fusion.score_pairs(evidence, sorted(accounts)), evidence)


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
