"""The bench of intake: what it plans, that its counts are true, and that each can go wrong."""

from __future__ import annotations

from collections.abc import Callable

import psycopg
import pytest
from django.db import connection
from django.db.models import F

from bench import intake as bench
from bench.worlds import findings
from cases.choices import State
from cases.intake import intake
from cases.models import Case, CaseCampaign
from detectors.models import Campaign, CampaignFinding, Finding, FindingRevision
from detectors.services.fusion import fuse_all

PLAN = bench.Plan(findings=40, workers=1, kills=0)
EACH, LOTS, AT_ONCE, TIED = 10, 5, 2, 4


def _count(query: str) -> int:
    with connection.cursor() as cursor:
        cursor.execute(query)
        return int(cursor.fetchone()[0] or 0)


def _counted() -> dict[str, int]:
    return {name: _count(query) for name, query in bench.FOUND.items()}


def _written() -> None:
    findings.write(PLAN.findings, each=EACH, lots=LOTS, at_once=AT_ONCE, tied=TIED)


def _taken_in() -> None:
    while any(_count(query) for query in bench.LEFT.values()):
        fuse_all(budget_s=5)
        intake(limit=20)


def _expected() -> dict[str, int]:
    """Four groups, of which the last two turn out to be one."""
    return {
        "findings": PLAN.findings,
        "cases_open": 3,
        "duplicate_open_cases": 0,
        "lost_findings": 0,
        "hits_missing": 0,
    }


@pytest.mark.parametrize(
    ("number", "groups", "cases"), [(50_000, 1_000, 900), (1_000, 20, 18), (50, 1, 1), (499, 9, 9)]
)
def test_a_plan_knows_how_many_cases_there_must_be(number: int, groups: int, cases: int) -> None:
    plan = bench.Plan(number, workers=8, kills=5)
    assert (plan.groups, plan.cases) == (groups, cases)


def test_counts_that_are_as_planned_are_no_fault_and_every_other_is_named() -> None:
    plan = bench.Plan(1_000, workers=8, kills=5)
    good = {
        "findings": 1_000,
        "cases_opened": 20,
        "cases_open": 18,
        "duplicate_open_cases": 0,
        "lost_findings": 0,
        "hits_missing": 0,
    }
    assert bench.faults(plan, good) == []
    for name in good.keys() - {"cases_opened"}:
        for off in (-1, 1):
            (fault,) = bench.faults(plan, good | {name: good[name] + off})
            assert fault == f"{name}: {good[name] + off}, not {good[name]}"


@pytest.mark.django_db
def test_the_log_tells_of_every_group_bit_by_bit_and_ties_two_at_its_end() -> None:
    _written()
    assert Finding.objects.count() == FindingRevision.objects.count() == PLAN.findings
    assert _count(bench.LEFT["log"]) == PLAN.findings
    sizes = [len(one) for one in Finding.objects.order_by("pk").values_list("subjects", flat=True)]
    assert sizes[:-1] == [findings.SIZE] * (PLAN.findings - 1)
    assert sizes[-1] == 2 * findings.SIZE
    signals = [one for ids in Finding.objects.values_list("signal_ids", flat=True) for one in ids]
    assert len(set(signals)) == PLAN.findings
    steps = list(FindingRevision.objects.order_by("pk").values_list("at_s", flat=True))
    assert steps == sorted(steps)
    assert len(set(steps)) == LOTS * 2


@pytest.mark.django_db
def test_when_all_is_taken_in_no_finding_is_lost_and_none_is_in_two_cases() -> None:
    _written()
    assert _counted()["lost_findings"] == PLAN.findings
    _taken_in()
    found = _counted()
    assert {name: found[name] for name in _expected()} == _expected()
    assert found["cases_opened"] >= found["cases_open"]
    before = list(Case.objects.order_by("pk").values_list("pk", "hits", "version"))
    _taken_in()
    fuse_all(budget_s=1)
    assert intake(limit=20) == 0
    assert list(Case.objects.order_by("pk").values_list("pk", "hits", "version")) == before


def _lose_a_link() -> None:
    link = CaseCampaign.objects.filter(case__state=State.OPEN).first()
    assert link is not None
    link.delete()


def _lose_evidence() -> None:
    row = CampaignFinding.objects.exclude(campaign__state="merged").first()
    assert row is not None
    row.delete()


def _lose_a_hit() -> None:
    Case.objects.filter(state=State.OPEN).update(hits=F("hits") - 1)


def _open_twice() -> None:
    """Another case of the same accounts, as two workers at once would make it."""
    link = CaseCampaign.objects.filter(case__state=State.OPEN).select_related("campaign").first()
    assert link is not None
    twin = Campaign.objects.get(pk=link.campaign_id)
    members = list(twin.members.values_list("account", flat=True))
    twin.pk = None
    twin._state.adding = True
    twin.save()
    for account in members:
        twin.members.create(account=account, p=0.9, core=True)
    case = Case.objects.get(pk=link.case_id)
    case.pk, case.ref = None, "AD-twin"
    case._state.adding = True
    case.save()
    CaseCampaign.objects.create(case=case, campaign=twin, revision=1)


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("break_it", "names"),
    [
        (_lose_a_link, {"lost_findings"}),
        (_lose_evidence, {"lost_findings"}),
        (_lose_a_hit, {"hits_missing"}),
        (_open_twice, {"duplicate_open_cases", "cases_open", "hits_missing"}),
    ],
)
def test_every_count_sees_what_it_is_there_for(
    break_it: Callable[[], None], names: set[str]
) -> None:
    _written()
    _taken_in()
    good = _counted()
    break_it()
    bad = _counted()
    assert {name for name in _expected() if bad[name] != good[name]} == names


@pytest.mark.django_db
def test_work_that_waits_is_seen_until_it_is_done() -> None:
    _written()
    assert _count(bench.LEFT["intake"]) == 0
    fuse_all(budget_s=5)
    assert _count(bench.LEFT["log"]) == 0
    assert _count(bench.LEFT["intake"]) > 0
    _taken_in()
    assert _count(bench.LEFT["intake"]) == 0


@pytest.mark.django_db(transaction=True)
def test_the_bench_counts_over_its_own_connection() -> None:
    settings = connection.get_connection_params()
    words = {
        name: settings[name] for name in ("dbname", "user", "host", "port") if name in settings
    }
    build_one = Case.objects.count()
    with psycopg.connect(**words) as other:
        assert bench._count(other, bench.FOUND["cases_opened"]) == build_one
        assert bench._count(other, "SELECT NULL") == 0
        assert bench._count(other, "SELECT 1 WHERE false") == 0
