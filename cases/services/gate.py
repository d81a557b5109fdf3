"""Saves gates: accounts that are allowed, or quiet until a date."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction

from abusedesk.core import audit, clock
from abusedesk.core.audit import Verb
from abusedesk.core.errors import InvalidError
from abusedesk.core.models import User
from cases import fields, policy
from cases.choices import GateKind
from cases.models import Gate


@transaction.atomic
def save_gate(
    *, actor: User, kind: GateKind, account: str, reason: str, expires_at: datetime | None = None
) -> Gate:
    """Put `account` (`platform:actor`) on the allow-list, or snooze it until `expires_at`."""
    policy.require(actor, "gate.save")
    account = fields.text(account, field="account", limit=242)
    reason = fields.text(reason, field="reason", limit=500)
    if kind == GateKind.SNOOZE and expires_at is None:
        message = "Say until when the account is snoozed."
        raise InvalidError(message, field="expires_at")
    if expires_at is not None and expires_at <= clock.now():
        message = "This time has passed."
        raise InvalidError(message, field="expires_at")
    gate, _ = Gate.objects.update_or_create(
        kind=kind,
        account=account,
        defaults={"reason": reason, "expires_at": expires_at, "created_by": actor},
    )
    audit.append(
        actor=actor,
        verb=Verb.GATE_SAVED,
        target=gate,
        kind=GateKind(kind).label,
        account=account,
        reason=reason,
        until=expires_at,
    )
    return gate
