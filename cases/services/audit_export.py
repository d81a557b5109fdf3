"""Exports entries of the audit as a table: permitted, audited itself, streamed and capped."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Final

from abusedesk.core import audit
from abusedesk.core.audit import Verb
from abusedesk.core.models import AuditEntry, User
from abusedesk.core.tables import lines
from cases import policy
from cases.selectors.audit import Asked, audit_entries_for, audit_page_for

LIMIT: Final = 50_000
BATCH: Final = 1_000
COLUMNS: Final = (
    "id", "at", "actor", "verb", "sentence", "target_type", "target_id", "data", "request_id",
    "previous", "digest",
)  # fmt: skip


def export_audit(*, actor: User, asked: Asked) -> Iterator[str]:
    """The table in pieces; what is asked is checked and noted before the first.

    Raises ForbiddenError, InvalidError.
    """
    policy.require(actor, "audit.export")
    audit_entries_for(actor, asked)
    audit.append(
        actor=actor, verb=Verb.AUDIT_EXPORTED, target_type="audit", limit=LIMIT, query=str(asked)
    )
    return lines(COLUMNS, (_cells(one) for one in _walk(actor, asked)), LIMIT, "entries")


def _walk(actor: User, asked: Asked) -> Iterator[AuditEntry]:
    before, more = "", True
    while more:
        entries, before = audit_page_for(actor, asked, before, BATCH)
        yield from entries
        more = bool(before)


def _cells(one: AuditEntry) -> list[str]:
    return [
        str(one.pk),
        one.at.isoformat(),
        one.actor_label,
        one.verb,
        audit.sentence(one),
        one.target_type,
        one.target_id,
        json.dumps(one.data, sort_keys=True),
        one.request_id,
        one.previous,
        one.digest,
    ]
