"""`manage.py up` as a person meets it: it opens, survives, says what is wrong, leaves nothing."""

from __future__ import annotations

import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest

from abusedesk.core.pgpaths import Paths

ROOT = Path(__file__).resolve().parents[2]
MANAGE = [sys.executable, str(ROOT / "manage.py")]
START_S = 180

pytestmark = [
    pytest.mark.faults,
    pytest.mark.skipif(not Path("/proc/self").exists(), reason="looks for processes in /proc"),
]


class Desk:
    """One `manage.py up` in a var directory of its own, and what it said."""

    def __init__(self, home: Path) -> None:
        self.var = home / "var"
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port = probe.getsockname()[1]
        kept = {k: v for k, v in os.environ.items() if k != "DATABASE_URL"}
        self.env = kept | {
            "ABUSEDESK_VAR": str(self.var),
            "ABUSEDESK_PORT": str(self.port),
            "ABUSEDESK_DEMO": "false",
            "ABUSEDESK_WORKER_CONCURRENCY": "1",
            "ABUSEDESK_LOG_LEVEL": "INFO",
        }
        self.said = ""
        self.process = self._start()
        self.wait_for(r"The desk is open at")

    def _start(self) -> subprocess.Popen[str]:
        process = subprocess.Popen(
            [*MANAGE, "up"],
            env=self.env,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        threading.Thread(target=self._listen, args=[process], daemon=True).start()
        return process

    def _listen(self, process: subprocess.Popen[str]) -> None:
        assert process.stdout is not None
        with process.stdout as lines:
            for line in lines:
                self.said += line

    def wait_for(self, pattern: str, seconds: float = START_S) -> None:
        """Wait until the desk says what `pattern` finds."""
        deadline = time.monotonic() + seconds
        while not re.search(pattern, self.said):
            assert time.monotonic() < deadline, f"{pattern!r} was not said:\n{self.said}"
            time.sleep(0.1)

    def manage(self, command: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [*MANAGE, command], env=self.env, capture_output=True, text=True, check=False
        )

    def recovers(self, seconds: float = 60) -> bool:
        """Whether the doctor finds nothing wrong within `seconds`."""
        deadline = time.monotonic() + seconds
        while self.manage("doctor").returncode:
            if time.monotonic() > deadline:
                return False
        return True

    def processes(self) -> dict[int, str]:
        """Every process that was started with this desk's environment, by pid."""
        mark = f"ABUSEDESK_VAR={self.var}".encode()
        found = {}
        for folder in Path("/proc").glob("[0-9]*"):
            try:
                if mark in (folder / "environ").read_bytes():
                    found[int(folder.name)] = (folder / "cmdline").read_bytes().decode()
            except OSError:
                continue
        return found

    def none_left(self, seconds: float = 10) -> bool:
        deadline = time.monotonic() + seconds
        while self.processes() and time.monotonic() < deadline:
            time.sleep(0.1)
        return not self.processes()


@pytest.fixture
def desk() -> Iterator[Desk]:
    home = Path(tempfile.mkdtemp(prefix="desk-up-", dir="/tmp"))
    home.chmod(0o755)
    desk = Desk(home)
    yield desk
    desk.process.kill()
    desk.process.wait()
    desk.none_left()
    shutil.rmtree(home)


def test_a_desk_opens_survives_crashes_and_ends(desk: Desk) -> None:
    assert re.search(r"First admin: user name admin, password \S+ \(shown only now\)", desk.said)
    with urllib.request.urlopen(f"http://127.0.0.1:{desk.port}/login/") as page:
        assert page.status == 200
    desk.wait_for(r"ready\.")
    second = desk.manage("up")
    assert second.returncode == 1
    assert "Set ABUSEDESK_PORT to a free port" in second.stderr

    worker = min(pid for pid, line in desk.processes().items() if "\0worker\0" in line)
    os.kill(worker, signal.SIGKILL)
    desk.wait_for(r"worker was killed by SIGKILL", seconds=20)
    postmaster = Paths.for_var(desk.var).data / "postmaster.pid"
    os.kill(int(postmaster.read_text().split("\n")[0]), signal.SIGKILL)
    desk.wait_for(r"postgres was started again", seconds=20)
    assert desk.recovers(), desk.manage("doctor").stdout

    desk.process.send_signal(signal.SIGINT)
    assert desk.process.wait(60) == 0
    assert desk.none_left()
    examined = desk.manage("doctor")
    assert examined.returncode == 1
    assert "The database cannot be reached" in examined.stdout


@pytest.mark.row(75)
@pytest.mark.row(76)
def test_one_command_opens_a_desk_of_postgres_web_and_workers_alone(desk: Desk) -> None:
    desk.wait_for(r"ready\.")
    known = re.compile(r"postgres|gunicorn|celery|manage\.py\0up")
    lines = list(desk.processes().values())
    assert [line for line in lines if line and not known.search(line)] == []
    for kind in ("gunicorn", "worker", "beat"):
        assert any(kind in line for line in lines), kind


def test_kill_9_of_the_supervisor_leaves_nothing_and_a_second_run_continues(desk: Desk) -> None:
    desk.wait_for(r"ready\.")
    desk.process.kill()
    desk.process.wait()
    assert desk.none_left()
    desk.said = ""
    desk.process = desk._start()
    desk.wait_for(r"The desk is open at", seconds=60)
    assert "First admin" not in desk.said
