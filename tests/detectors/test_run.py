"""Detector shards on Postgres: exactly once, rebuilt after a loss, sharded, poisoned, tuned."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any, ClassVar

import msgspec
import pytest
from django.db import connection, connections, transaction

from detectors import registry, stream
from detectors.base import FindingDraft, Key
from detectors.base import Signal as Act
from detectors.choices import Mode, StreamKind
from detectors.models import (
    Checkpoint,
    DetectorConfig,
    Finding,
    FindingRevision,
    FusedFinding,
    Quarantine,
    Shard,
    Signal,
    Source,
    Stream,
    TickPart,
)
from detectors.partitions import ensure_partitions
from detectors.services import fusion, run, shards
from detectors.services.config import save_config
from detectors.services.finding import record_findings
from tests import desk
from tests.sample_detector import Counting, Second, Seen, Sharing

pytestmark = pytest.mark.django_db(transaction=True)
START = datetime(2026, 3, 1, tzinfo=UTC)
COUNT = 120


@pytest.fixture(autouse=True)
def only_the_sample_detectors(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    samples = {"sharing": Sharing, "counting": Counting}
    monkeypatch.setattr(registry, "all_detectors", lambda: samples)
    run.forget_runners()
    stream.forget_pages()
    ensure_partitions([START])
    yield
    run.forget_runners()
    stream.forget_pages()


@pytest.fixture
def live() -> Stream:
    return Stream.objects.create(slug="test", title="Test", kind=StreamKind.LIVE)


def _store(one: Stream, count: int = COUNT, start: int = 0, kind: str = "post") -> None:
    """Signals half a minute apart; account n of 7 acts on object n of 5."""
    source, _ = Source.objects.get_or_create(slug="test", defaults={"title": "Test"})
    Signal.objects.bulk_create(
        Signal(
            stream=one,
            source=source,
            external_id=f"s{number}",
            platform="x",
            kind=kind,
            occurred_at=START + timedelta(seconds=30 * number),
            received_at=START + timedelta(days=1),
            actor=f"a{number % 7}",
            text="",
            payload={"objects": [f"hashtag:{number % 5}"]},
            epoch=0,
        )
        for number in range(start, start + count)
    )


def _configure(slug: str = "sharing", **params: Any) -> DetectorConfig:
    config = save_config(actor=None, slug=slug, mode=Mode.LIVE, params=params, reason="test")
    shards.ensure_shards()
    return config


def _drain(one: Stream) -> None:
    desk.await_horizon()
    while sum(run.step_shard(shard_id=shard) for shard in run.shards_of(one.pk)):
        pass


def _log() -> list[tuple[Any, ...]]:
    """The findings log without ids, in order of the signals that caused it."""
    rows = FindingRevision.objects.values_list(
        "at_s", "finding__anchor_value", "revision", "status", "digest", "finding__sentence"
    )
    return sorted(rows)


def _expected(live: Stream, slug: str) -> list[tuple[Any, ...]]:
    """The log of an undisturbed run in one batch; its rows are removed again."""
    _configure(slug)
    _drain(live)
    log = _log()
    for model in (TickPart, Checkpoint, Shard, FindingRevision, Finding, DetectorConfig):
        model.objects.all().delete()
    run.forget_runners()
    assert log
    return log


@pytest.mark.parametrize("slug", ["sharing", "counting"])
@pytest.mark.parametrize("batch", [1, 7, 50])
def test_any_batch_size_gives_the_same_log(
    live: Stream, batch: int, slug: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    _store(live)
    expected = _expected(live, slug)
    monkeypatch.setattr(run, "BATCH", batch)
    _configure(slug)
    _drain(live)
    assert _log() == expected


@pytest.mark.parametrize("slug", ["sharing", "counting"])
@pytest.mark.parametrize("checkpoint_every", [10, 10_000])
def test_a_worker_that_forgets_everything_after_each_batch_loses_nothing(
    live: Stream, checkpoint_every: int, slug: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    _store(live)
    expected = _expected(live, slug)
    monkeypatch.setattr(run, "BATCH", 13)
    monkeypatch.setattr(run, "CHECKPOINT_SIGNALS", checkpoint_every)
    _configure(slug)
    desk.await_horizon()
    while sum(run.step_shard(shard_id=shard) for shard in run.shards_of(live.pk)):
        run.forget_runners()
    assert _log() == expected
    assert Checkpoint.objects.exists() == (checkpoint_every == 10)


def test_a_step_that_is_rolled_back_is_as_if_it_had_not_been(
    live: Stream, monkeypatch: pytest.MonkeyPatch
) -> None:
    _store(live)
    expected = _expected(live, "sharing")
    monkeypatch.setattr(run, "BATCH", 40)
    _configure()
    (shard,) = run.shards_of(live.pk)
    desk.await_horizon()
    run.step_shard(shard_id=shard)
    with transaction.atomic():
        run.step_shard(shard_id=shard)
        transaction.set_rollback(True)
    _drain(live)
    assert _log() == expected


def test_signals_that_come_later_continue_the_same_state(live: Stream) -> None:
    _store(live)
    expected = _expected(live, "sharing")
    Signal.objects.all().delete()
    stream.forget_pages()
    _configure()
    for start in range(0, COUNT, 30):
        _store(live, 30, start)
        _drain(live)
    assert [row[:4] for row in _log()] == [row[:4] for row in expected]


@pytest.mark.parametrize("slug", ["sharing", "counting"])
@pytest.mark.parametrize("shards", [2, 16])
def test_shards_give_the_findings_of_one(
    live: Stream, shards: int, slug: str, monkeypatch: pytest.MonkeyPatch, settings: Any
) -> None:
    _store(live)
    expected = _expected(live, slug)
    settings.DETECTOR_SHARDS = shards
    monkeypatch.setattr(run, "BATCH", 9)
    _configure(slug)
    assert len(run.shards_of(live.pk)) == shards
    _drain(live)
    assert _log() == expected
    assert not TickPart.objects.exists()


@pytest.mark.parametrize("shards", [1, 4])
def test_signals_that_come_late_give_what_they_give_in_time(
    live: Stream, shards: int, monkeypatch: pytest.MonkeyPatch, settings: Any
) -> None:
    """Each late batch goes through a worker of its own, which reads the others from the table."""
    monkeypatch.setattr(registry, "all_detectors", lambda: {"second": Second})
    settings.DETECTOR_SHARDS = shards
    in_time = _told_of(live, [range(COUNT)])
    late = _told_of(live, [range(60, 90), range(30), range(90, COUNT), range(30, 60)])
    assert len(in_time) == 5
    assert late == in_time


def _told_of(live: Stream, batches: list[range]) -> list[Any]:
    """Current findings after the batches came one after the other, and time went on."""
    Signal.objects.all().delete()
    DetectorConfig.objects.all().delete()
    stream.forget_pages()
    _configure("second")
    for batch in (*batches, range(COUNT * 2, COUNT * 2 + 1)):
        run.forget_runners()
        _store(live, len(batch), batch.start)
        _drain(live)
    rows = Finding.objects.filter(status="current").order_by("anchor_value")
    told = [(row.anchor_value, row.subjects, _numbers(row.signal_ids)) for row in rows]
    Finding.objects.all().delete()
    return told


def _numbers(ids: list[int]) -> set[str]:
    """The signals by what their sender calls them: ids tell the order of arrival."""
    return set(Signal.objects.filter(pk__in=ids).values_list("external_id", flat=True))


def test_the_fusion_does_not_wait_for_a_detector_that_writes(live: Stream) -> None:
    """Each waiting for a finding that the other has locked was a dead-lock."""
    _store(live, 60)
    _configure()
    (shard,) = run.shards_of(live.pk)
    _drain(live)
    _store(live, 60, 60)
    desk.await_horizon()

    def fuse() -> None:
        with connection.cursor() as cursor:
            cursor.execute("SET lock_timeout = '2s'")
        fusion.fuse_all()
        connections.close_all()

    with ThreadPoolExecutor(1) as pool, transaction.atomic():
        run.step_shard(shard_id=shard)
        assert Finding.objects.filter(revision__gt=1).exists()
        pool.submit(fuse).result()
    assert FusedFinding.objects.exists()


def test_a_tick_lets_lapse_what_it_does_not_find_again(live: Stream) -> None:
    _store(live, 4)
    _configure("counting")
    _drain(live)
    _store(live, 8, 7)
    _drain(live)
    assert set(Finding.objects.values_list("status", flat=True)) == {"current", "lapsed"}


def test_ticks_are_run_by_one_detector_as_long_as_its_runner_is_held(
    live: Stream, monkeypatch: pytest.MonkeyPatch
) -> None:
    """So that it may remember what it compared; whoever takes the shard over begins without."""
    ran: list[Counting] = []
    tick = Counting.tick

    def noted(self: Counting, *told: Any) -> Any:
        ran.append(self)
        return tick(self, *told)

    monkeypatch.setattr(Counting, "tick", noted)
    _configure("counting")
    for start in (0, 20, 40):
        _store(live, 20, start)
        _drain(live)
        if start == 20:
            assert len({id(one) for one in ran}) == 1 < len(ran)
            run.forget_runners()
    assert len({id(one) for one in ran}) == 2


def test_a_poisonous_signal_is_set_aside_after_three_tries(live: Stream) -> None:
    _store(live, 20)
    _store(live, 1, 20, kind="poison")
    _store(live, 20, 21)
    _configure()
    _drain(live)
    (row,) = Quarantine.objects.all()
    assert row.signal_id == Signal.objects.get(kind="poison").pk
    assert "bad signal" in row.traceback
    shard = Shard.objects.get()
    assert (shard.signals, shard.attempts, shard.error) == (41, 0, "")


def test_a_batch_that_fails_without_a_culprit_is_halved_until_one_is_left(
    live: Stream, monkeypatch: pytest.MonkeyPatch
) -> None:
    _store(live, 40)
    _configure()
    culprit = Signal.objects.get(external_id="s17").pk

    def record(*, found: list[Any], **rest: Any) -> int:
        if any(one.signal_id == culprit for one in found):
            message = "the database refuses this finding"
            raise RuntimeError(message)
        return record_findings(found=found, **rest)

    monkeypatch.setattr(run, "record_findings", record)
    _drain(live)
    assert [row.signal_id for row in Quarantine.objects.all()] == [culprit]
    assert Shard.objects.get().signals == 40


def test_a_changed_parameter_takes_over_the_state_and_starts_where_the_old_one_stands(
    live: Stream,
) -> None:
    _store(live, 10)
    _configure(least=5)
    _drain(live)
    assert not Finding.objects.filter(anchor_type="object").exists()
    config = _configure(least=3)
    _store(live, 1, 10)
    _drain(live)
    (finding,) = Finding.objects.filter(anchor_type="object")
    assert (finding.config, len(finding.subjects)) == (config, 3)


def test_a_parameter_that_shapes_the_state_replays_the_lookback(
    live: Stream, monkeypatch: pytest.MonkeyPatch
) -> None:
    extra = Sharing.Params.model_fields["least"].json_schema_extra
    assert isinstance(extra, dict)
    monkeypatch.setitem(extra, "rebuild", True)
    _store(live)
    _configure(least=9)
    _drain(live)
    _configure(least=3)
    shard = Shard.objects.get(config__current=True)
    _drain(live)
    shard.refresh_from_db()
    assert 0 < shard.signals < COUNT
    assert Finding.objects.filter(anchor_type="object").exists()


class Pairs(msgspec.Struct):
    """What a later release keeps: decoded as this, the earlier state would look empty."""

    pairs: list[tuple[str, int]] = []


class SharingForLong(Sharing):
    """Its lookback holds all that the test stores."""

    meta = replace(Sharing.meta, lookback_s=100_000)


class SharingAsPairs(SharingForLong):
    """Finds the same with another state."""

    State: ClassVar[type[msgspec.Struct]] = Pairs

    def apply(self, key: Key, signal: Act, state: Any, p: Any) -> list[FindingDraft]:
        kept = Seen(dict(state.pairs))
        found = super().apply(key, signal, kept, p)
        state.pairs = list(kept.accounts.items())
        return found


class SharingVersion2(SharingForLong):
    """Keeps fields of the same names that mean something else."""

    meta = replace(SharingForLong.meta, version=2)


@pytest.mark.parametrize("release", [SharingAsPairs, SharingVersion2])
@pytest.mark.parametrize("every", [7, 30])
def test_a_release_that_keeps_another_state_rebuilds_it_from_the_signals_step_by_step(
    live: Stream, release: type[Sharing], every: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(run, "BATCH", 5)
    monkeypatch.setattr(run, "CHECKPOINT_SIGNALS", every)
    monkeypatch.setattr(registry, "all_detectors", lambda: {"sharing": SharingForLong})
    _store(live, COUNT)
    _configure()
    _drain(live)
    told = FindingRevision.objects.count()

    monkeypatch.setattr(registry, "all_detectors", lambda: {"sharing": release})
    replayed = _count_reads(monkeypatch)
    _store(live, 10, COUNT)
    desk.await_horizon()
    run.forget_runners()
    (shard,) = Shard.objects.all()
    steps, reads = 0, 0
    while run.step_shard(shard_id=shard.pk):  # each in a worker of its own
        run.forget_runners()
        steps += 1
        reads, before = len(replayed), reads
        assert reads - before <= every // 5 + 3
    shard.refresh_from_db()
    assert steps >= COUNT // (every + 5)
    assert (shard.error, shard.signals) == ("", COUNT + 10)
    assert Quarantine.objects.count() == 0
    if release is SharingAsPairs:  # the version is part of a finding's name
        assert FindingRevision.objects.count() == told, "nothing was told twice"


def _count_reads(monkeypatch: pytest.MonkeyPatch) -> list[None]:
    reads: list[None] = []

    def read(*place: Any) -> stream.Page:
        reads.append(None)
        return page_of(*place)

    page_of = stream.read
    monkeypatch.setattr(stream, "read", read)
    return reads


def test_a_detector_that_is_off_has_no_shards_to_run(live: Stream) -> None:
    _store(live, 5)
    _configure()
    save_config(actor=None, slug="sharing", mode=Mode.OFF, params={}, reason="too loud")
    shards.ensure_shards()
    assert run.shards_of(live.pk) == []


def test_two_streams_have_clocks_of_their_own(live: Stream) -> None:
    old = Stream.objects.create(slug="old", title="Old", kind=StreamKind.IMPORT, tick_floor_s=600)
    _store(live, 20)
    _configure()
    _drain(live)
    Signal.objects.filter(stream=live).update(external_id="gone")
    _store(old, 10)
    _drain(old)
    clocks = dict(Shard.objects.values_list("stream__slug", "clock_s"))
    assert clocks["old"] < clocks["test"]


def test_a_shard_whose_last_signals_were_purged_goes_on_where_it_stood(live: Stream) -> None:
    """Nothing is left between its checkpoint and its place."""
    _store(live, 40)
    _configure()
    _drain(live)
    before = {row[:5] for row in _log()}
    Signal.objects.all().delete()
    run.forget_runners()
    stream.forget_pages()
    (shard,) = Shard.objects.all()
    assert run.checkpoint_shard(shard_id=shard.pk)
    saved = Checkpoint.objects.get(shard=shard)
    assert (saved.tx, saved.signal_id) == (shard.tx, shard.signal_id)
    _store(live, 30, start=40)
    _drain(live)
    shard.refresh_from_db()
    assert (shard.signals, shard.signal_id) == (70, Signal.objects.latest("pk").pk)
    assert shard.error == ""
    assert before < {row[:5] for row in _log()}


def test_a_checkpoint_on_demand_is_the_state_where_the_shard_stands(live: Stream) -> None:
    """What was before it may be purged: the log is that of a run in which all is there."""
    _store(live)
    expected = _expected(live, "sharing")
    Signal.objects.all().delete()
    _store(live, 60)
    _configure()
    _drain(live)
    (shard,) = Shard.objects.all()
    assert run.checkpoint_shard(shard_id=shard.pk)
    Signal.objects.all().delete()
    run.forget_runners()
    stream.forget_pages()
    _store(live, COUNT - 60, start=60)
    _drain(live)
    assert [row[:2] for row in _log()] == [row[:2] for row in expected]
