"""Fitted weights and the audit sample, from the findings log through the fusion to campaigns."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest
from django.conf import LazySettings

from detectors import scoring
from detectors.base import Family
from detectors.calibration.evidence import Row, Table, band_of
from detectors.choices import CampaignState, FindingStatus, Mode, StreamKind
from detectors.models import (
    AuditDraw,
    Campaign,
    DetectorConfig,
    EvidenceWeights,
    Shard,
    Stream,
)
from detectors.services import fusion
from detectors.services.audit_draw import chance_of, weight_of
from detectors.services.declared import declare_group
from tests import cast
from tests.detectors.test_campaigns import FAR, _alive, _config, _find, _names

pytestmark = pytest.mark.django_db(transaction=True)
WATCHED = (Family.TIMING, 6.5)
"""Opens nothing alone: P of its pairs is 0.62."""


@pytest.fixture
def log(settings: LazySettings) -> DetectorConfig:
    """A live detector whose findings are read; nothing is drawn unless a test asks for it."""
    settings.AUDIT_SAMPLE_PERCENT = 0
    stream = Stream.objects.create(slug="test", title="Test", kind=StreamKind.LIVE)
    config = _config("test", Mode.LIVE)
    Shard.objects.create(config=config, stream=stream, number=0, of=1, clock_s=FAR)
    return config


def fit(**weights: float) -> EvidenceWeights:
    """A table under which content evidence of LLR 3 weighs so much, and so on by family."""
    EvidenceWeights.objects.filter(in_force=True).update(in_force=False)
    rows = [
        Row(family.replace("_", "-"), band_of(3.0), 100, 100, llr)
        for family, llr in weights.items()
    ]
    quality: dict[str, Any] = {"verdicts": 60, "trained": 42, "before": 0.3, "brier": 0.2}
    return EvidenceWeights.objects.create(
        in_force=True, table=msgspec.to_builtins(Table(200, 200, rows)), **quality
    )


def crew(log: DetectorConfig, name: str, size: int = 4) -> list[str]:
    """Accounts that act together and post alike: 3.5 with the weights that are shipped."""
    accounts = _names(name, size)
    _find(log, f"{name}-t", accounts, *WATCHED)
    _find(log, f"{name}-c", accounts, Family.CONTENT, 3.0)
    return accounts


def test_evidence_that_reviewers_do_not_confirm_opens_nothing_any_more(
    log: DetectorConfig,
) -> None:
    fit(content=0.0)
    crew(log, "x")
    fusion.fuse_all()
    (row,) = _alive()
    assert (row.state, row.families) == (CampaignState.WATCH, ["timing"])
    assert row.score == pytest.approx(scoring.PRIOR + 6.5)
    assert row.evidence.count() == 2, "the finding stays a reason to look at, whatever it weighs"


def test_evidence_that_reviewers_confirm_weighs_what_was_fitted_and_never_more_than_its_cap(
    log: DetectorConfig,
) -> None:
    fit(content=4.5)
    crew(log, "x")
    fusion.fuse_all()
    (row,) = _alive()
    assert row.parts == pytest.approx({"prior": scoring.PRIOR, "timing": 6.5, "content": 4.5})
    fit(content=50.0)
    crew(log, "y")
    fusion.fuse_all()
    newer = Campaign.objects.latest("pk")
    assert newer.parts["content"] == scoring.WEIGHTS[Family.CONTENT].cap


def test_a_campaign_keeps_the_weights_with_which_it_began(log: DetectorConfig) -> None:
    """A fit must not close what people read about, nor open what they have passed over."""
    crew(log, "x")
    fusion.fuse_all()
    later = fit(content=0.0)
    crew(log, "x", 6)
    crew(log, "y")
    fusion.fuse_all()
    old, new = Campaign.objects.order_by("pk")
    assert (old.size, old.weights, old.state) == (6, None, CampaignState.OPEN)
    assert old.parts["content"] == 3.0
    assert (new.weights, new.state) == (later, CampaignState.WATCH)
    assert "content" not in new.parts


def test_where_two_campaigns_meet_the_weights_of_the_older_go_on(log: DetectorConfig) -> None:
    first = fit(content=4.0)
    crew(log, "x")
    fusion.fuse_all()
    fit(content=0.0)
    crew(log, "y")
    fusion.fuse_all()
    older, younger = Campaign.objects.order_by("pk")
    assert older.weights != younger.weights
    _find(log, "bridge", ["x:0", "x:1", "y:0", "y:1"])
    fusion.fuse_all()
    (row,) = _alive()
    assert (row.pk, row.size, row.weights) == (older.pk, 8, first)


def test_a_cut_is_previewed_with_the_weights_of_the_campaign(log: DetectorConfig) -> None:
    fit(content=4.0)
    accounts = crew(log, "x", 6)
    fusion.fuse_all()
    fit(content=0.0)
    (group,) = fusion.groups_with(accounts=set(accounts), cut=(accounts[:1], accounts[1:]))
    assert set(group.members) == set(accounts[1:])
    assert group.parts["content"] == 4.0


def test_the_drawn_ones_below_the_threshold_wait_for_review_and_the_others_do_not(
    log: DetectorConfig, settings: LazySettings
) -> None:
    settings.AUDIT_SAMPLE_PERCENT = 50
    settings.SECRET_KEY = "one secret for all sessions of this test"
    for number in range(12):
        _find(log, f"t{number}", _names(f"p{number}", 3), *WATCHED)
    fusion.fuse_all()
    waiting = {row.pk for row in _alive() if row.needs_intake}
    by_hand = {
        row.pk
        for row in _alive()
        if chance_of(name=min(row.members.values_list("account", flat=True))) < 0.5
    }
    assert waiting == by_hand
    assert 0 < len(waiting) < 12
    assert AuditDraw.objects.count() == 12
    assert {weight_of(campaign=row) for row in _alive() if row.pk in waiting} == {2.0}
    assert {row.state for row in _alive()} == {CampaignState.WATCH}, "nothing tells them apart"


def test_growth_of_a_drawn_campaign_is_told_and_never_drawn_again(
    log: DetectorConfig, settings: LazySettings
) -> None:
    settings.AUDIT_SAMPLE_PERCENT = 100
    _find(log, "t1", _names("x", 4), *WATCHED)
    fusion.fuse_all()
    Campaign.objects.update(needs_intake=False)
    settings.AUDIT_SAMPLE_PERCENT = 0
    # another account is the least one now, and the rate is another one
    _find(log, "t1", ["a:0", *_names("x", 4)], *WATCHED)
    fusion.fuse_all()
    (row,) = _alive()
    assert (row.size, row.needs_intake) == (5, True)
    assert AuditDraw.objects.get().rate == 1.0


def test_who_was_not_drawn_stays_out_until_the_evidence_opens_it(
    log: DetectorConfig, settings: LazySettings
) -> None:
    _find(log, "x-t", _names("x", 4), *WATCHED)
    fusion.fuse_all()
    settings.AUDIT_SAMPLE_PERCENT = 100
    _find(log, "x-t", _names("x", 5), *WATCHED)
    fusion.fuse_all()
    assert [row.needs_intake for row in _alive()] == [False]
    _find(log, "x-c", _names("x", 5), Family.CONTENT, 3.0)
    fusion.fuse_all()
    (row,) = _alive()
    assert (row.state, row.needs_intake, weight_of(campaign=row)) == ("open", True, 1.0)


def test_what_opens_at_once_or_is_declared_is_no_sample(
    log: DetectorConfig, settings: LazySettings
) -> None:
    settings.AUDIT_SAMPLE_PERCENT = 100
    declare_group(actor=cast.lead(), name="Wire", accounts=_names("w", 5), proof="imprint")
    _find(log, "w-t", _names("w", 4), *WATCHED)
    _find(log, "device", _names("x", 4))
    fusion.fuse_all()
    assert {row.state for row in _alive()} == {CampaignState.OPEN, CampaignState.DECLARED}
    assert not AuditDraw.objects.exists()


def test_a_campaign_that_lost_its_evidence_is_drawn_by_nobody(
    log: DetectorConfig, settings: LazySettings
) -> None:
    settings.AUDIT_SAMPLE_PERCENT = 100
    _find(log, "t1", _names("x", 4), *WATCHED)
    _find(log, "t1", _names("x", 4), *WATCHED, status=FindingStatus.LAPSED)
    fusion.fuse_all()
    assert Campaign.objects.filter(needs_intake=True).count() == AuditDraw.objects.count() == 1
