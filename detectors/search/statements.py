"""The SQL of a search: constants put together; what people typed stays in parameters."""

from __future__ import annotations

from string import Template
from typing import Final

from detectors.search.plan import PROVIDER, Plan

# The order of all lists. Microseconds, because 10,000 times with zone take 60 ms to read.
NEWEST: Final = "occurred_at DESC, id DESC"
AT_US: Final = "(extract(epoch FROM {}.occurred_at) * 1000000)::bigint"
HIT: Final = f"""{AT_US.format("s")} AS at_us, s.id, s.platform, s.kind, s.source_id,
    coalesce(CASE WHEN s.payload ? 'ai' THEN {PROVIDER} END, '') AS provider"""
BEHIND: Final = """occurred_at >= %(since)s AND occurred_at <= %(at)s
    AND (occurred_at, id) < (%(at)s, %(id)s)"""
BARE: Final = "c.occurred_at, c.id"
WIDE: Final = f"{BARE}, c.platform, c.kind, c.source_id, c.actor, c.text, c.payload"

# Only bitmaps, so that the search index answers; then its rows are sorted. Until the transaction
# ends, which holds nothing else.
LIMITS: Final = """SELECT set_config('statement_timeout', %(time)s, true),
    set_config('enable_seqscan', 'off', true), set_config('enable_indexscan', 'off', true)"""

# The newest candidates along one index, `window` of them, as rows `c`.
_TIME: Final = """SELECT $columns FROM detectors_signal AS c
    WHERE $behind ORDER BY $newest LIMIT %(window)s"""
_PROVIDER: Final = """SELECT $columns FROM unnest(%(keys)s::text[]) AS key CROSS JOIN LATERAL (
        SELECT * FROM detectors_signal AS s
        WHERE s.payload ? 'ai' AND $provider = key AND $behind
        ORDER BY $newest LIMIT %(window)s) AS c
    ORDER BY c.occurred_at DESC, c.id DESC LIMIT %(window)s"""
# Platforms are few: the index on (platform, actor, time) tells them in one step each.
_ACTOR: Final = """WITH RECURSIVE known (platform) AS (
        (SELECT platform FROM detectors_signal
            WHERE occurred_at >= %(start)s AND occurred_at < %(end)s
            ORDER BY platform LIMIT 1)
        UNION ALL
        SELECT (SELECT s.platform FROM detectors_signal AS s
            WHERE s.platform > known.platform
                AND s.occurred_at >= %(start)s AND s.occurred_at < %(end)s
            ORDER BY s.platform LIMIT 1)
        FROM known WHERE known.platform IS NOT NULL)
    SELECT $columns FROM known CROSS JOIN unnest(%(keys)s::text[]) AS key CROSS JOIN LATERAL (
        SELECT * FROM detectors_signal AS s
        WHERE s.platform = known.platform AND s.actor = key AND $behind
        ORDER BY $newest LIMIT %(window)s) AS c
    ORDER BY c.occurred_at DESC, c.id DESC LIMIT %(window)s"""
_MENTIONS: Final = """SELECT DISTINCT m.occurred_at, m.id
    FROM unnest(%(keys)s::bytea[]) AS key JOIN detectors_entity AS e ON e.digest = key
    CROSS JOIN LATERAL (
        SELECT DISTINCT occurred_at, id
        FROM (SELECT entity_id, occurred_at, signal_id AS id FROM detectors_signalentity) AS one
        WHERE entity_id = e.id AND $behind
        ORDER BY $newest LIMIT %(window)s) AS m
    ORDER BY $newest LIMIT %(window)s"""
_ENTITY: Final = """SELECT $columns FROM ($mentions) AS m
    JOIN detectors_signal AS c ON c.id = m.id AND c.occurred_at = m.occurred_at
        AND c.occurred_at >= %(since)s AND c.occurred_at <= %(at)s"""
_WAYS: Final = {"time": _TIME, "provider": _PROVIDER, "actor": _ACTOR, "entity": _ENTITY}

_WINDOW: Final = """(SELECT $hit FROM ($candidates) AS s WHERE $where
        ORDER BY s.occurred_at DESC, s.id DESC LIMIT %(wanted)s)
    UNION ALL
    (SELECT $last, c.id, '', '', 0, '' FROM ($bare) AS c
        ORDER BY $newest OFFSET %(window)s - 1 LIMIT 1)"""
# The exact place inside the slice is written so that no other index can answer it.
_BY_INDEX: Final = """WITH hits AS MATERIALIZED (
        SELECT $hit FROM detectors_signal AS s
        WHERE s.occurred_at >= %(start)s AND s.occurred_at < %(end)s
            AND s.occurred_at + interval '0' >= %(since)s
            AND (s.occurred_at + interval '0', s.id) < (%(at)s, %(id)s)
            AND $where LIMIT %(most)s)
    SELECT *, (SELECT count(*) FROM hits) FROM hits
    ORDER BY at_us DESC, id DESC LIMIT %(wanted)s"""


def window(plan: Plan) -> str:
    """Hits among the next `window` candidates, `wanted` at most; and, if there are so many, the
    last candidate as a row without platform.
    """
    return _filled(
        _WINDOW,
        where=plan.where,
        last=AT_US.format("c"),
        candidates=_candidates(plan, WIDE),
        bare=_filled(_MENTIONS) if plan.along == "entity" else _candidates(plan, BARE),
    )


def by_index(plan: Plan) -> str:
    """All hits of a slice, `most` at most, then the newest of them, with how many there were."""
    return _filled(_BY_INDEX, where=plan.where_indexed)


def _candidates(plan: Plan, columns: str) -> str:
    return _filled(_WAYS[plan.along], columns=columns, mentions=_filled(_MENTIONS))


def _filled(sql: str, **parts: str) -> str:
    known = {"hit": HIT, "behind": BEHIND, "newest": NEWEST, "provider": PROVIDER}
    return Template(sql).substitute(known | parts)
