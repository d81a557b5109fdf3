"""The counting consumer: each signal once, in commit order, off the request path."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import time_machine
from django.db import connections, transaction
from django.db.models import Sum

from abusedesk.core import clock
from abusedesk.core.models import User
from detectors import health
from detectors.ingest import Refused
from detectors.models import Cursor, Source, SourceHour, Stream
from detectors.partitions import ensure_partitions
from detectors.selectors.source import health_of, silent_for
from detectors.services import count
from detectors.services.heartbeat import beat_idle_streams
from detectors.services.ingest import ingest_batch, keep_rejected, store
from detectors.services.source import live_stream, note_adapter
from tests import cast, desk, make

pytestmark = pytest.mark.django_db(transaction=True)
NOW = datetime(2026, 9, 21, 12, 30, tzinfo=UTC)


@pytest.fixture(autouse=True)
def noon() -> Iterator[None]:
    with time_machine.travel(NOW, tick=False):
        yield


def send(source: Source, *numbers: int, platform: str = "x", ago_s: float = 5) -> None:
    moment = clock.now() - timedelta(seconds=ago_s)
    signals = [make.signal(number, platform=platform, occurred_at=moment) for number in numbers]
    ingest_batch(source=source, signals=signals)


def count_all() -> None:
    with time_machine.travel(clock.now(), tick=True):
        desk.await_horizon()
    for one in Stream.objects.all():
        count.count_stream(stream_id=one.pk)


def total(source: Source) -> int:
    found: Any = SourceHour.objects.filter(source=source).aggregate(total=Sum("accepted"))
    return found["total"] or 0


def test_every_signal_is_counted_once_however_often_and_in_whatever_batches(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(count, "BATCH", 3)
    source, other = make.source(), make.source("other")
    send(source, *range(7))
    send(other, 1, platform="y")
    count_all()
    count_all()
    send(source, 7, 8)
    send(source, 1)  # known already
    count_all()
    assert (total(source), total(other)) == (9, 1)
    assert SourceHour.objects.filter(source=source).count() == 1


def test_heartbeats_of_the_desk_are_no_signals_of_a_source() -> None:
    source = make.source()
    send(source, 1)
    with time_machine.travel(NOW + timedelta(minutes=9), tick=False):
        beat_idle_streams()
    count_all()
    assert SourceHour.objects.aggregate(total=Sum("accepted")) == {"total": 1}


def test_a_writer_that_commits_late_is_counted_too() -> None:
    """One stores, another stores and commits, the counter runs, the first commits."""
    source, stream = make.source(), live_stream()
    ensure_partitions([clock.now()])
    stored, may_commit = threading.Event(), threading.Event()

    def slow_writer() -> None:
        with transaction.atomic():
            store(source=source, signals=[make.signal(1, occurred_at=NOW)], stream=stream)
            stored.set()
            may_commit.wait(10)
        connections.close_all()

    writer = threading.Thread(target=slow_writer)
    writer.start()
    assert stored.wait(10)
    send(source, 2)
    count.count_stream(stream_id=stream.pk)
    early = total(source)
    may_commit.set()
    writer.join(10)
    count_all()
    assert (early, total(source)) == (0, 2)


def test_another_worker_on_the_same_stream_is_passed() -> None:
    source = make.source()
    send(source, 1)
    desk.await_horizon()
    stream = live_stream()
    Cursor.objects.create(name=f"count-{stream.pk}")
    assert count.count_signals(stream_id=stream.pk) == 1
    assert count.count_signals(stream_id=stream.pk) == 0


def test_refused_items_are_counted_by_source_and_hour() -> None:
    source = make.source()
    bad = [Refused(at, b"{}", "", ()) for at in range(3)]
    keep_rejected(source=source, rejected=bad)
    keep_rejected(source=source, rejected=bad[:1])
    keep_rejected(source=source, rejected=[])
    row = SourceHour.objects.get()
    assert (row.refused, row.platform, row.hour) == (4, "", NOW.replace(minute=0))


def test_health_says_volume_errors_clock_and_platforms() -> None:
    source = make.source()
    with time_machine.travel(NOW - timedelta(hours=2), tick=False):
        send(source, 1, ago_s=4)
        count_all()
    send(source, 2, 3, ago_s=4)
    send(source, 4, platform="telegram", ago_s=-400)
    send(source, 5, platform="telegram", ago_s=90_000)
    keep_rejected(source=source, rejected=[Refused(0, b"{}", "", ())])
    count_all()
    found = health_of([source])[source.pk]
    assert (found.hours[-1], found.hours[-3], found.days[-1]) == (4, 1, 5)
    assert found.platforms == {"x": 3, "telegram": 2}
    assert (found.refused, found.error_rate) == (1, 1 / 6)
    assert (found.late, found.clamped) == (1, 1)
    assert found.skew_s is not None
    assert 3 <= found.skew_s <= 5


def test_counters_of_another_day_are_not_those_of_today() -> None:
    source = make.source()
    with time_machine.travel(NOW - timedelta(days=3), tick=False):
        send(source, 1)
        count_all()
    found = health_of([source])[source.pk]
    assert (found.received, found.days[-4], sum(found.days)) == (0, 1, 1)
    assert found.skew_s is None


def test_old_counters_are_dropped() -> None:
    source = make.source()
    SourceHour.objects.create(source=source, hour=NOW - timedelta(days=91), accepted=1)
    kept = SourceHour.objects.create(source=source, hour=NOW - timedelta(days=80), accepted=1)
    with time_machine.travel(NOW - timedelta(hours=2), tick=False):
        send(source, 1)
        count_all()
    send(source, 2)
    count_all()
    hours = SourceHour.objects.order_by("hour").values_list("hour", flat=True)
    assert next(iter(hours)) == kept.hour


def daily(source: Source, days: int, gap_s: float) -> None:
    """History: one counter a day with its longest pause."""
    for back in range(1, days + 1):
        SourceHour.objects.create(
            source=source, hour=NOW - timedelta(days=back), accepted=5, gap_s=gap_s
        )


def heard(source: Source, ago: timedelta) -> None:
    Source.objects.filter(pk=source.pk).update(last_seen_at=NOW - ago)
    source.refresh_from_db()


def test_a_source_is_silent_after_five_times_its_usual_longest_pause() -> None:
    source = make.source()
    daily(source, 4, gap_s=1_800)
    heard(source, timedelta(hours=2))
    assert silent_for(cast.admin()) == {}
    heard(source, timedelta(hours=3))
    assert silent_for(cast.admin()) == {source: NOW - timedelta(hours=3)}


def test_without_history_nobody_is_alarmed_and_a_fixed_limit_counts_at_once() -> None:
    source = make.source()
    heard(source, timedelta(days=2))
    assert silent_for(cast.admin()) == {}
    Source.objects.update(alarm="fixed", silent_after_s=300)
    assert list(silent_for(cast.admin())) == [source]
    heard(source, timedelta(seconds=299))
    assert silent_for(cast.admin()) == {}
    Source.objects.update(alarm="off", last_seen_at=NOW - timedelta(days=9))
    assert silent_for(cast.admin()) == {}


def test_the_doctor_names_who_is_silent() -> None:
    (verdict,) = health.silent_sources()
    assert (verdict.level, verdict.name) == ("ok", "sources")
    for number in range(7):
        source = make.source(f"tool-{number}")
        heard(source, timedelta(days=1))
    Source.objects.update(alarm="fixed", silent_after_s=300)
    (verdict,) = health.silent_sources()
    assert verdict.level == "warning"
    assert "tool-0 (since 2026-09-20 12:30 UTC)" in verdict.sentence
    assert verdict.sentence.endswith("and 2 more.")


def test_an_adapter_is_noted_once_for_each_source() -> None:
    source = make.source()
    for adapter in ("xarf", "stix", "xarf"):
        note_adapter(source=source, adapter=adapter)
    source.refresh_from_db()
    assert source.adapters == ["xarf", "stix"]


def test_an_integration_sees_silence_of_its_own_sources_only() -> None:
    token, _ = make.token()
    mine, other = make.source(token=token), make.source("other")
    for source in (mine, other):
        heard(source, timedelta(days=1))
    Source.objects.update(alarm="fixed", silent_after_s=300)
    owner: User = cast.integration()
    assert list(silent_for(owner)) == [mine]
