"""One database server a run, one database an xdist worker, a real Celery worker on demand."""

from __future__ import annotations

import gc
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path

import django
import pytest
from django.conf import settings
from django.contrib.auth.hashers import PBKDF2PasswordHasher
from django.core.management.commands import flush
from django.db.backends.postgresql.operations import DatabaseOperations
from hypothesis import settings as trials

from abusedesk.celery import ABANDONED, app
from abusedesk.core import embedded, pulse
from abusedesk.core.embedded import Server
from abusedesk.core.pgpaths import Paths
from abusedesk.core.spawn import spawn
from detectors.partitions import forget_partitions
from tests.databases import blank_database, emptying

ROOT = Path(__file__).resolve().parent.parent
HOME = "DESK_TEST_HOME"  # the controller tells its xdist workers where the server lies
UNSAFE_AND_FAST = {
    "fsync": "off",
    "synchronous_commit": "off",
    "full_page_writes": "off",
    "max_connections": "200",
}
WORKER_READY_S = 30

# Speed is a matter of benches; how long an example takes says how busy the machine is. A commit
# that was green stays green: examples are drawn anew when a test changes, not with every run.
trials.register_profile("desk", deadline=None, derandomize=True)
# Looks for more, at random: make laws
trials.register_profile("long", deadline=None, max_examples=1_500)
trials.load_profile("desk")


def _home() -> Path:
    """The run's directory in /tmp: short enough for a socket, and reachable for root's stand-in."""
    if HOME not in os.environ:
        os.environ[HOME] = tempfile.mkdtemp(prefix="desk-test-", dir="/tmp")
        Path(os.environ[HOME]).chmod(0o755)
    return Path(os.environ[HOME])


def _set_up_django() -> Paths:
    """Tell Django where the server will be, before any test module imports a model."""
    if settings.configured:
        pytest.exit(
            "Unset DJANGO_SETTINGS_MODULE: the tests choose their own database.", returncode=2
        )
    name = f"desk_{os.environ.get('PYTEST_XDIST_WORKER', 'main')}"
    paths = Paths.for_var(_home())
    for variable in [name for name in os.environ if name.startswith("ABUSEDESK_")]:
        del os.environ[variable]
    os.environ |= {
        "ABUSEDESK_VAR": str(_home()),
        "ABUSEDESK_LOG_LEVEL": "WARNING",
        "DATABASE_URL": paths.dsn_of(name),
    }
    django.setup()
    PBKDF2PasswordHasher.iterations = 1  # a million are slow on purpose, for people who guess
    del os.environ["DJANGO_SETTINGS_MODULE"]  # set by abusedesk.celery; xdist's workers inherit it
    return paths


PATHS = _set_up_django()
SERVER = pytest.StashKey[Server]()


def pytest_configure(config: pytest.Config) -> None:
    """Start the server once, in the controller, before xdist starts its workers."""
    if _is_controller(config) and not config.option.collectonly:
        config.stash[SERVER] = embedded.start(PATHS, settings=UNSAFE_AND_FAST)
        embedded.ensure_database(
            PATHS, "template1"
        )  # every test database is born with the extensions


def pytest_ignore_collect(collection_path: Path, config: pytest.Config) -> bool | None:
    """`-m ui` and its like read no file that does not name the mark: reading all takes longest."""
    mark: str = config.option.markexpr
    if not mark.isidentifier() or not collection_path.match("test_*.py"):
        return None
    return f"mark.{mark}" not in collection_path.read_text(encoding="utf-8") or None


def pytest_collection_finish() -> None:
    """Modules and thousands of tests stay to the end; to look at them for garbage costs a tenth."""
    gc.freeze()


def pytest_unconfigure(config: pytest.Config) -> None:
    """Leave nothing behind."""
    if _is_controller(config):
        if server := config.stash.get(SERVER, None):
            server.stop()
        shutil.rmtree(os.environ.pop(HOME), ignore_errors=True)


@pytest.fixture(scope="session")
def blank() -> str:
    """A database to be copied."""
    return blank_database(PATHS)


@pytest.fixture(scope="session")
def django_db_modify_db_settings(blank: str) -> None:
    """Test in the database that DATABASE_URL names, so that Celery's queues are in the same one."""
    database = settings.DATABASES["default"]
    database["TEST"] = {
        **database.get("TEST", {}),
        "NAME": database["NAME"],
        "TEMPLATE": blank,
        "MIGRATE": False,
    }


@pytest.fixture(scope="session")
def django_db_setup(django_db_setup: None) -> Iterator[None]:
    """Empty tables after transactional tests the quick way."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(DatabaseOperations, "sql_flush", emptying)
        patch.setattr(flush, "emit_post_migrate_signal", lambda *_, **__: None)
        yield


@pytest.fixture(autouse=True)
def partitions_are_asked_for() -> None:
    """The test before this one was rolled back and took its partitions with it."""
    forget_partitions()


@pytest.fixture
def start_worker(transactional_db: None) -> Iterator[Callable[..., subprocess.Popen[bytes]]]:
    """A function that starts a real Celery worker on this database and returns when it answers.

    Its processes end with the test. Messages that earlier tests left are thrown away first.
    """
    app.control.purge()
    started: list[subprocess.Popen[bytes]] = []

    def start(concurrency: int = 1) -> subprocess.Popen[bytes]:
        argv = [sys.executable, "-m", "celery", "-A", "abusedesk", "worker", "-c", str(concurrency)]
        process = spawn(
            [*argv, "--loglevel", "WARNING", "--without-gossip", "--without-mingle"],
            death_signal=ABANDONED,
            cwd=ROOT,
        )
        started.append(process)
        deadline = time.monotonic() + WORKER_READY_S
        while not pulse.worker_answers(timeout_s=2):
            assert process.poll() is None, "the worker ended"
            assert time.monotonic() < deadline, "the worker does not answer"
        return process

    yield start
    for process in started:
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()


def _is_controller(config: pytest.Config) -> bool:
    return not hasattr(config, "workerinput")
