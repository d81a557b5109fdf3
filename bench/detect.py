"""What detectors cost: each and all, by the length of the stream, and by number of workers."""

from __future__ import annotations

import argparse
import json
import statistics
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

import msgspec
import psycopg

from bench.speed import memory
from bench.speed.worker import READ, SHARED
from bench.worlds import flow
from bench.worlds.scratch import ROOT, Desk, scratch_desk
from detectors import registry

SIZES = (100_000, 500_000, 2_000_000)
QUICK_SIZES = (10_000, 30_000)
STORED, QUICK_STORED = 100_000, 4_000
DEAREST = 4
"""Detectors that a line about one length names."""
SHARED_OUT = 60_000
ROUNDS = 3
SHARDS = 4
WORKERS = (1, 2)
ALONE = "near-duplicate-text"
COLUMNS = (
    "stream_id, source_id, external_id, platform, kind, occurred_at, received_at, actor, text,"
    " payload, epoch"
)
SET_UP = """
from detectors.models import DetectorConfig, Source, Stream
from detectors.services.config import ensure_configs
from detectors.services.shards import ensure_shards
ensure_configs()
DetectorConfig.objects.exclude(slug__in={slugs}).update(mode="off")
stream = Stream.objects.create(slug="{name}", title="Bench", kind="import", tick_floor_s=21600)
source, _ = Source.objects.get_or_create(slug="bench", defaults={{"title": "Bench"}})
ensure_shards()
print(stream.pk, source.pk)
"""
PARTITIONS = """
from datetime import UTC, datetime, timedelta
from detectors.partitions import ensure_partitions
ensure_partitions([datetime(2026, 9, 1, tzinfo=UTC) + timedelta(days=28 * n) for n in range(3)])
"""
FINDINGS = """
SELECT md5(string_agg(f.anchor_value || r.revision || r.at_s || (r.evidence ->> 'subjects'), ','
    ORDER BY f.anchor_value, r.revision)), count(*)
FROM detectors_findingrevision r JOIN detectors_finding f ON f.id = r.finding_id
WHERE r.stream_id = %s
"""


@dataclass(frozen=True, slots=True)
class Work:
    """Wall seconds of one or more workers; peak MB of one; seconds of processor by detector."""

    seconds: float
    peak_mb: int
    parts: dict[str, float]


def main() -> None:
    """Print the tables; the last line is JSON with --json.

    `signals_per_second` and `growth` are of processor time in memory, `peak_mb` is of the longest
    stream; what begins with `stored` went through Postgres.
    """
    options = _options().parse_args()
    sizes = options.sizes or (QUICK_SIZES if options.quick else SIZES)
    walk = memory.walk(sizes, _tell)
    metrics = _print_memory(walk)
    if not options.memory:
        with scratch_desk() as desk:
            desk.manage("shell", "-v", "0", "-c", PARTITIONS)
            count = options.stored or (QUICK_STORED if options.quick else STORED)
            metrics |= _stored(desk, count, walk.stages[0])
            if not options.quick:
                metrics |= _by_workers(desk)
    if options.json:
        print(json.dumps({"bench": "detect", "metrics": metrics}))


def _options() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument(
        "--quick", action="store_true", help="shorter streams and one worker: less than a minute"
    )
    parser.add_argument("--memory", action="store_true", help="leave Postgres out")
    parser.add_argument("--sizes", type=_sizes, help="lengths in memory, e.g. 100000,500000")
    parser.add_argument("--stored", type=int, help="length of the stream through Postgres")
    parser.add_argument("--json", action="store_true", help="a last line for machines")
    return parser


def _sizes(told: str) -> tuple[int, ...]:
    sizes = tuple(sorted(int(one) for one in told.split(",")))
    if not sizes or any(size <= 0 or size % memory.PAGE for size in sizes):
        message = f"lengths are multiples of {memory.PAGE:,}"
        raise argparse.ArgumentTypeError(message)
    return sizes


def _tell(stage: memory.Stage) -> None:
    """One line about a length, as soon as it is reached."""
    dearest = sorted(stage.us, key=lambda name: -stage.us[name])[:DEAREST]
    named = ", ".join(f"{name} {stage.us[name]:.0f}" for name in dearest)
    print(
        f"{stage.signals:,} signals: {stage.all_us:.0f} us of processor time each ({named}),"
        f" peak {stage.peak_mb:,} MB",
        flush=True,
    )


def _print_memory(walk: memory.Walk) -> dict[str, float]:
    """One row a detector, one column a length."""
    stages, last = walk.stages, walk.stages[-1]
    heads = " | ".join(f"us at {stage.signals:,}" for stage in stages)
    print(f"| in memory, one shard | {heads} | keys | kB of state per 1,000 accounts |")
    print("|---|" + "---|" * (len(stages) + 2))
    for name in last.us:
        costs = " | ".join(f"{stage.us[name]:,.1f}" for stage in stages)
        kept = walk.state_bytes.get(name, 0.0) / 1_000
        print(f"| {name} | {costs} | {walk.keys.get(name, 0):,} | {kept:,.0f} |")
    costs = " | ".join(f"{stage.all_us:,.0f}" for stage in stages)
    kept = sum(walk.state_bytes.values()) / 1_000
    print(f"| **all** | {costs} | {sum(walk.keys.values()):,} | {kept:,.0f} |")
    rates = " | ".join(f"{1e6 / stage.all_us:,.0f}" for stage in stages)
    print(f"| signals/s of processor time | {rates} | | |")
    print(f"| peak MB | {' | '.join(f'{stage.peak_mb:,}' for stage in stages)} | | |")
    growth = last.all_us / stages[0].all_us
    print(f"\nA signal at {last.signals:,} costs {growth:.2f} of one at {stages[0].signals:,}.\n")
    return {
        "signals_per_second": round(1e6 / stages[0].all_us),
        "last_signals_per_second": round(1e6 / last.all_us),
        "growth": round(growth, 2),
        "peak_mb": last.peak_mb,
    }


