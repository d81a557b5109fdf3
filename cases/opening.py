"""How a case comes to be: one opener at a time, a number, the inbox, the time it is due."""

from __future__ import annotations

from datetime import timedelta
from typing import Final

from django.db import connection

from abusedesk.core import clock
from cases.models import Case, Queue

INBOX: Final = "inbox"
_LOCK: Final = 0x4F50_454E  # "OPEN"


def one_at_a_time() -> None:
    """Wait for whoever else looks for a case to open one; until commit.

    A campaign and a report on one of its accounts would both find no case, and open two. Call it
    before any case or gate is locked, so that nobody waits in a ring.
    """
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [_LOCK])


def inbox() -> Queue:
    """The queue where cases land; a migration makes it, and a missing one is made again."""
    queue, _ = Queue.objects.get_or_create(slug=INBOX, defaults={"title": "Inbox"})
    return queue


def new_case(*, hits: int) -> Case:
    """A case in the inbox (not saved), to be described."""
    queue, number, now = inbox(), _next_id(), clock.now()
    return Case(
        pk=number,
        ref=f"AD-{number}",
        queue=queue,
        hits=hits,
        opened_at=now,
        updated_at=now,
        due_at=now + timedelta(hours=queue.sla_hours),
    )


def _next_id() -> int:
    """The reference holds the id, so the id comes first."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT nextval(pg_get_serial_sequence('cases_case', 'id'))")
        return int(cursor.fetchone()[0])
