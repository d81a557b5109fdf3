"""Marks notices as read."""

from __future__ import annotations

from django.db import transaction

from abusedesk.core import clock
from abusedesk.core.models import User
from cases.models import Case
from cases.selectors.queue import notices_for


@transaction.atomic
def read_notices(*, actor: User, case: Case | None = None) -> int:
    """One's own notices, of one case or all, are read. Returns how many were new."""
    rows = notices_for(actor)
    if case is not None:
        rows = rows.filter(case=case)
    return rows.update(read_at=clock.now())
