"""Reads which accounts are one person or household, by an identifier that only they share."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

from django.db import connection

from detectors.choices import EntityType
from detectors.entities import digest_of
from detectors.selectors.actor import CROWD, HARD

MAX_ACCOUNTS: Final = 100
MAX_SIGNALS: Final = 20
"""Newest signals of an account in which its identifiers are looked for."""
MAX_KEYS: Final = 100
MAX_USES: Final = 200
"""Newest uses of an identifier in which other accounts are looked for."""

_TIED: Final = """
WITH own AS (
    SELECT id, value FROM detectors_entity
    WHERE digest = ANY(%(accounts)s)
), held AS (
    SELECT DISTINCT own.id AS account_id, own.value AS account, mention.entity_id AS key_id
    FROM own
    CROSS JOIN LATERAL (
        SELECT signal_id, occurred_at FROM detectors_signalentity
        WHERE entity_id = own.id AND role = 'actor'
        ORDER BY occurred_at DESC LIMIT %(signals)s
    ) recent
    JOIN detectors_signalentity mention
      ON mention.signal_id = recent.signal_id AND mention.occurred_at = recent.occurred_at
     AND mention.role = 'identifier'
), key AS (
    SELECT entity.id, entity.type, entity.value FROM detectors_entity entity
    WHERE entity.id IN (SELECT key_id FROM held) AND entity.type = ANY(%(hard)s)
    ORDER BY entity.id LIMIT %(keys)s
), shared AS (
    SELECT key.id, actor.entity_id AS account_id
    FROM key
    CROSS JOIN LATERAL (
        SELECT signal_id, occurred_at FROM detectors_signalentity
        WHERE entity_id = key.id AND role = 'identifier'
        ORDER BY occurred_at DESC LIMIT %(uses)s
    ) used
    JOIN detectors_signalentity actor
      ON actor.signal_id = used.signal_id AND actor.occurred_at = used.occurred_at
     AND actor.role = 'actor'
    GROUP BY key.id, actor.entity_id
), private AS (
    SELECT id FROM shared GROUP BY id HAVING count(*) <= %(crowd)s
)
SELECT held.account, other.value, key.type, key.value
FROM private
JOIN key USING (id)
JOIN held ON held.key_id = key.id
JOIN shared ON shared.id = key.id AND shared.account_id <> held.account_id
JOIN detectors_entity other ON other.id = shared.account_id
ORDER BY held.account, other.value, key.type, key.value
"""


@dataclass(frozen=True, slots=True)
class Tie:
    """Two accounts, as `platform:actor`, and the identifier that both used."""

    account: str
    other: str
    type: str
    value: str


def persons_of(accounts: Sequence[str]) -> list[Tie]:
    """Other accounts, on any platform, that share a payment, wallet, device, e-mail or phone.

    Looks at the first hundred accounts, at the newest signals of each and the newest uses of each
    identifier. One that more than twenty accounts use is public and ties nobody.
    """
    values: dict[str, Any] = {
        "accounts": [digest_of(EntityType.ACCOUNT, name) for name in accounts[:MAX_ACCOUNTS]],
        "hard": list(HARD),
        "signals": MAX_SIGNALS,
        "keys": MAX_KEYS,
        "uses": MAX_USES,
        "crowd": CROWD,
    }
    with connection.cursor() as cursor:
        cursor.execute(_TIED, values)
        return [Tie(*row) for row in cursor.fetchall()]
