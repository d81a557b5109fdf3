"""Links stored signals to entities, off the request path, exactly once."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime

from django.db import connection

from abusedesk.core.queueing import wake
from detectors import stream
from detectors.base import Signal
from detectors.engine import OWN_KINDS, WATCH
from detectors.entities import Mentioned, digest_of, mentioned
from detectors.partitions import ensure_partitions
from detectors.selectors.entity_type import forms_by_slug
from detectors.services.cursor import held_cursor, move_cursor, position_of
from detectors.services.drain import drain
from detectors.services.heartbeat import prolong_stream
from detectors.services.purge import forget_purged_pages
from detectors.services.sighting import note_sightings

BATCH = 1_000

# In order of digest, so that two linkers never wait for each other in a ring.
_UPSERT = """
INSERT INTO detectors_entity (type, value, digest, first_seen_at, last_seen_at, created_at)
SELECT type, value, digest, first_seen, last_seen, now()
FROM unnest(%s::text[], %s::text[], %s::bytea[], %s::timestamptz[], %s::timestamptz[])
    AS given (type, value, digest, first_seen, last_seen)
ORDER BY digest
ON CONFLICT (digest) DO UPDATE SET
    first_seen_at = least(detectors_entity.first_seen_at, excluded.first_seen_at),
    last_seen_at = greatest(detectors_entity.last_seen_at, excluded.last_seen_at)
RETURNING digest, id
"""

_MENTIONS = """
INSERT INTO detectors_signalentity (signal_id, occurred_at, entity_id, role, raw)
SELECT * FROM unnest(%s::bigint[], %s::timestamptz[], %s::bigint[], %s::text[], %s::text[])
ON CONFLICT DO NOTHING
"""


def link_stream(*, stream_id: int) -> None:
    """Link a stream to its end; wakes itself when the time is up before that."""
    forget_purged_pages()
    if not drain(lambda: link_entities(stream_id=stream_id)):
        wake("detectors.link", stream_id)


def link_entities(*, stream_id: int) -> int:
    """Link the next batch of one stream. Returns how many signals it took."""
    with held_cursor(name=f"link-{stream_id}") as cursor:
        if cursor is None:
            return 0
        page = stream.read(stream_id, position_of(cursor), BATCH)
        if not page.signals:
            return 0
        ensure_partitions(_moment(signal.at) for signal in page.signals)
        _store(stream_id, [one for one in page.signals if one.kind not in OWN_KINDS])
        if page.signals[-1].kind == WATCH:
            prolong_stream(stream_id=stream_id)
        move_cursor(cursor=cursor, to=page.last)
        return len(page.signals)


def _store(stream_id: int, signals: Sequence[Signal]) -> None:
    forms = forms_by_slug()
    named = [(signal, mentioned(signal, forms)) for signal in signals]
    note_sightings(stream_id=stream_id, found=named)
    found = [
        (signal, one, digest_of(one.type, one.value)) for signal, ones in named for one in ones
    ]
    if not found:
        return
    ids = _upsert(found)
    rows = [
        (signal.id, _moment(signal.at), ids[key], one.role, one.raw) for signal, one, key in found
    ]
    with connection.cursor() as cursor:
        cursor.execute(_MENTIONS, [list(column) for column in zip(*rows, strict=True)])


def _upsert(found: Sequence[tuple[Signal, Mentioned, bytes]]) -> dict[bytes, int]:
    """Digest -> entity id, with first and last time seen widened."""
    spans: dict[bytes, tuple[str, str, float, float]] = {}
    for signal, one, key in found:
        _, _, first, last = spans.get(key, ("", "", signal.at, signal.at))
        spans[key] = (one.type, one.value, min(first, signal.at), max(last, signal.at))
    rows = [
        (kind, value, key, _moment(first), _moment(last))
        for key, (kind, value, first, last) in spans.items()
    ]
    with connection.cursor() as cursor:
        cursor.execute(_UPSERT, [list(column) for column in zip(*rows, strict=True)])
        return {bytes(digest): id_ for digest, id_ in cursor.fetchall()}


def _moment(seconds: float) -> datetime:
    return datetime.fromtimestamp(seconds, UTC)
