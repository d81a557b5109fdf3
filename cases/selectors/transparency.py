"""Counts for a transparency report: what was reported, decided, restricted and objected to."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from statistics import median
from typing import Any, Final

from django.db.models import Count, F, QuerySet

from abusedesk.core.models import User
from cases import policy
from cases.choices import ActionKind, AppealState
from cases.models import Appeal, CaseReport, Decision, EntityAction
from cases.selectors.decision import decisions_for
from cases.selectors.statement import Span, statements_by_span
from cases.statements.vocabulary import CATEGORIES
from detectors.choices import Outcome

HOUR_S: Final = 3_600.0


@dataclass(frozen=True, slots=True)
class Figure:
    """One line of the report. value: a count, or hours where the unit says so."""

    section: str
    measure: str
    value: float
    unit: str = ""


def figures_by_span(span: Span, viewer: User) -> list[Figure]:
    """The report over decisions, reports and appeals of these days; empty without the permission.

    A decision that was taken back counts as taken back, not as what it had said.
    """
    if not policy.allowed(viewer, "statement.view"):
        return []
    first, until = span.bounds
    made = (
        decisions_for(viewer)
        .filter(held=False, case__stands_for=None, created_at__gte=first, created_at__lt=until)
        .order_by()
    )
    decisions = made.select_related(None)
    return [
        *_reports(span),
        *_decisions(decisions),
        *_restrictions(decisions),
        *_appeals(span, viewer),
        *_statements(span, viewer),
    ]


def _reports(span: Span) -> Iterator[Figure]:
    first, until = span.bounds
    rows = CaseReport.objects.filter(reported_at__gte=first, reported_at__lt=until).order_by()
    counted = rows.aggregate(
        reports=Count("signal_id", distinct=True), cases=Count("case", distinct=True)
    )
    yield Figure("Reports", "received", counted["reports"])
    yield Figure("Reports", "cases that they are part of", counted["cases"])


def _decisions(rows: QuerySet[Decision]) -> Iterator[Figure]:
    standing = rows.filter(undone_at=None)
    counted = Counter(dict(standing.values_list("outcome").annotate(n=Count("pk"))))
    for outcome in Outcome:
        yield Figure("Decisions", outcome.label.lower(), counted[outcome.value])
    yield Figure("Decisions", "taken back", rows.exclude(undone_at=None).count())
    with_reports = standing.filter(case__report_links__isnull=False).distinct().count()
    yield Figure("Decisions", "after a report", with_reports)
    yield Figure("Decisions", "on the desk's own initiative", standing.count() - with_reports)
    yield Figure("Decisions", "made by a machine alone", 0)
    taken = standing.annotate(took=F("created_at") - F("case__opened_at"))
    hours = [took.total_seconds() / HOUR_S for took in taken.values_list("took", flat=True)]
    yield from _median("Decisions", "median time from opening", hours)


def _restrictions(rows: QuerySet[Decision]) -> Iterator[Figure]:
    acted = EntityAction.objects.filter(decision__in=rows).order_by()
    counted = Counter(dict(acted.values_list("kind").annotate(n=Count("pk"))))
    for kind in ActionKind:
        yield Figure("Restrictions", kind.label.lower(), counted[kind.value])
    back = acted.exclude(reversed_at=None).count()
    yield Figure("Restrictions", "taken back", back)
    named = acted.values_list("decision__policy_version__statement__category")
    by_category = Counter(dict(named.annotate(n=Count("pk"))))
    for code, label in CATEGORIES.items():
        if by_category[code]:
            yield Figure("Restrictions by category", label, by_category[code])
    if by_category[None]:
        yield Figure("Restrictions by category", "not named by the policy", by_category[None])


def _appeals(span: Span, viewer: User) -> Iterator[Figure]:
    first, until = span.bounds
    known = decisions_for(viewer).order_by().select_related(None)
    rows = Appeal.objects.filter(
        decision__in=known, opened_at__gte=first, opened_at__lt=until
    ).order_by()
    counted = Counter(dict(rows.values_list("state").annotate(n=Count("pk"))))
    for state in AppealState:
        yield Figure("Appeals", state.label.lower(), counted[state.value])
    ruled = rows.exclude(ruled_at=None).annotate(took=F("ruled_at") - F("opened_at"))
    hours = [took.total_seconds() / HOUR_S for took in ruled.values_list("took", flat=True)]
    yield from _median("Appeals", "median time to a ruling", hours)


def _statements(span: Span, viewer: User) -> Iterator[Figure]:
    issued: dict[str, Any] = (
        statements_by_span(span, viewer)
        .order_by()
        .aggregate(n=Count("pk"), back=Count("action__reversed_at"))
    )
    yield Figure("Statements of reasons", "issued", issued["n"])
    yield Figure("Statements of reasons", "of restrictions taken back since", issued["back"])


def _median(section: str, measure: str, hours: list[float]) -> Iterator[Figure]:
    """Nothing where nothing was measured."""
    if hours:
        yield Figure(section, measure, round(median(hours), 1), "hours")
