"""What can be wrong with a desk, found out and said in words."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Final

from django.conf import settings
from django.db import DatabaseError, connection
from django.db.migrations.executor import MigrationExecutor
from django.utils.module_loading import import_string
from kombu.exceptions import OperationalError

from abusedesk.celery import app
from abusedesk.core import clock, pulse
from abusedesk.core.broker import Broker
from abusedesk.core.embedded import EXTENSIONS
from abusedesk.core.pgbinaries import OLDEST

WORKER_WAIT_S: Final = 10
CLOCK_TOLERANCE_S: Final = 2
DISK_BAD: Final = 0.05  # share of the disk that is free
DISK_POOR: Final = 0.15
# Consumers or signals ahead of every transaction this server ever had: they came in a dump.
AHEAD: Final = """
WITH here AS (
    SELECT number, pg_snapshot_xmax(pg_current_snapshot()) AS next_tx FROM detectors_epoch
), place AS (
    SELECT epoch, tx FROM detectors_cursor UNION ALL SELECT epoch, tx FROM detectors_shard
)
SELECT EXISTS (SELECT FROM here, place WHERE epoch = number AND tx >= next_tx::text::bigint)
    OR EXISTS (SELECT FROM here, detectors_stream AS stream, LATERAL (
        SELECT tx FROM detectors_signal WHERE stream_id = stream.id AND epoch = number
        ORDER BY tx DESC LIMIT 1) AS newest
    WHERE newest.tx >= next_tx)
"""


class Level(StrEnum):
    """How a check came out."""

    OK = "ok"
    WARNING = "warning"
    FAULT = "fault"


@dataclass(frozen=True)
class Verdict:
    """One check's name, outcome and sentence."""

    name: str
    level: Level
    sentence: str


def examine() -> Iterator[Verdict]:
    """Run every check, the basic ones first; without a database the rest says nothing."""
    yield from _disk()
    try:
        connection.ensure_connection()
    except DatabaseError as error:
        yield _fault("database", f"The database cannot be reached: {str(error).strip()}.")
        return
    for check in (*CHECKS, _workers_behind_broker, *map(import_string, settings.HEALTH_CHECKS)):
        yield from check()


def glance() -> list[Verdict]:
    """Every check that answers at once: no worker is asked. The database is there."""
    checks = (_disk, *CHECKS, _broker, *map(import_string, settings.HEALTH_CHECKS))
    return [verdict for check in checks for verdict in check()]


def is_store_ahead() -> bool:
    """Whether the signal store came from a server with higher transaction numbers."""
    ((ahead,),) = _rows(AHEAD)
    return bool(ahead)


def _version() -> Iterator[Verdict]:
    ((number,),) = _rows("SHOW server_version_num")
    major = int(number) // 10_000
    if major < OLDEST:
        yield _fault("version", f"Postgres {major} is too old; {OLDEST} or newer is needed.")
    else:
        yield _ok("database", f"Postgres {major} answers.")


def _extensions() -> Iterator[Verdict]:
    present = {name for (name,) in _rows("SELECT extname FROM pg_extension")}
    missing = [name for name in EXTENSIONS if name not in present]
    if missing:
        commands = " ".join(f"CREATE EXTENSION {name};" for name in missing)
        yield _fault("extensions", f"As a superuser of this database run: {commands}")
    else:
        yield _ok("extensions", f"{' and '.join(EXTENSIONS)} are installed.")


def _migrations() -> Iterator[Verdict]:
    executor = MigrationExecutor(connection)
    pending = executor.migration_plan(executor.loader.graph.leaf_nodes())
    if pending:
        yield _fault(
            "migrations", f"{len(pending)} migrations are missing: run `manage.py migrate`."
        )
    else:
        yield _ok("migrations", "Every migration is applied.")


def _clock() -> Iterator[Verdict]:
    ((theirs,),) = _rows("SELECT clock_timestamp()")
    apart = abs((clock.now() - theirs).total_seconds())
    if apart > CLOCK_TOLERANCE_S:
        yield _fault(
            "clock", f"The clocks of desk and database are {apart:.0f} s apart: set up NTP."
        )
    else:
        yield _ok("clock", "Desk and database agree about the time.")


def _workers_behind_broker() -> Iterator[Verdict]:
    """Workers are asked through the broker, so it comes first."""
    found = list(_broker())
    yield from found
    if all(verdict.level is Level.OK for verdict in found):
        yield from _workers()


def _broker() -> Iterator[Verdict]:
    broker = Broker(settings.CELERY_BROKER_URL)
    if broker.is_pgmq and not _present("pgmq.meta"):
        yield _fault("queues", "Schema pgmq is missing: run `manage.py migrate core`.")
        return
    try:
        with app.connection_for_write() as link:
            link.ensure_connection(max_retries=1, timeout=WORKER_WAIT_S)
    except OperationalError as error:
        yield _fault("broker", f"The broker ({broker.scheme}) cannot be reached: {error}.")
        return
    yield _ok("broker", f"The broker ({broker.scheme}) answers.")


def _workers() -> Iterator[Verdict]:
    if not pulse.worker_answers(WORKER_WAIT_S):
        yield _fault("worker", f"No worker ran a task within {WORKER_WAIT_S} s: start one.")
        return
    yield _ok("worker", "A worker runs tasks.")
    if pulse.beat_ticks(settings.TICK_S + WORKER_WAIT_S):
        yield _ok("beat", "Beat ticks.")
    else:
        yield _fault("beat", "Beat does not tick: start `celery -A abusedesk beat`, exactly one.")


def _disk() -> Iterator[Verdict]:
    usage = shutil.disk_usage(
        next(d for d in (settings.VAR_DIR, *settings.VAR_DIR.parents) if d.exists())
    )
    share, free_gb = usage.free / usage.total, usage.free / 1e9
    sentence = f"{free_gb:.1f} GB ({share:.0%}) of the disk with {settings.VAR_DIR} are free."
    level = Level.FAULT if share < DISK_BAD else Level.WARNING if share < DISK_POOR else Level.OK
    yield Verdict("disk", level, sentence)


def _store_epoch() -> Iterator[Verdict]:
    """After a logical restore transaction numbers begin anew; the epoch tells old from new."""
    if not _present("detectors_epoch"):
        return
    if is_store_ahead():
        yield _fault(
            "epoch",
            "The store was restored from a dump of another server, so new signals are not read: "
            "stop web and workers, run `manage.py after_restore`, start them again.",
        )
    else:
        yield _ok("epoch", "Cursors and transaction numbers fit together.")


def _present(relation: str) -> bool:
    ((there,),) = _rows("SELECT to_regclass(%s) IS NOT NULL", relation)
    return bool(there)


def _rows(query: str, *params: str) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(query, params)
        found: list[tuple[Any, ...]] = cursor.fetchall()
    return found


def _ok(name: str, sentence: str) -> Verdict:
    return Verdict(name, Level.OK, sentence)


def _fault(name: str, sentence: str) -> Verdict:
    return Verdict(name, Level.FAULT, sentence)


CHECKS: Final[tuple[Callable[[], Iterator[Verdict]], ...]] = (
    _version,
    _extensions,
    _migrations,
    _clock,
    _store_epoch,
)
