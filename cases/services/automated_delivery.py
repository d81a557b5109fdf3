"""What receivers are owed because of automated actions: one message for each account."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from abusedesk.core.queueing import wake
from cases.choices import DeliveryKind
from cases.models import AutomatedAction, Delivery, Webhook
from cases.services.delivery import json_of, reverse_all


def owe_actions(*, actions: Sequence[AutomatedAction]) -> list[Delivery]:
    """One message of each action to every active receiver, due at once."""
    receivers = list(Webhook.objects.filter(active=True))
    owed = [
        Delivery(
            webhook=webhook,
            automated=action,
            kind=DeliveryKind.ACTION,
            body=json_of(body=_body(action, DeliveryKind.ACTION)),
        )
        for action in actions
        for webhook in receivers
    ]
    if owed:
        wake("cases.deliver_actions")
    return Delivery.objects.bulk_create(owed, 1_000)


def take_back_action(*, action: AutomatedAction) -> list[str]:
    """Cancel what is still here; reverse what left or may have left. Returns hosts cancelled."""
    rows = Delivery.objects.filter(automated=action, kind=DeliveryKind.ACTION)
    return reverse_all(
        rows=rows, body_of=lambda row: _body(action, DeliveryKind.REVERSAL, reverses=row.pk)
    )


def _body(
    action: AutomatedAction, kind: DeliveryKind, *, reverses: int | None = None
) -> dict[str, Any]:
    """The public body, as of a decision; automated: its number; detector: who found it."""
    acted_at = action.acted_at or action.created_at
    asked = {
        "entity": f"account:{action.account}",
        "action": action.kind,
        "until": action.until.isoformat() if action.until else None,
    }
    return {
        "kind": kind.value,
        "case": action.case.ref if action.case else None,
        "automated": action.pk,
        "detector": {"slug": action.detector, "version": action.config.number},
        "released_by": action.settled_by.get_username() if action.settled_by else None,
        "reverses": reverses,
        "decided_at": acted_at.isoformat(),
        "entities": {"accounts": [action.account]},
        "actions": [asked],
    }
