"""The undo that is offered for ten seconds on the page after a decision."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.http import HttpRequest

from abusedesk.core import clock
from cases.models import Case, Decision

WINDOW = timedelta(seconds=10)
KEY = "undo"


@dataclass(frozen=True, slots=True)
class Offer:
    """What the toast says. seconds: how long it stays."""

    ref: str
    decision: int
    said: str
    seconds: int


def offer(request: HttpRequest, case: Case, decision: Decision) -> None:
    """Remember to show the toast on the next page."""
    until = clock.now() + WINDOW
    said = f"closed: {decision.get_outcome_display()}"
    request.session[KEY] = [case.ref, decision.pk, said, until.isoformat()]


def current(request: HttpRequest) -> Offer | None:
    """The offer, as long as its window is open."""
    kept = request.session.get(KEY)
    if not kept:
        return None
    ref, decision, said, until = kept
    left = (datetime.fromisoformat(until) - clock.now()).total_seconds()
    if left <= 0:
        del request.session[KEY]
        return None
    return Offer(ref, decision, said, max(1, round(left)))


def withdraw(request: HttpRequest) -> None:
    """The decision was taken back; there is nothing to offer any more."""
    request.session.pop(KEY, None)
