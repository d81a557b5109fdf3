"""Takes back what is in the lineage of a case: a merger or a cut."""

from __future__ import annotations

from abusedesk.core.models import User
from cases.choices import LineageKind
from cases.models import CaseLineage
from cases.services.cut import rejoin_case
from cases.services.merge import unmerge


def undo_lineage(*, actor: User, row: CaseLineage) -> CaseLineage:
    """Both cases again, or one. Raises ForbiddenError, ConflictError or InvalidError."""
    undo = rejoin_case if row.kind == LineageKind.SPLIT else unmerge
    return undo(actor=actor, row=row)
