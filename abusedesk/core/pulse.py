"""Signs of life: what a running worker and beat send through NOTIFY when asked or on every tick."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Final

import psycopg

from abusedesk import env
from abusedesk.core import ids
from abusedesk.core.queueing import send

CHANNEL: Final = "abusedesk_pulse"
TICK: Final = "tick"


def worker_answers(timeout_s: float) -> bool:
    """Whether a worker runs a task within `timeout_s`: broker, worker and database together."""
    nonce = ids.new_uuid().hex
    return _heard(nonce, timeout_s, first=lambda: send("core.ping", nonce, expires_s=60))


def beat_ticks(timeout_s: float) -> bool:
    """Whether beat's tick reaches a worker within `timeout_s`."""
    return _heard(TICK, timeout_s, first=lambda: None)


def _heard(payload: str, timeout_s: float, *, first: Callable[[], None]) -> bool:
    deadline = time.monotonic() + timeout_s
    with psycopg.connect(env.current().dsn, autocommit=True) as connection:
        connection.execute(f"LISTEN {CHANNEL}")
        first()
        while (left := deadline - time.monotonic()) > 0:
            if any(
                note.payload == payload for note in connection.notifies(timeout=left, stop_after=1)
            ):
                return True
    return False
