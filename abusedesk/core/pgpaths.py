"""Where the embedded Postgres of one var directory lies."""

from __future__ import annotations

import hashlib
import os
import stat
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Self
from urllib.parse import quote

from abusedesk.core.spawn import Account

DATABASE: Final = "abusedesk"
SUPERUSER: Final = "postgres"
SOCKET_NAME: Final = ".s.PGSQL.5432"
SOCKET_PATH_MAX: Final = 107  # bytes that fit into sun_path on Linux
SHARED_ROOT: Final = Path("/var/lib/abusedesk")


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


def make_directory(path: Path) -> None:
    """Make `path` and its missing parents, passable for other accounts whatever the umask.

    Directories that exist stay as they are.
    """
    if not path.exists():
        make_directory(path.parent)
        with suppress(FileExistsError):
            path.mkdir()
            path.chmod(0o755)


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
