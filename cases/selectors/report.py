"""Reads the reports of a case, and what those who were reported have sent."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Final

from django.db.models import OuterRef, Subquery
from django.db.models.functions import JSONObject

from abusedesk.core.models import User
from cases import policy
from cases.models import Case, CaseReport, Reporter
from cases.reported import shown
from cases.reputation import Record
from detectors.choices import EntityType
from detectors.models import Signal
from detectors.schema import Kind
from detectors.selectors.signal import signals_for

SHOWN: Final = 50
ROWS: Final = 2_000
FAST_CLOCK: Final = timedelta(minutes=10)  # how far ahead a sender's clock may run
ACCOUNTS: Final = 3
ACTS: Final = 5


_RECORD: Final = Subquery(
    Reporter.objects.exclude(decided=0, ring=None)
    .filter(name=OuterRef("reporter"))
    .values(told=JSONObject(**{name: name for name in Record._fields}))
)


@dataclass(frozen=True, slots=True)
class Report:
    """One report. targets: what it reports, in words. signal: None when it was purged.

    record: what is known of its reporter.
    """

    signal_id: int
    reporter: str
    reason: str
    reported_at: datetime
    signal: Signal | None
    record: Record | None = None
    targets: list[str] = field(default_factory=list)


def reports_of(case: Case, viewer: User, limit: int = SHOWN) -> list[Report]:
    """The newest reports, each with all that it reports."""
    if not case.reports or not policy.can_see(viewer, case):
        return []
    rows = CaseReport.objects.filter(case=case.rests_on)
    rows = rows.order_by("-reported_at", "-signal_id", "id").annotate(record=_RECORD)
    by_signal: dict[int, list[Any]] = {}
    for row in rows[:ROWS]:
        by_signal.setdefault(row.signal_id, []).append(row)
    chosen = dict(list(by_signal.items())[:limit])
    signals = _signals([row for several in chosen.values() for row in several], viewer)
    return [
        Report(
            signal_id=signal_id,
            reporter=first.reporter,
            reason=first.reason,
            reported_at=first.reported_at,
            signal=signals.get(signal_id),
            record=Record(**first.record) if first.record else None,
            targets=[shown(row.target_type, row.target) for row in (first, *others)],
        )
        for signal_id, (first, *others) in chosen.items()
    ]


def reported_acts_of(case: Case, viewer: User) -> list[Signal]:
    """The last acts of the accounts that were reported first, newest first.

    What a report quotes is among them: adapters store a quoted message as an act of its author.
    """
    if not case.reports or not policy.can_see(viewer, case):
        return []
    rows = CaseReport.objects.filter(case=case.rests_on, target_type=EntityType.ACCOUNT)
    rows = rows.order_by("id")
    accounts = list(dict.fromkeys(rows.values_list("target", flat=True)[:ROWS]))[:ACCOUNTS]
    found: list[Signal] = []
    for account in accounts:
        platform, _, actor = account.partition(":")
        acts = signals_for(viewer).filter(platform=platform, actor=actor).exclude(kind=Kind.REPORT)
        found += acts.order_by("-occurred_at", "-id")[:ACTS]
    return sorted(found, key=lambda one: (one.occurred_at, one.pk), reverse=True)


def _signals(rows: Sequence[CaseReport], viewer: User) -> dict[int, Signal]:
    """The signals of these rows that are still there."""
    if not rows:
        return {}
    moments = [row.reported_at for row in rows]
    span = (min(moments) - FAST_CLOCK, max(moments) + FAST_CLOCK)
    ids = {row.signal_id for row in rows}
    stored = signals_for(viewer).filter(pk__in=ids, occurred_at__range=span)
    return {signal.pk: signal for signal in stored}
