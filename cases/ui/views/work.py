"""The first page: what I have, what waits, and on a fresh desk how to begin."""

from __future__ import annotations

from typing import Any

from django.contrib.auth.decorators import login_required
from django.http import HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_GET

from abusedesk.core import clock
from abusedesk.core.htmx import DeskRequest
from abusedesk.core.models import Role, User
from cases import paging, states
from cases.models import Case
from cases.selectors.case import QueueCount, cases_for, queue_counts
from cases.selectors.content import watched_by
from cases.selectors.notice import NOTICES, notices_for
from cases.ui.first_run import steps_for
from cases.ui.rows import with_claims
from detectors.selectors.alarm import open_alarms_for
from detectors.ui import silent

LAST = 8
ASSIGNED = 20


@login_required
@require_GET
def work(request: DeskRequest) -> HttpResponse:
    """My work."""
    user = request.user
    counts = queue_counts(user)
    mine = cases_for(user).filter(claimed_by=user, claim_expires_at__gt=clock.now())
    decisions = user.decisions.select_related("case")[:LAST]
    steps = steps_for(user, request.build_absolute_uri("/"))
    context: dict[str, Any] = {
        "section": "work",
        "tiles": _tiles(counts, user),
        **(silent.context(user) if user.role == Role.ADMIN else {}),
        "alarms": open_alarms_for(user) if user.role == Role.ADMIN else [],
        "queue_counts": counts,
        "notices": list(notices_for(user)[:NOTICES]),
        "waiting": with_claims(_waiting_for(user), user),
        "mine": with_claims(mine.select_related("queue", "claimed_by"), user),
        "watched": with_claims(watched_by(user).select_related("claimed_by")[:LAST], user),
        "decisions": list(decisions),
        "steps": steps,
        "done": sum(1 for step in steps if step.done),
        "next_queue": next((entry for entry in counts if entry.open), None),
    }
    return render(request, "cases/work.html", context)


def _waiting_for(user: User) -> list[Case]:
    """What the desk or a lead gave to this person, the most urgent first."""
    rows = cases_for(user).filter(assignee=user, state__in=states.WAITING)
    return paging.urgent_first(rows, clock.now(), size=ASSIGNED).rows


def _tiles(counts: list[QueueCount], user: User) -> list[dict[str, Any]]:
    today = clock.now().replace(hour=0, minute=0, second=0, microsecond=0)
    decided = user.decisions.filter(created_at__gte=today, undone_at=None).count()
    return [
        _counted("open", "wait for review", counts),
        _counted("late", "are late", counts),
        _counted("escalated", "are escalated", counts),
        {
            "value": decided,
            "label": "decided by me today",
            "href": f"{reverse('cases:case-list')}?state=closed",
        },
    ]


def _counted(name: str, label: str, counts: list[QueueCount]) -> dict[str, Any]:
    """A tile over all queues that the page keeps true."""
    value = paging.told(paging.total(counts, name))
    return {"value": value, "label": label, "href": reverse("cases:queues"), "live": f"all.{name}"}
