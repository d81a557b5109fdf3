"""A detector that runs wild or falls silent raises an alarm, and people are told."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest
import time_machine
from django.test import Client
from django.urls import reverse
from hypothesis import given
from hypothesis import strategies as st

from abusedesk.core import clock
from abusedesk.core.models import AuditEntry, Scope
from cases import news
from cases.models import Notice
from detectors import rates
from detectors.models import (
    Cursor,
    DetectorAlarm,
    DetectorConfig,
    Finding,
    HitHour,
    Signal,
    Source,
)
from detectors.services.alarm import count_hits, judge_rates, watch_rates
from detectors.services.config import ensure_configs, save_config
from detectors.services.draft import approve_draft, propose_config, reject_draft
from detectors.services.promotion import obstacle_to
from tests import make
from tests.ui import world

SLUG = "near-duplicate-text"
NOW = datetime(2026, 9, 20, 12, 30, tzinfo=UTC)
WEEK = [2] * 168


# --- pure ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("hours", "raised"),
    [
        ([*WEEK, 2, 20], True),
        ([*WEEK, 20, 0], True),
        ([*WEEK, 2, 19], False),
        ([*WEEK, 10, 10], False),
        ([0] * 168 + [0, 20], True),
        ([0] * 168 + [0, 19], False),
        ([2] * 20 + [2, 400], False),
        ([*([0] * 23 + [30]) * 7, 0, 59], False),
        ([*([0] * 23 + [30]) * 7, 0, 60], True),
    ],
)
def test_ten_times_the_usual_hour_is_a_spike(hours: list[int], raised: bool) -> None:
    assert (rates.spike(hours) is not None) == raised


@pytest.mark.parametrize(
    ("hours", "raised"),
    [
        ([*WEEK, *[0] * 6], True),
        ([*WEEK, *[0] * 5], False),
        ([*[1] * 100, *[0] * 9], False),
        ([*[1] * 100, *[0] * 10], True),
        ([*([0] * 23 + [30]) * 7, *[0] * 40], False),
        ([*([0] * 23 + [30]) * 7, *[0] * 46], True),
        ([5] * 20 + [0] * 40, False),
        ([0] * 168, False),
    ],
)
def test_silence_that_chance_does_not_explain_is_one(hours: list[int], raised: bool) -> None:
    assert (rates.silence(hours) is not None) == raised


@given(hours=st.lists(st.integers(0, 50), max_size=180))
def test_nothing_is_wild_and_silent_at_once(hours: list[int]) -> None:
    assert rates.spike(hours) is None or rates.silence(hours) is None


# --- stored --------------------------------------------------------------------------------


@pytest.fixture
def desk(db: None) -> Iterator[world.Desk]:
    with time_machine.travel(NOW, tick=False):
        ensure_configs()
        yield world.desk(cases=1)


def hits(number: int, at: datetime, source: Source | None = None) -> None:
    hour = at.replace(minute=0, second=0, microsecond=0)
    HitHour.objects.create(detector=SLUG, source=source, hour=hour, findings=number)


def usual_week(source: Source | None = None) -> None:
    for number in range(2, 169):
        hits(2, NOW - timedelta(hours=number), source)


def raised() -> list[tuple[str, str, str]]:
    rows = DetectorAlarm.objects.filter(ended_at=None).select_related("source")
    return sorted((one.detector, one.kind, one.source.slug if one.source else "") for one in rows)


@pytest.mark.row(25)
def test_ten_times_as_many_findings_raise_one_alarm_that_ends_by_itself(desk: world.Desk) -> None:
    usual_week()
    hits(20, NOW)
    assert (judge_rates(), judge_rates()) == (1, 1)
    assert raised() == [(SLUG, "spike", "")]
    assert str(DetectorAlarm.objects.get()) == "20 findings in an hour, 2.0 are usual"
    with time_machine.travel(NOW + timedelta(hours=2), tick=False):
        hits(2, clock.now())
        assert judge_rates() == 0
    assert raised() == []
    said = AuditEntry.objects.filter(verb__startswith="detector.alarm").order_by("pk")
    assert [one.verb for one in said] == ["detector.alarm_raised", "detector.alarm_ended"]


@pytest.mark.row(25)
def test_no_finding_where_many_are_usual_raises_an_alarm(desk: world.Desk) -> None:
    usual_week()
    with time_machine.travel(NOW + timedelta(hours=8), tick=False):
        assert judge_rates() == 1
        assert raised() == [(SLUG, "silent", "")]
        hits(1, clock.now())
        assert judge_rates() == 0


@pytest.mark.row(25)
def test_one_source_alone_can_fall_silent(desk: world.Desk) -> None:
    quiet = Source.objects.create(slug="quiet", title="Quiet")
    usual_week()
    usual_week(quiet)
    with time_machine.travel(NOW + timedelta(hours=6), tick=False):
        for number in range(8):
            hits(2, clock.now() - timedelta(hours=number))
        assert judge_rates() == 1
        assert raised() == [(SLUG, "silent", "quiet")]


def test_a_detector_that_is_switched_off_is_not_missed(desk: world.Desk) -> None:
    usual_week()
    with time_machine.travel(NOW + timedelta(hours=8), tick=False):
        judge_rates()
        save_config(actor=None, slug=SLUG, mode="off", params={}, reason="holiday")
        assert judge_rates() == 0
    assert raised() == []


def test_findings_are_counted_once_by_hour_and_source(desk: world.Desk) -> None:
    Finding.objects.update(created_at=NOW - timedelta(hours=1))
    watch_rates()
    watch_rates()
    rows = set(HitHour.objects.values_list("detector", "source__slug", "findings"))
    assert rows == {
        (one, source, 1) for one in (SLUG, "coaction-synchrony") for source in (None, "world")
    }
    assert Cursor.objects.get(name="hits").signal_id == Finding.objects.latest("pk").pk


def test_young_findings_wait_and_imports_do_not_count(desk: world.Desk) -> None:
    Finding.objects.update(created_at=NOW - timedelta(seconds=5))
    assert count_hits() == 0
    Finding.objects.update(created_at=NOW - timedelta(hours=1))
    Signal.objects.all().delete()
    stream = Finding.objects.earliest("pk").stream
    stream.kind = "import"
    stream.save()
    assert count_hits() == 2
    assert not HitHour.objects.exists()


@pytest.mark.row(25)
def test_admins_are_told_and_pages_show_it(desk: world.Desk) -> None:
    news.tell_watchers()
    usual_week()
    hits(200, NOW)
    judge_rates()
    news.tell_watchers()
    (notice,) = Notice.objects.all()
    assert (notice.user, notice.detector, notice.kind) == (desk.admin, SLUG, "alarm")
    admin = Client()
    admin.force_login(desk.admin)
    told = "200 findings in an hour, 2.0 are usual"
    for path in (f"/detectors/{SLUG}/", "/detectors/", "/dashboards/detectors/", "/"):
        assert told in admin.get(path).content.decode(), path
    assert SLUG in admin.get("/inbox/").content.decode()
    said = admin.get(reverse("cases:notice", args=[notice.pk]))
    assert said.headers["Location"] == f"/detectors/{SLUG}/"
    program = Client(headers=make.bearer(Scope.READ, user=desk.admin))
    assert program.get("/api/v1/detector-alarms/").json()["results"][0]["what"] == told
    assert program.get("/api/v1/detector-alarms/", {"state": "odd"}).status_code == 400
    rows = program.get("/api/v1/notices/", {"all": "true"}).json()
    assert SLUG in str(rows)


def test_a_detector_that_runs_wild_is_not_promoted(desk: world.Desk) -> None:
    config = DetectorConfig.objects.get(slug=SLUG, current=True)
    assert obstacle_to(config=config) == ""
    DetectorAlarm.objects.create(detector=SLUG, kind="spike", counted=200, expected=2)
    assert obstacle_to(config=config) == "it runs wild"


def test_drafts_are_news_for_who_may_approve_and_then_for_the_author(desk: world.Desk) -> None:
    news.tell_watchers()
    first, second = (
        propose_config(
            actor=desk.admin, slug="velocity", mode="live", params={"signups": n}, reason="x"
        )
        for n in (8, 9)
    )
    news.tell_watchers()
    assert _told() == [("lena", "draft")]
    approve_draft(actor=desk.lead, draft=first)
    reject_draft(actor=desk.lead, draft=second, note="no")
    news.tell_watchers()
    assert _told() == [("ada", "draft-done"), ("ada", "draft-no"), ("lena", "draft")]


def test_a_partner_sees_no_notice_of_a_detector(desk: world.Desk) -> None:
    Notice.objects.create(user=desk.partner, detector=SLUG, kind="alarm")
    partner = Client()
    partner.force_login(desk.partner)
    assert SLUG not in partner.get("/inbox/").content.decode()


def _told() -> list[tuple[str, str]]:
    rows = Notice.objects.exclude(detector="").values_list("user__username", "kind")
    return sorted(rows)
