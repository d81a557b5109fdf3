"""Wakes a task by name after commit; services import no tasks."""

from __future__ import annotations

import structlog
from django.db import transaction
from kombu.exceptions import OperationalError

from abusedesk.celery import app
from abusedesk.core import context

log = structlog.get_logger(__name__)


def wake(task_name: str, *args: int | str) -> None:
    """Send `task_name` its ids once the transaction is committed.

    Never raises into the caller: the work is a row, and the next sweep finds what a lost message
    forgot.
    """

    def after_commit() -> None:  # a partial has no name for the log line of a robust callback
        send(task_name, *args)

    transaction.on_commit(after_commit, robust=True)


def send(task_name: str, *args: int | str, expires_s: int | None = None) -> None:
    """Send now; a broker that is away is logged.

    expires_s: seconds after which no worker need run it any more.
    """
    headers = context.current().as_headers()
    try:
        app.send_task(task_name, args=args, headers=headers, expires=expires_s)
    except OperationalError as error:
        log.warning(
            "The broker is away; the next sweep does the work", task=task_name, error=str(error)
        )
