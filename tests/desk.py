"""Runs the whole desk in this process: what the workers would do, to the end."""

from __future__ import annotations

import time
from datetime import UTC, datetime, timedelta

import time_machine
from django.conf import settings
from django.db import connection
from django.db.models import Max

from abusedesk.core import clock
from cases import reporting
from cases.intake import intake
from detectors import stream
from detectors.models import Shard, Stream
from detectors.services import backtest, engine, fusion, link, run, watch_change
from detectors.services.config import ensure_configs
from detectors.services.heartbeat import beat_idle_streams

QUIET = timedelta(seconds=5)


def forget() -> None:
    """Start as a fresh worker does: nothing of an earlier test is kept in memory."""
    run.forget_runners()
    backtest.forget_trials()
    stream.forget_pages()


def await_horizon(seconds: float = 240) -> None:
    """Wait until every stored signal may be read.

    Readers stop before the oldest open transaction of the whole server, and other tests run on it.
    """
    deadline = time.monotonic() + seconds
    with connection.cursor() as cursor:
        while True:
            cursor.execute(
                "SELECT count(*) FROM detectors_signal JOIN detectors_epoch ON epoch = number"
                " WHERE tx >= pg_snapshot_xmin(pg_current_snapshot())"
            )
            if not cursor.fetchone()[0]:
                return
            assert time.monotonic() < deadline, "a transaction stays open"
            time.sleep(0.02)


def work() -> None:
    """Link, detect, fuse and take in everything that is stored, as after a few quiet seconds."""
    ensure_configs()
    seen = Shard.objects.aggregate(last=Max("clock_s"))["last"] or 0.0
    later = max(clock.now(), datetime.fromtimestamp(seen, UTC)) + QUIET
    with time_machine.travel(later, tick=False):
        beat_idle_streams()
    await_horizon()
    watch_change.settle_items(budget_s=600)
    for one in Stream.objects.all():
        link.link_stream(stream_id=one.pk)
    await_horizon()  # the linker writes rows into the stream too
    for one in Stream.objects.all():
        for number in range(settings.DETECTOR_SHARDS):
            engine.advance(stream_id=one.pk, number=number)
    fusion.fuse_all(budget_s=600)
    while intake():
        pass
    for one in Stream.objects.all():
        reporting.take_reports(one.pk)
