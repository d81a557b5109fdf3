"""Exports the cases of a list as a table: permitted, audited, streamed and capped."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import Final

from django.db.models import QuerySet

from abusedesk.core import audit, clock
from abusedesk.core.audit import Verb
from abusedesk.core.models import User
from abusedesk.core.query import Query
from abusedesk.core.tables import lines
from cases import ordering, policy
from cases.choices import Severity, State, Tlp
from cases.models import Case
from cases.ordering import NEW_FIRST, Order
from cases.search import where
from cases.selectors.case import cases_for

LIMIT: Final = 50_000
BATCH: Final = 500
COLUMNS: Final = (
    "ref", "queue", "state", "tlp", "severity", "title", "reasons", "platforms", "accounts", "hits",
    "reports", "how_sure", "calibrated", "priority", "labels", "assignee", "opened_at",
    "updated_at", "due_at", "closed_at",
)  # fmt: skip
WITHHELD: Final = "TLP:RED: only on the screen of the desk"


def export_cases(*, actor: User, query: Query, order: Order | None = None) -> Iterator[str]:
    """The table in pieces; the audit entry is written before the first. Raises ForbiddenError.

    The same rows as the list of all cases shows for this query, newest first where no order is
    asked for.
    """
    policy.require(actor, "case.export")
    order = order or NEW_FIRST
    audit.append(
        actor=actor,
        verb=Verb.CASES_EXPORTED,
        target_type="cases",
        limit=LIMIT,
        order=str(order),
        query=str(query) or "all",
    )
    rows = cases_for(actor).exclude(state=State.MERGED).filter(where(query, clock.now(), actor))
    return lines(COLUMNS, (_cells(case) for case in _walk(rows, order)), LIMIT, "cases")


def _walk(rows: QuerySet[Case], order: Order) -> Iterator[Case]:
    """All of them, some at a time: a row that comes or goes meanwhile shifts no other."""
    after, more = "", True
    while more:
        page = ordering.in_order(rows, order, after, BATCH)
        yield from page.rows
        after, more = page.more, bool(page.more)


def _cells(case: Case) -> list[str]:
    """Of TLP:RED the desk says that the case is there, and nothing of what it is about."""
    first = [case.ref, case.queue.slug, case.state, case.tlp]
    if case.tlp == Tlp.RED:
        return [*first, "", WITHHELD, *[""] * (len(COLUMNS) - len(first) - 2)]
    return [
        *first,
        str(Severity(case.severity).label),
        case.title,
        "; ".join(case.reasons),
        " ".join(case.platforms),
        *(str(one) for one in (case.accounts, case.hits, case.reports)),
        f"{case.how_sure:.3f}",
        "" if case.calibrated is None else f"{case.calibrated:.3f}",
        f"{case.priority:.2f}",
        " ".join(case.labels),
        str(case.assignee or ""),
        *(_told(one) for one in (case.opened_at, case.updated_at, case.due_at, case.closed_at)),
    ]


def _told(moment: datetime | None) -> str:
    return moment.isoformat(timespec="seconds") if moment else ""
