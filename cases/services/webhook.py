"""Saves receivers of decisions."""

from __future__ import annotations

from collections.abc import Collection

from django.db import transaction

from abusedesk.core import audit, ids, outbound, sealing
from abusedesk.core.audit import Verb
from abusedesk.core.errors import InvalidError
from abusedesk.core.models import User
from cases import fields, policy
from cases.events import EVENTS
from cases.models import Webhook
from cases.models.action import SIGNS
from cases.services.delivery import host_of
from cases.services.event import newest_entry

MIN_SECRET, MAX_SECRET = 16, 64


@transaction.atomic
def save_webhook(
    *,
    actor: User,
    url: str,
    secret: str = "",
    active: bool = True,
    events: Collection[str] = (),
    webhook: Webhook | None = None,
) -> Webhook:
    """Make a receiver, or change `webhook`. An empty secret keeps the old one or makes one.

    events: of cases, that it hears besides decisions; of nothing that happened before.
    """
    policy.require(actor, "webhook.save")
    url = fields.text(url, field="url", limit=outbound.MAX_URL)
    _check(url, secret)
    row = (
        Webhook()
        if webhook is None
        else Webhook.objects.select_for_update(no_key=True).get(pk=webhook.pk)
    )
    if not row.active or not row.events:
        row.read_to = newest_entry()
    row.url, row.active, row.events = url, active, _events(events)
    if secret or not row.secret:
        row.secret = sealing.seal(secret or ids.random_token(), purpose=SIGNS)
    row.save()
    audit.append(actor=actor, verb=Verb.WEBHOOK_SAVED, target=row, host=host_of(row), active=active)
    return row


def _events(names: Collection[str]) -> list[str]:
    if unknown := set(names) - set(EVENTS):
        message = f"There is no event {min(unknown)}. Choose of: {', '.join(EVENTS)}."
        raise InvalidError(message, field="events")
    return [name for name in EVENTS if name in names]


def _check(url: str, secret: str) -> None:
    try:
        outbound.parse(url)
    except outbound.RefusedError as error:
        raise InvalidError(str(error), field="url") from error
    if secret and not MIN_SECRET <= len(secret) <= MAX_SECRET:
        message = f"A secret has {MIN_SECRET} to {MAX_SECRET} characters."
        raise InvalidError(message, field="secret")
