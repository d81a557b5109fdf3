"""A desk of its own for a bench: database, web server and workers that leave nothing behind."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

from abusedesk.core import embedded
from abusedesk.core.pgpaths import Paths

ROOT = Path(__file__).resolve().parents[2]
READY_S = 60
ADMIN = "from abusedesk.core.models import User\nUser.objects.create_user('admin', role='admin')"
WORKER_QUEUES = ("ingest,detect", "cases,share")


@dataclass
class Desk:
    """dsn: its database. url: where its web server answers, once `serve` was called.

    settings: variables of its processes, besides those that make it this desk.
    """

    dsn: str
    home: Path
    running: list[subprocess.Popen[bytes]] = field(default_factory=list)
    url: str = ""
    settings: dict[str, str] = field(default_factory=dict)

    @property
    def env(self) -> dict[str, str]:
        """Environment of its processes: the caller's, without what belongs to another desk."""
        kept = {name: value for name, value in os.environ.items() if "ABUSEDESK" not in name}
        kept.pop("DJANGO_SETTINGS_MODULE", None)
        own = {
            "DATABASE_URL": self.dsn,
            "ABUSEDESK_VAR": str(self.home),
            "ABUSEDESK_LOG_LEVEL": "ERROR",
            # A bench of one part lets the others fall behind.
            "ABUSEDESK_MAX_LAG_SIGNALS": "0",
            "ABUSEDESK_MAX_LAG_S": "0",
        }
        return kept | self.settings | own

    def manage(self, *words: str) -> str:
        """Run a command of the desk. Returns what it printed."""
        argv = [sys.executable, str(ROOT / "manage.py"), *words]
        return subprocess.run(
            argv, env=self.env, check=True, stdout=subprocess.PIPE, text=True
        ).stdout.strip()

    def spawn(self, *words: str) -> subprocess.Popen[bytes]:
        """Start a Python module that ends with the desk."""
        argv = [sys.executable, "-m", *words]
        process = subprocess.Popen(argv, env=self.env, cwd=ROOT, start_new_session=True)
        self.running.append(process)
        return process

    def serve(self, *, workers: int = 1, threads: int = 4) -> int:
        """Start the web server as `make run` does. Returns its port."""
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            port = int(probe.getsockname()[1])
        flags = ("--worker-class", "gthread", "--workers", str(workers), "--threads", str(threads))
        quiet = ("--no-control-socket", "--log-level", "warning", "--bind", f"127.0.0.1:{port}")
        self.spawn("gunicorn", *flags, *quiet, "abusedesk.wsgi")
        self.url = f"http://127.0.0.1:{port}"
        _await_port(port)
        return port

    def work(self) -> None:
        """Start beat and the two workers of `make run`."""
        self.spawn("celery", "--quiet", "-A", "abusedesk", "beat", "--pidfile=", "-l", "ERROR")
        for queues in WORKER_QUEUES:
            words = ("worker", "-Q", queues, "-n", f"{queues[:4]}@bench", "-c", "1", "-l", "ERROR")
            self.spawn("celery", "--quiet", "-A", "abusedesk", *words, "--without-mingle")

    def stop(self) -> None:
        """End what was started, the last first."""
        for process in reversed(self.running):
            process.terminate()
        for process in self.running:
            with suppress(subprocess.TimeoutExpired):
                process.wait(20)
            process.kill()
            process.wait()


@contextmanager
def scratch_desk() -> Iterator[Desk]:
    """A migrated desk with an admin, on an embedded Postgres with its ordinary settings."""
    home = Path(
        tempfile.mkdtemp(prefix="desk-bench-", dir="/tmp")
    )  # short enough for a socket path
    home.chmod(0o755)
    paths = Paths.for_var(home)
    server = embedded.start(paths)
    desk = Desk(paths.dsn, home)
    try:
        embedded.ensure_database(paths)
        desk.manage("migrate", "-v", "0")
        desk.manage("shell", "-v", "0", "-c", ADMIN)
        yield desk
    finally:
        desk.stop()
        server.stop()
        shutil.rmtree(home, ignore_errors=True)


def _await_port(port: int) -> None:
    deadline = time.monotonic() + READY_S
    while time.monotonic() < deadline:
        with suppress(OSError), socket.create_connection(("127.0.0.1", port), timeout=1):
            return
        time.sleep(0.1)
    message = f"nobody listens on port {port}"
    raise TimeoutError(message)
