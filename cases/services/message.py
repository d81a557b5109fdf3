"""Writes to reporters and subjects from templates; nothing leaves with a gap in it."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Final
from uuid import UUID

from django.db import transaction

from abusedesk.core import audit, clock, mail
from abusedesk.core.audit import Verb
from abusedesk.core.errors import ConflictError, InvalidError
from abusedesk.core.models import User
from cases import claims, fields, golden, policy, posting
from cases.choices import Audience, DeliveryKind, DeliveryState, Tlp
from cases.gaps import MOST, Filled, fill, gaps_in
from cases.models import Case, Delivery, Message, MessageTemplate, Webhook
from cases.selectors.message import known_values_of
from cases.services.delivery import UNDO_WINDOW

SUBJECT_LIMIT: Final = 200
BODY_LIMIT: Final = 10_000
VALUE_LIMIT: Final = 1_000
RECIPIENT_LIMIT: Final = 300
EVENT: Final = "message"

_ACCOUNT: Final = re.compile(r"[a-z0-9][a-z0-9_.-]{0,39}:\S.{0,240}")


@transaction.atomic
def save_template(
    *,
    actor: User,
    slug: str,
    title: str,
    audience: str,
    subject: str,
    body: str,
    active: bool = True,
    based_on: int = 0,
) -> MessageTemplate:
    """Make a template, or change it. based_on: the version that was changed; 0 for a new one."""
    policy.require(actor, "template.save")
    slug = fields.text(fields.slug(slug, field="slug", limit=60), field="slug", limit=60)
    if audience not in Audience.values:
        message = f"Choose for whom it is: {', '.join(Audience.values)}."
        raise InvalidError(message, field="audience")
    subject = fields.text(" ".join(subject.split()), field="subject", limit=SUBJECT_LIMIT)
    body = fields.text(body, field="body", limit=BODY_LIMIT)
    if len(gaps_in(subject, body)) > MOST:
        message = f"A template has at most {MOST} different gaps."
        raise InvalidError(message, field="body")
    rows = MessageTemplate.objects.select_for_update(no_key=True).filter(slug=slug)
    row = rows.first() or MessageTemplate(slug=slug, version=0)
    if row.version != based_on:
        message = "There is a newer version of this template. Look at it first."
        raise ConflictError(message)
    row.title = fields.text(title, field="title", limit=120)
    row.audience, row.subject, row.body, row.active = audience, subject, body, active
    row.version, row.saved_by, row.saved_at = row.version + 1, actor, clock.now()
    row.save()
    audit.append(actor=actor, verb=Verb.TEMPLATE_SAVED, target=row, slug=slug, number=row.version)
    return row


def preview_message(
    *, actor: User, case: Case, template: MessageTemplate, to: str, values: Mapping[str, str]
) -> Filled:
    """Exactly what would be read, and which gaps are open. Nothing is written."""
    policy.require(actor, "message.send", case)
    typed = {
        name: fields.text(values.get(name, ""), field=name, limit=VALUE_LIMIT, required=False)
        for name in gaps_in(template.subject, template.body)
    }
    to = fields.text(to, field="to", limit=RECIPIENT_LIMIT, required=False)
    known = known_values_of(case, actor) | {"to": to}
    said = known | {name: value for name, value in typed.items() if value}
    filled = fill(template.subject, template.body, said)
    return Filled(" ".join(filled.subject.split()), filled.body, filled.missing)


@transaction.atomic
def send_message(
    *,
    actor: User,
    case: Case,
    template: MessageTemplate,
    to: str,
    values: Mapping[str, str],
    key: UUID,
) -> Message:
    """Owe one person outside this message; it leaves when nobody can take it back any more.

    The same `key` again returns the first message. Raises InvalidError that names open gaps, or
    ConflictError for a case of which nothing may leave.
    """
    filled = preview_message(actor=actor, case=case, template=template, to=to, values=values)
    case = claims.lock(case)
    if first := Message.objects.filter(key=key).first():
        return _same(first, actor, case)
    if case.tlp == Tlp.RED:
        message = f"{case.ref} is TLP:RED: nothing of it leaves the desk."
        raise ConflictError(message)
    if not template.active:
        message = f"{template} is not in use any more."
        raise InvalidError(message, field="template")
    if filled.missing:
        names = ", ".join(f"{{{name}}}" for name in filled.missing)
        message = f"Nothing fills {names}. A message with a gap is not sent."
        raise InvalidError(message, field=filled.missing[0])
    by_mail = _by_mail(to)
    row = Message(
        case=case,
        template=template,
        author=actor,
        key=key,
        audience=template.audience,
        recipient=to.strip(),
        subject=filled.subject[:400],
        body=filled.body,
        due_at=clock.now() + UNDO_WINDOW,
    )
    row.save(force_insert=True)
    if not by_mail:
        _hand_over(row)
    posting.tell(row, Verb.MESSAGE_WRITTEN, actor, template=str(template))
    return row


@transaction.atomic
def cancel_message(*, actor: User, message: Message) -> Message:
    """Take a message back before it leaves. Raises ConflictError when it has left."""
    policy.require(actor, "message.send", message.case)
    row = Message.objects.select_for_update(no_key=True, of=("self",)).get(pk=message.pk)
    owed = Delivery.objects.select_for_update(no_key=True).filter(message=row)
    if row.state != DeliveryState.WAITING or row.attempts or any(one.attempts for one in owed):
        said = "This message has left, or was taken back already."
        raise ConflictError(said)
    Delivery.objects.filter(message=row).update(state=DeliveryState.CANCELLED)
    row.state = DeliveryState.CANCELLED
    row.save(update_fields=["state"])
    posting.tell(row, Verb.MESSAGE_CANCELLED, actor)
    return row


def _same(first: Message, actor: User, case: Case) -> Message:
    if (first.author_id, first.case_id) != (actor.pk, case.pk):
        message = "This key belongs to another message."
        raise InvalidError(message, field="key")
    return first


def _by_mail(to: str) -> bool:
    """Whether it goes by mail, else through receivers. Raises InvalidError for no way at all."""
    to = to.strip()
    if len(to) > RECIPIENT_LIMIT or not to.isprintable():
        message = f"A recipient has at most {RECIPIENT_LIMIT} characters, in one line."
        raise InvalidError(message, field="to")
    if not mail.is_address(to):
        return _by_receivers(to)
    if not mail.is_on():
        message = "This desk sends no mail. Write to an account, such as x:ada."
        raise InvalidError(message, field="to")
    return True


def _by_receivers(to: str) -> bool:
    if not _ACCOUNT.fullmatch(to):
        message = "Write a mail address, or an account such as x:ada."
        raise InvalidError(message, field="to")
    if not Webhook.objects.filter(active=True, events__contains=[EVENT]).exists():
        message = "No receiver passes messages on; an admin lets one hear of `message`."
        raise InvalidError(message, field="to")
    return False


def _hand_over(row: Message) -> None:
    """One delivery to every receiver that passes messages on; a copy of a case tells none."""
    if golden.is_check(row.case):
        return
    told = {
        "kind": DeliveryKind.MESSAGE.value, "case": row.case.ref, "message": row.pk,
        "audience": row.audience, "to": row.recipient, "subject": row.subject, "text": row.body,
        "tlp": row.case.tlp,
    }  # fmt: skip
    body = json.dumps(told, ensure_ascii=True, separators=(",", ":"))
    Delivery.objects.bulk_create(
        Delivery(
            webhook=webhook,
            case=row.case,
            message=row,
            kind=DeliveryKind.MESSAGE,
            body=body,
            due_at=row.due_at,
        )
        for webhook in Webhook.objects.filter(active=True, events__contains=[EVENT])
    )
