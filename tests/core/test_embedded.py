"""The embedded Postgres survives what happens to it, as root and as anybody else."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path

import psycopg
import pytest

from abusedesk.core import embedded, pgbinaries, pgpaths
from abusedesk.core.pgdata import EmbeddedError
from abusedesk.core.pgpaths import Paths, make_directory
from abusedesk.core.spawn import Account

SMALL = {"shared_buffers": "16MB", "max_connections": "20"}
as_root = pytest.mark.skipif(os.geteuid() != 0, reason="only root must step aside")


@pytest.fixture
def var() -> Iterator[Path]:
    """A var directory that root's stand-in can reach, removed afterwards."""
    home = Path(tempfile.mkdtemp(prefix="desk-embedded-", dir="/tmp"))
    home.chmod(0o755)
    yield home / "var"
    shutil.rmtree(home)


@pytest.fixture
def private_var(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, var: Path) -> Path:
    """A var directory in a home closed to others; the place for root's data is moved into `var`."""
    monkeypatch.setattr(pgpaths, "SHARED_ROOT", var)
    tmp_path.chmod(0o700)
    return tmp_path / "var"


def _server_facts(paths: Paths) -> tuple[str, str]:
    with psycopg.connect(paths.dsn) as connection:
        row = connection.execute(
            "SELECT current_setting('server_encoding'), current_setting('listen_addresses')"
        ).fetchone()
    assert row is not None
    return row[0], row[1]


def _note(paths: Paths, text: str) -> list[str]:
    with psycopg.connect(paths.dsn) as connection:
        connection.execute("CREATE TABLE IF NOT EXISTS note (text text)")
        connection.execute("INSERT INTO note VALUES (%s)", [text])
        return [text for (text,) in connection.execute("SELECT text FROM note")]


def test_it_starts_with_database_and_extensions(var: Path) -> None:
    paths = Paths.for_var(var)
    server = embedded.start(paths, settings=SMALL)
    try:
        assert _server_facts(paths) == ("UTF8", "")
        with psycopg.connect(paths.dsn) as connection:
            found = {name for (name,) in connection.execute("SELECT extname FROM pg_extension")}
        assert found >= set(embedded.EXTENSIONS)
    finally:
        server.stop()
    assert server.process.returncode == 0
    assert not embedded.ready(paths)


def test_it_continues_on_the_same_data(var: Path) -> None:
    paths = Paths.for_var(var)
    for run in (["one"], ["one", "two"]):
        server = embedded.start(paths, settings=SMALL)
        try:
            assert _note(paths, run[-1]) == run
        finally:
            server.stop()


def test_it_starts_again_after_kill_9_without_a_loss(var: Path) -> None:
    paths = Paths.for_var(var)
    server = embedded.start(paths, settings=SMALL)
    _note(paths, "before")
    server.process.kill()
    server.process.wait()
    server.lock.close()
    assert (paths.data / "postmaster.pid").exists()
    server = embedded.start(paths, settings=SMALL)
    try:
        assert _note(paths, "after") == ["before", "after"]
    finally:
        server.stop()


def test_a_pid_file_with_the_number_of_another_program_is_no_obstacle(var: Path) -> None:
    paths = Paths.for_var(var)
    embedded.start(paths, settings=SMALL).stop()
    (paths.data / "postmaster.pid").write_text(f"{os.getpid()}\n{paths.data}\n")
    server = embedded.start(paths, settings=SMALL)
    server.stop()


def test_an_orphaned_server_is_ended_first(var: Path) -> None:
    paths = Paths.for_var(var)
    orphan = embedded.start(paths, settings=SMALL)
    orphan.lock.close()
    server = embedded.start(paths, settings=SMALL)
    try:
        assert orphan.process.wait(5) == 0
        assert embedded.ready(paths)
    finally:
        server.stop()


def test_a_second_start_says_who_is_in_the_way(var: Path) -> None:
    paths = Paths.for_var(var)
    server = embedded.start(paths, settings=SMALL)
    try:
        with pytest.raises(EmbeddedError, match=r"another `make run` is up"):
            embedded.start(paths)
    finally:
        server.stop()


def test_data_of_another_major_version_gets_a_clear_message(var: Path) -> None:
    paths = Paths.for_var(var)
    embedded.start(paths, settings=SMALL).stop()
    (paths.data / "PG_VERSION").write_text("14\n")
    with pytest.raises(EmbeddedError, match=r"written by Postgres 14.* pg_upgrade.* DATABASE_URL"):
        embedded.start(paths)


def test_a_directory_that_is_no_database_is_not_touched(var: Path) -> None:
    paths = Paths.for_var(var)
    make_directory(paths.data)
    (paths.data / "letter").write_text("dear")
    with pytest.raises(EmbeddedError, match=r"is not a Postgres data directory"):
        embedded.start(paths)
    assert (paths.data / "letter").read_text() == "dear"


def test_a_start_that_fails_says_what_postgres_said(var: Path) -> None:
    paths = Paths.for_var(var)
    with pytest.raises(EmbeddedError, match=r"does not start:(.|\n)*shared_buffers"):
        embedded.start(paths, settings={"shared_buffers": "lots"})


def test_a_deep_var_gets_a_short_socket_path(var: Path) -> None:
    paths = Paths.for_var(var / ("long" * 20) / ("longer" * 8))
    assert len(bytes(paths.socket_dir / pgpaths.SOCKET_NAME)) <= pgpaths.SOCKET_PATH_MAX
    server = embedded.start(paths, settings=SMALL)
    try:
        assert embedded.ready(paths)
    finally:
        server.stop()
        shutil.rmtree(paths.socket_dir)


