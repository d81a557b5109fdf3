"""`kill -9` of the importer, the worker and Postgres during an import changes nothing."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import msgspec
import psycopg
import pytest

from abusedesk.core import embedded
from detectors import demo

pytestmark = [pytest.mark.faults, pytest.mark.worker]
ROOT = Path(__file__).resolve().parents[2]
SETTLE_S = 240
KILLS = ("import", "worker", "postgres", "worker", "postgres", "import", "postgres")
PAUSE_S = 1.0
USAGE = 2
MAX_FAILURES = 20
DATA = Path(os.environ.get("ABUSEDESK_DATA_DIR", ROOT.parent / "shared" / "data"))

FINDINGS = """
SELECT f.detector, f.anchor_type, f.anchor_value, f.revision, f.status, f.subjects, f.sentence,
       (SELECT array_agg(s.external_id ORDER BY s.external_id) FROM detectors_signal s
        WHERE s.id = ANY (f.signal_ids))
FROM detectors_finding f ORDER BY 1, 2, 3
"""
LOG = """
SELECT f.detector, f.anchor_value, r.revision, r.status, r.at_s
FROM detectors_findingrevision r JOIN detectors_finding f ON f.id = r.finding_id
ORDER BY 1, 2, 3, 4, 5
"""
# Campaigns that went into others keep their members; which of them had a case of its own before
# depends on when the intake looked. A case with no live campaign is listed, without accounts.
CASES = """
SELECT array_agg(m.account ORDER BY m.account) FILTER (WHERE k.state <> 'merged')
FROM cases_casecampaign cc JOIN detectors_campaign k ON k.id = cc.campaign_id
JOIN detectors_campaignmember m ON m.campaign_id = k.id
JOIN cases_case c ON c.id = cc.case_id
WHERE c.state <> 'merged'
GROUP BY c.id ORDER BY 1
"""
# Rows that each say how much one consumer still has to do.
BEHIND = {
    "imports": "SELECT count(*) FROM detectors_importrun WHERE state <> 'done'",
    "findings": "SELECT 1 - least(count(*), 1) FROM detectors_finding",
    "detectors": """
        SELECT count(*) FROM detectors_detectorconfig k WHERE k.current AND NOT EXISTS (
            SELECT 1 FROM detectors_shard h WHERE h.config_id = k.id AND h.signal_id =
                (SELECT max(s.id) FROM detectors_signal s WHERE s.stream_id = h.stream_id))
    """,
    "fusion": """
        SELECT count(*) FROM detectors_findingrevision r
        JOIN detectors_stream t ON t.id = r.stream_id
        LEFT JOIN detectors_cursor c ON c.name = 'fusion-' || t.id
        WHERE floor(r.at_s / greatest(t.tick_floor_s, 1)) > coalesce(c.signal_id, 0)
    """,
    "intake": "SELECT count(*) FROM detectors_campaign WHERE needs_intake",
}


@dataclass
class Desk:
    """One desk of its own: database, worker, importer, each to be killed and started again."""

    home: Path
    files: list[Path]
    running: dict[str, subprocess.Popen[bytes]] = field(default_factory=dict)
    failures: int = 0

    @property
    def paths(self) -> embedded.Paths:
        return embedded.Paths.for_var(self.home)

    @property
    def environment(self) -> dict[str, str]:
        kept = {key: value for key, value in os.environ.items() if not key.startswith("ABUSEDESK_")}
        kept.pop("DATABASE_URL", None)
        kept.pop("DJANGO_SETTINGS_MODULE", None)
        return kept | {
            "ABUSEDESK_VAR": str(self.home),
            "ABUSEDESK_SECRET_KEY": "k" * 40,
            "ABUSEDESK_TICK_S": "1",
            "ABUSEDESK_LOG_LEVEL": "WARNING",
        }

    def open(self) -> None:
        self.server = embedded.start(self.paths)
        self.manage("migrate", "-v", "0")
        self.start("worker")
        self.start("beat")

    def manage(self, *words: str) -> None:
        subprocess.run(
            [sys.executable, "manage.py", *words], cwd=ROOT, env=self.environment, check=True
        )

    def start(self, name: str) -> None:
        celery = [sys.executable, "-m", "celery", "-A", "abusedesk"]
        argv = {
            "worker": [*celery, "worker", "-c", "2", "-l", "ERROR", "--without-mingle"],
            "beat": [*celery, "beat", "-l", "ERROR", "-s", str(self.home / "beat")],
            "import": [
                sys.executable,
                "manage.py",
                "import_signals",
                "--no-progress",
                "--batch",
                "200",
            ]
            + [str(path) for path in self.files],
        }[name]
        self.running[name] = subprocess.Popen(
            argv, cwd=ROOT, env=self.environment, start_new_session=True
        )

    def kill(self, name: str) -> None:
        """End it without warning, then bring it back as the supervisor would."""
        if name == "postgres":
            os.kill(self.server.process.pid, signal.SIGKILL)
            self.server.stop()  # it is dead; this lets go of its place on disk
            self.server = embedded.start(self.paths)
            if self.running["import"].poll() not in {None, 0}:
                self.start("import")
            return
        process = self.running[name]
        if process.poll() is None:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()
        self.start(name)

    def settle(self) -> None:
        """Wait until every consumer has seen everything."""
        deadline = time.monotonic() + SETTLE_S
        while left := self.behind():
            assert self.running["import"].poll() != USAGE, "the import command refuses its words"
            if self.running["import"].poll() not in {None, 0}:
                self.failures += 1
                assert self.failures < MAX_FAILURES, "the import fails again and again"
                self.start("import")
            assert time.monotonic() < deadline, f"the desk does not come to rest: {left}"
            time.sleep(0.5)

    def behind(self) -> dict[str, int]:
        """Consumers that are not done, with what is left for them."""
        try:
            left = {name: int(self.ask(query)[0][0]) for name, query in BEHIND.items()}
        except psycopg.OperationalError:
            return {"postgres": 1}
        return {name: count for name, count in left.items() if count}

    def ask(self, query: str) -> list[tuple[Any, ...]]:
        with psycopg.connect(self.paths.dsn) as connection:
            return connection.execute(query).fetchall()

    def close(self) -> None:
        for process in self.running.values():
            if process.poll() is None:
                os.killpg(process.pid, signal.SIGKILL)
            process.wait()
        self.server.stop()


@pytest.fixture
def make_desk() -> Iterator[Callable[[list[Path]], Desk]]:
    """Each in /tmp itself: pytest closes its own folders to the user that Postgres runs as."""
    desks: list[Desk] = []

    def make(files: list[Path]) -> Desk:
        home = Path(tempfile.mkdtemp(prefix="desk-kill-", dir="/tmp"))
        home.chmod(0o755)
        desks.append(Desk(home, files))
        desks[-1].open()
        return desks[-1]

    yield make
    for desk in desks:
        desk.close()
        shutil.rmtree(desk.home)


@pytest.fixture
def world(tmp_path: Path) -> list[Path]:
    """The demo world as a file."""
    signals = demo.world(seed=3, end=datetime(2026, 2, 20, tzinfo=UTC), days=5)
    path = tmp_path / "world.ndjson"
    path.write_bytes(b"\n".join(msgspec.json.encode(signal) for signal in signals))
    return [path]


def _told(desk: Desk) -> dict[str, list[tuple[Any, ...]]]:
    return {name: desk.ask(query) for name, query in
            (("findings", FINDINGS), ("log", LOG), ("cases", CASES))}  # fmt: skip


def _undisturbed(desk: Desk) -> dict[str, list[tuple[Any, ...]]]:
    desk.start("import")
    desk.settle()
    return _told(desk)


def _disturbed(desk: Desk, pause_s: float) -> dict[str, list[tuple[Any, ...]]]:
    desk.start("import")
    for name in KILLS:
        time.sleep(pause_s)
        desk.kill(name)
    desk.settle()
    return _told(desk)


def test_kills_during_an_import_change_neither_findings_nor_cases(
    make_desk: Callable[[list[Path]], Desk], world: list[Path]
) -> None:
    expected = _undisturbed(make_desk(world))
    assert len(expected["findings"]) > 100
    assert len(expected["cases"]) >= 5
    found = _disturbed(make_desk(world), PAUSE_S)
    assert found["findings"] == expected["findings"]
    assert found["log"] == expected["log"]
    assert found["cases"] == expected["cases"]
