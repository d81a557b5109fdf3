"""Precision and recall of detectors, from verdicts and from looks below the threshold."""

from __future__ import annotations

import pytest
from django.test import Client
from django.urls import reverse

from abusedesk.core.models import Role, User
from detectors.choices import CampaignState, Outcome
from detectors.models import AuditDraw, Campaign, DetectorConfig
from detectors.selectors.precision import fares_for, precisions_for, precisions_of
from detectors.services.verdict import record_verdict, withdraw_verdict
from tests.cases import build

pytestmark = pytest.mark.django_db
DEVICE = "shared-infrastructure"
LEAD = User(role=Role.LEAD)


def told(row: Campaign, outcome: Outcome) -> None:
    record_verdict(
        campaigns=[row], outcome=outcome, decision_ref=f"decision-{row.pk}", expires_at=None
    )


def opened(number: int, outcome: Outcome, detector: str = DEVICE) -> list[Campaign]:
    """Campaigns above the threshold with one outcome."""
    rows = []
    for _ in range(number):
        names = build.accounts(3)
        one = build.finding(subjects=names, detector=detector)
        rows.append(build.campaign(members=names, findings=[one], waiting=False))
        told(rows[-1], outcome)
    return rows


def below(number: int, *, abuse: int = 0, reviewed: int = 0) -> None:
    """Campaigns under the threshold, `reviewed` of them drawn and decided."""
    for place in range(number):
        row = build.campaign(
            members=build.accounts(3), state=CampaignState.WATCH, p=0.6, waiting=False
        )
        AuditDraw.objects.create(campaign=row, rate=0.1, drawn=place < reviewed)
        if place < reviewed:
            told(row, Outcome.ABUSE if place < abuse else Outcome.NO_ABUSE)


@pytest.mark.row(24)
def test_precision_is_the_confirmed_share_of_decided_campaigns_with_an_interval() -> None:
    opened(15, Outcome.ABUSE)
    opened(3, Outcome.NO_ABUSE)
    opened(2, Outcome.LEGITIMATE)
    opened(4, Outcome.UNSURE)
    share = precisions_for(LEAD)[DEVICE]
    assert (share.value, share.n, share.enough) == (0.75, 20, True)
    assert (share.low, share.high) == pytest.approx((0.5313, 0.8881), abs=1e-3)


@pytest.mark.row(24)
def test_the_list_of_detectors_shows_precision_with_interval_and_n_or_too_few() -> None:
    opened(15, Outcome.ABUSE)
    opened(5, Outcome.NO_ABUSE)
    opened(19, Outcome.ABUSE, detector="persona")
    browser = Client()
    browser.force_login(build.user())
    page = browser.get(reverse("detectors:detector-list")).content.decode()
    row, other = (_row(page, slug) for slug in (DEVICE, "persona"))
    assert "75 %" in row
    assert "53 % to 89 %, n = 20" in row
    assert "too few" in other
    assert "n = 19" in other
    assert "100 %" not in other


def test_an_undone_decision_leaves_the_precision() -> None:
    rows = opened(3, Outcome.ABUSE)
    withdraw_verdict(decision_ref=f"decision-{rows[0].pk}")
    assert precisions_for(LEAD)[DEVICE].n == 2


def test_a_campaign_with_two_findings_of_one_detector_counts_once() -> None:
    names = build.accounts(3)
    both = [build.finding(subjects=names) for _ in range(2)]
    told(build.campaign(members=names, findings=both, waiting=False), Outcome.ABUSE)
    assert precisions_for(LEAD)[DEVICE].n == 1


def test_every_version_of_a_detector_has_its_own_precision() -> None:
    opened(2, Outcome.NO_ABUSE)
    DetectorConfig.objects.filter(slug=DEVICE).update(current=False)
    DetectorConfig.objects.create(
        slug=DEVICE, number=2, mode="live", params={}, params_hash="1", current=True
    )
    opened(3, Outcome.ABUSE)
    found = precisions_of(DEVICE, LEAD)
    assert [(number, share.value, share.n) for number, share in found.items()] == [
        (2, 1.0, 3),
        (1, 0.0, 2),
    ]


@pytest.mark.row(108)
def test_recall_is_estimated_from_the_looks_below_the_threshold() -> None:
    opened(30, Outcome.ABUSE)
    below(40, abuse=5, reviewed=20)
    fares = fares_for(LEAD)[DEVICE]
    assert (fares.opened, fares.below) == (30, 40)
    assert fares.recall.value == pytest.approx(30 / (30 + 40 * 5 / 20))
    assert fares.recall.low < fares.recall.value < fares.recall.high
    assert fares.recall.n == 20


@pytest.mark.row(108)
def test_looks_below_the_threshold_do_not_lower_the_precision() -> None:
    opened(20, Outcome.ABUSE)
    below(20, reviewed=20)
    assert precisions_for(LEAD)[DEVICE].value == 1.0


@pytest.mark.row(108)
def test_the_page_of_a_detector_shows_the_recall_with_its_interval() -> None:
    opened(30, Outcome.ABUSE)
    below(40, abuse=5, reviewed=20)
    browser = Client()
    browser.force_login(build.user())
    page = browser.get(reverse("detectors:detector-detail", args=[DEVICE])).content.decode()
    told_ = page[page.index("Recall, estimated") :][:400]
    assert "75 %" in told_
    assert "n = 20" in told_


def test_the_page_tells_how_many_decisions_were_taken_back() -> None:
    rows = opened(24, Outcome.ABUSE)
    for row in rows[:6]:
        withdraw_verdict(decision_ref=f"decision-{row.pk}")
    browser = Client()
    browser.force_login(build.user())
    page = browser.get(reverse("detectors:detector-detail", args=[DEVICE])).content.decode()
    told_ = page[page.index("Decisions taken back") :][:300]
    assert "25 %" in told_
    assert "n = 24" in told_
    assert "<dt>Campaigns opened</dt><dd>24</dd>" in page
    assert "<dt>Findings a day</dt><dd>3.4</dd>" in page
    other = browser.get(reverse("detectors:detector-detail", args=["persona"])).content.decode()
    assert "no campaign yet" in other[other.index("Decisions taken back") :][:200]


def test_partners_learn_no_precision() -> None:
    opened(20, Outcome.ABUSE)
    partner = User(role=Role.PARTNER)
    assert (precisions_for(partner), fares_for(partner)) == ({}, {})


def _row(page: str, slug: str) -> str:
    start = page.index(f'id="detector-{slug}"')
    return page[start : page.index("</tr>", start)]
