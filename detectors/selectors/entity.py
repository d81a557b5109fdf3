"""Reads one entity: where it was seen, with what, and which findings rest on it."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from django.db import connection
from django.db.models import QuerySet

from abusedesk.core.errors import NotFoundError
from abusedesk.core.models import User
from detectors import entities, normalise
from detectors.choices import EntityType, FindingStatus
from detectors.models import Entity, Finding, Signal, SignalEntity
from detectors.policy import READERS
from detectors.selectors.entity_type import entity_types_for
from detectors.selectors.finding import findings_for
from detectors.selectors.signal import signals_for

RECENT: Final = 500
"""So many newest mentions are what a page of an entity speaks of, however many there are."""
LINKED: Final = 50
NAMED: Final = 10
REASONS: Final = {
    "actor": "acts in them",
    "text": "named in the text",
    "link": "linked",
    "identifier": "identifier of the account",
    "object": "acted on",
    "profile": "in the profile",
}
FINDINGS: Final = 50
_PLATFORMS: Final = """
SELECT signal.platform, count(*), min(signal.occurred_at), max(signal.occurred_at)
FROM unnest(%s::bigint[], %s::timestamptz[]) AS recent (id, at)
JOIN detectors_signal signal ON signal.id = recent.id AND signal.occurred_at = recent.at
GROUP BY signal.platform ORDER BY 2 DESC, 1
"""
_LINKED: Final = """
SELECT entity.id, entity.type, entity.value, found.roles, found.signals
FROM (
    SELECT other.entity_id, array_agg(DISTINCT other.role::text ORDER BY other.role::text) AS roles,
           count(DISTINCT other.signal_id) AS signals
    FROM unnest(%s::bigint[], %s::timestamptz[]) AS recent (id, at)
    JOIN detectors_signalentity other
      ON other.signal_id = recent.id AND other.occurred_at = recent.at
    WHERE other.entity_id <> %s
    GROUP BY other.entity_id
    ORDER BY signals DESC, other.entity_id LIMIT %s
) found JOIN detectors_entity entity ON entity.id = found.entity_id
ORDER BY found.signals DESC, entity.id
"""


@dataclass(frozen=True, slots=True)
class Recent:
    """The newest signals that mention an entity, newest first. more: there are older ones."""

    ids: list[int]
    moments: list[datetime]
    more: bool


@dataclass(frozen=True, slots=True)
class Platform:
    """One platform on which an entity was seen."""

    name: str
    signals: int
    first_at: datetime
    last_at: datetime


@dataclass(frozen=True, slots=True)
class Linked:
    """Another entity of the same signals. roles: what it is in them."""

    id: int
    type: str
    value: str
    roles: list[str]
    signals: int

    @property
    def reason(self) -> str:
        """The roles in words."""
        return ", ".join(REASONS.get(role, role) for role in self.roles)


def entities_for(viewer: User) -> QuerySet[Entity]:
    """Entities this person may see, newest first. Partners see none."""
    rows = Entity.objects.all() if viewer.role in READERS else Entity.objects.none()
    return rows.order_by("-id")


def entity_by_id(entity_id: int, viewer: User) -> Entity:
    """One entity. Raises NotFoundError, also for what the viewer may not see."""
    return _one(entities_for(viewer).filter(pk=entity_id))


def entity_by_value(kind: str, raw: str, viewer: User) -> Entity:
    """The entity that `raw` is a spelling of. Raises NotFoundError as above."""
    return _one(entities_by_value(entities_for(viewer), kind, raw))


def entities_by_value(rows: QuerySet[Entity], kind: str, raw: str) -> QuerySet[Entity]:
    """Of these rows the one that `raw` is a spelling of."""
    value = normalise.canonical(kind, raw) or raw
    return rows.filter(digest=entities.digest_of(kind, value))


def entities_by_text(raw: str, viewer: User) -> list[Entity]:
    """Entities of any type that `raw` is a spelling of, defanged ones too; a link also finds its
    domain.
    """
    kinds = [*EntityType.values, *entity_types_for(viewer).values_list("slug", flat=True)]
    spellings = {raw, normalise.refang(raw)}
    named = {(kind, normalise.canonical(kind, one) or one) for kind in kinds for one in spellings}
    named |= {(kind, one) for kind in kinds for one in spellings}
    named |= set(_domains(spellings))
    digests = [entities.digest_of(kind, value) for kind, value in named]
    return list(entities_for(viewer).filter(digest__in=digests)[:NAMED])


def actors_by_signal(signal_ids: Collection[int], viewer: User) -> list[Entity]:
    """The accounts that act in these signals, as far as the viewer may see them."""
    seen = signals_for(viewer).filter(pk__in=signal_ids).order_by().values("pk")
    acting = SignalEntity.objects.filter(signal_id__in=seen, role="actor").values("entity")
    return list(entities_for(viewer).filter(pk__in=acting))


def recent_of(entity: Entity) -> Recent:
    """The newest signals that mention it."""
    rows = SignalEntity.objects.filter(entity=entity).order_by("-occurred_at", "-signal_id")
    pairs = list(rows.values_list("signal_id", "occurred_at")[: RECENT + 1])
    kept = dict(pairs[:RECENT])
    return Recent(list(kept), list(kept.values()), len(pairs) > RECENT)


def recent_signals_of(recent: Recent, viewer: User, limit: int) -> list[Signal]:
    """The first `limit` of them; one query over the partitions that hold them."""
    ids, moments = recent.ids[:limit], recent.moments[:limit]
    if not ids:
        return []
    span = (min(moments), max(moments))
    rows = signals_for(viewer).filter(pk__in=ids, occurred_at__range=span)
    return list(rows.order_by("-occurred_at", "-id"))


def platforms_of(recent: Recent) -> list[Platform]:
    """Where they happened, the most frequent platform first."""
    with connection.cursor() as cursor:
        cursor.execute(_PLATFORMS, [recent.ids, recent.moments])
        return [Platform(*row) for row in cursor.fetchall()]


def links_of(recent: Recent, entity: Entity) -> list[Linked]:
    """What else they mention, the most frequent first."""
    with connection.cursor() as cursor:
        cursor.execute(_LINKED, [recent.ids, recent.moments, entity.pk, LINKED])
        return [Linked(*row) for row in cursor.fetchall()]


def findings_by_entity(entity: Entity, recent: Recent, viewer: User) -> list[Finding]:
    """Findings in force on this account, or on signals that mention this entity; newest first."""
    rows = findings_for(viewer).filter(status=FindingStatus.CURRENT)
    if entity.type == EntityType.ACCOUNT:
        rows = rows.filter(subjects__contains=[entity.value])
    else:
        rows = rows.filter(signal_ids__overlap=recent.ids)
    return list(rows.defer("links", "values", "constants", "conditions")[:FINDINGS])


def _domains(spellings: Iterable[str]) -> Iterator[tuple[str, str]]:
    for one in spellings:
        url = normalise.canonical_url(one)
        if url and (domain := normalise.registrable_domain(normalise.host_of(url))):
            yield EntityType.DOMAIN, domain


def _one(rows: QuerySet[Entity]) -> Entity:
    entity = rows.first()
    if entity is None:
        message = "There is no such entity."
        raise NotFoundError(message)
    return entity
