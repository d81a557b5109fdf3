"""A lead's leave to share in spite of a conflict that can be weighed: with a reason and an end."""

from __future__ import annotations

from datetime import timedelta
from typing import Final

from django.db import transaction

from abusedesk.core import audit, clock
from abusedesk.core.audit import Verb
from abusedesk.core.errors import ConflictError, InvalidError
from abusedesk.core.models import User
from cases import fields, policy, previewing
from cases.choices import ShareState
from cases.models import Override, Share
from cases.sharing.conflicts import OVERRIDABLE

REASON_LIMIT: Final = 500
MOST_DAYS: Final = 90


@transaction.atomic
def override_conflict(
    *, actor: User, share: Share, rule: str, what: str, reason: str, days: int
) -> Override:
    """Leave one conflict of a draft out of account for so many days; the preview is made anew.

    Raises ForbiddenError, InvalidError, or ConflictError for a conflict that nobody can override or
    that is not there.
    """
    policy.require(actor, "share.override", share.case)
    reason = fields.text(reason, field="reason", limit=REASON_LIMIT)
    if not 1 <= days <= MOST_DAYS:
        message = f"Choose 1 to {MOST_DAYS} days."
        raise InvalidError(message, field="days")
    rows = Share.objects.select_for_update(no_key=True, of=("self",))
    row = rows.select_related("case__queue", "circle").get(pk=share.pk)
    if row.state != ShareState.DRAFT:
        message = f"This share is: {row.get_state_display().lower()}."
        raise ConflictError(message, state=row.state)
    if rule not in OVERRIDABLE:
        message = "Nobody can override this."
        raise ConflictError(message)
    if not any(one["rule"] == rule and one["what"] == what for one in row.conflicts):
        message = "There is no such conflict in this share."
        raise ConflictError(message)
    until = clock.now() + timedelta(days=days)
    made = Override.objects.create(
        share=row, rule=rule, what=what, reason=reason, until=until, actor=actor
    )
    previewing.keep(row)
    row.save(update_fields=["digest", "conflicts"])
    audit.append(
        actor=actor,
        verb=Verb.SHARE_OVERRIDDEN,
        target=row.case,
        share=row.pk,
        revision=row.revision,
        rule=rule,
        until=until,
        reason=reason,
    )
    return made
