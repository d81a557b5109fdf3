"""The children of `make run`: started in order, restarted after a crash, stopped together."""

from __future__ import annotations

import os
import selectors
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from types import FrameType
from typing import IO, Final, Self

from abusedesk.core.spawn import Account, spawn

BACKOFF_S: Final = (0.5, 1, 2, 5, 10, 30)
STEADY_S: Final = 60  # a child that ran for so long starts its backoff anew
POLL_S: Final = 0.1
CHUNK: Final = 65536


class StopRequestedError(Exception):
    """A signal asked to end while something was starting."""


class ChildError(RuntimeError):
    """A child does not become ready; the text says which and what it wrote last."""


@dataclass(frozen=True)
class Child:
    """One program: what to run, how to know that it works, how to end it."""

    name: str
    argv: Sequence[str | Path]
    env: Mapping[str, str] | None = None
    ready: Callable[[], bool] | None = None
    ready_timeout_s: float = 120
    before: Callable[[], None] | None = None  # run before each start
    stop_signal: signal.Signals = signal.SIGTERM
    death_signal: signal.Signals = signal.SIGTERM  # what it gets when the supervisor is killed
    stop_timeout_s: float = 30
    account: Account | None = None
    cwd: Path | None = None
    stops_last: bool = False  # the others need it until they have ended


@dataclass
class _Running:
    """A child that was started, and how often it crashed since it last ran steadily."""

    child: Child
    process: subprocess.Popen[bytes]
    since: float
    crashes: int = 0
    restart_at: float | None = None
    stop_by: float = 0.0
    pending: bytes = field(default=b"", repr=False)
    last_line: str = ""


