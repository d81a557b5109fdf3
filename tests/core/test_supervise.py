"""Children crash, end and outlive nobody."""

from __future__ import annotations

import io
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from abusedesk.core import supervise
from abusedesk.core.supervise import Child, ChildError, Supervisor

PYTHON = sys.executable
FOREVER = "import time\nwhile True: time.sleep(0.1)"
linux = pytest.mark.skipif(not Path("/proc/self").exists(), reason="Linux ends them with us")


def _child(name: str, code: str, **options: object) -> Child:
    return Child(name, (PYTHON, "-c", code), **options)  # type: ignore[arg-type] # any field


def _until(condition: Callable[[], bool], seconds: float = 10) -> bool:
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if condition():
            return True
        time.sleep(0.02)
    return False


def _alive(pid: int) -> bool:
    """Whether the process runs; one that only waits to be reaped does not."""
    try:
        status = Path(f"/proc/{pid}/stat").read_text()
    except OSError:
        return False
    return status.rsplit(")", 1)[1].split()[0] != "Z"


def _turned(desk: Supervisor) -> bool:
    desk._turn()
    return True


@pytest.fixture
def out() -> io.StringIO:
    return io.StringIO()


@pytest.fixture
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(supervise, "BACKOFF_S", (0.05, 0.1))
    monkeypatch.setattr(supervise, "POLL_S", 0.02)


@pytest.fixture
def program(tmp_path: Path) -> Iterator[Callable[..., subprocess.Popen[str]]]:
    """Starts a supervisor in a process of its own, with children that note their pids in files."""
    started: list[subprocess.Popen[str]] = []
    script = tmp_path / "program.py"
    script.write_text(
        "import sys\n"
        "from abusedesk.core.supervise import Child, Supervisor\n"
        "with Supervisor() as desk:\n"
        "    for name, code in zip(sys.argv[1::2], sys.argv[2::2]):\n"
        "        desk.start(Child(name, (sys.executable, '-c', code), stop_timeout_s=1))\n"
        "    desk.watch()\n"
    )

    def start(**children: str) -> subprocess.Popen[str]:
        argv = [part for item in children.items() for part in item]
        env = {**os.environ, "PYTHONPATH": str(Path.cwd())}
        process = subprocess.Popen(
            [PYTHON, str(script), *argv], stdout=subprocess.PIPE, text=True, env=env
        )
        started.append(process)
        return process

    yield start
    for process in started:
        process.kill()
        process.communicate()


def _noting(tmp_path: Path, name: str, then: str = FOREVER) -> str:
    """Code of a child that writes its pid into a file named after it."""
    return f"import os\nopen({str(tmp_path / name)!r}, 'w').write(str(os.getpid()))\n{then}"


def _pids(tmp_path: Path, *names: str) -> list[int]:
    def all_there() -> bool:
        return all((tmp_path / name).exists() and (tmp_path / name).read_text() for name in names)

    assert _until(all_there)
    return [int((tmp_path / name).read_text()) for name in names]


def test_output_bears_the_name_of_its_child(out: io.StringIO) -> None:
    with Supervisor(out) as desk:
        desk.run_once(_child("hello", "print('one'); print('two', end='')"))
    assert out.getvalue() == "   hello | one\n   hello | two\n"


def test_a_child_that_fails_once_is_an_error_with_its_last_words(out: io.StringIO) -> None:
    with (
        pytest.raises(ChildError, match=r"migrate ended with exit code 3: no such table"),
        Supervisor(out) as desk,
    ):
        desk.run_once(_child("migrate", "print('no such table'); raise SystemExit(3)"))


def test_start_waits_until_the_child_is_ready(out: io.StringIO, tmp_path: Path) -> None:
    mark = tmp_path / "ready"
    code = f"import time; time.sleep(0.3); open({str(mark)!r}, 'w').close(); time.sleep(60)"
    with Supervisor(out) as desk:
        desk.start(_child("web", code, ready=mark.exists))
        assert mark.exists()


def test_a_child_that_ends_before_it_is_ready_is_an_error(out: io.StringIO) -> None:
    with (
        pytest.raises(ChildError, match=r"web does not start: port taken"),
        Supervisor(out) as desk,
    ):
        desk.start(_child("web", "print('port taken')", ready=lambda: False))


def test_a_child_that_is_never_ready_is_an_error(out: io.StringIO) -> None:
    with (
        pytest.raises(ChildError, match=r"web does not start: it wrote nothing"),
        Supervisor(out) as desk,
    ):
        desk.start(_child("web", FOREVER, ready=lambda: False, ready_timeout_s=0.2))


@pytest.mark.usefixtures("quick")
def test_a_crash_is_reported_and_the_child_starts_again(out: io.StringIO, tmp_path: Path) -> None:
    count = tmp_path / "count"
    code = f"open({str(count)!r}, 'a').write('x'); print('boom'); raise SystemExit(7)"
    with Supervisor(out) as desk:
        desk.start(_child("worker", code))
        while not count.exists() or len(count.read_text()) < 4:
            desk._turn()
    said = out.getvalue()
    assert "worker ended with exit code 7; it starts again in 0.05 s." in said
    assert "worker ended with exit code 7; it starts again in 0.1 s." in said
    assert "worker was started again." in said
    assert said.count("worker | boom") >= 3


