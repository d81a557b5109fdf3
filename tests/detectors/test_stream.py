"""The stream: commit order, pages, streams beside each other."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.db import connection, connections, transaction

from detectors import stream
from detectors.choices import StreamKind
from detectors.models import Signal, Source, Stream
from detectors.partitions import ensure_partitions
from detectors.stream import Position
from tests import desk

pytestmark = pytest.mark.django_db(transaction=True)
START = datetime(2026, 3, 1, tzinfo=UTC)


@pytest.fixture
def live() -> Iterator[Stream]:
    stream.forget_pages()
    ensure_partitions([START])
    yield Stream.objects.create(slug="test", title="Test", kind=StreamKind.LIVE)
    stream.forget_pages()


def _store(one: Stream, *names: str) -> None:
    source, _ = Source.objects.get_or_create(slug="test", defaults={"title": "Test"})
    Signal.objects.bulk_create(
        Signal(
            stream=one,
            source=source,
            external_id=name,
            platform="x",
            kind="post",
            occurred_at=START + timedelta(seconds=number),
            received_at=START + timedelta(hours=1),
            actor="a",
            text=name,
            payload={"urls": ["https://a.example/1"]},
            epoch=0,
        )
        for number, name in enumerate(names)
    )


def _texts(one: Stream, after: Position = Position(), limit: int = 100) -> list[str]:  # noqa: B008 -- an immutable tuple
    desk.await_horizon()
    return [signal.text for signal in stream.read(one.pk, after, limit).signals]


def test_signals_come_in_the_order_of_their_commit(live: Stream) -> None:
    _store(live, "one", "two")
    _store(live, "three")
    assert _texts(live) == ["one", "two", "three"]


def test_a_writer_that_commits_late_is_never_skipped(live: Stream) -> None:
    """A inserts, B inserts and commits, the reader runs, A commits, the reader runs."""
    inserted, may_commit = threading.Event(), threading.Event()

    def slow_writer() -> None:
        with transaction.atomic():
            _store(live, "slow")
            inserted.set()
            may_commit.wait(10)
        connections.close_all()

    Source.objects.get_or_create(slug="test", defaults={"title": "Test"})
    writer = threading.Thread(target=slow_writer)
    writer.start()
    inserted.wait(10)
    _store(live, "quick")
    first = stream.read(live.pk, Position(), 100)
    may_commit.set()
    writer.join(10)
    end = first.last if first.signals else Position()
    seen = [signal.text for signal in first.signals] + _texts(live, end)
    assert sorted(seen) == ["quick", "slow"]


def test_pages_follow_each_other_without_gap_or_overlap(live: Stream) -> None:
    names = [f"s{number}" for number in range(10)]
    _store(live, *names)
    seen: list[str] = []
    position = Position()
    desk.await_horizon()
    while (page := stream.read(live.pk, position, 3)).signals:
        seen += [signal.text for signal in page.signals]
        position = page.last
    assert seen == names


@pytest.mark.parametrize("analyzed", [False, True])
def test_a_page_of_a_long_stream_is_read_by_the_index_alone(
    live: Stream, *, analyzed: bool
) -> None:
    """The planner takes what follows a position for nothing, and would sort all of it."""
    ensure_partitions([START + timedelta(days=40)])
    _store(live, *(f"n{number}" for number in range(3_000)))
    if analyzed:
        with connection.cursor() as cursor:
            cursor.execute("ANALYZE detectors_signal")
    desk.await_horizon()
    plans: list[str] = []

    def explained(execute: Any, sql: str, params: Any, many: Any, context: Any) -> Any:
        if "ORDER BY" in sql:
            execute(f"EXPLAIN {sql}", params, many, context)
            plans.append("\n".join(row[0] for row in context["cursor"].fetchall()))
        return execute(sql, params, many, context)

    after = stream.read(live.pk, Position(), 10).last
    wanted = stream.Wanted(("post",), (), START + timedelta(days=1))
    with connection.execute_wrapper(explained):
        assert len(stream.read(live.pk, after, 20).signals) == 20
        assert len(stream.read_for(live.pk, after, 20, wanted).signals) == 20
        assert len(stream.receipts(live.pk, after, 20)[0]) == 20
        assert stream.reports(live.pk, after, 20)[2] == 20
    assert len(plans) == 4
    assert not [plan for plan in plans if "Sort  (" in plan]
    with connection.cursor() as cursor:
        cursor.execute("SHOW enable_sort")
        assert cursor.fetchone() == ("on",)


def test_a_page_that_was_not_full_is_read_again(live: Stream) -> None:
    _store(live, "one")
    assert _texts(live) == ["one"]
    _store(live, "two")
    assert _texts(live) == ["one", "two"]


def test_streams_do_not_mix(live: Stream) -> None:
    other = Stream.objects.create(slug="import", title="Import", kind=StreamKind.IMPORT)
    _store(live, "live")
    _store(other, "old")
    assert (_texts(live), _texts(other)) == (["live"], ["old"])


def test_a_logical_restore_does_not_hide_what_comes_after_it(live: Stream) -> None:
    """Restored rows carry transaction ids of another cluster; the epoch keeps the order."""
    _store(live, "before")
    with connection.cursor() as cursor:
        cursor.execute("UPDATE detectors_signal SET tx = '1'::xid8 WHERE text = 'before'")
    desk.await_horizon()
    first = stream.read(live.pk, Position(), 10)
    with connection.cursor() as cursor:
        cursor.execute("UPDATE detectors_signal SET tx = '2'::xid8 WHERE text = 'before'")
    _store(live, "after")
    desk.await_horizon()
    Signal.objects.filter(text="after").update(epoch=1)
    assert _texts(live, first.last)[-1] == "after"


def test_a_clock_that_runs_ahead_is_set_to_the_time_of_receipt(live: Stream) -> None:
    _store(live, "ahead")
    Signal.objects.filter(text="ahead").update(occurred_at=START + timedelta(hours=9))
    desk.await_horizon()
    (signal,) = stream.read(live.pk, Position(), 10).signals
    assert signal.at == (START + timedelta(hours=1)).timestamp()
