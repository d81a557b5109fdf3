"""Reads what findings rest on."""

from __future__ import annotations

from collections.abc import Collection

from django.db import connection

_COUNT = """
SELECT count(DISTINCT signal), coalesce(max(signal_total), 0)
FROM detectors_finding LEFT JOIN LATERAL unnest(signal_ids) AS signal ON true
WHERE id = ANY(%s)
"""


def signal_count(finding_ids: Collection[int]) -> int:
    """Different signals that these findings cite; ids are capped per finding, totals are not."""
    with connection.cursor() as cursor:
        cursor.execute(_COUNT, [list(finding_ids)])
        distinct, largest = cursor.fetchone()
    return max(int(distinct), int(largest))
