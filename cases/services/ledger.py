"""Looks into the ledger of sharing, and keeps who did."""

from __future__ import annotations

from django.db import transaction

from abusedesk.core import audit
from abusedesk.core.audit import Verb
from abusedesk.core.models import User
from cases import policy
from cases.selectors.ledger import Told, handovers_by_subject


@transaction.atomic
def search_ledger(*, actor: User, type: str, value: str) -> list[Told]:
    """What told of a value. The audit keeps that somebody asked, not the value."""
    policy.require(actor, "ledger.view")
    audit.append(
        actor=actor, verb=Verb.LEDGER_SEARCHED, target_type="ledger", target_id="", type=type
    )
    return handovers_by_subject(type, value, actor)


@transaction.atomic
def export_ledger(*, actor: User, rows: int) -> None:
    """Keep that so many lines left as a table."""
    policy.require(actor, "ledger.view")
    audit.append(
        actor=actor, verb=Verb.LEDGER_EXPORTED, target_type="ledger", target_id="", rows=rows
    )
