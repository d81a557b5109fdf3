"""Lets messages leave when nobody can take them back any more; those by mail with retries."""

from __future__ import annotations

from datetime import timedelta
from typing import Any, Final

from django.db import transaction
from django.db.models import QuerySet

from abusedesk.core import audit, clock, mail
from abusedesk.core.audit import Verb
from abusedesk.core.mail import MailError
from abusedesk.core.models import User
from cases import golden
from cases.actions import ANSWER_LIMIT, BACKOFF_MIN, KEPT_BACK, MAX_ATTEMPTS
from cases.choices import DeliveryState, Tlp
from cases.models import Message

LEASE: Final = timedelta(minutes=1)  # longer than a mail server has to answer


def due() -> QuerySet[Message]:
    """Messages whose time has come."""
    return Message.objects.filter(state=DeliveryState.WAITING, due_at__lte=clock.now())


def post_due(limit: int = 20) -> int:
    """Let up to `limit` messages leave. Returns how many were tried."""
    tried = 0
    while tried < limit and (row := _take()) is not None:
        tried += 1
        answer = "" if row.state == DeliveryState.WAITING else row.answer
        if not answer and _goes_by_mail(row):
            try:
                mail.send(to=row.recipient, subject=row.subject, body=row.body)
            except MailError as error:
                answer = str(error)
        _finish(row, answer)
    return tried


def tell(row: Message, verb: Verb, actor: User | None, **more: Any) -> None:
    """On the timeline of its case, beside the author's verdict: it is veiled together with that."""
    verdict = row.case.decisions.filter(actor=row.author, undone_at=None).first()
    if verdict is not None:
        more["decision"] = verdict.pk
    audience = row.get_audience_display().lower()
    audit.append(actor=actor, verb=verb, target=row.case, message=row.pk, audience=audience, **more)


@transaction.atomic
def _take() -> Message | None:
    """One due message, put off while it travels; what may not leave by now is given up."""
    rows = due().select_for_update(skip_locked=True, no_key=True, of=("self",))
    row = rows.select_related("case").order_by("due_at", "pk").first()
    if row is None:
        return None
    row.attempts += 1
    row.due_at = clock.now() + LEASE
    if row.case.tlp == Tlp.RED:
        row.state, row.answer = DeliveryState.DEAD, KEPT_BACK
    row.save(update_fields=["attempts", "due_at", "state", "answer"])
    return row


def _goes_by_mail(row: Message) -> bool:
    """Not what receivers pass on, nor what was written on a check, which sets off nothing."""
    return mail.is_address(row.recipient) and not golden.is_check(row.case)


@transaction.atomic
def _finish(row: Message, answer: str) -> None:
    row.answer = answer.replace("\x00", "")[:ANSWER_LIMIT]
    if not answer:
        row.state = DeliveryState.SENT
    elif row.attempts >= MAX_ATTEMPTS:
        row.state = DeliveryState.DEAD
    elif row.state == DeliveryState.WAITING:
        row.due_at = clock.now() + timedelta(minutes=BACKOFF_MIN[row.attempts - 1])
    row.save(update_fields=["answer", "state", "due_at"])
    _tell(row)


def _tell(row: Message) -> None:
    """What receivers pass on is told of with its deliveries; single failures are not."""
    verbs = {
        DeliveryState.SENT: Verb.MESSAGE_SENT,
        DeliveryState.DEAD: Verb.MESSAGE_GIVEN_UP,
    }
    verb = verbs.get(DeliveryState(row.state))
    if verb is not None and mail.is_address(row.recipient):
        tell(row, verb, None, answer=row.answer)
