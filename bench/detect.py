"""Signals a second through the detectors: by the length of the stream, and by number of workers."""

from __future__ import annotations

import argparse
import json
import statistics
import subprocess
import sys
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from random import Random

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

import psycopg

from bench.worlds.scratch import ROOT, Desk, scratch_desk

LENGTHS = (100_000, 2_000_000)
QUICK_LENGTHS = (10_000, 40_000)
SHARED = 60_000
QUICK_SHARED = 16_000
ROUNDS = 3
SHARDS = 4
WORKERS = (1, 2)
ALONE = "near-duplicate-text"
START = datetime(2026, 9, 1, tzinfo=UTC)
EVERY_S = 2
WORDS = 4_000
COPIES = 4
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
ALL = ("coaction-synchrony", "near-duplicate-text", "shared-infrastructure", "velocity")
FINDINGS = """
SELECT md5(string_agg(f.anchor_value || r.revision || r.at_s || (r.evidence ->> 'subjects'), ','
    ORDER BY f.anchor_value, r.revision)), count(*)
FROM detectors_findingrevision r JOIN detectors_finding f ON f.id = r.finding_id
WHERE r.stream_id = %s
"""


def main() -> None:
    """Print the tables; the last line is JSON with --json."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="shorter streams, within a minute")
    parser.add_argument("--json", action="store_true", help="a last line for machines")
    options = parser.parse_args()
    with scratch_desk() as desk:
        desk.manage("shell", "-v", "0", "-c", PARTITIONS)
        metrics = _by_length(desk, QUICK_LENGTHS if options.quick else LENGTHS)
        metrics |= _by_workers(desk, quick=options.quick)
    if options.json:
        print(json.dumps({"bench": "detect", "metrics": metrics}))


def _by_length(desk: Desk, lengths: tuple[int, ...]) -> dict[str, float]:
    """All detectors, one worker, one shard each."""
    print("| signals | signals/s, all detectors, one worker | peak MB |")
    print("|---|---|---|")
    costs, peak = [], 0
    for count in lengths:
        stream = _loaded(desk, f"n{count}", ALL, count, shards=1)
        seconds, peak = _worked(desk, stream, 1, 1)
        costs.append(seconds / count)
        print(f"| {count:,} | {count / seconds:,.0f} | {peak:,} |")
    growth = costs[-1] / costs[0]
    print(f"\nCost of a signal in the longest stream over the shortest: {growth:.2f}\n")
    return {
        "signals_per_second": round(1 / costs[0]),
        "growth": round(growth, 2),
        "peak_mb": peak,
    }


def _by_workers(desk: Desk, *, quick: bool) -> dict[str, float]:
    """One detector whose keys cost as much as its states, in rounds of one and two workers."""
    count = QUICK_SHARED if quick else SHARED
    rates: dict[int, list[float]] = {workers: [] for workers in WORKERS}
    logs = set()
    for turn in range(1 if quick else ROUNDS):
        for workers in WORKERS:
            stream = _loaded(desk, f"w{turn}-{workers}", (ALONE,), count, shards=SHARDS)
            seconds, _ = _worked(desk, stream, workers, SHARDS)
            rates[workers].append(count / seconds)
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


def _loaded(desk: Desk, name: str, slugs: tuple[str, ...], count: int, *, shards: int) -> int:
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
    """Posts with a link, a hashtag and an address; one text in a hundred is posted five times."""
    draw = Random(7)
    text = ""
    for number in range(count):
        if number % 100 >= COPIES:
            text = " ".join(f"w{draw.randrange(WORDS)}" for _ in range(18))
        account = draw.randrange(50_000)
        at = START + timedelta(seconds=EVERY_S * number)
        payload = {
            "urls": [f"https://site-{draw.randrange(2_000)}.example/{draw.randrange(50_000)}"],
            "objects": [f"hashtag:tag{draw.randrange(3_000)}"],
            "identifiers": {"ip": f"{11 + account % 80}.{account % 251}.{account % 241}.7"},
        }
        actor = f"account-{account}"
        yield f"{name}-{number}", "x", "post", at, at, actor, text, json.dumps(payload), 0


def _worked(desk: Desk, stream: int, workers: int, shards: int) -> tuple[float, int]:
    """Seconds in which `workers` processes read the stream, and the peak of one in MB."""
    running = []
    for worker in range(workers):
        mine = [str(number) for number in range(shards) if number % workers == worker]
        argv = [sys.executable, "-m", "bench.worlds.shards", str(stream), *mine]
        running.append(
            subprocess.Popen(argv, env=desk.env, cwd=ROOT, stdout=subprocess.PIPE, text=True)
        )
    said = [json.loads(process.communicate()[0]) for process in running]
    seconds = max(one["ended"] for one in said) - min(one["began"] for one in said)
    return seconds, max(int(one["peak_mb"]) for one in said)


def _findings(desk: Desk, stream: int) -> tuple[str, int]:
    with psycopg.connect(desk.dsn) as link:
        row = link.execute(FINDINGS, [stream]).fetchone()
    if row is None:
        raise RuntimeError(FINDINGS)
    return str(row[0]), int(row[1])


if __name__ == "__main__":
    main()
