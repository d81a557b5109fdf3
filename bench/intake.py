"""Workers killed at random while findings become cases: what is lost, what is there twice."""

from __future__ import annotations

import argparse
import json
import os
import signal
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from random import Random

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

import psycopg

from bench.worlds.scratch import Desk, scratch_desk

FINDINGS, WORKERS = 50_000, 8
QUICK = 1_000
EACH = 50
"""Findings of one group of four accounts."""
LOTS = 5
AT_ONCE = 25
"""Groups that a step of engine time tells of: as many as the fusion scores together."""
TIED = 10
"""Of so many groups, two turn out to be one at the end."""
PAUSE_S = (3.0, 8.0)
LIMIT_S = 3_600.0
WORK = "from bench.worlds import findings; findings.take()"

LEFT = {
    "log": """
        SELECT count(*) FROM detectors_findingrevision r WHERE floor(r.at_s) >
            coalesce((SELECT max(signal_id) FROM detectors_cursor WHERE name LIKE 'fusion-%'), 0)
    """,
    "intake": "SELECT count(*) FROM detectors_campaign WHERE needs_intake",
}
FOUND = {
    "findings": "SELECT count(*) FROM detectors_finding",
    "cases_opened": "SELECT count(*) FROM cases_case",
    "cases_open": "SELECT count(*) FROM cases_case WHERE state = 'open'",
    "duplicate_open_cases": """
        SELECT count(*) FROM (
            SELECT m.account FROM detectors_campaignmember m
            JOIN detectors_campaign k ON k.id = m.campaign_id AND k.state <> 'merged'
            JOIN cases_casecampaign l ON l.campaign_id = k.id
            JOIN cases_case c ON c.id = l.case_id AND c.state = 'open'
            GROUP BY m.account HAVING count(DISTINCT c.id) > 1) AS twice
    """,
    "lost_findings": """
        SELECT count(*) FROM detectors_finding f WHERE NOT EXISTS (
            SELECT 1 FROM detectors_campaignfinding e
            JOIN detectors_campaign k ON k.id = e.campaign_id AND k.state <> 'merged'
            JOIN cases_casecampaign l ON l.campaign_id = k.id
            JOIN cases_case c ON c.id = l.case_id AND c.state = 'open'
            WHERE e.finding_id = f.id)
    """,
    "hits_missing": """
        SELECT (SELECT count(*) FROM detectors_finding)
            - (SELECT sum(hits) FROM cases_case WHERE state = 'open')
    """,
}


@dataclass(frozen=True, slots=True)
class Plan:
    """findings: how many, one signal each. kills: at least so many before the end."""

    findings: int
    workers: int
    kills: int

    @property
    def groups(self) -> int:
        return self.findings // EACH

    @property
    def cases(self) -> int:
        """Groups, less those that turn out to be one with another."""
        return self.groups - self.groups // TIED


def main() -> None:
    """Print the counts, and with --json one object on the last line; 1 where something is wrong."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--findings", type=int, default=FINDINGS)
    parser.add_argument("--workers", type=int, default=WORKERS)
    parser.add_argument("--quick", action="store_true", help=f"{QUICK:,} findings")
    parser.add_argument("--json", action="store_true", help="one JSON object on the last line")
    options = parser.parse_args()
    plan = Plan(QUICK if options.quick else options.findings, options.workers, kills=5)
    found = measure(plan)
    print("| what | count |")
    print("|---|---|")
    for name, count in found.items():
        print(f"| {name.replace('_', ' ')} | {count:,} |")
    if options.json:
        print(json.dumps({"bench": "intake", "metrics": found}))
    sys.exit(bool(faults(plan, found)))


def faults(plan: Plan, found: dict[str, int]) -> list[str]:
    """Counts that are not what they must be."""
    must = {
        "findings": plan.findings,
        "cases_open": plan.cases,
        "duplicate_open_cases": 0,
        "lost_findings": 0,
        "hits_missing": 0,
    }
    return [f"{name}: {found[name]}, not {count}" for name, count in must.items()
            if found[name] != count]  # fmt: skip


def measure(plan: Plan) -> dict[str, int]:
    """A desk of its own, workers that are killed and replaced until all is taken in."""
    with scratch_desk() as desk:
        desk.manage("shell", "-v", "0", "-c", _seed(plan))
        started = time.monotonic()
        kills = _disturb(desk, plan)
        seconds = round(time.monotonic() - started)
        with psycopg.connect(desk.dsn) as connection:
            counts = {name: _count(connection, query) for name, query in FOUND.items()}
    return {"workers": plan.workers, "kills": kills, "seconds": seconds, **counts}


def _disturb(desk: Desk, plan: Plan) -> int:
    """Kill one worker after the other at random; how many."""
    dice = Random(8)
    workers = [_start(desk) for _ in range(plan.workers)]
    kills, deadline = 0, time.monotonic() + LIMIT_S
    with psycopg.connect(desk.dsn, autocommit=True) as connection:
        while kills < plan.kills or any(_count(connection, query) for query in LEFT.values()):
            assert time.monotonic() < deadline, "the workers do not come to an end"
            time.sleep(dice.uniform(*PAUSE_S))
            place = dice.randrange(len(workers))
            os.killpg(workers[place].pid, signal.SIGKILL)
            workers[place].wait()
            workers[place] = _start(desk)
            kills += 1
    return kills


def _start(desk: Desk) -> subprocess.Popen[bytes]:
    return desk.spawn("manage", "shell", "-v", "0", "-c", WORK)


def _seed(plan: Plan) -> str:
    sizes = f"each={EACH}, lots={LOTS}, at_once={AT_ONCE}, tied={TIED}"
    return f"from bench.worlds import findings; findings.write({plan.findings}, {sizes})"


def _count(connection: psycopg.Connection, query: str) -> int:
    row = connection.execute(query.encode()).fetchone()
    return int(row[0] or 0) if row else 0


if __name__ == "__main__":
    main()
