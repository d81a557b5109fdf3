"""Ties cases together that people call related, and unties them."""

from __future__ import annotations

from django.db import transaction

from abusedesk.core import audit
from abusedesk.core.audit import Verb
from abusedesk.core.errors import InvalidError, NotFoundError
from abusedesk.core.models import User
from cases import fields, policy
from cases.models import Case, CaseLink

REASON_LIMIT = 500


@transaction.atomic
def link_cases(*, actor: User, case: Case, other: Case, reason: str) -> CaseLink:
    """Say that two cases are related, and why. Both timelines tell it; a second time is the first.

    The link adds to both and changes neither, so it needs no version.
    """
    for one in (case, other):
        policy.require(actor, "case.link", one)
    reason = fields.text(reason, field="reason", limit=REASON_LIMIT)
    if case.pk == other.pk:
        message = "A case is always related to itself; name another one."
        raise InvalidError(message, field="other")
    older, newer = sorted((case, other), key=lambda one: one.pk)
    link, made = CaseLink.objects.get_or_create(
        case=older, other=newer, defaults={"reason": reason, "added_by": actor}
    )
    if made:
        _tell(actor, Verb.CASE_LINKED, (case, other), reason=reason)
    return link


@transaction.atomic
def unlink_cases(*, actor: User, case: Case, other: Case) -> None:
    """Take the link back. Raises NotFoundError without one."""
    for one in (case, other):
        policy.require(actor, "case.link", one)
    older, newer = sorted((case, other), key=lambda one: one.pk)
    ended, _ = CaseLink.objects.filter(case=older, other=newer).delete()
    if not ended:
        message = f"Nobody called {case.ref} and {other.ref} related."
        raise NotFoundError(message)
    _tell(actor, Verb.CASE_UNLINKED, (case, other))


def _tell(actor: User, verb: Verb, pair: tuple[Case, Case], **data: str) -> None:
    for one, other in (pair, pair[::-1]):
        audit.append(actor=actor, verb=verb, target=one, other=other.ref, **data)
