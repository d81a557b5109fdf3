"""What waits for workers, where the broker is this database."""

from __future__ import annotations

from typing import Final, NamedTuple

from django.conf import settings
from django.db import connection

from abusedesk.core.broker import Broker

_PRESENT: Final = "SELECT to_regclass('pgmq.meta') IS NOT NULL"
_WAITING: Final = """
SELECT queue_name, queue_length, oldest_msg_age_sec FROM pgmq.metrics_all() ORDER BY queue_name
"""


class Waiting(NamedTuple):
    """One queue of the broker: messages in it, also those in work, and the age of the oldest."""

    queue: str
    messages: int
    oldest_s: int | None


def backlog() -> list[Waiting]:
    """Messages by queue; nothing where another broker is used."""
    if not Broker(settings.CELERY_BROKER_URL).is_pgmq:
        return []
    with connection.cursor() as cursor:
        cursor.execute(_PRESENT)
        if not cursor.fetchone()[0]:
            return []
        cursor.execute(_WAITING)
        return [Waiting(*row) for row in cursor.fetchall()]
