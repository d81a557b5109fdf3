"""Findings become campaigns in the database: growth, merging, lineage, one worker at a time."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta

import msgspec
import pytest
from django.db import connections

from detectors.base import Family
from detectors.choices import CampaignState, FindingStatus, Mode, StreamKind
from detectors.models import (
    Campaign,
    DeclaredGroup,
    DetectorConfig,
    Finding,
    FindingRevision,
    Shard,
    Stream,
)
from detectors.pairs import Evidence
from detectors.selectors.declared import coordination_of
from detectors.services import fusion
from detectors.services.declared import declare_group, end_group
from tests import cast

pytestmark = pytest.mark.django_db(transaction=True)
START = datetime(2026, 3, 1, tzinfo=UTC)
FAR = 1_000_000.0


@pytest.fixture
def config() -> DetectorConfig:
    stream = Stream.objects.create(slug="test", title="Test", kind=StreamKind.LIVE)
    config = _config("test", Mode.LIVE)
    Shard.objects.create(config=config, stream=stream, number=0, of=1, clock_s=FAR)
    return config


def _config(slug: str, mode: str) -> DetectorConfig:
    return DetectorConfig.objects.create(
        slug=slug, number=1, mode=mode, params={}, params_hash="0", reason="test"
    )


def _find(
    config: DetectorConfig,
    anchor: str,
    accounts: list[str],
    family: str = Family.INFRA_HARD,
    llr: float = 8.0,
    status: str = FindingStatus.CURRENT,
) -> Finding:
    """A finding, or a new revision of the one with this anchor."""
    values = {
        "config": config,
        "stream": Stream.objects.get(),
        "detector": config.slug,
        "version": 1,
        "family": family,
        "tier": "supporting",
        "anchor_type": "device",
        "anchor_value": anchor,
        "subjects": accounts,
        "signal_ids": list(range(len(accounts))),
        "signal_total": len(accounts),
        "first_at": START,
        "last_at": START + timedelta(hours=1),
        "llr": llr,
        "sentence": f"{len(accounts)} accounts on {anchor}",
        "digest": f"{len(accounts)} accounts",
        "status": status,
    }
    finding, _ = Finding.objects.update_or_create(uid=f"{family}-{anchor}", defaults=values)
    evidence = Evidence(
        id=0,
        detector=config.slug,
        family=family,
        anchor=f"device:{anchor}",
        subjects=tuple(accounts),
        links=(),
        llr=llr,
        last_at=0.0,
        signals=len(accounts),
    )
    FindingRevision.objects.create(
        finding=finding,
        stream=finding.stream,
        revision=1,
        status=status,
        at_s=10.0 * (FindingRevision.objects.count() + 1),
        signal_id=0,
        digest="",
        evidence=msgspec.to_builtins(evidence),
    )
    return finding


def _names(prefix: str, count: int) -> list[str]:
    return [f"{prefix}:{number}" for number in range(count)]


def _alive() -> list[Campaign]:
    return list(Campaign.objects.exclude(state=CampaignState.MERGED))


def test_connected_evidence_becomes_one_campaign_that_wants_intake(config: DetectorConfig) -> None:
    _find(config, "d1", _names("x", 4))
    fusion.fuse_all()
    (campaign,) = _alive()
    assert (campaign.state, campaign.needs_intake, campaign.size) == ("open", True, 4)
    assert campaign.families == ["infra-hard"]
    assert sum(campaign.parts.values()) == pytest.approx(campaign.score)
    assert campaign.edges.count() == 6


def test_fusing_twice_changes_nothing(config: DetectorConfig) -> None:
    _find(config, "d1", _names("x", 4))
    fusion.fuse_all()
    before = Campaign.objects.values_list("pk", "revision", "updated_at").get()
    fusion.fuse_all()
    assert Campaign.objects.values_list("pk", "revision", "updated_at").get() == before


def test_new_members_join_the_campaign_that_is_there(config: DetectorConfig) -> None:
    _find(config, "d1", _names("x", 4))
    fusion.fuse_all()
    Campaign.objects.update(needs_intake=False)
    _find(config, "d1", _names("x", 9))
    fusion.fuse_all()
    (campaign,) = _alive()
    assert (campaign.size, campaign.revision, campaign.needs_intake) == (9, 2, True)


def test_accounts_of_several_platforms_make_one_campaign(config: DetectorConfig) -> None:
    _find(config, "d1", [*_names("x", 3), *_names("telegram", 3)])
    fusion.fuse_all()
    (campaign,) = _alive()
    assert campaign.platforms == ["telegram", "x"]


def test_a_bridge_merges_two_campaigns_into_the_older(config: DetectorConfig) -> None:
    _find(config, "d1", _names("x", 4))
    _find(config, "d2", _names("y", 4))
    fusion.fuse_all()
    older, younger = Campaign.objects.order_by("pk")
    _find(config, "d3", ["x:0", "x:1", "y:0", "y:1"])
    fusion.fuse_all()
    younger.refresh_from_db()
    assert (younger.state, younger.merged_into) == ("merged", older)
    assert [campaign.size for campaign in _alive()] == [8]


def test_a_watched_campaign_merges_into_the_one_that_has_opened(config: DetectorConfig) -> None:
    """Also when it is older: a case that may be open already must go on."""
    _find(config, "t1", _names("x", 4), Family.TIMING, 6.5)
    _find(config, "d1", _names("y", 4))
    fusion.fuse_all()
    watched, opened = Campaign.objects.order_by("pk")
    assert (watched.state, opened.state) == ("watch", "open")
    _find(config, "d2", ["x:0", "x:1", "y:0", "y:1"])
    fusion.fuse_all()
    assert _alive() == [opened]
    watched.refresh_from_db()
    assert (watched.state, watched.merged_into) == ("merged", opened)


def test_a_soft_family_alone_is_watched_and_a_second_one_opens(config: DetectorConfig) -> None:
    _find(config, "d1", _names("x", 4), Family.TIMING, 6.5)
    fusion.fuse_all()
    (campaign,) = _alive()
    assert (campaign.state, campaign.needs_intake) == ("watch", False)
    _find(config, "t1", _names("x", 4), Family.CONTENT, 3.0)
    fusion.fuse_all()
    campaign.refresh_from_db()
    assert (campaign.state, campaign.needs_intake) == ("open", True)


def test_a_shadow_detector_opens_nothing(config: DetectorConfig) -> None:
    shadow = _config("shadow", Mode.SHADOW)
    _find(shadow, "d1", _names("x", 4))
    fusion.fuse_all()
    assert _alive() == []


def test_a_lapsed_finding_is_no_evidence_any_more(config: DetectorConfig) -> None:
    _find(config, "d1", _names("x", 4))
    _find(config, "d2", _names("x", 8)[4:])
    fusion.fuse_all()
    _find(config, "d2", _names("x", 8)[4:], status=FindingStatus.LAPSED)
    _find(config, "d4", [*_names("x", 4), "x:7"])
    fusion.fuse_all()
    assert sorted(campaign.size for campaign in _alive()) == [4, 5]


def test_the_log_is_read_only_as_far_as_the_slowest_detector_has_come(
    config: DetectorConfig,
) -> None:
    slow = _config("slow", Mode.LIVE)
    shard = Shard.objects.create(
        config=slow, stream=Stream.objects.get(), number=0, of=1, clock_s=5.0
    )
    _find(config, "d1", _names("x", 4))
    fusion.fuse_all()
    assert _alive() == []
    Shard.objects.filter(pk=shard.pk).update(clock_s=11.0)
    fusion.fuse_all()
    assert len(_alive()) == 1


def test_how_often_the_fusion_ran_does_not_matter(config: DetectorConfig) -> None:
    """A finding that held for a while opens its campaign, also when the log is read much later."""
    _find(config, "d1", _names("x", 4))
    _find(config, "d1", _names("x", 4), status=FindingStatus.LAPSED)
    _find(config, "d2", _names("y", 5))
    fusion.fuse_all()
    assert sorted(campaign.size for campaign in _alive()) == [4, 5]


def test_eight_workers_make_one_campaign(config: DetectorConfig) -> None:
    for number in range(30):
        _find(config, f"d{number}", _names("x", 6))

    def work(_: int) -> None:
        fusion.fuse_all()
        connections.close_all()

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(work, range(8)))
    fusion.fuse_all()
    assert len(_alive()) == 1
    assert _alive()[0].evidence.count() == 30


def _declare(accounts: list[str]) -> DeclaredGroup:
    return declare_group(actor=cast.lead(), name="Wire", accounts=accounts, proof="imprint")


def test_a_campaign_inside_a_declared_group_waits_for_nobody(config: DetectorConfig) -> None:
    group = _declare(_names("x", 9))
    _find(config, "d1", _names("x", 4))
    fusion.fuse_all()
    (campaign,) = _alive()
    assert (campaign.state, campaign.declared, campaign.needs_intake) == ("declared", group, False)
    assert list(coordination_of(group)) == [campaign]
    fusion.fuse_all()
    assert [one.revision for one in _alive()] == [1]


def test_a_declaration_explains_what_had_opened_and_its_end_opens_it_again(
    config: DetectorConfig,
) -> None:
    _find(config, "d1", _names("x", 4))
    fusion.fuse_all()
    (before,) = _alive()
    group = _declare(_names("x", 4))
    fusion.fuse_all()
    (known,) = _alive()
    assert (known.pk, known.state) == (before.pk, "declared")
    Campaign.objects.update(needs_intake=False)
    end_group(actor=cast.lead(), group=group, reason="sold")
    fusion.fuse_all()
    (after,) = _alive()
    assert (after.pk, after.state, after.needs_intake) == (before.pk, "open", True)
    assert not coordination_of(group).exists()


def test_an_account_outside_makes_it_a_campaign_of_its_own(config: DetectorConfig) -> None:
    """The one outlet that shares a device with bots is named with them, not the others."""
    _declare(_names("x", 4))
    _find(config, "t1", _names("x", 4), Family.TIMING, 6.5)
    _find(config, "d1", ["x:0", *_names("bot", 3)])
    fusion.fuse_all()
    found = {one.state: set(one.members.values_list("account", flat=True)) for one in _alive()}
    assert found == {"declared": set(_names("x", 4)), "open": {"x:0", *_names("bot", 3)}}


def test_a_declaration_about_others_changes_nothing(config: DetectorConfig) -> None:
    _declare(_names("y", 4))
    _find(config, "d1", _names("x", 4))
    fusion.fuse_all()
    (campaign,) = _alive()
    assert (campaign.state, campaign.declared) == ("open", None)
    assert "declared" not in campaign.parts
