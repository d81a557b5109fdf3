"""Reads what a backtest means in people: cases a day, hours a week, cases that would be late."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any, Final

from django.db.models import Count
from django.db.models.functions import TruncDate

from abusedesk.core import clock
from abusedesk.core.models import User
from cases import policy
from cases.models import Case, Decision, Queue
from cases.selectors.case import cases_by_campaign
from cases.workload import Handling, Priced, capacity_of, handling_of, late_cases
from detectors.backtest.trial import CURRENT, PROPOSED
from detectors.choices import BacktestState, Change
from detectors.models import Backtest

MEASURED: Final = timedelta(days=90)
LATEST: Final = 5_000
WORKED: Final = timedelta(days=28)
COLUMNS: Final = (
    "change", "campaign", "case", "decided", "accounts", "probability", "first_evidence",
    "window_days", "handling_s",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Workload:
    """A backtest priced in people. late: cases that the proposal makes late; None: not known.

    capacity: decisions on a day of work. queue: whose service level was taken.
    """

    current: Priced
    proposed: Priced
    handling: Handling
    capacity: float | None
    late: int | None
    sla_hours: int
    queue: str


def workload_of(run: Backtest, viewer: User) -> Workload | None:
    """What its cases cost; none where it is not done, or for who sees no cases."""
    if run.state != BacktestState.DONE or run.sweep or not policy.allowed(viewer, "case.view"):
        return None
    campaigns = run.result["campaigns"]
    days, handling = _days_of(run), _handling(viewer)
    queue = Queue.objects.order_by("position", "pk").first()
    sla_hours = queue.sla_hours if queue else 24
    capacity = capacity_of(_decided_by_day())
    return Workload(
        current=Priced(campaigns[CURRENT], days, handling.seconds),
        proposed=Priced(campaigns[PROPOSED], days, handling.seconds),
        handling=handling,
        capacity=capacity,
        late=_late(run, campaigns, capacity, sla_hours) if capacity else None,
        sla_hours=sla_hours,
        queue=queue.title if queue else "",
    )


def workload_rows_for(viewer: User, run: Backtest) -> list[tuple[Any, ...]]:
    """One row a case that the backtest lost, gained or kept, as `COLUMNS` says.

    Cases of a side: lost and kept, or gained and kept. Divided by the days of the window that is
    cases a day; times 7 times handling time, hours a week.
    """
    if run.state != BacktestState.DONE or run.sweep or not policy.allowed(viewer, "case.view"):
        return []
    told = run.result["campaigns"]
    every = [(change, one) for change in Change.values for one in told.get(change, ())]
    cases = cases_by_campaign([one["campaign"] for _, one in every if one["campaign"]], viewer)
    days, handling = _days_of(run), _handling(viewer)
    return [
        (
            change, one["campaign"] or "", _ref(cases.get(one["campaign"])), one["outcome"],
            one["size"], one["p"], _day(one) or "", f"{days:g}", f"{handling.seconds:g}",
        )
        for change, one in every
    ]  # fmt: skip


def _late(run: Backtest, campaigns: Mapping[str, Any], capacity: float, sla_hours: int) -> int:
    """Late cases with the proposal, less those without, beside all other cases of the window."""
    first = run.since.astimezone(UTC).date()
    count = (run.until.astimezone(UTC).date() - first).days + 1
    opened = Case.objects.filter(stands_for=None, opened_at__range=(run.since, run.until))
    by_day = (
        opened.order_by().values(day=TruncDate("opened_at", tzinfo=UTC)).annotate(n=Count("id"))
    )
    now = Counter[date](dict(by_day.values_list("day", "n")))
    then = now.copy()
    then.update(day for one in campaigns[Change.GAINED] if (day := _day(one)))
    then.subtract(day for one in campaigns[Change.LOST] if (day := _day(one)))
    days = [first + timedelta(days=number) for number in range(count)]
    without, with_ = (
        late_cases([max(0, side[day]) for day in days], capacity, sla_hours) for side in (now, then)
    )
    return with_ - without


def _decided_by_day() -> dict[date, int]:
    rows = Decision.objects.filter(
        created_at__gte=clock.now() - WORKED, undone_at=None, case__stands_for=None
    )
    days = rows.order_by().values(day=TruncDate("created_at", tzinfo=UTC)).annotate(n=Count("id"))
    return dict(days.values_list("day", "n"))


def _day(told: Mapping[str, Any]) -> date | None:
    """Day of a campaign's first evidence; results of an earlier release do not say it."""
    seconds = told.get("first_s")
    return datetime.fromtimestamp(seconds, UTC).date() if seconds else None


def _ref(case: Case | None) -> str:
    return case.ref if case else ""


def _handling(viewer: User) -> Handling:
    """Median time from claim to decision, of the last 90 days."""
    if not policy.allowed(viewer, "case.view"):
        return handling_of([])
    rows = Decision.objects.filter(
        seconds__isnull=False, created_at__gte=clock.now() - MEASURED, case__stands_for=None
    )
    taken = rows.order_by("-pk").values_list("seconds", flat=True)[:LATEST]
    return handling_of([seconds for seconds in taken if seconds is not None])


def _days_of(run: Backtest) -> float:
    """Length of its window."""
    return (run.until - run.since) / timedelta(days=1)
