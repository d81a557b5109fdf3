"""What receivers are owed because of a decision: rows first, `cases/actions.py` sends them."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any, Final, TypedDict
from urllib.parse import urlsplit

from django.db import transaction
from django.db.models import QuerySet

from abusedesk.core import audit, clock
from abusedesk.core.audit import Verb
from abusedesk.core.errors import ConflictError
from abusedesk.core.models import User
from abusedesk.core.queueing import wake
from cases import policy
from cases.choices import AutomatedState, DeliveryKind, DeliveryState, Tlp
from cases.involved import MAX_ACCOUNTS, accounts_of_case
from cases.models import AutomatedAction, Case, CaseReport, Decision, Delivery, Webhook
from cases.protecting import is_protected
from detectors.choices import EntityType

UNDO_WINDOW: Final = timedelta(seconds=10)
KEPT_RED: Final = "Its case is TLP:RED: nothing of it leaves the desk."
KEPT_PROTECTED: Final = "The account is protected: no automated action on it leaves the desk."
BACK_FROM_RED: Final = ("kind", "case", "decision", "automated", "reverses")
"""All that the reversal of what a TLP:RED case sent says: names of what the receiver has."""


class AuditTarget(TypedDict):
    """What an audit entry is about."""

    target_type: str
    target_id: str


def host_of(webhook: Webhook) -> str:
    """What people call the receiver; paths may hold secrets."""
    return urlsplit(webhook.url).hostname or webhook.url


def owe_decision(*, decision: Decision) -> list[Delivery]:
    """One message to every active receiver, due when nobody can undo in passing any more."""
    receivers = list(Webhook.objects.filter(active=True))
    if not receivers:
        return []
    body = _body(decision, DeliveryKind.DECISION)
    due_at = decision.created_at + UNDO_WINDOW
    return Delivery.objects.bulk_create(
        Delivery(
            webhook=webhook,
            decision=decision,
            kind=DeliveryKind.DECISION,
            body=json_of(body=body),
            due_at=due_at,
        )
        for webhook in receivers
    )


def take_back(*, decision: Decision) -> list[str]:
    """Cancel what is still here; reverse what left or may have left. Returns hosts cancelled."""
    rows = Delivery.objects.filter(decision=decision, kind=DeliveryKind.DECISION)
    return reverse_all(
        rows=rows, body_of=lambda row: _body(decision, DeliveryKind.REVERSAL, reverses=row.pk)
    )


def reverse_all(
    *, rows: QuerySet[Delivery], body_of: Callable[[Delivery], dict[str, Any]]
) -> list[str]:
    """Take these messages back. body_of: what a reversal of one says. Returns hosts cancelled."""
    owed = rows.select_for_update(no_key=True, of=("self",)).select_related("webhook")
    cancelled = []
    for row in owed:
        if row.attempts:
            _reverse(row, body_of(row))
        else:
            cancelled.append(host_of(row.webhook))
        if row.state == DeliveryState.WAITING:
            row.state = DeliveryState.CANCELLED
            row.save(update_fields=["state"])
    return cancelled


def may_leave(*, delivery: Delivery) -> bool:
    """Whether this message may travel, as its case is marked now: nothing of TLP:RED does.

    But for a reversal, or what it takes back would stand for good; it is cut down to that. No
    automated action on what came onto the list of protected entities meanwhile leaves either.
    """
    if delivery.kind == DeliveryKind.ACTION and is_protected(_automated(delivery).account):
        return False
    told = delivery.decision or delivery.automated or delivery
    if told.case is None or told.case.tlp != Tlp.RED:
        return True
    if delivery.kind != DeliveryKind.REVERSAL:
        return False
    said = json.loads(delivery.body)
    delivery.body = json_of(body={name: said[name] for name in BACK_FROM_RED if name in said})
    return True


@transaction.atomic
def redeliver(*, actor: User, delivery: Delivery) -> Delivery:
    """Send a message once more, at once.

    Raises ConflictError when it was taken back, or when its case may not travel.
    """
    policy.require(actor, "delivery.again")
    row = Delivery.objects.select_for_update(no_key=True).get(pk=delivery.pk)
    if _is_taken_back(row) or row.state == DeliveryState.CANCELLED:
        message = "What this message tells was undone."
        raise ConflictError(message)
    if not may_leave(delivery=row):
        told = row.automated
        protected = told is not None and is_protected(told.account)
        raise ConflictError(KEPT_PROTECTED if protected else KEPT_RED)
    # one attempt stays counted: it may have arrived, so an undo must send a reversal
    row.state, row.attempts, row.due_at = DeliveryState.WAITING, min(row.attempts, 1), clock.now()
    row.save(update_fields=["state", "attempts", "due_at"])
    audit.append(
        actor=actor,
        verb=Verb.DELIVERY_AGAIN,
        **about_of(delivery=row),
        delivery=row.pk,
        host=host_of(row.webhook),
    )
    wake("cases.deliver_actions")
    return row


def about_of(*, delivery: Delivery) -> AuditTarget:
    """What the audit entries of a message stand under: its case, or else the detector."""
    if delivery.automated is not None and delivery.about is None:
        return {"target_type": "detector", "target_id": delivery.automated.detector}
    return {"target_type": "case", "target_id": str(delivery.about)}


def json_of(*, body: dict[str, Any]) -> str:
    """The bytes that are signed."""
    return json.dumps(body, ensure_ascii=True, separators=(",", ":"))


def _is_taken_back(row: Delivery) -> bool:
    match row.kind:
        case DeliveryKind.DECISION:
            return row.decision is not None and row.decision.undone_at is not None
        case DeliveryKind.ACTION:
            return _automated(row).state == AutomatedState.UNDONE
        case _:
            return False


def _automated(row: Delivery) -> AutomatedAction:
    if row.automated is None:
        raise TypeError
    return row.automated


def _reverse(row: Delivery, body: dict[str, Any]) -> None:
    """Owe the reversal of a message; while that one may be on its way, the reversal waits."""
    in_flight = row.state == DeliveryState.WAITING
    Delivery.objects.create(
        webhook=row.webhook,
        decision=row.decision,
        automated=row.automated,
        kind=DeliveryKind.REVERSAL,
        reverses=row,
        body=json_of(body=body),
        due_at=_after_flight(row.due_at) if in_flight else clock.now(),
    )


def _after_flight(lease_ends: datetime) -> datetime:
    """`due_at` of a message that is being sent is when its sender must have given up."""
    soon = clock.now() + timedelta(seconds=30)
    return max(clock.now(), min(lease_ends, soon))


def _body(decision: Decision, kind: DeliveryKind, *, reverses: int | None = None) -> dict[str, Any]:
    """The public body. entities: accounts as `platform:actor`; reverses: a delivery's id."""
    case = decision.case
    return {
        "kind": kind.value,
        "case": case.ref,
        "decision": decision.pk,
        "outcome": str(decision.outcome),
        "reverses": reverses,
        "decided_at": decision.created_at.isoformat(),
        "entities": _entities(case),
        **_terms(decision),
    }


def _entities(case: Case) -> dict[str, list[str]]:
    """What the case is about. reported: what no account is, with its type; left out if nothing."""
    others = CaseReport.objects.filter(case=case).exclude(target_type=EntityType.ACCOUNT).order_by()
    found = {"accounts": accounts_of_case(case)}
    pairs = others.values_list("target_type", "target")
    if other := sorted({f"{type}:{value}" for type, value in pairs}):
        found["reported"] = other[:MAX_ACCOUNTS]
    return found


def _terms(decision: Decision) -> dict[str, Any]:
    """Policy and actions, each left out if there is none."""
    told: dict[str, Any] = {}
    if (under := decision.policy_version) is not None:
        told["policy"] = {"slug": under.slug, "version": under.number}
    acts = list(decision.actions.all())
    if acts:
        told["actions"] = [
            {
                "entity": f"{act.entity_type}:{act.value}",
                "action": act.kind,
                "until": act.until.isoformat() if act.until else None,
            }
            for act in acts
        ]
    return told
