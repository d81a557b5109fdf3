"""Reads by how many accounts values were used; for what is told to their sources."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Final

from django.db import connection

from abusedesk.core.models import User
from detectors.models import WatchItem
from detectors.policy import READERS

_ACCOUNTS: Final = """
SELECT e.digest, count(DISTINCT (s.platform, s.actor))
FROM detectors_entity e
JOIN detectors_signalentity m ON m.entity_id = e.id
JOIN detectors_signal s ON s.id = m.signal_id AND s.occurred_at = m.occurred_at
WHERE e.digest = ANY(%s) AND m.occurred_at >= %s AND m.occurred_at < %s AND s.actor <> ''
GROUP BY e.digest
"""


def accounts_by_digest(
    digests: Sequence[bytes], since: datetime, until: datetime, viewer: User
) -> dict[bytes, int]:
    """How many accounts used each of these things between two moments."""
    if viewer.role not in READERS or not digests:
        return {}
    with connection.cursor() as cursor:
        cursor.execute(_ACCOUNTS, [list(digests), since, until])
        return {bytes(digest): count for digest, count in cursor.fetchall()}


def met_items_by_source(source: str, since: datetime, viewer: User) -> list[WatchItem]:
    """What a source said and still says that signals met since a moment."""
    if viewer.role not in READERS:
        return []
    rows = WatchItem.objects.filter(source=source, ended_at=None, last_hit_at__gte=since)
    return list(rows.exclude(uid="").order_by("pk"))
