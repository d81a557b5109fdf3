"""Asks the database no longer than somebody waits for the answer."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

from django.db import OperationalError, connection, transaction
from psycopg.errors import QueryCanceled

Answer = TypeVar("Answer")


def within(limit_ms: int, ask: Callable[[], Answer]) -> Answer | None:
    """What `ask` reads; None when a statement of it takes longer.

    Rolled back in any case, so that the limit ends with it: nothing can be written here.
    """
    try:
        with transaction.atomic():
            with connection.cursor() as cursor:
                limit = "SELECT set_config('statement_timeout', %s, true)"
                cursor.execute(limit, [str(limit_ms)])
            answer = ask()
            transaction.set_rollback(True)
            return answer
    except OperationalError as error:
        if not isinstance(error.__cause__, QueryCanceled):
            raise
        return None
