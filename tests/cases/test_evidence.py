"""What a case rests on: signals, findings, contributions."""

from __future__ import annotations

from datetime import timedelta

import pytest
from pytest_django import DjangoAssertNumQueries

from cases.selectors.evidence import contributions_of, evidence_of, findings_of
from detectors.choices import FindingStatus
from detectors.models import Finding
from tests.cases import build

pytestmark = pytest.mark.django_db


def test_the_newest_signals_come_first_with_the_findings_that_cite_them() -> None:
    signals = [build.signal(one, at=build.NOON + timedelta(minutes=one)) for one in range(4)]
    build.signal(99, text="not cited")
    ids = [one.pk for one in signals]
    names = build.accounts(4)
    first = build.finding(subjects=names, signal_ids=ids)
    second = build.finding(subjects=names, signal_ids=ids[2:], family="content", llr=3)
    _, case = build.opened(members=names, findings=[first, second])
    viewer = build.user()
    shown = evidence_of(findings_of(case, viewer), viewer)
    assert [one.pk for one in shown] == ids[::-1]
    cited = {one.pk: sorted(getattr(one, "finding_ids")) for one in shown}  # noqa: B009 -- annotated at run time
    assert cited[ids[0]] == [first.pk]
    assert cited[ids[3]] == [first.pk, second.pk]


def test_the_limit_is_kept_and_the_number_of_queries_does_not_grow(
    django_assert_num_queries: DjangoAssertNumQueries,
) -> None:
    signals = [build.signal(one, at=build.NOON + timedelta(minutes=one)) for one in range(9)]
    names = build.accounts(4)
    cited = build.finding(subjects=names, signal_ids=[one.pk for one in signals])
    _, case = build.opened(members=names, findings=[cited])
    viewer = build.user()
    findings = findings_of(case, viewer)
    with django_assert_num_queries(1):
        assert len(evidence_of(findings, viewer, limit=5)) == 5


def test_a_lapsed_finding_is_no_evidence_any_more() -> None:
    _, case = build.opened()
    Finding.objects.update(status=FindingStatus.LAPSED)
    viewer = build.user()
    assert findings_of(case, viewer) == []
    assert evidence_of(findings_of(case, viewer), viewer) == []


def test_findings_come_strongest_first() -> None:
    names = build.accounts(4)
    weak = build.finding(subjects=names, signal_ids=[1], llr=2)
    strong = build.finding(subjects=names, signal_ids=[1], llr=9)
    _, case = build.opened(members=names, findings=[weak, strong])
    assert findings_of(case, build.user()) == [strong, weak]


@pytest.mark.row(17)
def test_the_contributions_add_up_to_the_score() -> None:
    row, case = build.opened()
    parts = contributions_of(case)
    assert list(parts) == ["prior", "infra-hard", "content"]
    assert sum(parts.values()) == pytest.approx(row.score)


def test_of_a_case_without_a_campaign_nothing_is_measured() -> None:
    assert contributions_of(build.case()) == {}