def _stored(desk: Desk, count: int, stage: memory.Stage) -> dict[str, float]:
    """All detectors over a stored stream, one worker, one shard each."""
    stream = loaded(desk, "all", tuple(registry.all_detectors()), count, shards=1)
    work = _worked(desk, stream, 1, 1)
    print(f"| through Postgres, {count:,} signals, one worker | us | in memory |")
    print("|---|---|---|")
    for name in (READ, SHARED, *registry.all_detectors()):
        us = work.parts.get(name, 0.0) / count * 1e6
        print(f"| {name} | {us:,.1f} | {stage.us.get(name, 0.0):,.1f} |")
    used = sum(work.parts.values())
    print(f"| **all** | {used / count * 1e6:,.0f} | {stage.all_us:,.0f} |")
    print(
        f"\n{count / work.seconds:,.0f} signals/s, {count / used:,.0f} a second of the worker's"
        f" processor time; peak {work.peak_mb:,} MB.\n"
    )
    return {
        "stored_signals_per_second": round(count / work.seconds),
        "stored_signals_per_cpu_second": round(count / used),
        "stored_peak_mb": work.peak_mb,
    }


def _by_workers(desk: Desk) -> dict[str, float]:
    """One detector whose keys cost as much as its states, in rounds of one and two workers."""
    rates: dict[int, list[float]] = {workers: [] for workers in WORKERS}
    logs = set()
    for turn in range(ROUNDS):
        for workers in WORKERS:
            stream = loaded(desk, f"w{turn}-{workers}", (ALONE,), SHARED_OUT, shards=SHARDS)
            rates[workers].append(SHARED_OUT / _worked(desk, stream, workers, SHARDS).seconds)
            logs.add(_findings(desk, stream))
    print(f"| workers | signals/s, {ALONE}, {SHARDS} shards | ratio, median of rounds |")
    print("|---|---|---|")
    ratios = {
        workers: statistics.median(a / b for a, b in zip(found, rates[1], strict=True))
        for workers, found in rates.items()
    }
    for workers, found in rates.items():
        print(f"| {workers} | {statistics.median(found):,.0f} | {ratios[workers]:.2f} |")
    same = "the same findings log" if len(logs) == 1 else "DIFFERENT FINDINGS"
    print(f"\n{same} in all runs: {next(iter(logs))[1]} revisions")
    return {"two_workers": round(ratios[2], 2), "same_findings": float(len(logs) == 1)}


def loaded(desk: Desk, name: str, slugs: tuple[str, ...], count: int, *, shards: int) -> int:
    """A stream of `count` signals that nobody has read. Returns its id."""
    desk.settings["ABUSEDESK_DETECTOR_SHARDS"] = str(shards)
    told = desk.manage("shell", "-v", "0", "-c", SET_UP.format(slugs=list(slugs), name=name))
    stream, source = map(int, told.split())
    statement = f"COPY detectors_signal ({COLUMNS}) FROM STDIN"
    with psycopg.connect(desk.dsn) as link, link.cursor() as cursor, cursor.copy(statement) as copy:
        for row in _rows(name, count):
            copy.write_row((stream, source, *row))
    return stream


def _rows(name: str, count: int) -> Iterator[tuple[object, ...]]:
    """Signals of the flow as they are stored."""
    for number in range(count):
        one = flow.signal(number)
        told = {
            "urls": one.raw_urls,
            "objects": one.objects,
            "identifiers": one.identifier_map,
            "actor_profile": one.profile,
            "ai": one.ai,
            "attributes": one.attributes,
        }
        payload = msgspec.json.encode({part: what for part, what in told.items() if what})
        at, received = (datetime.fromtimestamp(time, UTC) for time in (one.at, one.received))
        named = (f"{name}-{number}", one.platform, one.kind, at, received)
        yield *named, one.actor, one.text, payload.decode(), 0


def _worked(desk: Desk, stream: int, workers: int, shards: int) -> Work:
    """Let `workers` processes read the stream to its end."""
    running = []
    for worker in range(workers):
        mine = [str(number) for number in range(shards) if number % workers == worker]
        argv = [sys.executable, "-m", "bench.speed.worker", str(stream), *mine]
        running.append(
            subprocess.Popen(argv, env=desk.env, cwd=ROOT, stdout=subprocess.PIPE, text=True)
        )
    said = [json.loads(process.communicate()[0]) for process in running]
    seconds = max(one["ended"] for one in said) - min(one["began"] for one in said)
    return Work(seconds, max(one["peak_mb"] for one in said), said[0]["seconds"])


def _findings(desk: Desk, stream: int) -> tuple[str, int]:
    with psycopg.connect(desk.dsn) as link:
        row = link.execute(FINDINGS, [stream]).fetchone()
    if row is None:
        raise RuntimeError(FINDINGS)
    return str(row[0]), int(row[1])


if __name__ == "__main__":
    main()
