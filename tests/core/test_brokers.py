"""Redis and RabbitMQ do what the queue in Postgres does: a whole desk on each opens its cases."""

from __future__ import annotations

import os
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import psycopg
import pytest

from abusedesk.core.pgpaths import Paths
from tests.up import Desk, free_port

pytestmark = pytest.mark.brokers
START_S = 60
CASES_S = 120


@pytest.fixture
def home() -> Iterator[Path]:
    made = Path(tempfile.mkdtemp(prefix="desk-broker-", dir="/tmp"))
    made.chmod(0o755)
    yield made
    shutil.rmtree(made)


def _redis(home: Path, port: int) -> tuple[list[str], dict[str, str]]:
    options = {"--port": str(port), "--bind": "127.0.0.1", "--save": "", "--dir": str(home)}
    return [part for option in options.items() for part in option], {}


def _rabbitmq(home: Path, port: int) -> tuple[list[str], dict[str, str]]:
    return [], {
        "HOME": str(home),
        "ERL_EPMD_ADDRESS": "127.0.0.1",
        "ERL_EPMD_PORT": str(free_port()),
        "RABBITMQ_NODENAME": f"desk{port}@localhost",
        "RABBITMQ_NODE_IP_ADDRESS": "127.0.0.1",
        "RABBITMQ_NODE_PORT": str(port),
        "RABBITMQ_DIST_PORT": str(free_port()),
        "RABBITMQ_MNESIA_BASE": str(home),
        "RABBITMQ_LOG_BASE": str(home),
    }


Launch = Callable[[Path, int], tuple[list[str], dict[str, str]]]
BROKERS: dict[str, tuple[tuple[str, ...], Launch, str]] = {
    "redis": (("redis-server",), _redis, "redis://127.0.0.1:{port}/0"),
    "amqp": (
        # the second is behind Debian's wrapper, which insists on a user of its own
        ("/usr/lib/rabbitmq/bin/rabbitmq-server", "rabbitmq-server"),
        _rabbitmq,
        "amqp://guest:guest@127.0.0.1:{port}//",
    ),
}


@contextmanager
def _broker(scheme: str, home: Path) -> Iterator[str]:
    """URL of a broker that runs on the loopback; the test is skipped where there is none."""
    programs, launch, url = BROKERS[scheme]
    program = next(filter(None, map(shutil.which, programs)), None)
    if program is None:
        pytest.skip(f"{programs[-1]} is not installed, so {scheme}:// was not tried")
    port = free_port()
    words, variables = launch(home, port)
    with (home / "broker.log").open("wb") as log:
        process = subprocess.Popen(
            [program, *words],
            env=os.environ | variables,
            stdout=log,
            stderr=log,
            start_new_session=True,
        )
        try:
            _await_port(process, port)
            yield url.format(port=port)
        finally:
            with suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
            process.wait()


def _await_port(process: subprocess.Popen[bytes], port: int) -> None:
    deadline = time.monotonic() + START_S
    while True:
        assert process.poll() is None, "the broker ended"
        assert time.monotonic() < deadline, "the broker does not listen"
        with suppress(OSError), socket.create_connection(("127.0.0.1", port), timeout=1):
            return
        time.sleep(0.2)


def _cases(desk: Desk) -> int:
    with psycopg.connect(Paths.for_var(desk.var).dsn) as connection:
        row = connection.execute("SELECT count(*) FROM cases_case").fetchone()
    return int(row[0]) if row else 0


@pytest.mark.parametrize("scheme", BROKERS)
def test_a_desk_on_another_broker_opens_the_cases_of_the_demo_world(
    scheme: str, home: Path
) -> None:
    with _broker(scheme, home) as url:
        desk = Desk(home, ABUSEDESK_BROKER_URL=url, ABUSEDESK_DEMO="true")
        try:
            desk.wait_for(r"signals stored")
            deadline = time.monotonic() + CASES_S
            while _cases(desk) < 5:
                assert time.monotonic() < deadline, f"no cases:\n{desk.said}"
                time.sleep(0.5)
            examined = desk.manage("doctor")
            assert f"The broker ({scheme}) answers." in examined.stdout
            assert examined.returncode == 0, examined.stdout
            assert "error" not in desk.said
            assert desk.stop() == 0
            assert desk.none_left()
        finally:
            desk.process.kill()
            desk.process.wait()
            desk.none_left()
