"""Reads sources and how they fare, from their hourly counters."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from typing import Any, Final

from django.db.models import F, Max, Q, QuerySet, Sum
from django.db.models.functions import TruncDate

from abusedesk.core import clock
from abusedesk.core.errors import NotFoundError
from abusedesk.core.models import ApiToken, Role, User
from detectors.base import Signal as Act
from detectors.choices import Alarm
from detectors.models import Source, SourceHour
from detectors.policy import STAFF
from detectors.silence import SHORTEST_S, limit_of, silent_since
from detectors.tally import added, median_of

HOURS: Final = 24
DAYS: Final = 14
EARLIER_TOKENS: Final = 20


@dataclass(slots=True)
class SourceHealth:
    """How one source fares; hours and days run from the oldest to the current one, in UTC.

    platforms: platform -> signals of the last 24 hours. skew_s: median of received minus occurred
    in that time. limit_s: seconds of silence that are too many; None without an alarm.
    """

    hours: list[int] = field(default_factory=lambda: [0] * HOURS)
    days: list[int] = field(default_factory=lambda: [0] * DAYS)
    platforms: dict[str, int] = field(default_factory=dict)
    refused: int = 0
    late: int = 0
    clamped: int = 0
    skew_s: float | None = None
    limit_s: float | None = None
    silent_since: datetime | None = None

    @property
    def received(self) -> int:
        """Signals of the last 24 hours."""
        return sum(self.hours)

    @property
    def error_rate(self) -> float | None:
        """Refused of all that came in 24 hours; None when nothing came."""
        came = self.received + self.refused
        return self.refused / came if came else None


def sources_for(viewer: User) -> QuerySet[Source]:
    """Sources by slug. An integration sees its own."""
    sources = Source.objects.select_related("token")
    if viewer.role == Role.INTEGRATION:
        return sources.filter(token__user=viewer)
    return sources if viewer.role in STAFF else sources.none()


def source_by_slug(slug: str, viewer: User) -> Source:
    """One source. Raises NotFoundError, also for what the viewer may not see."""
    source = sources_for(viewer).filter(slug=slug).first()
    if source is None:
        message = "There is no such source."
        raise NotFoundError(message)
    return source


def known_slugs_of(slugs: Iterable[str]) -> set[str]:
    """Those of them that are slugs of sources."""
    return set(Source.objects.filter(slug__in=slugs).order_by().values_list("slug", flat=True))


def slugs_of(signals: Iterable[Act]) -> dict[int, str]:
    """Slugs of the sources that sent these, by the number that signals have for them."""
    numbers = {one.source for one in signals}
    return dict(Source.objects.filter(pk__in=numbers).order_by("pk").values_list("pk", "slug"))


def tokens_of(source: Source, viewer: User) -> list[ApiToken]:
    """The token of a source, then those of its name that came before; an admin's matter."""
    if source.token is None or not (viewer.role == Role.ADMIN or source.token.user_id == viewer.pk):
        return []
    same = Q(name=source.token.name, created_at__lt=source.token.created_at)
    earlier = ApiToken.objects.filter(same, user_id=source.token.user_id).order_by("-created_at")
    return [source.token, *earlier[:EARLIER_TOKENS]]


def health_of(sources: Iterable[Source]) -> dict[int, SourceHealth]:
    """Source id -> how it fares, from the counters of two weeks."""
    known = {source.pk: source for source in sources}
    now = clock.now()
    found = {pk: SourceHealth() for pk in known}
    _add_hours(found, now)
    gaps = _add_days(found, now)
    for pk, source in known.items():
        health = found[pk]
        health.limit_s = limit_of(source.alarm, source.silent_after_s, gaps.get(pk, ()))
        health.silent_since = silent_since(source.last_seen_at, now, health.limit_s)
    return found


def silent_for(viewer: User) -> dict[Source, datetime]:
    """Sources that are silent -> since when; only those that can be are looked at."""
    hour_ago = clock.now() - timedelta(seconds=SHORTEST_S)
    quiet = Q(alarm=Alarm.AUTO, last_seen_at__lt=hour_ago) | Q(
        alarm=Alarm.FIXED, last_seen_at__lt=clock.now() - F("silent_after_s") * timedelta(seconds=1)
    )
    sources = list(sources_for(viewer).filter(quiet))
    health = health_of(sources)
    return {one: since for one in sources if (since := health[one.pk].silent_since)}


def _add_hours(found: dict[int, SourceHealth], now: datetime) -> None:
    first = _hour(now) - timedelta(hours=HOURS - 1)
    skews: dict[int, list[Sequence[int]]] = {}
    for row in SourceHour.objects.filter(source__in=found, hour__gte=first):
        health = found[row.source_id]
        health.hours[_at(first, row.hour, HOURS)] += row.accepted
        health.refused += row.refused
        health.late += row.late
        health.clamped += row.clamped
        if row.platform:
            so_far = health.platforms.get(row.platform, 0)
            health.platforms[row.platform] = so_far + row.accepted
        if row.skew:
            skews.setdefault(row.source_id, []).append(row.skew)
    for pk, histograms in skews.items():
        found[pk].skew_s = median_of(added(histograms))


def _add_days(found: dict[int, SourceHealth], now: datetime) -> dict[int, list[float]]:
    """Source id -> the longest pause of each day with signals."""
    first: date = now.astimezone(UTC).date() - timedelta(days=DAYS - 1)
    begin = datetime(first.year, first.month, first.day, tzinfo=UTC)
    rows: Any = (
        SourceHour.objects.filter(source__in=found, hour__gte=begin, accepted__gt=0)
        .order_by()
        .values("source_id", day=TruncDate("hour", tzinfo=UTC))
        .annotate(accepted=Sum("accepted"), gap=Max("gap_s"))
    )
    gaps: dict[int, list[float]] = {}
    for row in rows:
        found[row["source_id"]].days[(row["day"] - first).days] = row["accepted"]
        gaps.setdefault(row["source_id"], []).append(row["gap"])
    return gaps


def _at(first: datetime, hour: datetime, count: int) -> int:
    """Place of an hour; a clock that was set back may have left one in the future."""
    return min(count - 1, int((hour - first) / timedelta(hours=1)))


def _hour(moment: datetime) -> datetime:
    return moment.astimezone(UTC).replace(minute=0, second=0, microsecond=0)
