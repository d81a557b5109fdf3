"""Searches stored signals by the filter language, and sums up what was found."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Final

from abusedesk.core import clock
from abusedesk.core.models import User
from abusedesk.core.query import Query
from detectors.models import Signal, Source
from detectors.policy import allowed
from detectors.search import Found, Goal, Hit, Plan, Position, plan_of, walk
from detectors.search.walker import EPOCH
from detectors.selectors.signal import signals_for

TOP: Final = 6
PATIENCE_S: Final = 5.0  # of one step of an export
BARS: Final = 48
STEPS: Final = tuple(
    timedelta(minutes=minutes)
    for minutes in (1, 5, 15, 60, 180, 720, 1_440, 2_880, 10_080, 43_200, 129_600, 525_600)
)


@dataclass(frozen=True, slots=True)
class Bar:
    """So many signals in [start, end)."""

    start: datetime
    end: datetime
    count: int


@dataclass(frozen=True, slots=True)
class Overview:
    """What the newest hits are. facets: field -> its most frequent values with their counts."""

    facets: dict[str, list[tuple[str, int]]]
    bars: list[Bar]


def hits_for(viewer: User, query: Query, goal: Goal, start: Position | None = None) -> Found:
    """Hits behind `start`, newest first, as far as the goal allows."""
    plan = _plan(viewer, query)
    return walk(plan, goal, start) if plan else Found()


def signals_of(hits: Sequence[Hit], viewer: User) -> list[Signal]:
    """The signals of these hits, in their order."""
    if not hits:
        return []
    span = (hits[-1].position.occurred_at, hits[0].position.occurred_at)
    rows = signals_for(viewer).filter(pk__in=[hit.id for hit in hits], occurred_at__range=span)
    return list(rows.order_by("-occurred_at", "-id"))


def overview_of(hits: Sequence[Hit]) -> Overview:
    """Facets and bars over these hits."""
    sources = Counter(hit.source_id for hit in hits)
    providers = Counter(hit.provider for hit in hits if hit.provider)
    facets = {
        "platform": Counter(hit.platform for hit in hits).most_common(TOP),
        "kind": Counter(hit.kind for hit in hits).most_common(TOP),
        "source": _by_slug(sources.most_common(TOP)),
        "provider": providers.most_common(TOP),
    }
    return Overview(facets, list(_bars(hits)))


def batches_for(viewer: User, query: Query, limit: int, size: int) -> Iterator[list[Signal]]:
    """All hits up to `limit`, `size` at a time, however long that takes."""
    plan = _plan(viewer, query)
    start, left = None, limit if plan else 0
    while plan and left > 0:
        wanted = min(size, left)
        found = walk(plan, Goal(wanted, wanted, PATIENCE_S, PATIENCE_S), start)
        yield signals_of(found.hits, viewer)
        start, left = found.end, left - len(found.hits)
        if start is None:
            return


def _plan(viewer: User, query: Query) -> Plan | None:
    return plan_of(query, clock.now()) if allowed(viewer, "signal.view") else None


def _by_slug(counted: Sequence[tuple[int, int]]) -> list[tuple[str, int]]:
    rows = Source.objects.filter(pk__in=[pk for pk, _ in counted])
    slugs = dict(rows.values_list("pk", "slug"))
    return [(slugs[pk], count) for pk, count in counted]


def _bars(hits: Sequence[Hit]) -> Iterator[Bar]:
    """At most 48 equal steps from the oldest hit to the newest."""
    if not hits:
        return
    first, last = hits[-1].at_us, hits[0].at_us
    step = next((one for one in STEPS if (last - first) // _us(one) < BARS - 1), STEPS[-1])
    width = _us(step)
    counts = Counter(hit.at_us // width for hit in hits)
    for place in range(first // width, last // width + 1):
        start = EPOCH + place * step
        yield Bar(start.astimezone(UTC), start + step, counts[place])


def _us(span: timedelta) -> int:
    return span // timedelta(microseconds=1)
