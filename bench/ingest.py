"""Signals a second over HTTP, beside raw COPY of the same rows into the same table, in one run."""

from __future__ import annotations

import argparse
import http.client
import json
import os
import statistics
import sys
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from random import Random
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

import psycopg

from bench.worlds.scratch import Desk, scratch_desk

BATCHES = (1, 100, 1_000, 5_000)
CLIENTS = (1, 2, 4)
GATE = (1_000, 1)
"""Batch and clients whose ratio the gate reads."""
ROUNDS = 5
SIGNALS = {1: 400, 100: 10_000, 1_000: 40_000, 5_000: 50_000}
QUICK_SHARE = 4
STEP = 100_000
START = datetime(2026, 9, 1, tzinfo=UTC)
WORDS = ("harbour", "council", "ferry", "budget", "garden", "teacher", "winter", "market",
         "letter", "bridge", "morning", "station", "river", "concert", "library")  # fmt: skip
COLUMNS = (
    "stream_id, source_id, external_id, platform, kind, occurred_at, received_at, actor, text,"
    " payload, epoch"
)


@dataclass(frozen=True, slots=True)
class Load:
    """What one client sends: ready bodies, so that only the desk is measured."""

    port: int
    token: str
    bodies: Iterable[bytes]


def main() -> None:
    """Print the table, and with --json one object on the last line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="fewer rounds and signals, <= 60 s")
    parser.add_argument("--json", action="store_true", help="one JSON object on the last line")
    parser.add_argument(
        "--grow",
        type=int,
        metavar="N",
        help="post N signals instead, and watch the server's memory",
    )
    options = parser.parse_args()
    with scratch_desk() as desk:
        token = desk.manage("token", "create", "bench", "--scope", "ingest")
        port = desk.serve(workers=1)
        _warm(desk, port, token)
        if options.grow:
            metrics = _growth(desk, port, token, options.grow)
        else:
            metrics = _table(desk, port, token, quick=options.quick)
    if options.json:
        print(json.dumps({"bench": "ingest", "metrics": metrics}))


def _table(desk: Desk, port: int, token: str, *, quick: bool) -> dict[str, float]:
    """One line a case; each round posts and copies the same number of rows, one after the other."""
    metrics: dict[str, float] = {}
    print("| batch | clients | HTTP signals/s | raw COPY rows/s | ratio, median of rounds |")
    print("|---|---|---|---|---|")
    serial = 0
    for clients in CLIENTS:
        for batch in BATCHES:
            count = SIGNALS[batch] // (QUICK_SHARE if quick else 1)
            posted, copied = [], []
            for _ in range(2 if quick else ROUNDS):
                items = _items(serial, count)
                posted.append(_posted(Load(port, token, _bodies(items, batch)), clients) / count)
                copied.append(_copied(desk.dsn, _items(serial + count, count), batch) / count)
                serial += 2 * count
            ratio = statistics.median(c / p for p, c in zip(posted, copied, strict=True))
            http_rate, copy_rate = (1 / statistics.median(one) for one in (posted, copied))
            print(f"| {batch:,} | {clients} | {http_rate:,.0f} | {copy_rate:,.0f} | {ratio:.2f} |")
            if (batch, clients) == GATE:
                metrics = {"ratio_to_copy": round(ratio, 3), "signals_per_second": round(http_rate)}
    return metrics


def _growth(desk: Desk, port: int, token: str, total: int) -> dict[str, float]:
    """One line for every 100,000 signals: what the one web worker holds in memory then."""
    (worker,) = _children(desk.running[-1].pid)
    print("| signals | MiB resident | signals/s, client included |")
    print("|---|---|---|")
    sizes = [_resident_mib(worker)]
    print(f"| 0 | {sizes[0]:,.1f} | |")
    for first in range(0, total, STEP):
        count = min(STEP, total - first)
        seconds = _seconds(lambda: _post_all(Load(port, token, _written(first, count))))  # noqa: B023 -- called at once
        sizes.append(_resident_mib(worker))
        print(f"| {first + count:,} | {sizes[-1]:,.1f} | {count / seconds:,.0f} |", flush=True)
    return {"mib_first_step": round(sizes[1], 1), "mib_last_step": round(sizes[-1], 1)}


def _written(first: int, count: int) -> Iterator[bytes]:
    for start in range(first, first + count, GATE[0]):
        yield from _bodies(_items(start, min(GATE[0], first + count - start)), GATE[0])


def _children(pid: int) -> list[int]:
    return [int(one) for one in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]


def _resident_mib(pid: int) -> float:
    (pages,) = Path(f"/proc/{pid}/statm").read_text().split()[1:2]
    return int(pages) * os.sysconf("SC_PAGE_SIZE") / 2**20


def _posted(load: Load, clients: int) -> float:
    """Seconds until `clients` processes have posted everything."""
    bodies = tuple(load.bodies)
    parts = [Load(load.port, load.token, bodies[place::clients]) for place in range(clients)]
    if clients == 1:
        return _seconds(lambda: _post_all(parts[0]))
    with ProcessPoolExecutor(clients) as pool:
        list(pool.map(time.sleep, [0.2] * clients))  # the processes are there before the clock runs
        return _seconds(lambda: list(pool.map(_post_all, parts)))


def _post_all(load: Load) -> None:
    """One client: a connection that stays open, one request after the other."""
    link = http.client.HTTPConnection("127.0.0.1", load.port, timeout=120)
    headers = {"Authorization": f"Bearer {load.token}", "Content-Type": "application/json"}
    for body in load.bodies:
        link.request("POST", "/api/v1/signals/", body, headers)
        answer = link.getresponse()
        said = answer.read()
        if answer.status != http.HTTPStatus.CREATED:
            raise RuntimeError(said.decode())
    link.close()


def _copied(dsn: str, items: Sequence[dict[str, Any]], batch: int) -> float:
    """Seconds of COPY, a transaction a batch, from rows that are text already."""
    with psycopg.connect(dsn) as link:
        query = "SELECT (SELECT min(id) FROM detectors_stream), (SELECT id FROM detectors_source)"
        known = link.execute(query).fetchone()
        if known is None:
            raise RuntimeError(query)
        blocks = [
            "".join(_line(item, *known) for item in items[start : start + batch]).encode()
            for start in range(0, len(items), batch)
        ]
        link.commit()
        return _seconds(lambda: _copy_all(link, blocks))


def _copy_all(link: psycopg.Connection[Any], blocks: Sequence[bytes]) -> None:
    statement = f"COPY detectors_signal ({COLUMNS}) FROM STDIN"
    for block in blocks:
        with link.transaction(), link.cursor() as cursor, cursor.copy(statement) as copy:
            copy.write(block)


def _line(item: dict[str, Any], stream: int, source: int) -> str:
    payload = {"urls": item["urls"], "objects": item["objects"], "identifiers": item["identifiers"]}
    values = (
        stream,
        source,
        item["external_id"],
        item["platform"],
        item["kind"],
        item["occurred_at"],
        START.isoformat(),
        item["actor"],
        item["text"],
        json.dumps(payload),
        0,
    )
    return "\t".join(map(str, values)) + "\n"


def _items(first: int, count: int) -> list[dict[str, Any]]:
    """Posts as a platform sends them, about 450 bytes each; nothing in them needs escaping."""
    return [_item(number) for number in range(first, first + count)]


def _item(number: int) -> dict[str, Any]:
    draw = Random(number)
    return {
        "external_id": f"post-{number}",
        "platform": "x",
        "kind": "post",
        "occurred_at": (START + timedelta(seconds=number % 1_000_000)).isoformat(),
        "actor": f"account-{draw.randrange(50_000)}",
        "text": " ".join(draw.choices(WORDS, k=22)),
        "urls": [f"https://site-{draw.randrange(2_000)}.example/{number}"],
        "objects": [f"hashtag:{draw.choice(WORDS)}"],
        "identifiers": {"ip": f"203.0.113.{draw.randrange(256)}"},
    }


def _bodies(items: Sequence[dict[str, Any]], batch: int) -> tuple[bytes, ...]:
    starts = range(0, len(items), batch)
    return tuple(json.dumps({"signals": items[at : at + batch]}).encode() for at in starts)


def _warm(desk: Desk, port: int, token: str) -> None:
    """Partitions, connections and the source are there before the clock runs."""
    _posted(Load(port, token, _bodies(_items(10**9, 200), 100)), 1)
    _copied(desk.dsn, _items(10**9 + 200, 100), 100)


def _seconds(task: Callable[[], object]) -> float:
    began = time.perf_counter()
    task()
    return time.perf_counter() - began


if __name__ == "__main__":
    main()
