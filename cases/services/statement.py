"""Issues statements of reasons and takes them out."""

from __future__ import annotations

import csv
import json
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Any, Final

from django.db import transaction

from abusedesk.core import audit, ids
from abusedesk.core.audit import Verb
from abusedesk.core.errors import InvalidError
from abusedesk.core.models import User
from abusedesk.core.text import csv_cell
from cases import policy
from cases.choices import Tlp
from cases.models import EntityAction, Statement
from cases.selectors.statement import Draft, Span, drafts_by_span, statements_by_span
from cases.statements.schema import FIELDS

PUID_BYTES: Final = 18
BATCH: Final = 500
REVERSED: Final = "reversed_on"


@dataclass(frozen=True, slots=True)
class Issued:
    """How many statements were issued, and what keeps the others back."""

    count: int
    kept: list[Draft]


@transaction.atomic
def issue_statements(*, actor: User, span: Span) -> Issued:
    """Issue what decisions of these days owe and nothing keeps back, at most a thousand at once."""
    policy.require(actor, "statement.issue")
    span.check()
    drafts = drafts_by_span(span, actor)
    ready = {draft.action.pk: draft for draft in drafts if not draft.faults}
    # A decision that is taken back meanwhile waits for this lock, or is not issued.
    locked = EntityAction.objects.select_for_update(no_key=True, of=("self",)).order_by("pk")
    free = list(locked.filter(pk__in=ready, reversed_at=None))
    # Asked after the wait: a join would still show what others had not issued before it.
    had = set(Statement.objects.filter(action__in=free).values_list("action", flat=True))
    rows = [_issued(ready[action.pk], actor) for action in free if action.pk not in had]
    Statement.objects.bulk_create(rows)
    if rows:
        audit.append(
            actor=actor,
            verb=Verb.STATEMENTS_ISSUED,
            target_type="statements",
            count=len(rows),
            span=str(span),
        )
    return Issued(len(rows), [draft for draft in drafts if draft.faults])


def export_statements(*, actor: User, span: Span, format: str) -> Iterator[str]:
    """The file in pieces; the audit entry is written before the first. Raises ForbiddenError."""
    policy.require(actor, "statement.view")
    span.check()
    if format not in FORMATS:
        message = f"There is no format {format[:20]!r}; there are {', '.join(FORMATS)}."
        raise InvalidError(message, field="format")
    rows = statements_by_span(span, actor).exclude(action__decision__case__tlp=Tlp.RED)
    audit.append(
        actor=actor,
        verb=Verb.STATEMENTS_READ,
        target_type="statements",
        count=rows.count(),
        span=str(span),
        format=format,
    )
    return FORMATS[format](rows.order_by("pk").iterator(BATCH))


def _issued(draft: Draft, actor: User) -> Statement:
    puid = ids.random_token(PUID_BYTES)
    body = draft.body | {"puid": puid}
    return Statement(action=draft.action, puid=puid, body=body, issued_by=actor)


def _csv(rows: Iterable[Statement]) -> Iterator[str]:
    """One line a statement; lists are JSON, no cell is a formula."""
    writer = csv.writer(_Echo())
    yield writer.writerow([*FIELDS, REVERSED])
    for row in rows:
        cells = [_cell(row.body.get(name, "")) for name in FIELDS]
        yield writer.writerow([*cells, _reversed_on(row)])


def _json(rows: Iterable[Statement]) -> Iterator[str]:
    """`statements` as the transparency database takes them, and which were taken back since."""
    back: dict[str, str] = {}
    yield '{"statements": ['
    for number, row in enumerate(rows):
        yield ("," if number else "") + "\n" + json.dumps(row.body)
        if on := _reversed_on(row):
            back[row.puid] = on
    yield f'\n], "{REVERSED}": {json.dumps(back)}}}\n'


FORMATS: Final[dict[str, Callable[[Iterable[Statement]], Iterator[str]]]] = {
    "csv": _csv,
    "json": _json,
}


class _Echo:
    """Makes `writerow` give the line back."""

    def write(self, line: str) -> str:
        return line


def _cell(value: Any) -> str:
    return csv_cell(json.dumps(value) if isinstance(value, list) else value)


def _reversed_on(row: Statement) -> str:
    at = row.action.reversed_at
    return at.date().isoformat() if at else ""
