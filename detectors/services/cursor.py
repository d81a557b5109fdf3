"""The place of a reader of the stream that is no detector: held while it works, moved with it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from django.db import transaction

from abusedesk.core import clock
from detectors.models import Cursor
from detectors.stream import Position


@contextmanager
def held_cursor(*, name: str) -> Iterator[Cursor | None]:
    """A transaction that holds the place; None when another worker holds it."""
    Cursor.objects.get_or_create(name=name)
    with transaction.atomic():
        free = Cursor.objects.select_for_update(skip_locked=True, no_key=True)
        yield free.filter(name=name).first()


def position_of(cursor: Cursor) -> Position:
    """Where it stands."""
    return Position(cursor.epoch, cursor.tx, cursor.signal_id)


def move_cursor(*, cursor: Cursor, to: Position) -> None:
    """Everything up to `to` is done when this transaction commits."""
    cursor.epoch, cursor.tx, cursor.signal_id = to
    cursor.updated_at = clock.now()
    cursor.save()
