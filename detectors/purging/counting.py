"""Counts what a purge would take, exactly, one partition at a time."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any, Final

from django.db import connection

from detectors import partitions
from detectors.purging.plan import FATES, InUse, Line, Month, Plan

GOES, HELD, CITED, UNREAD = FATES

_PAIRS: Final = "SELECT source_id, kind, count(*) FROM {signals} GROUP BY 1, 2"

# Each signal that a rule lets go, with what stands against it. A hold counts whoever released it
# since the plan was made, and so does a campaign: what is due can only shrink after verification.
DUE: Final = """
SELECT s.id, s.occurred_at, s.source_id, s.kind,
    CASE WHEN s.source_id = ANY(%(held_sources)s) OR kept.id IS NOT NULL OR who.account IS NOT NULL
         THEN 'held'
         WHEN cited.id IS NOT NULL OR s.id = ANY(%(reported)s) THEN 'cited'
         WHEN line.stream IS NULL
              OR (s.epoch, s.tx, s.id) > (line.epoch, line.tx::text::xid8, line.signal)
         THEN 'unread'
         ELSE 'goes' END AS fate
FROM {signals} AS s
JOIN unnest(%(sources)s::bigint[], %(kinds)s::text[], %(cutoffs)s::timestamptz[])
    AS due (source, kind, before)
    ON due.source = s.source_id AND due.kind = s.kind AND s.occurred_at < due.before
LEFT JOIN unnest(%(streams)s::bigint[], %(epochs)s::smallint[], %(txs)s::bigint[],
    %(places)s::bigint[]) AS line (stream, epoch, tx, signal) ON line.stream = s.stream_id
LEFT JOIN (SELECT DISTINCT unnest(signal_ids) AS id FROM detectors_hold
    WHERE released_at IS NULL OR id = ANY(%(holds)s)) AS kept ON kept.id = s.id
LEFT JOIN (SELECT DISTINCT unnest(accounts) AS account FROM detectors_hold
    WHERE released_at IS NULL OR id = ANY(%(holds)s)) AS who
    ON who.account = s.platform || ':' || s.actor
LEFT JOIN (SELECT DISTINCT unnest(f.signal_ids) AS id FROM detectors_finding AS f
    JOIN detectors_campaignfinding AS c ON c.finding_id = f.id
    WHERE c.campaign_id = ANY(%(campaigns)s)) AS cited ON cited.id = s.id
"""
_COUNT: Final = """
SELECT source_id, kind, fate, count(*), sum(id) FROM ({due}) AS due GROUP BY 1, 2, 3
ORDER BY 1, 2, 3
"""
_COUNT_LETTERS: Final = """
SELECT source_id, count(*), sum(id) FROM ({letters}) AS due GROUP BY 1 ORDER BY 1
"""
_HELD_SOURCES: Final = """
SELECT source_id FROM detectors_hold
WHERE source_id IS NOT NULL AND (released_at IS NULL OR id = ANY(%s))
"""
LETTERS: Final = """
SELECT l.id, l.source_id FROM detectors_deadletter AS l
JOIN unnest(%(sources)s::bigint[], %(cutoffs)s::timestamptz[]) AS due (source, before)
    ON due.source = l.source_id AND l.received_at < due.before
WHERE NOT l.source_id = ANY(%(held_sources)s)
"""
_LETTER_SOURCES: Final = "SELECT DISTINCT source_id FROM detectors_deadletter"


def count_month(plan: Plan, month: partitions.Month, in_use: InUse) -> Month:
    """What of one partition goes and what stays. in_use: by cases, now."""
    pairs = _pairs(month)
    due = due_values(plan, [(source, kind) for source, kind, _ in pairs], in_use)
    lines: list[Line] = []
    if due["sources"]:
        sql = _COUNT.format(due=DUE.format(signals=month.table()))
        with connection.cursor() as cursor:
            cursor.execute(sql, due)
            lines = [
                Line(source, kind, fate, count, int(ids))
                for source, kind, fate, count, ids in cursor.fetchall()
            ]
    return Month(
        str(month),
        total=sum(count for *_, count in pairs),
        bytes=partitions.size_of(month),
        lines=lines,
    )


def count_letters(plan: Plan) -> list[list[int]]:
    """[source, refused items that would go, sum of their ids], by source."""
    with connection.cursor() as cursor:
        cursor.execute(_COUNT_LETTERS.format(letters=LETTERS), letter_values(plan))
        return [[source, count, int(ids)] for source, count, ids in cursor.fetchall()]


def due_values(plan: Plan, pairs: Sequence[tuple[int, str]], in_use: InUse) -> dict[str, Any]:
    """Parameters of `DUE` for signals of these sources and kinds."""
    found = [(*pair, plan.cutoff(*pair)) for pair in pairs]
    ruled = [(source, kind, before) for source, kind, before in found if before is not None]
    return {
        "sources": [source for source, _, _ in ruled],
        "kinds": [kind for _, kind, _ in ruled],
        "cutoffs": [before for *_, before in ruled],
        "streams": [line.stream for line in plan.read],
        "epochs": [line.epoch for line in plan.read],
        "txs": [line.tx for line in plan.read],
        "places": [line.signal for line in plan.read],
        "holds": list(plan.holds),
        "held_sources": held_sources(plan),
        "campaigns": sorted({*in_use.campaigns, *plan.campaigns}),
        "reported": sorted({*in_use.signals, *plan.signals}),
    }


def letter_values(plan: Plan) -> dict[str, Any]:
    """Parameters of `LETTERS`: refused items have no kind, so rules for a kind leave them."""
    with connection.cursor() as cursor:
        cursor.execute(_LETTER_SOURCES)
        sources = [source for (source,) in cursor.fetchall()]
    cutoffs: dict[int, datetime] = {}
    for source in sources:
        before = plan.cutoff(source, "")
        if before is not None:
            cutoffs[source] = before
    return {
        "sources": list(cutoffs),
        "cutoffs": list(cutoffs.values()),
        "held_sources": held_sources(plan),
    }


def held_sources(plan: Plan) -> list[int]:
    """Sources under a hold, now or when the plan was made."""
    with connection.cursor() as cursor:
        cursor.execute(_HELD_SOURCES, [list(plan.holds)])
        return [source for (source,) in cursor.fetchall()]


def _pairs(month: partitions.Month) -> list[tuple[int, str, int]]:
    with connection.cursor() as cursor:
        cursor.execute(_PAIRS.format(signals=month.table()))
        return [(source, kind, count) for source, kind, count in cursor.fetchall()]