def test_a_socket_directory_that_somebody_else_made_is_refused(var: Path) -> None:
    paths = Paths.for_var(var)
    make_directory(paths.root)
    (paths.root / "elsewhere").mkdir()
    paths.socket_dir.symlink_to(paths.root / "elsewhere")
    with pytest.raises(EmbeddedError, match=r"belongs to another user"):
        embedded.start(paths)


def test_paths_follow_from_var_alone_and_change_nothing(var: Path) -> None:
    assert Paths.for_var(var) == Paths.for_var(var)
    assert Paths.for_var(var) != Paths.for_var(var / "other")
    assert not var.exists()


@as_root
def test_root_steps_aside_for_nobody(var: Path) -> None:
    paths = Paths.for_var(var)
    server = embedded.start(paths, settings=SMALL)
    try:
        nobody = Account.unprivileged()
        assert nobody is not None
        status = Path(f"/proc/{server.process.pid}/status").read_text()
        uids = next(line for line in status.splitlines() if line.startswith("Uid:"))
        assert uids.split()[1:] == [str(nobody.uid)] * 4
        assert paths.data.stat().st_uid == nobody.uid
        assert paths.data.stat().st_mode & 0o077 == 0
    finally:
        server.stop()


@as_root
def test_a_closed_home_stays_closed_and_the_data_goes_elsewhere(private_var: Path) -> None:
    paths = Paths.for_var(private_var)
    assert paths.root.parent == pgpaths.SHARED_ROOT
    modes = {path: path.stat().st_mode for path in (private_var.parent, *private_var.parents)}
    server = embedded.start(paths, settings=SMALL)
    try:
        assert embedded.ready(paths)
    finally:
        server.stop()
    assert modes == {path: path.stat().st_mode for path in modes}
    assert not private_var.exists()


@as_root
def test_binaries_that_nobody_cannot_reach_are_copied(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, var: Path
) -> None:
    real = find_spec(pgbinaries.PACKAGE)
    assert real is not None
    assert real.origin is not None
    package = Path(real.origin).parent
    hidden = tmp_path / "site-packages"
    shutil.copytree(package, hidden / package.name, symlinks=True)
    shutil.copytree(package.with_name(f"{package.name}.libs"), hidden / f"{package.name}.libs")
    tmp_path.chmod(0o700)
    real.origin = str(hidden / package.name / "__init__.py")
    monkeypatch.setattr("abusedesk.core.pgbinaries.find_spec", lambda _: real)
    account = Account.unprivileged()
    make_directory(var)
    found = pgbinaries.find(account, copy_to=var)
    assert found is not None
    assert [found.directory.parents[2]] == list(var.iterdir())
    assert pgbinaries.find(account, copy_to=var) == found


def test_without_the_wheel_the_newest_postgres_of_the_system_is_taken(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    versions = {tmp_path / "a": 15, tmp_path / "b": 17, tmp_path / "c": 13}
    for directory, version in versions.items():
        directory.mkdir()
        program = directory / "postgres"
        program.write_text(f"#!/bin/sh\necho 'postgres (PostgreSQL) {version}.2'\n")
        program.chmod(0o755)
    monkeypatch.setattr("abusedesk.core.pgbinaries.find_spec", lambda _: None)
    monkeypatch.setattr(pgbinaries, "_system_directories", lambda: iter(versions))
    assert pgbinaries.find(None, copy_to=tmp_path) == pgbinaries.Binaries(tmp_path / "b", 17)
    del versions[tmp_path / "a"], versions[tmp_path / "b"]
    assert pgbinaries.find(None, copy_to=tmp_path) is None


def test_without_any_postgres_the_message_says_what_to_do(
    monkeypatch: pytest.MonkeyPatch, var: Path
) -> None:
    monkeypatch.setattr(pgbinaries, "find", lambda *_, **__: None)
    with pytest.raises(EmbeddedError, match=r"No Postgres was found.*DATABASE_URL"):
        embedded.start(Paths.for_var(var))


def test_stop_does_not_wait_for_clients(var: Path) -> None:
    paths = Paths.for_var(var)
    server = embedded.start(paths, settings=SMALL)
    with psycopg.connect(paths.dsn) as connection:
        server.stop()
        with pytest.raises(psycopg.OperationalError):
            connection.execute("SELECT 1")
    assert server.process.returncode == 0


@pytest.mark.skipif(not Path("/proc/self").exists(), reason="only Linux ends children with parents")
def test_kill_9_of_the_parent_ends_the_server(var: Path) -> None:
    program = (
        "import sys, time; from pathlib import Path; from abusedesk.core import embedded\n"
        "server = embedded.start(embedded.Paths.for_var(Path(sys.argv[1])))\n"
        "print(server.process.pid, flush=True); time.sleep(60)"
    )
    parent = subprocess.Popen(
        [sys.executable, "-c", program, str(var)], stdout=subprocess.PIPE, text=True
    )
    assert parent.stdout is not None
    pid = int(parent.stdout.readline())
    os.kill(parent.pid, signal.SIGKILL)
    parent.wait()
    parent.stdout.close()
    pid_file = Paths.for_var(var).data / "postmaster.pid"
    for _ in range(100):
        if not pid_file.exists():
            break
        time.sleep(0.1)
    assert not pid_file.exists(), f"postgres {pid} is still there"
