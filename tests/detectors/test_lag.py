"""How far the detectors are behind: seconds of stored live signals that one has not seen."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.db import connection

from detectors.choices import FindingStatus, Mode
from detectors.models import Cursor, DetectorConfig, FindingRevision, Shard, Signal
from detectors.selectors.lag import Lag, lag_for
from detectors.selectors.stats import stats_for
from detectors.services.config import ensure_configs
from detectors.services.fusion import fuse_stream
from detectors.services.shards import ensure_shards
from detectors.services.source import history_stream
from tests import cast
from tests.cases import build

pytestmark = pytest.mark.django_db
SLUG = "velocity"


@pytest.fixture
def signals() -> list[Signal]:
    """Three signals a minute apart, all of which may be read; every detector has seen the last."""
    found = [build.signal(one, at=build.NOON + timedelta(minutes=one)) for one in range(3)]
    with connection.cursor() as cursor:
        # Nobody may read what an open transaction wrote, and the test's stays open.
        cursor.execute("UPDATE detectors_signal SET tx = '3'::xid8")
    ensure_configs()
    ensure_shards()
    Shard.objects.update(tx=3, signal_id=found[-1].pk)
    DetectorConfig.objects.update(created_at=build.NOON)
    live = found[0].stream_id
    Cursor.objects.create(name=f"link-{live}", tx=3, signal_id=found[-1].pk)
    return found


def _at(slug: str, signal: Signal) -> None:
    shard = Shard.objects.filter(config__slug=slug).earliest("pk")
    Shard.objects.filter(pk=shard.pk).update(signal_id=signal.pk)


def test_who_has_seen_all_is_not_behind(signals: list[Signal]) -> None:
    assert lag_for(cast.reviewer()).seconds == 0
    assert {one.lag_s for one in stats_for(cast.reviewer()).values()} == {0}


def test_the_slowest_shard_counts(signals: list[Signal]) -> None:
    _at(SLUG, signals[0])
    _at("near-duplicate-text", signals[1])
    assert lag_for(cast.reviewer()).seconds == 120
    stats = stats_for(cast.reviewer())
    assert (stats[SLUG].lag_s, stats["near-duplicate-text"].lag_s) == (120, 60)
    assert stats["shared-infrastructure"].lag_s == 0


def test_a_detector_that_is_off_holds_nobody_up(signals: list[Signal]) -> None:
    _at(SLUG, signals[0])
    DetectorConfig.objects.filter(slug=SLUG).update(mode=Mode.OFF)
    assert lag_for(cast.reviewer()).seconds == 0


def test_history_that_is_still_read_is_no_lag(signals: list[Signal]) -> None:
    history = history_stream(slug="old", title="Old", tick_floor_s=0)
    Signal.objects.update(stream=history)
    ensure_shards()
    assert lag_for(cast.reviewer()).seconds == 0


def test_a_partner_learns_nothing_of_detectors(signals: list[Signal]) -> None:
    _at(SLUG, signals[0])
    assert lag_for(cast.partner()).seconds == 0
    assert stats_for(cast.partner()) == {}


def test_the_linker_counts_like_a_detector_and_so_does_one_that_never_ran(
    signals: list[Signal],
) -> None:
    Cursor.objects.update(signal_id=signals[1].pk)
    assert lag_for(cast.reviewer()) == Lag("entity linker", 1, 60.0)
    Cursor.objects.all().delete()
    assert lag_for(cast.reviewer()) == Lag("entity linker", 3, 120.0)


def test_the_fusion_is_behind_while_a_finding_waits_that_no_detector_adds_to(
    signals: list[Signal],
) -> None:
    finding = build.finding(subjects=["x:a"], detector="of-another-release")
    DetectorConfig.objects.filter(slug="of-another-release").update(mode=Mode.SHADOW)
    stream = signals[1].stream
    FindingRevision.objects.create(
        finding=finding,
        stream=stream,
        revision=1,
        status=FindingStatus.CURRENT,
        at_s=1_000.5,
        signal_id=signals[1].pk,
        digest="0",
        evidence={},
    )
    Shard.objects.update(clock_s=1_000.9)
    assert (lag_for(cast.reviewer()), fuse_stream(stream=stream)) == (Lag(), 0)
    Shard.objects.update(clock_s=1_001.0)
    assert lag_for(cast.reviewer()) == Lag("fusion", 2, 120.0)
    assert (fuse_stream(stream=stream), lag_for(cast.reviewer())) == (1, Lag())
