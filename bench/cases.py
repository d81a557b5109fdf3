"""How long pages of cases take with 100,000 cases, in the server, and how often they ask."""

from __future__ import annotations

import argparse
import json
import os
import re
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

import django

from bench.worlds.scratch import scratch_desk

if TYPE_CHECKING:
    from django.test import Client

CASES: Final = 100_000
QUICK_CASES: Final = 10_000
ROUNDS: Final = 40
QUICK_ROUNDS: Final = 15
P95_MS: Final = 150
QUERIES: Final = 20
DECIDE: Final = "decide, and the next case"
"""Two requests, so that the number of queries of a page is not asked of it."""
SORTED: Final = ("-hits", "-accounts", "-sure", "due", "-changed", "opened", "-bad", "-priority")
# Four in ten wait in the inbox, the rest in four other queues; a tenth is late, a third is closed.
FILL: Final = """
INSERT INTO cases_queue (slug, title, sla_hours, position)
SELECT 'queue-' || n, 'Queue ' || n, 8 * n, n FROM generate_series(1, 4) AS n;
INSERT INTO cases_case (
    id, ref, title, summary, state, queue_id, severity, how_sure, priority, priority_parts,
    platforms, providers, sources, languages, reasons, accounts, hits, new_hits, regressed,
    version, opened_at, updated_at, due_at, closed_at, daily, daily_to
)
SELECT n, 'AD-' || n,
    (n %% 90) || ' accounts on x and telegram: shared device, word' || (n * 7919) %% 5000,
    '[]',
    CASE WHEN n %% 3 = 0 THEN 'closed' WHEN n %% 50 = 1 THEN 'escalated'
        WHEN n %% 50 = 2 THEN 'snoozed' ELSE 'open' END,
    (SELECT id FROM cases_queue ORDER BY (slug = 'inbox') DESC, position
        OFFSET greatest(0, n %% 10 - 5) LIMIT 1),
    n %% 5, (n * 31 %% 100) / 100.0, (n * 7919 %% 10007) / 100.07, '{"p": 0.9}',
    ARRAY[(ARRAY['x', 'telegram', 'email', 'mastodon'])[1 + n %% 4]], '{}', ARRAY['acme'],
    ARRAY['en'], ARRAY['5 accounts share device d-1', 'near-duplicate text 0.93'],
    3 + n %% 90, 10 + n %% 500, n %% 5, n %% 17 = 0, 1, at, at,
    at + interval '1 hour' * CASE WHEN n %% 10 = 0 THEN 1 ELSE 24 * 400 END,
    CASE WHEN n %% 3 = 0 THEN at + interval '1 hour' END,
    ARRAY[0, n %% 7, 3, 0, n %% 11, 5, 8, 0, 0, 2, n %% 3, 4, 1, n %% 5],
    floor(extract(epoch FROM now()) / 86400)
FROM (
    SELECT n, now() - interval '3 minutes' * n AS at FROM generate_series(1, %s) AS n
) AS numbered;
SELECT setval(pg_get_serial_sequence('cases_case', 'id'), %s);
"""


@dataclass(frozen=True, slots=True)
class Measured:
    """One page: milliseconds of each request, and queries of one."""

    name: str
    queries: int
    times_ms: list[float] = field(default_factory=list)

    def at(self, share: float) -> float:
        """The time that this share of the requests did not exceed."""
        ranked = sorted(self.times_ms)
        return ranked[min(len(ranked) - 1, int(share * len(ranked)))]


