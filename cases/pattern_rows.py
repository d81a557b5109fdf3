"""What every step of an own pattern has in common: the row, locked, and a line of the audit."""

from __future__ import annotations

from typing import Any, Final

from abusedesk.core import audit
from abusedesk.core.audit import Verb
from abusedesk.core.models import User
from cases import policy
from cases.models import Pattern

REASON_LIMIT: Final = 500


def locked(actor: User, verb: str, pattern: Pattern) -> Pattern:
    """The row until commit. Raises ForbiddenError."""
    policy.require(actor, verb)
    rows = Pattern.objects.select_for_update(no_key=True, of=("self",))
    return rows.select_related("circle", "backtest").get(pk=pattern.pk)


def log(actor: User, verb: Verb, row: Pattern, **data: object) -> None:
    """What was done to a pattern."""
    told: dict[str, Any] = {"key": row.key, "revision": row.revision, **data}
    audit.append(actor=actor, verb=verb, target=row, **told)
