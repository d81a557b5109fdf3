"""Sends what receivers are owed: signed, with retries, each message until it is taken."""

from __future__ import annotations

import hashlib
import hmac
from datetime import timedelta
from typing import Final

from django.db import transaction
from django.db.models import QuerySet

from abusedesk.core import audit, clock, outbound
from abusedesk.core.audit import Verb
from abusedesk.core.outbound import OutboundError
from abusedesk.core.queueing import wake
from abusedesk.core.sealing import LostError
from cases.choices import DeliveryKind, DeliveryState
from cases.models import Delivery
from cases.protecting import is_protected
from cases.services.delivery import about_of, host_of, may_leave, redeliver

__all__ = ["deliver_due", "redeliver", "signature"]

# Minutes until the next attempt after the first, second, ... one; 8 attempts, then it is dead.
BACKOFF_MIN: Final = (1, 3, 7, 19, 51, 135, 360)
MAX_ATTEMPTS: Final = len(BACKOFF_MIN) + 1
LEASE: Final = timedelta(seconds=30)  # longer than outbound.TIMEOUT_S
ANSWER_LIMIT: Final = 300
OK = range(200, 300)
KEPT_BACK: Final = "kept back: the case is TLP:RED"
PROTECTED: Final = "kept back: the account is protected"


def deliver_due(limit: int = 50) -> int:
    """Send up to `limit` messages whose time has come. Returns how many were tried."""
    tried = 0
    while tried < limit and (row := _take()) is not None:
        tried += 1
        if row.state != DeliveryState.WAITING:
            continue
        try:
            taken, answer = _send(row)
        except (OutboundError, LostError) as error:
            taken, answer = False, str(error)
            _pause_others(row)
        _finish(row, taken=taken, answer=answer)
    return tried


def wake_if_due() -> None:
    """Wake a sender when something is owed; the sweep itself must not wait for receivers."""
    if _due().exists():
        wake("cases.deliver_actions")


def signature(secret: str, body: str, at_s: int) -> str:
    """Value of X-Abusedesk-Signature: HMAC-SHA-256 over `<unix time>.<body>`."""
    mac = hmac.new(secret.encode(), f"{at_s}.{body}".encode(), hashlib.sha256).hexdigest()
    return f"t={at_s},v1={mac}"


def _due() -> QuerySet[Delivery]:
    return Delivery.objects.filter(state=DeliveryState.WAITING, due_at__lte=clock.now())


@transaction.atomic
def _take() -> Delivery | None:
    """One due message. It counts as tried from here on: a sender that dies may have sent it.

    One that may not leave is given up instead, and not counted. No transaction is open while a
    message travels; the lease keeps other workers away.
    """
    row = (
        _due()
        .select_for_update(skip_locked=True, no_key=True, of=("self",))
        .select_related("webhook", "case", "decision__case", "automated__case")
        .order_by("due_at", "id")
        .first()
    )
    if row is not None and may_leave(delivery=row):
        row.attempts += 1
        row.due_at = clock.now() + LEASE
        row.save(update_fields=["attempts", "due_at", "body"])
    elif row is not None:
        protected = row.automated is not None and is_protected(row.automated.account)
        row.state, row.answer = DeliveryState.DEAD, PROTECTED if protected else KEPT_BACK
        row.save(update_fields=["state", "answer"])
        _tell(row)
    return row


def _send(row: Delivery) -> tuple[bool, str]:
    """Whether the receiver took it, and what it said. Raises OutboundError when it was silent."""
    if not row.webhook.active:
        return False, "this webhook is switched off"
    headers = {
        "X-Abusedesk-Signature": signature(
            row.webhook.plain, row.body, int(clock.now().timestamp())
        ),
        "X-Abusedesk-Delivery": str(row.pk),
    }
    reply = outbound.post_json(row.webhook.url, row.body.encode(), headers=headers)
    return reply.status in OK, f"HTTP {reply.status}"


def _pause_others(row: Delivery) -> None:
    """A receiver that does not answer is asked once a minute, whatever it is owed."""
    same = _due().filter(webhook=row.webhook_id).exclude(pk=row.pk)
    same.update(due_at=clock.now() + timedelta(minutes=BACKOFF_MIN[0]))


@transaction.atomic
def _finish(row: Delivery, *, taken: bool, answer: str) -> None:
    """Note the result; an undo that cancelled the message meanwhile stays."""
    owed = Delivery.objects.select_for_update(no_key=True).filter(
        pk=row.pk, state=DeliveryState.WAITING, attempts=row.attempts
    )
    if not owed.exists():
        return
    row.answer = answer.replace("\x00", "")[:ANSWER_LIMIT]
    if taken:
        row.state = DeliveryState.SENT
    elif row.attempts >= MAX_ATTEMPTS:
        row.state = DeliveryState.DEAD
    else:
        row.due_at = clock.now() + timedelta(minutes=BACKOFF_MIN[row.attempts - 1])
    row.save(update_fields=["answer", "state", "due_at"])
    _tell(row)


def _tell(row: Delivery) -> None:
    """Success and giving up belong on the case's timeline; single failures do not.

    Of an event only giving up does: an event tells of the timeline.
    """
    verbs = {
        DeliveryState.SENT: Verb.DELIVERY_SENT,
        DeliveryState.DEAD: Verb.DELIVERY_GIVEN_UP,
    }
    verb = verbs.get(DeliveryState(row.state))
    if verb is not None and (row.kind, verb) != (DeliveryKind.EVENT, Verb.DELIVERY_SENT):
        audit.append(
            actor=None,
            verb=verb,
            **about_of(delivery=row),
            delivery=row.pk,
            kind=row.kind,
            host=host_of(row.webhook),
            attempts=row.attempts,
            answer=row.answer,
        )
