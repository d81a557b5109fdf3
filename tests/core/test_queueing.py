"""Wake-ups travel after commit through the real PGMQ to a real worker."""

from __future__ import annotations

import json
import os
import signal
import subprocess
from collections.abc import Callable
from typing import Any

import pytest
from django.db import connection, transaction
from kombu.exceptions import OperationalError
from pgmq.base import PGMQConfig
from psycopg.conninfo import conninfo_to_dict
from pytest_django import DjangoCaptureOnCommitCallbacks

from abusedesk import env
from abusedesk.celery import app
from abusedesk.core import broker, context, ids, pgmq_sql, pulse, queueing, tasks
from abusedesk.core.context import Context

StartWorker = Callable[..., subprocess.Popen[bytes]]
DSN = "postgresql:///desk?host=/run/pg&user=desk"


def _messages(queue: str) -> list[dict[str, Any]]:
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT message::text FROM pgmq.q_{queue} ORDER BY msg_id")
        return [json.loads(message) for (message,) in cursor.fetchall()]


@pytest.fixture
def sent(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Names of the tasks that were sent, without a broker."""
    names: list[str] = []
    monkeypatch.setattr(app, "send_task", lambda name, **_: names.append(name))
    return names


@pytest.mark.django_db
def test_wake_waits_for_the_commit(
    sent: list[str], django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks
) -> None:
    with django_capture_on_commit_callbacks(execute=True):
        queueing.wake("detectors.link", 1)
        assert sent == []
    assert sent == ["detectors.link"]


@pytest.mark.django_db(transaction=True)
def test_a_rollback_wakes_nobody(sent: list[str]) -> None:
    with transaction.atomic():
        queueing.wake("detectors.link", 1)
        transaction.set_rollback(True)
    assert sent == []


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("error", [OperationalError("away"), RuntimeError("odd")])
def test_a_broker_that_is_away_does_not_reach_the_caller(
    monkeypatch: pytest.MonkeyPatch, error: Exception
) -> None:
    def fail(*_: object, **__: object) -> None:
        raise error

    monkeypatch.setattr(app, "send_task", fail)
    with transaction.atomic():
        queueing.wake("detectors.link", 1)


@pytest.mark.django_db(transaction=True)
def test_a_message_lies_in_the_queue_of_its_prefix_with_actor_and_request() -> None:
    app.control.purge()
    with context.bound(Context(actor="7", request_id="abc")):
        queueing.wake("detectors.link_signals", 5)
        queueing.wake("detectors.advance", 6)
    (link,), (advance,) = _messages("ingest"), _messages("detect")
    assert (link["headers"]["task"], advance["headers"]["task"]) == (
        "detectors.link_signals",
        "detectors.advance",
    )
    assert Context.from_headers(link["headers"]) == Context(actor="7", request_id="abc")


@pytest.mark.parametrize(
    ("task_name", "queue"),
    [
        ("detectors.link", "ingest"),
        ("detectors.ingest_batch", "ingest"),
        ("detectors.advance", "detect"),
        ("detectors.backtest", "backtest"),
        ("cases.intake", "cases"),
        ("cases.share_now", "share"),
        ("core.tick", "cases"),
    ],
)
def test_the_prefix_of_a_task_decides_its_queue(task_name: str, queue: str) -> None:
    assert app.amqp.router.route({}, task_name)["queue"].name == queue


def test_a_task_runs_in_the_context_of_its_message() -> None:
    seen: list[Context] = []

    @app.task(name="tests.look", shared=False)
    def look() -> None:
        seen.append(context.current())

    look.apply(headers=Context("7", "abc").as_headers())
    look.apply()
    assert seen == [Context("7", "abc"), Context()]


@pytest.mark.worker
def test_a_worker_answers_and_its_tick_is_heard(start_worker: StartWorker) -> None:
    start_worker()
    queueing.send("core.tick")
    assert pulse.beat_ticks(10)


@pytest.mark.worker
def test_a_worker_whose_connection_was_cut_between_two_tasks_runs_the_next_one(
    start_worker: StartWorker,
) -> None:
    """As after a crash of Postgres: no task was under way that could have noticed."""
    start_worker()
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
            " WHERE datname = current_database() AND pid <> pg_backend_pid()"
        )
        assert cursor.fetchall()
    assert any(pulse.worker_answers(5) for _ in range(3))


@pytest.mark.worker
@pytest.mark.faults
def test_a_killed_worker_loses_no_wake_up(start_worker: StartWorker) -> None:
    first = start_worker()
    os.killpg(first.pid, signal.SIGKILL)
    first.wait()
    assert not pulse.worker_answers(1)
    start_worker()


@pytest.mark.django_db
def test_the_queue_is_installed_once() -> None:
    with connection.schema_editor() as schema_editor:
        pgmq_sql.install(schema_editor)
    with connection.cursor() as cursor:
        cursor.execute(pgmq_sql.PRESENT)
        assert cursor.fetchone() == (True,)


@pytest.mark.django_db
def test_the_tick_wakes_every_sweep(sent: list[str], settings: Any) -> None:
    settings.TICK_TASKS = ("detectors.sweep", "cases.sweep")
    tasks.tick()
    assert sent == ["detectors.sweep", "cases.sweep"]


def test_without_a_url_the_broker_is_the_database() -> None:
    chosen = broker.choose(url=None, dsn=DSN, visibility_timeout_s=60)
    assert chosen.is_pgmq
    assert _as_libpq_sees_it(chosen).items() >= {"host": "/run/pg", "dbname": "desk"}.items()


@pytest.mark.parametrize(
    "url",
    [
        "postgresql://u:p%20a%27s%5C%40s@db:5433/desk?sslmode=verify-full&sslrootcert=/a%20b.pem",
        "postgresql:///desk?host=/run/pg&user=x",
        "postgresql://db/desk",
    ],
)
def test_every_part_of_a_url_survives_the_queue_client(url: str) -> None:
    seen = _as_libpq_sees_it(broker.choose(url=None, dsn=url, visibility_timeout_s=60))
    assert {name: value for name, value in seen.items() if value} == env.parse_dsn(url)


def test_a_pgmq_url_of_its_own_is_taken() -> None:
    url = "pgmq://u:p@queue/other"
    chosen = broker.choose(url=url, dsn=DSN, visibility_timeout_s=60)
    assert _as_libpq_sees_it(chosen).items() >= {"host": "queue", "dbname": "other"}.items()


def test_rabbitmq_gets_quorum_queues() -> None:
    chosen = broker.choose(url="amqp://mq", dsn=DSN, visibility_timeout_s=60)
    assert chosen.queue_arguments == {"x-queue-type": "quorum"}


def test_redis_gives_a_message_again_after_the_longest_task() -> None:
    chosen = broker.choose(url="redis://cache", dsn=DSN, visibility_timeout_s=60)
    assert chosen.options == {"visibility_timeout": 60}


def test_ids_and_hashes_are_distinct() -> None:
    assert ids.new_uuid() != ids.new_uuid()
    assert ids.random_token() != ids.random_token()
    one = ids.keyed_hash("value", key="key", purpose="token")
    assert one == ids.keyed_hash("value", key="key", purpose="token")
    assert one != ids.keyed_hash("value", key="key", purpose="other")
    assert one != ids.keyed_hash("value", key="yek", purpose="token")
    assert ids.same(one, one)
    assert not ids.same(one, one[:-1])


def _as_libpq_sees_it(chosen: broker.Broker) -> dict[str, str]:
    config = PGMQConfig(conn_string=chosen.options["conn_string"])
    return {name: str(value) for name, value in conninfo_to_dict(config.dsn).items()}
