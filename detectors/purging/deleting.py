"""Deletes what a plan lets go, a bounded step at a time, inside the caller's transaction."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any, Final

from django.db import connection

from detectors import partitions
from detectors.models import DeadLetter
from detectors.purging.counting import DUE, LETTERS, due_values, letter_values
from detectors.purging.plan import GOES, InUse, Month, Plan

ROWS: Final = 5_000
ENTITIES: Final = 2_000
LETTER_ROWS: Final = 5_000

_WINDOW: Final = """
SELECT max(id) FROM (SELECT id FROM {signals} WHERE id > %s ORDER BY id LIMIT %s) AS next
"""
_NEXT: Final = (
    "SELECT id FROM ({due}) AS due WHERE id > %(after)s AND id <= %(upto)s AND fate = 'goes'"
)
_SNAPSHOT: Final = "SELECT pg_snapshot_xmin(pg_current_snapshot())::text::bigint"
# By stream, which an index serves: this is asked while everybody is kept out.
_NEWER: Final = """
SELECT EXISTS (SELECT FROM detectors_stream AS line, LATERAL (
    SELECT 1 FROM {signals} AS s
    WHERE s.stream_id = line.id AND s.epoch = (SELECT number FROM detectors_epoch)
      AND s.tx >= %s::text::xid8 LIMIT 1) AS newer)
"""
_TOMBS: Final = """
INSERT INTO detectors_tombstone (signal_id, occurred_at, kind, run_id, purged_at)
SELECT s.id, s.occurred_at, s.kind, %(run)s, %(now)s FROM {signals} AS s
JOIN (SELECT DISTINCT unnest(signal_ids) AS id FROM detectors_finding {findings}) AS cited
    ON cited.id = s.id
{signals_where}
ON CONFLICT DO NOTHING
"""
_MENTIONS: Final = """
DELETE FROM detectors_signalentity
WHERE signal_id = ANY(%(ids)s) AND occurred_at >= %(before)s AND occurred_at < %(end)s
"""
_SIGNALS: Final = "DELETE FROM {signals} WHERE id = ANY(%(ids)s)"
_ASIDE: Final = "DELETE FROM detectors_quarantine WHERE signal_id = ANY(%(ids)s)"
_ASIDE_MONTH: Final = """
DELETE FROM detectors_quarantine AS q USING {signals} AS s WHERE s.id = q.signal_id
"""
_LETTERS: Final = "SELECT id FROM ({letters}) AS due ORDER BY id LIMIT %(rows)s"
_ORPHANS: Final = """
SELECT id, NOT EXISTS (SELECT FROM detectors_signalentity AS m WHERE m.entity_id = e.id)
FROM detectors_entity AS e WHERE id > %s AND last_seen_at < %s ORDER BY id LIMIT %s
"""
_LOCKED: Final = """
SELECT id FROM detectors_entity WHERE id = ANY(%s) ORDER BY id FOR NO KEY UPDATE SKIP LOCKED
"""
_DROP_ORPHANS: Final = """
DELETE FROM detectors_entity AS e WHERE id = ANY(%s)
AND NOT EXISTS (SELECT FROM detectors_signalentity AS m WHERE m.entity_id = e.id)
"""


def window_end(month: partitions.Month, after: int) -> int | None:
    """Id up to which the next step looks; None: there are no more signals in the month."""
    with connection.cursor() as cursor:
        cursor.execute(_WINDOW.format(signals=month.table()), [after, ROWS])
        found: int | None = cursor.fetchone()[0]
    return found


def due_ids(plan: Plan, counted: Month, upto: int, in_use: InUse) -> list[int]:
    """Signals of a month that go, with ids above `counted.after` and up to `upto`."""
    month = partitions.Month.parse(counted.month)
    pairs = [(line.source, line.kind) for line in counted.lines if line.fate == GOES]
    values = due_values(plan, pairs, in_use) | {"after": counted.after, "upto": upto}
    with connection.cursor() as cursor:
        cursor.execute(_NEXT.format(due=DUE.format(signals=month.table())), values)
        return [id_ for (id_,) in cursor.fetchall()]


def delete_signals(month: partitions.Month, ids: Sequence[int], *, run: int, now: datetime) -> int:
    """Delete rows with what hangs on them. Returns how many mentions went."""
    names = {"signals": month.table()}
    values: dict[str, Any] = {
        "ids": list(ids),
        "before": month.start - partitions.SKEW,
        "end": month.end,
        "run": run,
        "now": now,
    }
    tombs = _TOMBS.format(
        findings="WHERE signal_ids && %(ids)s::bigint[]",
        signals_where="WHERE s.id = ANY(%(ids)s)",
        **names,
    )
    with connection.cursor() as cursor:
        cursor.execute(tombs, values)
        cursor.execute(_ASIDE, values)
        cursor.execute(_MENTIONS, values)
        mentions = cursor.rowcount
        cursor.execute(_SIGNALS.format(**names), values)
    return int(mentions)


def horizon() -> int:
    """Transactions below this one are over: a count that begins now sees all of them."""
    with connection.cursor() as cursor:
        cursor.execute(_SNAPSHOT)
        return int(cursor.fetchone()[0])


def prepare_drop(month: partitions.Month, *, run: int, now: datetime) -> partitions.Mentions:
    """Keep and delete what a drop of the month would leave or lose."""
    tombs = _TOMBS.format(findings="", signals_where="", signals=month.table())
    with connection.cursor() as cursor:
        cursor.execute(tombs, {"run": run, "now": now})
        cursor.execute(_ASIDE_MONTH.format(signals=month.table()))
    return partitions.clear_mentions(month)


def came_since(month: partitions.Month, transaction_id: int) -> bool:
    """Whether a month holds signals of this transaction or of later ones."""
    with connection.cursor() as cursor:
        cursor.execute(_NEWER.format(signals=month.table()), [transaction_id])
        return bool(cursor.fetchone()[0])


def delete_letters(plan: Plan) -> int:
    """Delete the next refused items that go. Returns how many."""
    with connection.cursor() as cursor:
        values = letter_values(plan) | {"rows": LETTER_ROWS}
        cursor.execute(_LETTERS.format(letters=LETTERS), values)
        ids = [id_ for (id_,) in cursor.fetchall()]
    return DeadLetter.objects.filter(pk__in=ids).delete()[0]


def delete_orphans(after: int, before: datetime) -> tuple[int, int] | None:
    """Delete entities that no signal mentions any more: (last id looked at, how many went).

    after: id of the last one looked at. before: last seen earlier than this. None: no more of them.
    Locked before they are asked for again: the linker may be about to mention one of them.
    """
    with connection.cursor() as cursor:
        cursor.execute(_ORPHANS, [after, before, ENTITIES])
        rows = cursor.fetchall()
        if not rows:
            return None
        cursor.execute(_LOCKED, [[id_ for id_, is_orphan in rows if is_orphan]])
        locked = [id_ for (id_,) in cursor.fetchall()]
        cursor.execute(_DROP_ORPHANS, [locked])
        return int(rows[-1][0]), int(cursor.rowcount)
