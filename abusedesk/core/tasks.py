"""The clockwork: one tick that wakes every sweep, and a sign of life for `manage.py doctor`."""

from __future__ import annotations

from celery import shared_task
from django.conf import settings
from django.db import connection

from abusedesk.core import pulse
from abusedesk.core.queueing import send


@shared_task(name="core.tick", soft_time_limit=20, time_limit=30)
def tick() -> None:
    """Wake what looks for forgotten work, so that a lost message costs seconds only."""
    for task_name in settings.TICK_TASKS:
        send(task_name, expires_s=settings.TICK_S)
    _pulse(pulse.TICK)


@shared_task(name="core.ping", soft_time_limit=20, time_limit=30)
def ping(nonce: str) -> None:
    """Answer `nonce` through the database: broker, worker and database work together."""
    _pulse(nonce)


def _pulse(payload: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_notify(%s, %s)", [pulse.CHANNEL, payload])
