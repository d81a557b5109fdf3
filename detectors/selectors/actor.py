"""Reads which accounts on other platforms may be the same actor as one account."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from django.db import connection

from detectors.choices import EntityType
from detectors.models import Entity, Finding
from detectors.selectors.entity import RECENT, Recent

# One on each of these is one person or one household; a handle only says where to look.
HARD: Final = ("payment", "wallet", "device", "email", "phone")
MAX_KEYS: Final = 30
CROWD: Final = 20
"""An identifier with more accounts than this is public and joins nobody."""

_SAME: Final = """
WITH key AS (
    SELECT DISTINCT entity.id, entity.type, entity.value, mention.role
    FROM unnest(%(ids)s::bigint[], %(moments)s::timestamptz[]) AS recent (id, at)
    JOIN detectors_signalentity own
      ON own.signal_id = recent.id AND own.occurred_at = recent.at
     AND own.entity_id = %(own)s AND own.role = 'actor'
    JOIN detectors_signalentity mention
      ON mention.signal_id = recent.id AND mention.occurred_at = recent.at
    JOIN detectors_entity entity ON entity.id = mention.entity_id
    WHERE mention.role = 'identifier' AND entity.type = ANY(%(hard)s)
       OR mention.role = 'profile' AND entity.type = 'handle'
    ORDER BY entity.id LIMIT %(keys)s
)
SELECT key.id, key.type, key.value, account.id, account.value, count(DISTINCT used.signal_id)
FROM key
CROSS JOIN LATERAL (
    SELECT signal_id, occurred_at FROM detectors_signalentity
    WHERE entity_id = key.id AND role = key.role
    ORDER BY occurred_at DESC LIMIT %(uses)s
) used
JOIN detectors_signalentity actor
  ON actor.signal_id = used.signal_id AND actor.occurred_at = used.occurred_at
 AND actor.role = 'actor'
JOIN detectors_entity account ON account.id = actor.entity_id
WHERE account.id <> %(own)s
GROUP BY key.id, key.type, key.value, account.id, account.value
ORDER BY key.id, 6 DESC, account.id
"""


@dataclass(frozen=True, slots=True)
class Shared:
    """What joins two accounts. signals: those of the other account with it."""

    id: int
    type: str
    value: str
    signals: int


@dataclass(frozen=True, slots=True)
class SameActor:
    """An account on another platform. findings: sentences of findings that name both."""

    id: int
    account: str
    shared: list[Shared] = field(default_factory=list)
    findings: list[str] = field(default_factory=list)

    @property
    def platform(self) -> str:
        return platform_of(self.account)


def same_actors_of(entity: Entity, recent: Recent, findings: Sequence[Finding]) -> list[SameActor]:
    """Accounts on other platforms that share a hard identifier with this account, or its handle.

    recent, findings: of the account. The same handle counts only beside a finding that names both:
    two strangers can have chosen it. An identifier with more than twenty accounts joins nobody.
    """
    if entity.type != EntityType.ACCOUNT or not recent.ids:
        return []
    found: dict[int, SameActor] = {}
    for key, users in _users_of_keys(entity, recent).items():
        for account_id, account, signals in users if len(users) < CROWD else ():
            if platform_of(account) == platform_of(entity.value):
                continue
            both = [one.sentence for one in findings if account in one.subjects]
            if key[1] == EntityType.HANDLE and not both:
                continue
            other = found.setdefault(account_id, SameActor(account_id, account, findings=both))
            other.shared.append(Shared(*key, signals))
    return sorted(found.values(), key=lambda one: (-len(one.shared), one.account))


def platform_of(account: str) -> str:
    """`platform:actor` -> platform."""
    return account.partition(":")[0]


def _users_of_keys(
    entity: Entity, recent: Recent
) -> dict[tuple[int, str, str], list[tuple[int, str, int]]]:
    """Identifier -> other accounts that use it: id, name and number of signals."""
    values: dict[str, Any] = {
        "ids": recent.ids,
        "moments": recent.moments,
        "hard": list(HARD),
        "keys": MAX_KEYS,
        "uses": RECENT,
        "own": entity.pk,
    }
    users: dict[tuple[int, str, str], list[tuple[int, str, int]]] = {}
    with connection.cursor() as cursor:
        cursor.execute(_SAME, values)
        for key_id, kind, value, *user in cursor.fetchall():
            users.setdefault((key_id, kind, value), []).append((user[0], user[1], user[2]))
    return users
