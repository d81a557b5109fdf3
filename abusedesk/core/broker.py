"""Where Celery's messages go: the desk's own Postgres, Redis or RabbitMQ."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Final
from urllib.parse import urlsplit

from psycopg.conninfo import make_conninfo

from abusedesk.env import parse_dsn

CONNECT_TIMEOUT_S: Final = 5
POOL_SIZE: Final = 2
POLL_S: Final = 0.2  # NOTIFY wakes an idle worker at once; a full one looks again after so long


@dataclass(frozen=True)
class Broker:
    """What Celery must be told about one broker."""

    url: str
    options: dict[str, Any] = field(default_factory=dict)
    queue_arguments: dict[str, Any] = field(default_factory=dict)

    @property
    def scheme(self) -> str:
        return urlsplit(self.url).scheme

    @property
    def is_pgmq(self) -> bool:
        return self.scheme == "pgmq"


def choose(*, url: str | None, dsn: str, visibility_timeout_s: int) -> Broker:
    """The broker at `url`, else PGMQ in the database at `dsn`.

    visibility_timeout_s: seconds after which an unacknowledged message is delivered again; above
    the longest task.
    """
    scheme = urlsplit(url).scheme if url else "pgmq"
    if scheme == "pgmq":
        return Broker("pgmq://localhost", _pgmq_options(dsn, url, visibility_timeout_s))
    if scheme in {"amqp", "amqps"}:
        return Broker(url or "", {"confirm_publish": True}, {"x-queue-type": "quorum"})
    return Broker(url or "", {"visibility_timeout": visibility_timeout_s})


def _pgmq_options(dsn: str, url: str | None, visibility_timeout_s: int) -> dict[str, Any]:
    named = url is not None and bool(urlsplit(url).netloc or urlsplit(url).path.strip("/"))
    return {
        "conn_string": _conn_string(
            parse_dsn(f"postgresql{str(url).removeprefix('pgmq')}" if named else dsn)
        ),
        "init_extension": False,  # core/0002 installs the SQL; the extension is rarely offered
        "use_notify": True,
        "wait_time_seconds": 0,  # a long poll of one queue holds up the others; NOTIFY wakes all
        "polling_interval": POLL_S,
        "visibility_timeout": visibility_timeout_s,
        "pool_size": POOL_SIZE,
        "pool_timeout": CONNECT_TIMEOUT_S,
    }


def _conn_string(params: dict[str, str]) -> str:
    """Keyword form of `params` that survives the pgmq client.

    The client takes five values out of it and joins them again without quotes, so each value is
    quoted beforehand; what else libpq was told (TLS) rides behind the password, the last of them.
    """
    five = {
        name: _quoted(params.pop(name, ""))
        for name in ("host", "port", "dbname", "user", "password")
    }
    rest = "".join(f" {name}={_quoted(value)}" for name, value in params.items())
    return make_conninfo(**five | {"password": five["password"] + rest})


def _quoted(value: str) -> str:
    escaped = value.replace("\\", "\\\\").replace("'", "\\'")
    return f"'{escaped}'"