class Supervisor:
    """Use as a context: leaving it, for whatever reason, stops every child.

    SIGINT, SIGTERM and SIGHUP end `watch`, and make `start` and `run_once` leave the context.
    """

    def __init__(self, out: IO[str] | None = None) -> None:
        self._out = out or sys.stdout
        self._running: list[_Running] = []
        self._selector = selectors.DefaultSelector()
        self._stopping = False
        self._handlers: dict[int, object] = {}

    def __enter__(self) -> Self:
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            self._handlers[number] = signal.signal(number, self._on_signal)
        return self

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> bool:
        self.stop_all()
        for number, handler in self._handlers.items():
            signal.signal(number, handler)  # type: ignore[arg-type] # what signal.signal gave us
        self._selector.close()
        return kind is not None and issubclass(kind, StopRequestedError)

    def start(self, child: Child) -> None:
        """Start `child` and wait until it is ready. Raises ChildError when that fails."""
        running = self._launch(child)
        deadline = running.since + child.ready_timeout_s
        while child.ready and not child.ready():
            self._turn(besides=running)
            if running.process.poll() is not None or time.monotonic() > deadline:
                self._drain(running)
                msg = f"{child.name} does not start: {running.last_line or 'it wrote nothing'}"
                raise ChildError(msg)

    def run_once(self, child: Child) -> None:
        """Run `child` to its end. Raises ChildError when it fails."""
        running = self._launch(child)
        while running.process.poll() is None:
            self._turn(besides=running)
        self._stop(running)
        self._running.remove(running)
        if running.process.returncode:
            msg = f"{child.name} {_manner(running.process.returncode)}: {running.last_line}"
            raise ChildError(msg)

    def watch(self) -> None:
        """Relay output and restart what crashes, until a signal asks to end."""
        with suppress(StopRequestedError):
            while True:
                self._turn()

    def stop_all(self) -> None:
        """Stop the children together, and then those they need.

        A second signal does not cut this short.
        """
        for last in (False, True):
            several = [one for one in self._running if one.child.stops_last == last]
            for running in several:
                self._ask_to_stop(running)
            for running in several:
                self._stop(running)
                self._running.remove(running)

    def say(self, line: str, name: str = "desk") -> None:
        """Write one line with the name of who says it."""
        with suppress(OSError):  # nobody reads any more; children must be stopped all the same
            self._out.write(f"{name:>8} | {line}\n")
            self._out.flush()

    def _on_signal(self, number: int, _: FrameType | None) -> None:
        self._stopping = True

    def _spawn(self, child: Child) -> subprocess.Popen[bytes]:
        if child.before:
            child.before()
        env = {**os.environ, "PYTHONUNBUFFERED": "1", **(child.env or {})}
        return spawn(
            child.argv,
            account=child.account,
            env=env,
            death_signal=child.death_signal,
            output=subprocess.PIPE,
            cwd=child.cwd,
        )

    def _launch(self, child: Child) -> _Running:
        running = _Running(child, self._spawn(child), time.monotonic())
        self._listen(running)
        self._running.append(running)
        return running

    def _turn(self, besides: _Running | None = None) -> None:
        """One round: pass on output, restart what crashed, but leave `besides` to the caller."""
        if self._stopping:
            raise StopRequestedError
        self._relay()
        for running in self._running:
            if running is not besides:
                self._mend(running)

    def _listen(self, running: _Running) -> None:
        if running.process.stdout:
            os.set_blocking(running.process.stdout.fileno(), False)
            self._selector.register(running.process.stdout, selectors.EVENT_READ, running)

    def _relay(self) -> None:
        """Pass on what children wrote, waiting a moment for it."""
        for key, _ in self._selector.select(POLL_S):
            self._read(key.data)

    def _read(self, running: _Running) -> bool:
        """Pass on one chunk; False when there is none."""
        pipe = running.process.stdout
        if pipe is None or pipe.closed:
            return False
        try:
            chunk = os.read(pipe.fileno(), CHUNK)
        except BlockingIOError:
            return False
        if not chunk:
            self._forget(running)
            return False
        *lines, running.pending = (running.pending + chunk).split(b"\n")
        for line in lines:
            running.last_line = line.decode(errors="replace").rstrip()
            self.say(running.last_line, running.child.name)
        return True

    def _drain(self, running: _Running) -> None:
        while self._read(running):
            pass
        if running.pending:
            running.last_line, running.pending = running.pending.decode(errors="replace"), b""
            self.say(running.last_line, running.child.name)

    def _mend(self, running: _Running) -> None:
        """Notice a crash and, after the pause, start the child again."""
        now = time.monotonic()
        if running.restart_at is None and running.process.poll() is not None:
            self._drain(running)
            self._forget(running)
            _kill_group(running.process)  # its own children would hold the port, or work on
            if now - running.since > STEADY_S:
                running.crashes = 0
            pause = BACKOFF_S[min(running.crashes, len(BACKOFF_S) - 1)]
            running.crashes += 1
            running.restart_at = now + pause
            how = _manner(running.process.returncode)
            self.say(f"{running.child.name} {how}; it starts again in {pause:g} s.")
        elif running.restart_at is not None and now >= running.restart_at:
            running.process, running.since = self._spawn(running.child), now
            running.restart_at = None
            self._listen(running)
            self.say(f"{running.child.name} was started again.")

    def _ask_to_stop(self, running: _Running) -> None:
        running.stop_by = time.monotonic() + running.child.stop_timeout_s
        if running.process.poll() is None:
            running.process.send_signal(running.child.stop_signal)

    def _stop(self, running: _Running) -> None:
        """Wait for the end of a child that was asked to stop; kill it when that takes too long."""
        process, child = running.process, running.child
        while process.poll() is None and time.monotonic() < running.stop_by:
            self._relay()
        if process.poll() is None:
            self.say(f"{child.name} does not end and is killed.")
        _kill_group(process)
        process.wait()
        self._drain(running)
        self._forget(running)

    def _forget(self, running: _Running) -> None:
        """Close the pipe of a child that ended; a grandchild may still hold its other end."""
        pipe = running.process.stdout
        if pipe and not pipe.closed:
            self._selector.unregister(pipe)
            pipe.close()


def _kill_group(process: subprocess.Popen[bytes]) -> None:
    """Kill what is left of a child's process group: itself, and children it did not clean up."""
    try:
        os.killpg(process.pid, signal.SIGKILL)
    except (ProcessLookupError, PermissionError):
        return


def _manner(returncode: int) -> str:
    if returncode >= 0:
        return f"ended with exit code {returncode}"
    return f"was killed by {signal.Signals(-returncode).name}"
