"""What somebody wants to be told of, on the desk or by mail, and when mail may come. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Final
from zoneinfo import ZoneInfo

from django.db.models import TextChoices

from cases.choices import NoticeKind

DAY_MIN: Final = 1_440
MORNING: Final = 8  # o'clock


class Digest(TextChoices):
    """How notices come by mail: one by one, or together in one mail."""

    OFF = "off", "Each at once"
    HOURLY = "hourly", "Together, at each full hour"
    DAILY = "daily", "Together, once a day"


class Topic(TextChoices):
    """Kinds of notices that people want or do not want together."""

    NAMED = "named", "A note names you"
    GIVEN = "given", "A case is given to you, or taken over from you"
    TIMES = "times", "A case is about to be late, or is late"
    BACK = "back", "A case comes back from snooze"
    WATCHED = "watched", "Something becomes of a case that you watch"
    TROUBLE = "trouble", "A detector raises an alarm, something is paused or a feed stops"
    DRAFTS = "drafts", "A draft or an automation waits for you, or was settled"


WAITS: Final[Mapping[Digest, timedelta]] = {
    Digest.OFF: timedelta(0),
    Digest.HOURLY: timedelta(hours=1),
    Digest.DAILY: timedelta(days=1),
}
KINDS: Final[Mapping[Topic, tuple[NoticeKind, ...]]] = {
    Topic.NAMED: (NoticeKind.MENTION,),
    Topic.GIVEN: (NoticeKind.ASSIGNED, NoticeKind.TAKEN_OVER),
    Topic.TIMES: (NoticeKind.AT_RISK, NoticeKind.LATE),
    Topic.BACK: (NoticeKind.ESCALATING, NoticeKind.RETURNED),
    Topic.WATCHED: (
        NoticeKind.ESCALATED,
        NoticeKind.SNOOZED,
        NoticeKind.CLOSED,
        NoticeKind.REOPENED,
        NoticeKind.ABSORBED,
    ),
    Topic.TROUBLE: (
        NoticeKind.ALARM,
        NoticeKind.TRIPPED,
        NoticeKind.PAUSED,
        NoticeKind.FEED,
    ),
    Topic.DRAFTS: (
        NoticeKind.DRAFT,
        NoticeKind.DRAFT_DONE,
        NoticeKind.DRAFT_NO,
        NoticeKind.AUTOMATION,
        NoticeKind.AUTOMATION_DONE,
        NoticeKind.AUTOMATION_NO,
    ),
}
TOPIC_OF: Final = {kind: topic for topic, kinds in KINDS.items() for kind in kinds}


@dataclass(frozen=True, slots=True)
class Habit:
    """The choices of one person; as made here they hold for who made none.

    off_desk, off_mail: topics that do not come that way. hour: of the daily mail, 0 to 23.
    quiet_from, quiet_until: minutes of a day in the person's zone between which no mail comes;
    both or neither.
    """

    digest: Digest = Digest.OFF
    hour: int = MORNING
    quiet_from: int | None = None
    quiet_until: int | None = None
    off_desk: frozenset[str] = frozenset()
    off_mail: frozenset[str] = frozenset()

    def on_desk(self, kind: str) -> bool:
        """Whether a notice of this kind stands in the inbox."""
        return TOPIC_OF[NoticeKind(kind)] not in self.off_desk

    def by_mail(self, kind: str) -> bool:
        """Whether it comes by mail, where mail is wanted at all."""
        return TOPIC_OF[NoticeKind(kind)] not in self.off_mail

    def is_quiet(self, at: datetime, zone: ZoneInfo) -> bool:
        """Whether no mail may come at this moment."""
        begin, end = self.quiet_from, self.quiet_until
        if begin is None or end is None:
            return False
        local = at.astimezone(zone)
        minute = local.hour * 60 + local.minute
        return begin <= minute < end if begin < end else minute >= begin or minute < end

    def due_at(self, now: datetime, zone: ZoneInfo) -> datetime:
        """When a notice of `now` is mailed: at the next digest, and never in quiet hours."""
        return self.after_quiet(self._next_digest(now, zone), zone)

    def after_quiet(self, at: datetime, zone: ZoneInfo) -> datetime:
        """`at`, or the end of the quiet hours in which it lies."""
        if self.quiet_until is None or not self.is_quiet(at, zone):
            return at
        return next(end for end in _moments(at, self.quiet_until, zone) if end > at)

    @property
    def longest_wait(self) -> timedelta:
        """How old news may be by habit alone before it is mailed."""
        quiet = timedelta(0) if self.quiet_from is None else timedelta(days=1)
        return WAITS[self.digest] + quiet

    def _next_digest(self, now: datetime, zone: ZoneInfo) -> datetime:
        if self.digest == Digest.HOURLY:
            return now.replace(minute=0, second=0, microsecond=0) + timedelta(hours=1)
        if self.digest == Digest.DAILY:
            return next(at for at in _moments(now, self.hour * 60, zone) if at > now)
        return now


def _moments(around: datetime, minute: int, zone: ZoneInfo) -> Iterator[datetime]:
    """When clocks of the zone show this minute from that day on, in order.

    Clocks that go back show it twice; where they skip it, the moment they would show it.
    """
    day: date = around.astimezone(zone).date()
    at = time(minute // 60, minute % 60)
    for ahead in range(3):
        local = datetime.combine(day + timedelta(days=ahead), at, zone)
        first, again = (local.replace(fold=fold).astimezone(UTC) for fold in (0, 1))
        yield first
        if again > first:
            yield again