def main() -> None:
    """Print the table, and with --json one object on the last line; 1 where a page is too slow."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="10,000 cases, fewer rounds")
    parser.add_argument("--json", action="store_true", help="one JSON object on the last line")
    parser.add_argument("--cases", type=int, help="how many instead")
    options = parser.parse_args()
    count = options.cases or (QUICK_CASES if options.quick else CASES)
    with scratch_desk() as desk:
        os.environ.update(desk.env, DJANGO_SETTINGS_MODULE="abusedesk.settings")
        django.setup()
        print(f"| {count:,} cases | p50 ms | p95 ms | queries |\n|---|---|---|---|")
        found = []
        for one in _walk(count, QUICK_ROUNDS if options.quick else ROUNDS):
            line = f"| {one.name} | {one.at(0.5):,.0f} | {one.at(0.95):,.0f} | {one.queries} |"
            print(line, flush=True)
            found.append(one)
    over = faults(found)
    for fault in over:
        print(f"Over its budget: {fault}")
    if options.json:
        print(json.dumps({"bench": "cases", "metrics": metrics(found)}))
    sys.exit(bool(over))


def faults(found: Sequence[Measured]) -> list[str]:
    """Pages that take longer or ask more often than a page may."""
    slow = [f"{one.name}: {one.at(0.95):,.0f} ms, not {P95_MS}"
            for one in found if one.at(0.95) > P95_MS]  # fmt: skip
    many = [f"{one.name}: {one.queries} queries, not {QUERIES}"
            for one in found if one.queries > QUERIES and one.name != DECIDE]  # fmt: skip
    return slow + many


def metrics(found: Sequence[Measured]) -> dict[str, float]:
    """The 95th percentile of every page by a plain name, and the most queries of any."""
    times = {f"{'_'.join(re.findall('[a-z]+', one.name))}_p95_ms": round(one.at(0.95), 1)
             for one in found}  # fmt: skip
    return times | {"max_queries": max(one.queries for one in found if one.name != DECIDE)}


def fill(count: int) -> None:
    """So many cases in five queues, and what the planner must know of them."""
    from django.db import connection  # noqa: PLC0415 -- the settings name the scratch desk only now

    with connection.cursor() as cursor:
        cursor.execute(FILL, [count, count])
        cursor.execute("ANALYZE cases_case, cases_queue")


def measured(count: int, rounds: int) -> Iterator[Measured]:
    """Every page of a filled desk in turn, as a reviewer meets it."""
    from django.test import Client  # noqa: PLC0415 -- as above

    from abusedesk.core.models import User  # noqa: PLC0415 -- as above

    client = Client(SERVER_NAME="localhost")
    client.force_login(User.objects.create_user("rita", role="reviewer"))
    for name, path in _paths(count).items():
        yield _pages(client, name, path, rounds)
    yield _decisions(client, rounds)


def _walk(count: int, rounds: int) -> Iterator[Measured]:
    from django.db import connection  # noqa: PLC0415 -- as above

    fill(count)
    with connection.cursor() as cursor:
        cursor.execute("VACUUM cases_case")
    yield from measured(count, rounds)
    connection.close()


def _paths(count: int) -> dict[str, Callable[[int], tuple[str, str]]]:
    """Name -> round -> method and path."""
    newest_us = int(time.time() * 1_000_000)
    step_us = 180_000_000 * count // 1_000
    return {
        "queue page": lambda _: ("GET", "/queues/inbox/"),
        "queue page further on": lambda at: ("GET", f"/queues/inbox/?from=0~{95 - at}.5~5"),
        "queue, closed": lambda _: ("GET", "/queues/inbox/?state=closed"),
        "queue, filtered": lambda at: (
            "GET", f"/queues/inbox/?q=platform:x+sev:>=high+hits:>{at}"),
        "queue, sorted": lambda at: ("GET", f"/queues/inbox/?sort={SORTED[at % len(SORTED)]}"),
        "queue, sorted, further on": lambda at: (
            "GET", f"/queues/inbox/?sort=-hits&from={500 - at}~{count // 2}"),
        "case list": lambda _: ("GET", "/cases/"),
        "case list, sorted": lambda at: ("GET", f"/cases/?sort={SORTED[at % len(SORTED)]}"),
        "case list further on": lambda at: (
            "GET", f"/cases/?from={newest_us - (1 + at) * step_us}~{at}"),
        "case list, words": lambda at: ("GET", f"/cases/?q=word{at * 97 % 5000}"),
        "case page": lambda at: ("GET", f"/cases/AD-{1 + at * 37 % count}/"),
        "live counts": lambda _: ("GET", "/live/"),
        "next": lambda _: ("POST", "/queues/inbox/next/"),
    }  # fmt: skip


def _pages(
    client: Client, name: str, path: Callable[[int], tuple[str, str]], rounds: int
) -> Measured:
    from django.db import connection  # noqa: PLC0415 -- as above

    for warm in range(2):
        _asked(client, *path(warm))
    asked: list[str] = []

    def note(execute: Callable[..., Any], sql: str, *rest: Any) -> Any:
        asked.append(sql)
        return execute(sql, *rest)

    with connection.execute_wrapper(note):
        _asked(client, *path(2))
    times = []
    for at in range(rounds):
        began = time.perf_counter()
        _asked(client, *path(3 + at))
        times.append((time.perf_counter() - began) * 1_000)
    return Measured(name, len(asked), times)


def _decisions(client: Client, rounds: int) -> Measured:
    """A verdict and the page of the case that comes next, as the server makes them."""
    from django.db import connection  # noqa: PLC0415 -- as above

    page = _next_case(client)
    times, asked = [], list[str]()

    def note(execute: Callable[..., Any], sql: str, *rest: Any) -> Any:
        asked.append(sql)
        return execute(sql, *rest)

    for at in range(rounds + 2):
        asked.clear()
        began = time.perf_counter()
        with connection.execute_wrapper(note):
            answer = client.post(*_verdict(page))
            assert answer.status_code == 303, answer.status_code
            page = client.get(answer["Location"]).content.decode()
        if at >= 2:
            times.append((time.perf_counter() - began) * 1_000)
    return Measured(DECIDE, len(asked), times)


def _next_case(client: Client) -> str:
    page = client.get(client.post("/queues/inbox/next/")["Location"]).content.decode()
    return str(page)


def _verdict(page: str) -> tuple[str, dict[str, str]]:
    """Address and fields of the form on a case page that the reviewer has claimed."""
    form = re.search(r'<form id="decide".*?</form>', page, re.DOTALL)
    assert form, "there is no case to decide"
    told = dict(re.findall(r'<input type="hidden" name="(\w+)" value="([^"]*)"', form[0]))
    address = re.search(r'action="([^"]+)"', form[0])
    assert address
    said = {"outcome": "no_abuse", "reason": "Nothing that hangs together.", "then": "next"}
    return address[1], told | said


def _asked(client: Client, method: str, path: str) -> Any:
    answer = client.generic(method, path)
    assert answer.status_code in {200, 303}, (path, answer.status_code)
    return answer


if __name__ == "__main__":
    main()
