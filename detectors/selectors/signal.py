"""Reads stored signals and the entities they mention."""

from __future__ import annotations

from django.db.models import OuterRef, QuerySet, Subquery, Value
from django.db.models.functions import Coalesce

from abusedesk.core.errors import NotFoundError
from abusedesk.core.models import User
from detectors.engine import OWN_KINDS
from detectors.models import EntityType, Finding, Signal, SignalEntity, Tombstone
from detectors.policy import READERS


def signals_for(viewer: User) -> QuerySet[Signal]:
    """Signals this person may see, newest first. Partners see none."""
    if viewer.role not in READERS:
        return Signal.objects.none()
    return Signal.objects.exclude(kind__in=OWN_KINDS).select_related("source")


def signal_by_id(signal_id: int, viewer: User) -> Signal:
    """One signal. Raises NotFoundError, also for what the viewer may not see."""
    signal = signals_for(viewer).filter(pk=signal_id).first()
    if signal is None:
        raise NotFoundError(_gone(signal_id, viewer))
    return signal


def entities_of(signal: Signal) -> QuerySet[SignalEntity]:
    """Mentions of a signal with their entities, by type and value.

    label: how people call the type, empty for those that the desk itself knows.
    """
    label = EntityType.objects.filter(slug=OuterRef("entity__type")).values("label")
    rows = SignalEntity.objects.filter(signal_id=signal.pk).select_related("entity")
    rows = rows.annotate(label=Coalesce(Subquery(label), Value("")))
    return rows.order_by("entity__type", "entity__value", "role")


def findings_citing(signal: Signal) -> QuerySet[Finding]:
    """Findings that use this signal as evidence."""
    return Finding.objects.filter(signal_ids__contains=[signal.pk]).select_related("config")


def _gone(signal_id: int, viewer: User) -> str:
    stone = Tombstone.objects.filter(pk=signal_id).first() if viewer.role in READERS else None
    if stone is None:
        return "There is no such signal."
    return f"This signal was purged on {stone.purged_at:%Y-%m-%d} by retention."
