"""Findings are counted into hours, and hours judged, whatever order things come in."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
import time_machine
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from abusedesk.core import clock
from abusedesk.core.models import AuditEntry, User
from detectors import rates
from detectors.models import Cursor, DetectorAlarm, DetectorConfig, Finding, HitHour, Source
from detectors.selectors.alarm import alarms_for, open_alarms_for
from detectors.selectors.shadow import DAYS, SAMPLES, shadow_of
from detectors.services import alarm
from detectors.services.alarm import KEPT, count_hits, judge_rates, watch_rates
from detectors.services.config import ensure_configs, save_config
from tests import cast
from tests.cases import build

SLUG = "shared-infrastructure"
NOW = datetime(2026, 9, 20, 12, 30, tzinfo=UTC)
HOUR = NOW.replace(minute=0)


# --- pure ----------------------------------------------------------------------------------


@given(hours=st.lists(st.integers(0, 60), min_size=1, max_size=180), more=st.integers(0, 500))
def test_more_in_the_hour_under_way_never_ends_a_spike(hours: list[int], more: int) -> None:
    if rates.spike(hours) is not None:
        assert rates.spike([*hours[:-1], hours[-1] + more]) is not None


@given(hours=st.lists(st.integers(0, 60), max_size=180))
def test_a_finding_in_the_hour_under_way_ends_every_silence(hours: list[int]) -> None:
    assert rates.silence([*hours, 1]) is None


@given(hours=st.lists(st.integers(0, 60), max_size=180))
def test_what_is_judged_says_what_it_counted(hours: list[int]) -> None:
    if (found := rates.spike(hours)) is not None:
        assert found.counted == max(hours[-2:]) >= max(20, 10 * found.expected)
    if (found := rates.silence(hours)) is not None:
        assert not any(hours[-found.counted :])
        assert found.counted >= rates.SILENT_LEAST_H
        assert found.expected >= rates.SILENT_EXPECTED


# --- counting ------------------------------------------------------------------------------


@pytest.fixture
def desk(db: None) -> Iterator[None]:
    with time_machine.travel(NOW, tick=False):
        ensure_configs()
        yield


def found(number: int, at: datetime, signal_ids: list[int] | None = None) -> None:
    for _ in range(number):
        one = build.finding(subjects=["x:a1"], detector=SLUG, signal_ids=signal_ids or [])
        Finding.objects.filter(pk=one.pk).update(created_at=at)


def counted() -> dict[datetime, int]:
    rows = HitHour.objects.filter(source=None).values_list("hour", "findings")
    return dict(rows)


@pytest.mark.parametrize(
    ("at", "hour"),
    [
        (HOUR - timedelta(hours=1), HOUR - timedelta(hours=1)),
        (HOUR - timedelta(microseconds=1), HOUR - timedelta(hours=1)),
        (HOUR, HOUR),
        (HOUR.astimezone(ZoneInfo("Asia/Kathmandu")), HOUR),
    ],
)
def test_a_finding_belongs_to_its_hour_in_utc(desk: None, at: datetime, hour: datetime) -> None:
    found(1, at)
    assert count_hits() == 1
    assert counted() == {hour: 1}


@pytest.mark.parametrize(
    ("age", "taken"), [(timedelta(seconds=19.9), 0), (timedelta(seconds=20), 1)]
)
def test_a_finding_is_counted_once_it_is_settled(desk: None, age: timedelta, taken: int) -> None:
    found(1, NOW - age)
    assert count_hits() == taken


def test_what_is_behind_a_young_finding_waits_with_it(desk: None) -> None:
    """Otherwise the cursor would pass by the young one, which is never counted then."""
    found(1, NOW - timedelta(hours=2))
    found(1, NOW - timedelta(seconds=1))
    found(1, NOW - timedelta(hours=1))
    assert (count_hits(), sum(counted().values())) == (1, 1)
    with time_machine.travel(NOW + timedelta(minutes=1), tick=False):
        assert (count_hits(), sum(counted().values())) == (2, 3)
        assert (count_hits(), sum(counted().values())) == (0, 3)


def test_a_backlog_is_counted_batch_by_batch_to_its_end(
    desk: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(alarm, "BATCH", 3)
    for number in range(7):
        found(1, HOUR - timedelta(hours=number % 2))
    watch_rates()
    assert counted() == {HOUR: 4, HOUR - timedelta(hours=1): 3}
    assert Cursor.objects.get(name=alarm.CURSOR).signal_id == Finding.objects.latest("pk").pk


def test_a_finding_that_cites_two_sources_counts_once_for_each_and_once_for_all(desk: None) -> None:
    first, second = build.signal(1, at=NOW), build.signal(2, at=NOW)
    other = Source.objects.create(slug="other", title="Other")
    type(second).objects.filter(pk=second.pk).update(source=other)
    found(1, HOUR, [first.pk, second.pk, 10**12])
    count_hits()
    rows = set(HitHour.objects.values_list("source__slug", "findings"))
    assert rows == {(None, 1), ("src", 1), ("other", 1)}


@pytest.mark.django_db(transaction=True)
def test_workers_that_count_at_once_count_every_finding_once() -> None:
    ensure_configs()
    found(30, clock.now() - timedelta(hours=1))
    taken = build.at_once(4, lambda _: count_hits())
    assert sorted(taken) == [0, 0, 0, 30]
    assert sum(counted().values()) == 30


@given(
    steps=st.lists(
        st.one_of(st.tuples(st.just("found"), st.integers(0, 30)), st.just(("count", 0))),
        max_size=12,
    )
)
@settings(max_examples=20, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_nothing_is_counted_twice_or_lost(desk: None, steps: list[tuple[str, int]]) -> None:
    before = sum(counted().values())
    made = 0
    for deed, hours in [*steps, ("count", 0)]:
        if deed == "found":
            found(1, NOW - timedelta(hours=hours, minutes=1))
            made += 1
        else:
            count_hits()
    assert sum(counted().values()) == before + made


# --- judging -------------------------------------------------------------------------------


def hits(number: int, at: datetime, slug: str = SLUG, source: Source | None = None) -> None:
    HitHour.objects.update_or_create(
        detector=slug,
        source=source,
        hour=at.replace(minute=0, second=0, microsecond=0),
        defaults={"findings": number},
    )


def usual(slug: str = SLUG, source: Source | None = None) -> None:
    HitHour.objects.bulk_create(
        HitHour(detector=slug, source=source, hour=HOUR - timedelta(hours=number), findings=2)
        for number in range(2, 169)
    )


@pytest.mark.parametrize(("after", "left"), [(20, 1), (11, 1), (10, 1), (9, 0), (0, 0)])
def test_a_spike_stays_until_an_hour_is_below_half_of_what_raised_it(
    desk: None, after: int, left: int
) -> None:
    usual()
    hits(20, NOW)
    assert judge_rates() == 1
    with time_machine.travel(NOW + timedelta(hours=2), tick=False):
        hits(after, clock.now())
        assert judge_rates() == left
    assert DetectorAlarm.objects.filter(ended_at=None).count() == left


def test_a_spike_that_comes_again_is_another_alarm(desk: None) -> None:
    usual()
    hits(20, NOW)
    judge_rates()
    for hours, number in ((2, 1), (4, 90)):
        with time_machine.travel(NOW + timedelta(hours=hours), tick=False):
            hits(number, clock.now())
            judge_rates()
    rows = list(DetectorAlarm.objects.order_by("pk"))
    assert [(one.counted, one.ended_at is None) for one in rows] == [(20, False), (90, True)]
    verbs = AuditEntry.objects.filter(verb__startswith="detector.alarm").order_by("pk")
    assert [one.verb for one in verbs] == [
        "detector.alarm_raised", "detector.alarm_ended", "detector.alarm_raised",
    ]  # fmt: skip


def test_an_alarm_at_one_source_names_the_source_in_the_record(desk: None) -> None:
    quiet = Source.objects.create(slug="quiet", title="Quiet <b>shop</b>")
    usual()
    hits(20, NOW, source=None)
    usual(source=quiet)
    hits(20, NOW, source=quiet)
    assert judge_rates() == 2
    said = AuditEntry.objects.filter(verb="detector.alarm_raised").order_by("pk")
    assert [one.data["what"] for one in said] == [
        "20 findings in an hour, 2.0 are usual",
        "20 findings in an hour, 2.0 are usual at signals of Quiet <b>shop</b>",
    ]


def test_detectors_are_judged_each_for_itself(desk: None) -> None:
    usual()
    usual("velocity")
    hits(20, NOW, "velocity")
    hits(3, NOW)
    judge_rates()
    assert [one.detector for one in DetectorAlarm.objects.all()] == ["velocity"]


def test_hours_are_forgotten_after_their_time(desk: None) -> None:
    hits(1, NOW - KEPT - timedelta(hours=2))
    hits(1, NOW - KEPT + timedelta(hours=2))
    judge_rates()
    assert HitHour.objects.get().hour > NOW - KEPT


@pytest.mark.django_db(transaction=True)
def test_two_that_judge_at_once_raise_one_alarm() -> None:
    ensure_configs()
    hour = clock.now().replace(minute=0, second=0, microsecond=0)
    HitHour.objects.bulk_create(
        HitHour(detector=SLUG, hour=hour - timedelta(hours=number), findings=2)
        for number in range(2, 169)
    )
    hits(90, clock.now())
    assert build.at_once(4, lambda _: judge_rates()) == [1, 1, 1, 1]
    assert DetectorAlarm.objects.count() == 1
    assert AuditEntry.objects.filter(verb="detector.alarm_raised").count() == 1


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("who", "seen"),
    [
        (cast.reviewer, 2), (cast.lead, 2), (cast.admin, 2), (cast.integration, 2),
        (cast.partner, 0),
    ],
)  # fmt: skip
def test_alarms_are_read_by_staff_newest_first_and_open_ones_alone(
    who: Callable[[], User], seen: int
) -> None:
    old = DetectorAlarm.objects.create(detector=SLUG, kind="spike", counted=90, expected=2)
    new = DetectorAlarm.objects.create(detector=SLUG, kind="silent", counted=9, expected=2)
    DetectorAlarm.objects.filter(pk=old.pk).update(ended_at=clock.now())
    DetectorAlarm.objects.create(detector="gone", kind="spike", counted=90, expected=2)
    viewer = who()
    assert list(alarms_for(viewer)) == [new, old][:seen]
    assert open_alarms_for(viewer, SLUG) == [new][:seen]
    assert open_alarms_for(viewer, "velocity") == []
    assert open_alarms_for(viewer, "gone") == []


# --- what a version in shadow found --------------------------------------------------------


@pytest.fixture
def watching(desk: None) -> DetectorConfig:
    return save_config(actor=None, slug=SLUG, mode="shadow", params={}, reason="try")


def test_findings_of_the_last_fortnight_stand_on_their_days_in_utc(
    watching: DetectorConfig,
) -> None:
    midnight = NOW.replace(hour=0, minute=0)
    found(3, midnight)
    found(2, midnight - timedelta(microseconds=1))
    found(1, midnight - timedelta(days=DAYS - 1))
    found(4, midnight - timedelta(days=DAYS - 1, microseconds=1))
    told = shadow_of(watching, cast.reviewer())
    assert told is not None
    assert list(told.days) == [1, *[0] * (DAYS - 3), 2, 3]
    assert told.findings == 10


def test_the_heaviest_are_shown_and_those_that_are_gone_do_not_stand(
    watching: DetectorConfig,
) -> None:
    for number in range(SAMPLES + 3):
        build.finding(subjects=["x:a1"], detector=SLUG, llr=float(number))
    Finding.objects.filter(llr__lt=3).update(status="lapsed", tier="supporting")
    told = shadow_of(watching, cast.reviewer())
    assert told is not None
    assert [one.llr for one in told.samples] == [7.0, 6.0, 5.0, 4.0, 3.0]
    assert (told.findings, told.standing, told.opening) == (8, 5, 5)


def test_what_an_earlier_version_found_is_not_counted(watching: DetectorConfig) -> None:
    found(3, NOW)
    later = save_config(
        actor=None, slug=SLUG, mode="shadow", params={"ip_cap": 21}, reason="stricter"
    )
    told = shadow_of(later, cast.reviewer())
    assert told is not None
    assert (told.findings, sum(told.days), list(told.samples)) == (0, 0, [])


@pytest.mark.parametrize("mode", ["live", "off"])
def test_only_a_version_in_shadow_is_told_of(desk: None, mode: str) -> None:
    config = save_config(actor=None, slug=SLUG, mode=mode, params={"ip_cap": 21}, reason="x")
    assert shadow_of(config, cast.reviewer()) is None
    assert shadow_of(None, cast.reviewer()) is None


def test_a_partner_is_not_told_what_watches(watching: DetectorConfig) -> None:
    found(1, NOW)
    assert shadow_of(watching, cast.partner()) is None
    told = shadow_of(watching, cast.integration())
    assert told is not None
    assert told.findings == 1
