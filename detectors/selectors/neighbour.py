"""Reads which accounts share a thing, for the graph of a case."""

from __future__ import annotations

from collections.abc import Collection
from typing import Final

from django.db import connection

from abusedesk.core.models import User
from detectors.policy import READERS

RECENT: Final = 200
"""So many newest mentions of each thing are asked for their accounts."""
_SHARERS: Final = """
SELECT thing.id, array_agg(DISTINCT account.value::text ORDER BY account.value::text)
FROM unnest(%s::bigint[]) AS thing (id)
CROSS JOIN LATERAL (
    SELECT signal_id, occurred_at FROM detectors_signalentity mention
    WHERE mention.entity_id = thing.id
    ORDER BY mention.occurred_at DESC, mention.signal_id DESC LIMIT %s
) recent
JOIN detectors_signalentity other
  ON other.signal_id = recent.signal_id AND other.occurred_at = recent.occurred_at
 AND other.role = 'actor' AND other.entity_id <> thing.id
JOIN detectors_entity account ON account.id = other.entity_id AND account.type = 'account'
GROUP BY thing.id
"""


def sharers_by_thing(ids: Collection[int], viewer: User) -> dict[int, list[str]]:
    """Entity -> accounts that act in its 200 newest mentions, by name; nothing for who sees none.

    An account is no sharer of itself. Bounded work: 20 things ask for 4,000 signals at most.
    """
    if not ids or viewer.role not in READERS:
        return {}
    with connection.cursor() as cursor:
        cursor.execute(_SHARERS, [sorted(ids), RECENT])
        return dict(cursor.fetchall())
