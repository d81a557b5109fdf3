"""Keeps what is known of reporters, and weighs their open cases again when that changes."""

from __future__ import annotations

from functools import partial
from typing import Final

import structlog
from django.db import transaction
from django.db.models import Count, F, OuterRef, Q, Subquery

from abusedesk.core import clock
from abusedesk.core.queueing import wake
from cases import lineage, reported, states
from cases.blind import awaited
from cases.choices import BENIGN
from cases.faults import Taken, attempt
from cases.models import Case, CaseReport, Decision, Reporter
from detectors.choices import Outcome
from detectors.selectors.rings import rings_of
from detectors.services.drain import SHORT_S, drain

log = structlog.get_logger(__name__)

MARKED: Final = 5_000
CASES: Final = 1_000
"""Open cases of one reporter that are weighed again, the most urgent first."""
FIELDS: Final = ("summary", "severity", "priority", "priority_parts")


def mark(case: Case) -> None:
    """A decision on this case came, went or may be known now: count its reporters again."""
    if not case.reports:
        return
    rows = CaseReport.objects.filter(case=case).exclude(reporter="").order_by()
    names = rows.values_list("reporter", flat=True).distinct()[:MARKED]
    _write([Reporter(name=name, due_at=clock.now()) for name in names], "due_at")
    wake("cases.weigh_reporters")


def sweep() -> None:
    """Look who acts as one by now, and wake what a lost message forgot."""
    find_rings()
    if Reporter.objects.exclude(due_at=None).exists():
        wake("cases.weigh_reporters")


def weigh_all() -> None:
    """Weigh until nobody is due; wakes itself when the time is up before that."""
    if not drain(partial(weigh, 1), SHORT_S):
        wake("cases.weigh_reporters")


def find_rings() -> int:
    """Note who acts as one by findings in force, and who does not any more. Returns how many."""
    found = rings_of()
    names = CaseReport.objects.filter(reporter__in=found).order_by()
    rings = {name: found[name] for name in names.values_list("reporter", flat=True).distinct()}
    known = {
        one.name: (one.ring, one.ring_size)
        for one in Reporter.objects.exclude(ring=None).order_by()
    }
    changed = sorted(name for name in {*rings, *known} if rings.get(name) != known.get(name))
    rows = [Reporter(name=name, due_at=clock.now()) for name in changed]
    for row in rows:
        row.ring, row.ring_size = rings.get(row.name, (None, 0))
    _write(rows, "ring", "ring_size", "due_at")
    return len(rows)


def weigh(limit: int) -> int:
    """Count the reports of up to `limit` reporters, and weigh their open cases by it.

    A reporter stays due until all is done, so that a worker that dies leaves nothing half weighed.
    """
    due = Reporter.objects.exclude(due_at=None).order_by("due_at", "id")
    rows = list(due[:limit])
    for row in rows:
        since = row.due_at
        _count(row)
        for case_id in _open_cases(row):
            _, fault = _weigh_one(case_id)
            if fault is not None:
                log.error("A case cannot be weighed again", case=case_id, fault=repr(fault))
        Reporter.objects.filter(pk=row.pk, due_at=since).update(due_at=None)
    return len(rows)


def _count(row: Reporter) -> None:
    """Reports that were made before the decision on their case, by source."""
    standing = Decision.objects.filter(
        ~awaited(), case=OuterRef("case"), undone_at=None, held=False
    )
    newest = standing.order_by("-id")
    decided = (
        CaseReport.objects.filter(reporter=row.name)
        .annotate(
            outcome=Subquery(newest.values("outcome")[:1]),
            decided_at=Subquery(newest.values("created_at")[:1]),
        )
        .filter(outcome__in=[Outcome.ABUSE, *BENIGN], added_at__lte=F("decided_at"))
        .order_by()
    )
    by_source = decided.values_list("source__slug").annotate(
        upheld=Count("signal_id", distinct=True, filter=Q(outcome=Outcome.ABUSE)),
        total=Count("signal_id", distinct=True),
    )
    row.by_source = {slug or "": [upheld, total] for slug, upheld, total in by_source}
    row.upheld = sum(upheld for upheld, _ in row.by_source.values())
    row.decided = sum(total for _, total in row.by_source.values())
    row.save(update_fields=["upheld", "decided", "by_source"])


def _open_cases(row: Reporter) -> list[int]:
    """Those that rest on reports alone."""
    mine = CaseReport.objects.filter(reporter=row.name).values("case")
    cases = Case.objects.filter(pk__in=mine, state__in=states.ACTIVE, how_sure=0)
    return list(cases.order_by("-priority", "id").values_list("pk", flat=True)[:CASES])


@transaction.atomic
def _weigh_one(case_id: int) -> Taken:
    return attempt(case_id, partial(_weigh, case_id))


def _weigh(case_id: int) -> None:
    """The version of the case stays: nobody who is deciding it need look again."""
    (case,) = lineage.lock({case_id})
    told = reported.reported_of(case)
    if case.state not in states.ACTIVE or case.how_sure or told is None:
        return
    reported.describe(case, told)
    case.save(update_fields=FIELDS)


def _write(rows: list[Reporter], *fields: str) -> None:
    """By name, in its order, so that two writers never wait for each other in a ring."""
    Reporter.objects.bulk_create(
        sorted(rows, key=lambda row: row.name),
        update_conflicts=True,
        unique_fields=["name"],
        update_fields=fields,
    )
