"""Watched campaigns that evidence takes apart end, unless people know of them."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.conf import LazySettings

from cases.models import Case, CaseCampaign
from detectors.choices import CampaignState, FindingStatus, Outcome, ProposalKind
from detectors.models import (
    AuditDraw,
    Campaign,
    CampaignEdge,
    CampaignFinding,
    CampaignMember,
    Finding,
    Proposal,
    Touched,
)
from detectors.services.verdict import record_verdict
from tests.cases import build, fused

pytestmark = pytest.mark.django_db(transaction=True)
CREW = ("x:a", "x:b", "x:c")


@pytest.fixture(autouse=True)
def no_sample(settings: LazySettings) -> None:
    settings.AUDIT_SAMPLE_PERCENT = 0


def _acted_together(*names: str, anchor: str = "t-1") -> Finding:
    """One kind of evidence: enough for the watch list, not for a case."""
    return fused.told(names, anchor, family="timing", llr=6.5)


def _lapses(one: Finding) -> None:
    one.status, one.revision = FindingStatus.LAPSED, one.revision + 1
    one.save()
    fused.log(one)
    fused.settle()


def _watched() -> tuple[Campaign, Finding]:
    one = _acted_together(*CREW)
    fused.settle()
    campaign = Campaign.objects.get()
    assert (campaign.state, campaign.size) == (CampaignState.WATCH, 3)
    return campaign, one


def test_what_lost_its_evidence_ends_and_holds_nobody() -> None:
    campaign, one = _watched()
    _lapses(one)
    campaign.refresh_from_db()
    assert (campaign.state, campaign.size, campaign.revision) == (CampaignState.ENDED, 0, 2)
    for rows in (CampaignMember, CampaignFinding, CampaignEdge):
        assert not rows.objects.exists()
    assert not Case.objects.exists()


def test_stronger_evidence_elsewhere_takes_a_watched_group_apart() -> None:
    """An order in which the live fusion once kept what all evidence at once does not hold."""
    _acted_together("x:0", "x:3", "x:4")
    fused.told(("x:0", "x:1"), "d-1", llr=2.0)
    fused.settle()
    fused.told(("x:0", "x:1", "x:2"), "d-2", llr=8.0)
    fused.settle()
    held = {
        one.state: set(one.members.values_list("account", flat=True))
        for one in Campaign.objects.all()
    }
    assert held == {CampaignState.OPEN: {"x:0", "x:1", "x:2"}, CampaignState.ENDED: set()}


def test_evidence_that_comes_back_begins_a_campaign_that_opens_as_any_other() -> None:
    ended, one = _watched()
    _lapses(one)
    _acted_together(*CREW, anchor="t-2")
    fused.told(CREW, "d-2")
    fused.settle()
    (campaign,) = Campaign.objects.exclude(pk=ended.pk)
    assert (campaign.state, campaign.size) == (CampaignState.OPEN, 3)
    assert Case.objects.get().accounts == 3


def test_what_has_opened_keeps_its_members_when_evidence_fades() -> None:
    one = fused.told(CREW, "d-1")
    fused.settle()
    _lapses(one)
    campaign = Campaign.objects.get()
    assert (campaign.state, campaign.members.count()) == (CampaignState.OPEN, 3)
    assert Case.objects.get().accounts == 3


def _decided(campaign: Campaign) -> None:
    record_verdict(campaigns=[campaign], outcome=Outcome.ABUSE, decision_ref="d", expires_at=None)


KNOWN: dict[str, Callable[[Campaign], object]] = {
    "people work on it": lambda one: Touched.objects.create(campaign=one),
    "drawn for a look": lambda one: AuditDraw.objects.filter(campaign=one).update(drawn=True),
    "decided": _decided,
    "proposed": lambda one: Proposal.objects.create(kind=ProposalKind.SPLIT, campaign=one),
    "in a case": lambda one: CaseCampaign.objects.create(
        case=build.case(), campaign=one, revision=1
    ),
}


@pytest.mark.parametrize("known", KNOWN.values(), ids=KNOWN)
def test_what_people_know_of_stays_as_it_was(known: Callable[[Campaign], object]) -> None:
    campaign, one = _watched()
    known(campaign)
    _lapses(one)
    campaign.refresh_from_db()
    assert campaign.state == CampaignState.WATCH
    assert set(campaign.members.values_list("account", flat=True)) == set(CREW)


def test_a_draw_that_was_not_drawn_is_kept_with_the_ended_campaign() -> None:
    campaign, one = _watched()
    draw = AuditDraw.objects.get(campaign=campaign, drawn=False)
    _lapses(one)
    draw.refresh_from_db()
    assert draw.campaign.state == CampaignState.ENDED


def test_what_went_into_an_ended_campaign_still_leads_to_it_and_opens_nothing() -> None:
    first, _ = _watched()
    second = ("x:d", "x:e", "x:f")
    _acted_together(*second, anchor="t-2")
    fused.settle()
    both = _acted_together(*CREW, *second, anchor="t-3")
    fused.settle()
    younger = Campaign.objects.get(state=CampaignState.MERGED)
    assert younger.merged_into == first
    for one in (both, *Finding.objects.exclude(pk=both.pk)):
        _lapses(one)
    first.refresh_from_db()
    younger.refresh_from_db()
    assert (first.state, younger.merged_into) == (CampaignState.ENDED, first)
    Campaign.objects.filter(pk=younger.pk).update(needs_intake=True)
    fused.settle()
    assert not Case.objects.exists()
    assert not Campaign.objects.filter(needs_intake=True).exists()
