"""Several workers on one detector: keys found once, pages read together, shards stepped alone."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec
import pytest
from django.db import connection, connections, transaction

from detectors import registry, stream
from detectors.base import Key
from detectors.base import Signal as Act
from detectors.choices import Mode, StreamKind
from detectors.models import Finding, FindingRevision, KeyCut, Shard, Signal, Source, Stream
from detectors.partitions import ensure_partitions
from detectors.services import cuts, engine, run, shards
from detectors.services.config import save_config
from detectors.stream import Position
from tests import desk
from tests.sample_detector import Counting, Sharing

pytestmark = pytest.mark.django_db(transaction=True)
START = datetime(2026, 3, 1, tzinfo=UTC)
PAGE = 40


class Slow(Sharing):
    """Counts how often its keys are asked for."""

    asked: list[int] = []

    def keys(self, signal: Act, p: Any) -> list[Key]:
        self.asked.append(signal.id)
        return [Key("object", value) for value in signal.objects]


@pytest.fixture(autouse=True)
def four_shards(monkeypatch: pytest.MonkeyPatch, settings: Any) -> Iterator[None]:
    monkeypatch.setattr(registry, "all_detectors", lambda: {"sharing": Slow, "counting": Counting})
    monkeypatch.setattr(run, "BATCH", PAGE)
    monkeypatch.setattr(cuts, "SHARED_FROM", 2)
    monkeypatch.setattr(cuts, "WORTH_S", 0.0)
    settings.DETECTOR_SHARDS = 4
    _forget()
    Slow.asked.clear()
    ensure_partitions([START])
    yield
    _forget()


@pytest.fixture
def live() -> Stream:
    one = Stream.objects.create(slug="test", title="Test", kind=StreamKind.LIVE)
    source = Source.objects.create(slug="test", title="Test")
    Signal.objects.bulk_create(
        Signal(
            stream=one,
            source=source,
            external_id=f"s{number}",
            platform="x",
            kind="post",
            occurred_at=START + timedelta(seconds=30 * number),
            received_at=START + timedelta(days=1),
            actor=f"a{number % 7}",
            text="",
            payload={"objects": [f"hashtag:{number % 11}", f"hashtag:b{number % 5}"]},
            epoch=0,
        )
        for number in range(5 * PAGE)
    )
    desk.await_horizon()
    return one


def _forget() -> None:
    """As a new worker process begins."""
    run.forget_runners()
    stream.forget_pages()


def _configure(slug: str = "sharing") -> None:
    save_config(actor=None, slug=slug, mode=Mode.LIVE, params={}, reason="test")
    shards.ensure_shards()


def _log() -> list[tuple[Any, ...]]:
    rows = FindingRevision.objects.values_list(
        "at_s", "finding__anchor_value", "revision", "status", "digest"
    )
    return sorted(rows)


def test_keys_are_found_once_for_all_shards_in_all_processes(live: Stream) -> None:
    _configure()
    for number in range(4):
        _forget()
        engine.advance(stream_id=live.pk, number=number)
    assert len(Slow.asked) == len(set(Slow.asked)) == 5 * PAGE
    assert KeyCut.objects.count() == 5


@pytest.mark.parametrize(("pages", "ahead"), [(0, 3), (3, 1), (4, 0)])
def test_a_page_that_another_worker_is_at_is_left_to_it_and_the_next_ones_are_done(
    live: Stream, pages: int, ahead: int
) -> None:
    _configure()
    reader = run.reader_of(Shard.objects.order_by("number")[0])
    after, page = Position(), stream.read(live.pk, Position(), PAGE)
    for _ in range(pages):
        after, page = page.last, stream.read(live.pk, page.last, PAGE)
    taken, leave = threading.Event(), threading.Event()

    def hold() -> None:
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_xact_lock(%s)", [cuts.lock_of(reader, after, page)])
            taken.set()
            leave.wait(20)
        connections.close_all()

    with ThreadPoolExecutor(1) as pool:
        held = pool.submit(hold)
        taken.wait(20)
        cut = cuts.cut_of(reader, after, page, frozenset())
        leave.set()
        held.result()
    assert sum(cut.touches) == PAGE
    firsts = set(KeyCut.objects.values_list("signal_id", flat=True))
    assert firsts == {page.last.signal_id + PAGE * number for number in range(ahead)}


def test_keys_that_another_release_wrote_are_found_anew(live: Stream) -> None:
    _configure()
    engine.advance(stream_id=live.pk, number=0)
    KeyCut.objects.update(payload=msgspec.msgpack.encode((b"", ())))
    Slow.asked.clear()
    for number in range(1, 4):
        _forget()
        engine.advance(stream_id=live.pk, number=number)
    assert len(Slow.asked) == 3 * 5 * PAGE
    assert _log()


def test_what_is_found_quickly_is_not_shared(live: Stream, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cuts, "WORTH_S", 60.0)
    _configure()
    engine.advance(stream_id=live.pk, number=0)
    assert not KeyCut.objects.exists()


def test_shards_that_fell_apart_read_the_same_pages_again(
    live: Stream, monkeypatch: pytest.MonkeyPatch
) -> None:
    _configure()
    first, *others = run.shards_of(live.pk)
    monkeypatch.setattr(run, "BATCH", 15)
    run.step_shard(shard_id=first)
    monkeypatch.setattr(run, "BATCH", PAGE)
    assert [run.step_shard(shard_id=shard) for shard in (*others, first)] == [15, 15, 15, PAGE]
    assert [run.step_shard(shard_id=shard) for shard in others] == [PAGE, PAGE, PAGE]


@pytest.mark.parametrize("slug", ["sharing", "counting"])
def test_four_workers_at_once_give_the_findings_of_one(
    live: Stream, slug: str, settings: Any
) -> None:
    settings.DETECTOR_SHARDS = 1
    _configure(slug)
    engine.advance(stream_id=live.pk)
    expected = _log()
    for model in (FindingRevision, Finding, Shard):
        model.objects.all().delete()
    _forget()

    settings.DETECTOR_SHARDS = 4
    shards.ensure_shards()

    def work(number: int) -> None:
        engine.advance(stream_id=live.pk, number=number)
        connections.close_all()

    with ThreadPoolExecutor(4) as pool:  # one that is far ahead stops until it is woken again
        while numbers := engine.lagging_shards(live.pk, stream.newest(live.pk)):
            list(pool.map(work, numbers))
    assert expected
    assert _log() == expected


def test_of_two_workers_woken_for_one_shard_the_second_leaves_it_to_the_first(
    live: Stream, monkeypatch: pytest.MonkeyPatch
) -> None:
    _configure()

    def second() -> None:
        engine.advance(stream_id=live.pk, number=0)
        connections.close_all()

    def step(*, shards: Sequence[int]) -> int:
        with ThreadPoolExecutor(1) as pool:
            pool.submit(second).result(20)
        return 0

    monkeypatch.setattr(engine, "step_shards", step)
    engine.advance(stream_id=live.pk, number=0)  # would never end if both stepped
    assert Shard.objects.filter(signals__gt=0).count() == 0


def test_keys_that_every_shard_has_behind_it_are_deleted(live: Stream) -> None:
    _configure()
    for number in range(3):
        engine.advance(stream_id=live.pk, number=number)
    cuts.drop_passed()
    assert KeyCut.objects.count() == 5
    engine.advance(stream_id=live.pk, number=3)
    cuts.drop_passed()
    assert not KeyCut.objects.exists()
