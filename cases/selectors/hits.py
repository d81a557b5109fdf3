"""Reads when the hits of a case came."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from django.db import connection

from cases.models import Case

# Signals that findings in force cite, and reports; each once. Days are counted back from `now`.
_BY_DAY = """
SELECT floor(extract(epoch FROM %(now)s - at) / 86400)::int AS ago, count(*)
FROM (
    SELECT DISTINCT signal.id, signal.occurred_at AS at
    FROM cases_casecampaign AS link
    JOIN detectors_campaignfinding AS behind ON behind.campaign_id = link.campaign_id
    JOIN detectors_finding AS finding ON finding.id = behind.finding_id
        AND finding.last_at >= %(since)s - interval '10 minutes'
    CROSS JOIN LATERAL unnest(finding.signal_ids) AS cited
    JOIN detectors_signal AS signal ON signal.id = cited
        AND signal.occurred_at >= %(since)s AND signal.occurred_at < %(now)s
    WHERE link.case_id = %(case)s AND finding.status = 'current'
    UNION
    SELECT DISTINCT signal_id, reported_at
    FROM cases_casereport
    WHERE case_id = %(case)s AND reported_at >= %(since)s AND reported_at < %(now)s
) AS hit
GROUP BY ago
"""


def hits_by_day(case: Case, now: datetime, days: int) -> list[int]:
    """Hits of each of the last `days` days of 24 hours, the oldest first."""
    values: dict[str, Any] = {
        "case": case.rests_on,
        "now": now,
        "since": now - timedelta(days=days),
    }
    with connection.cursor() as cursor:
        cursor.execute(_BY_DAY, values)
        counts = dict(cursor.fetchall())
    return [counts.get(ago, 0) for ago in range(days - 1, -1, -1)]
