"""Reads cases and queues; what the viewer may not see does not exist."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import OuterRef, QuerySet, Subquery
from django.db.models.functions import Coalesce

from abusedesk.core import clock
from abusedesk.core.errors import NotFoundError
from abusedesk.core.models import SavedView, User
from cases import golden, policy, queue, states
from cases.choices import State
from cases.exposure import Points, points, points_of
from cases.models import Case, CaseCampaign, Queue
from cases.paging import capped, counted
from cases.search.where import at_risk
from cases.selectors.notice import notices_for
from cases.selectors.presence import online_for
from cases.selectors.saved import rail_of, views_of


@dataclass(frozen=True, slots=True)
class QueueCount:
    """One queue in numbers, each exact up to `paging.COUNTED`; one more says that there are more.

    late: past its due time; at_risk: late or the last quarter runs; newest: id of the case that
    was opened last, 0 without any. unread, views, online, exposure: what every page shows beside
    queues, the same on every row, so that no page asks once more for it.
    """

    queue: Queue
    open: int
    escalated: int
    snoozed: int
    closed: int
    regressed: int
    late: int
    at_risk: int
    oldest_at: datetime | None
    newest: int
    unread: int
    views: list[dict[str, Any]]
    online: list[str]
    exposure: dict[str, int]

    @property
    def backlog(self) -> int:
        """Cases that wait for a person."""
        return capped(self.open + self.escalated)

    @property
    def slug(self) -> str:
        return self.queue.slug

    @property
    def title(self) -> str:
        return self.queue.title

    @property
    def sla_hours(self) -> int:
        return self.queue.sla_hours


def cases_for(viewer: User, provider: str = "") -> QuerySet[Case]:
    """Cases in the viewer's queues. provider: only those whose evidence names this AI service."""
    rows = Case.objects.filter(golden.shown_to(viewer), queue__in=policy.queues_of(viewer))
    rows = rows.select_related("queue")
    return rows.filter(providers__contains=[provider.lower()]) if provider else rows


def cases_by_campaign(campaigns: Collection[int], viewer: User) -> dict[int, Case]:
    """Campaign -> the case that it is in, for those that the viewer may see."""
    links = CaseCampaign.objects.filter(campaign__in=campaigns)
    of = dict(links.values_list("campaign", "case"))
    cases = cases_for(viewer).in_bulk(set(of.values()))
    return {campaign: cases[case] for campaign, case in of.items() if case in cases}


def case_by_ref(ref: str, viewer: User) -> Case:
    """One case. Raises NotFoundError, also for what the viewer may not see."""
    case = (
        cases_for(viewer)
        .select_related("claimed_by", "assignee", "assigned_by", "hold__created_by")
        .filter(ref=ref)
        .first()
    )
    if case is None:
        message = "There is no such case."
        raise NotFoundError(message)
    return case


def queue_page(viewer: User, queue_: Queue, state: State, provider: str = "") -> QuerySet[Case]:
    """Rows of one queue in one state: in the order of "next"; closed ones newest first."""
    rows = cases_for(viewer, provider).filter(queue=queue_, state=state)
    rows = rows.select_related("claimed_by")
    if state == State.CLOSED:
        return rows.order_by("-closed_at", "-id")
    return queue.ordered(rows, clock.now())


def queue_counts(viewer: User) -> list[QueueCount]:
    """All queues of the viewer, in their order, with what is in them; one query.

    Every number walks one index and stops: counting all of 100,000 cases took 0.2 s a page.
    """
    numbers = _numbers(viewer, clock.now())
    rows = policy.queues_of(viewer).annotate(**numbers)
    return [QueueCount(queue=one, **{name: getattr(one, name) for name in numbers}) for one in rows]


def unread_of(counts: Iterable[QueueCount]) -> int:
    """Notices that who counted has not read; who sees no queue has none."""
    return max((one.unread for one in counts), default=0)


def online_of(counts: Sequence[QueueCount]) -> list[str]:
    """Names of others who have the desk open."""
    return counts[0].online if counts else []


def exposure_of(counts: Sequence[QueueCount]) -> Points | None:
    """Own points of this shift; None for who sees no queue."""
    return points(**counts[0].exposure) if counts else None


def rail_views_of(counts: Sequence[QueueCount]) -> list[SavedView]:
    """Saved views that the rail shows to who counted."""
    return views_of(counts[0].views) if counts else []


def _numbers(viewer: User, now: datetime) -> dict[str, Subquery | Coalesce]:
    cases = Case.objects.filter(golden.shown_to(viewer), queue=OuterRef("pk"))
    waiting = cases.filter(state__in=states.WAITING)
    piles = {
        "open": cases.filter(state=State.OPEN),
        "escalated": cases.filter(state=State.ESCALATED),
        "snoozed": cases.filter(state=State.SNOOZED),
        "closed": cases.filter(state=State.CLOSED),
        "regressed": waiting.filter(regressed=True),
        "late": waiting.filter(due_at__lte=now),
        "at_risk": waiting.filter(at_risk(now, OuterRef("sla_hours"))),
    }
    newest = cases.order_by("-pk").values("pk")[:1]
    return {
        **{name: counted(rows) for name, rows in piles.items()},
        "oldest_at": Subquery(waiting.order_by("opened_at").values("opened_at")[:1]),
        "newest": Coalesce(Subquery(newest), 0),
        "unread": counted(notices_for(viewer)),
        "views": rail_of(viewer),
        "online": online_for(viewer),
        "exposure": points_of(viewer),
    }
