"""Reads how sources of indicators fare."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from django.db.models import Count, Q, Sum

from abusedesk.core import clock
from abusedesk.core.models import User
from detectors.calibration.proportion import Share
from detectors.models.watch import in_force
from detectors.selectors.precision import NOTHING, source_precisions_for
from detectors.selectors.watch import watch_items_for

MOST: Final = 100


@dataclass(frozen=True, slots=True)
class SourceFares:
    """standing: assertions in force; met: those whose value a signal used; hits: such signals."""

    source: str
    standing: int
    met: int
    ended: int
    hits: int
    precision: Share


def indicator_sources_for(viewer: User) -> list[SourceFares]:
    """Sources of the watch list, those that say most first."""
    standing = in_force(clock.now())
    rows = (
        watch_items_for(viewer)
        .order_by()
        .select_related(None)
        .values("source")
        .annotate(
            standing=Count("pk", filter=standing),
            met=Count("pk", filter=Q(hits__gt=0)),
            ended=Count("pk", filter=~standing),
            hits=Sum("hits"),
        )
        .order_by("-standing", "source")[:MOST]
    )
    precisions = source_precisions_for(viewer)
    return [SourceFares(**row, precision=precisions.get(row["source"], NOTHING)) for row in rows]
