"""Saves receivers of decisions."""

from __future__ import annotations

from django.db import transaction

from abusedesk.core import audit, ids, outbound
from abusedesk.core.audit import Verb
from abusedesk.core.errors import InvalidError
from abusedesk.core.models import User
from cases import fields, policy
from cases.models import Webhook
from cases.services.delivery import host_of

MIN_SECRET, MAX_SECRET = 16, 64


@transaction.atomic
def save_webhook(
    *,
    actor: User,
    url: str,
    secret: str = "",
    active: bool = True,
    webhook: Webhook | None = None,
) -> Webhook:
    """Make a receiver, or change `webhook`. An empty secret keeps the old one or makes one."""
    policy.require(actor, "webhook.save")
    url = fields.text(url, field="url", limit=outbound.MAX_URL)
    _check(url, secret)
    row = (
        Webhook()
        if webhook is None
        else Webhook.objects.select_for_update(no_key=True).get(pk=webhook.pk)
    )
    row.url, row.active = url, active
    row.secret = secret or row.secret or ids.random_token()
    row.save()
    audit.append(actor=actor, verb=Verb.WEBHOOK_SAVED, target=row, host=host_of(row), active=active)
    return row


def _check(url: str, secret: str) -> None:
    try:
        outbound.parse(url)
    except outbound.RefusedError as error:
        raise InvalidError(str(error), field="url") from error
    if secret and not MIN_SECRET <= len(secret) <= MAX_SECRET:
        message = f"A secret has {MIN_SECRET} to {MAX_SECRET} characters."
        raise InvalidError(message, field="secret")
