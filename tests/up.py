"""A whole desk under `manage.py up`, as a person starts it."""

from __future__ import annotations

import os
import re
import signal
import socket
import subprocess
import sys
import threading
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
MANAGE = [sys.executable, str(ROOT / "manage.py")]
START_S = 180


class Desk:
    """One `manage.py up` in a var directory of its own, and what it said."""

    def __init__(self, home: Path, **variables: str) -> None:
        self.var = home / "var"
        self.port = free_port()
        kept = {k: v for k, v in os.environ.items() if k != "DATABASE_URL"}
        self.env = kept | {
            "ABUSEDESK_VAR": str(self.var),
            "ABUSEDESK_PORT": str(self.port),
            "ABUSEDESK_DEMO": "false",
            "ABUSEDESK_WORKER_CONCURRENCY": "1",
            "ABUSEDESK_LOG_LEVEL": "INFO",
            **variables,
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

    def manage(self, *words: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [*MANAGE, *words], env=self.env, capture_output=True, text=True, check=False
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

    def stop(self) -> int:
        """End it as Ctrl-C does. Returns its exit code."""
        self.process.send_signal(signal.SIGINT)
        return self.process.wait(60)

    def none_left(self, seconds: float = 10) -> bool:
        deadline = time.monotonic() + seconds
        while self.processes() and time.monotonic() < deadline:
            time.sleep(0.1)
        return not self.processes()


def free_port() -> int:
    """A TCP port of the loopback that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port
