"""The signals around an entity, as a detector would have read them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from django.db import connection

from detectors import stream
from detectors.base import Signal
from detectors.models import Signal as Stored

AROUND: Final = 2_000
"""So many of the newest signals are looked at."""
_WITH: Final = """
SELECT DISTINCT m.occurred_at, m.signal_id
FROM detectors_signalentity AS m WHERE m.entity_id = ANY(%s)
ORDER BY m.occurred_at DESC, m.signal_id DESC LIMIT %s
"""


def on_one_line(ids: Sequence[int]) -> tuple[list[Signal], int]:
    """The signals of the time-line that the newest of these is on; detectors join no others."""
    rows = dict(Stored.objects.filter(pk__in=ids).values_list("pk", "stream"))
    line = next((rows[id_] for id_ in ids if id_ in rows), 0)
    kept = [id_ for id_ in ids if rows.get(id_) == line]
    return sorted(stream.signals_by_id(kept), key=lambda one: one.place), line


def signals_with(entities: Sequence[int], line: int) -> list[Signal]:
    """The newest signals of a time-line that name one of these entities, in order of time."""
    with connection.cursor() as cursor:
        cursor.execute(_WITH, [list(entities), AROUND])
        ids = [row[1] for row in cursor.fetchall()]
    rows = Stored.objects.filter(pk__in=ids, stream=line).values_list("pk", flat=True)
    return sorted(stream.signals_by_id(list(rows)), key=lambda one: one.place)
