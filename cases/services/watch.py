"""Who wants to know what becomes of a case."""

from __future__ import annotations

from django.db import transaction

from abusedesk.core import audit
from abusedesk.core.audit import Verb
from abusedesk.core.models import User
from cases import policy
from cases.models import Case, CaseWatch


@transaction.atomic
def watch_case(*, actor: User, case: Case) -> None:
    """From now on. To watch twice is to watch."""
    policy.require(actor, "case.watch", case)
    _, began = CaseWatch.objects.get_or_create(case=case, user=actor)
    if began:
        audit.append(actor=actor, verb=Verb.CASE_WATCHED, target=case)


@transaction.atomic
def unwatch_case(*, actor: User, case: Case) -> None:
    """No longer; who does not watch may say so too."""
    policy.require(actor, "case.watch", case)
    ended, _ = CaseWatch.objects.filter(case=case, user=actor).delete()
    if ended:
        audit.append(actor=actor, verb=Verb.CASE_UNWATCHED, target=case)