@pytest.mark.usefixtures("quick")
def test_a_killed_child_is_named_with_its_signal(out: io.StringIO, tmp_path: Path) -> None:
    with Supervisor(out) as desk:
        desk.start(_child("worker", _noting(tmp_path, "pid")))
        (first,) = _pids(tmp_path, "pid")
        os.kill(first, signal.SIGKILL)
        assert _until(lambda: _turned(desk) and _pids(tmp_path, "pid") != [first])
    assert "worker was killed by SIGKILL; it starts again" in out.getvalue()


@linux
@pytest.mark.usefixtures("quick")
def test_the_children_of_a_crashed_child_are_ended_before_it_starts_again(
    out: io.StringIO, tmp_path: Path
) -> None:
    grandchild = _noting(tmp_path, "grandchild")
    spawn = f"import subprocess, sys\nsubprocess.Popen([sys.executable, '-c', {grandchild!r}])\n"
    with Supervisor(out) as desk:
        desk.start(_child("worker", spawn + _noting(tmp_path, "child")))
        old, child = _pids(tmp_path, "grandchild", "child")
        os.kill(child, signal.SIGKILL)
        assert _until(lambda: _turned(desk) and not _alive(old))


def test_what_must_precede_each_start_is_done(out: io.StringIO) -> None:
    calls: list[str] = []
    with Supervisor(out) as desk:
        desk.run_once(_child("postgres", "pass", before=lambda: calls.append("cleared")))
    assert calls == ["cleared"]


@linux
def test_a_child_that_does_not_end_is_killed(out: io.StringIO, tmp_path: Path) -> None:
    code = "import signal\nsignal.signal(signal.SIGTERM, signal.SIG_IGN)\n"
    with Supervisor(out) as desk:
        desk.start(_child("deaf", code + _noting(tmp_path, "pid"), stop_timeout_s=0.3))
        (pid,) = _pids(tmp_path, "pid")
    assert "deaf does not end and is killed." in out.getvalue()
    assert not _alive(pid)


@linux
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_a_signal_leaves_no_process(
    program: Callable[..., subprocess.Popen[str]], tmp_path: Path, number: signal.Signals
) -> None:
    desk = program(one=_noting(tmp_path, "one"), two=_noting(tmp_path, "two"))
    pids = _pids(tmp_path, "one", "two")
    desk.send_signal(number)
    assert desk.wait(10) == 0
    assert not any(map(_alive, pids))


@linux
def test_kill_9_of_the_supervisor_leaves_no_process(
    program: Callable[..., subprocess.Popen[str]], tmp_path: Path
) -> None:
    desk = program(one=_noting(tmp_path, "one"), two=_noting(tmp_path, "two"))
    pids = _pids(tmp_path, "one", "two")
    desk.kill()
    desk.wait()
    assert _until(lambda: not any(map(_alive, pids)))


@linux
def test_a_reader_that_went_away_leaves_no_process(
    program: Callable[..., subprocess.Popen[str]], tmp_path: Path
) -> None:
    chatty = "import time\nwhile True: print('x' * 100, flush=True); time.sleep(0.01)"
    desk = program(one=_noting(tmp_path, "one", then=chatty))
    pids = _pids(tmp_path, "one")
    assert desk.stdout is not None
    desk.stdout.close()
    desk.send_signal(signal.SIGTERM)
    desk.wait(10)
    assert not any(map(_alive, pids))
    desk.stdout = None


def _leisurely(seconds: float) -> str:
    """Code of a child that takes its time to end and says when it does."""
    return (
        "import signal, sys, time\n"
        "def end(*_):\n"
        f"    time.sleep({seconds})\n"
        "    print(time.monotonic(), flush=True)\n"
        "    sys.exit()\n"
        "signal.signal(signal.SIGTERM, end)\n"
        f"print('up', flush=True)\n{FOREVER}"
    )


def _ended(out: io.StringIO, name: str) -> float:
    lines = [line.split(" | ") for line in out.getvalue().splitlines()]
    return next(float(said) for who, said in lines if who.strip() == name and said[0].isdigit())


def test_children_end_side_by_side_and_what_they_need_ends_after_them(out: io.StringIO) -> None:
    with Supervisor(out) as desk:
        desk.start(_child("base", _leisurely(0), stops_last=True))
        desk.start(_child("one", _leisurely(1)))
        desk.start(_child("two", _leisurely(1)))
        while out.getvalue().count("up") < 3:
            desk._turn()
    assert abs(_ended(out, "one") - _ended(out, "two")) < 0.5
    assert _ended(out, "base") >= max(_ended(out, "one"), _ended(out, "two"))
