"""The data directory of the embedded Postgres: made, checked, and freed of what a crash left."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import time
from contextlib import suppress
from pathlib import Path
from typing import Final

from abusedesk.core.pgbinaries import Binaries
from abusedesk.core.pgpaths import SUPERUSER, Paths
from abusedesk.core.spawn import Account, spawn

ORPHAN_TIMEOUT_S: Final = 30


class EmbeddedError(RuntimeError):
    """The embedded Postgres cannot be used; the text says why and what to do."""


def private_directory(path: Path, account: Account | None) -> None:
    """Make `path` for `account` alone. Raises EmbeddedError when somebody else made it."""
    owner = account.uid if account else os.geteuid()
    if not path.exists():
        path.mkdir(mode=0o700)
        if account:
            os.chown(path, account.uid, account.gid)
    if path.is_symlink() or path.stat().st_uid != owner:
        msg = f"{path} belongs to another user; remove it or choose another ABUSEDESK_VAR."
        raise EmbeddedError(msg)


def init_data(paths: Paths, binaries: Binaries, account: Account | None) -> None:
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


def _initdb(paths: Paths, binaries: Binaries, account: Account | None) -> None:
    """Make the data directory aside and rename it: a crash leaves none half made."""
    nursery = paths.root / "nursery"
    shutil.rmtree(nursery, ignore_errors=True)
    private_directory(nursery, account)
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


def clear_stale_pid(paths: Paths) -> None:
    """Get rid of what a crash left: a pid file, whose number may be another program's by now, or
    an orphaned server.
    """
    pid_file = paths.data / "postmaster.pid"
    deadline = time.monotonic() + ORPHAN_TIMEOUT_S
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
