"""`manage.py up` as a person meets it: it opens, survives, says what is wrong, leaves nothing."""

from __future__ import annotations

import os
import re
import shutil
import signal
import tempfile
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest

from abusedesk.core.pgpaths import Paths
from tests.up import Desk

pytestmark = [
    pytest.mark.faults,
    pytest.mark.skipif(not Path("/proc/self").exists(), reason="looks for processes in /proc"),
]


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

    assert desk.stop() == 0
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
