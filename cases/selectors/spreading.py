"""Reads to which platform a case will probably go next."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from django.db.models import Exists, OuterRef

from abusedesk.core.models import User
from cases import policy, states
from cases.blind import unveiled
from cases.choices import State
from cases.models import Case, Decision
from cases.selectors.case import cases_for
from cases.spreading import LEAST_WAY, Next, Step, Way, next_platform
from detectors.choices import Outcome

LOOKED_AT: Final = 500


@dataclass(frozen=True, slots=True)
class Hint:
    """`found` with the cases that it rests on, the one that was closed last first."""

    found: Next
    cases: list[Case]


def next_platform_for(case: Case, viewer: User) -> Hint | None:
    """By the newest 500 closed and confirmed cases that began alike; None: too few to tell."""
    steps = _steps(case)
    if len(steps) < LEAST_WAY or case.state not in states.ACTIVE:
        return None
    if not policy.can_see(viewer, case):
        return None
    confirmed = Decision.objects.filter(
        unveiled(viewer), case=OuterRef("pk"), outcome=Outcome.ABUSE, undone_at=None, held=False
    )
    rows = cases_for(viewer).filter(
        Exists(confirmed), state=State.CLOSED, stands_for=None, spread__0_2=case.spread[:LEAST_WAY]
    )
    rows = rows.exclude(pk=case.rests_on).defer("summary", "reasons", "priority_parts")
    closed = {one.pk: one for one in rows.order_by("-closed_at", "-id")[:LOOKED_AT]}
    found = next_platform(steps, [Way(pk, _steps(one)) for pk, one in closed.items()])
    return Hint(found, [closed[pk] for pk in found.cases]) if found else None


def _steps(case: Case) -> list[Step]:
    return [Step(*one) for one in zip(case.spread, case.spread_s, strict=True)]
