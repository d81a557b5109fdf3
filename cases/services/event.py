"""Makes what happened to cases into deliveries: the audit chain is the outbox.

Its lock is held until commit, so entries become visible in the order of their ids and a cursor
over them skips none. What changes a case needs to know nothing of receivers.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Final

from django.db import transaction
from django.db.models import Max

from abusedesk.core.audit import Verb
from abusedesk.core.models import AuditEntry
from cases.choices import DeliveryKind, Tlp
from cases.events import EVENT_OF, EVENTS
from cases.models import Case, Delivery, Webhook

BATCH: Final = 500


def newest_entry() -> int:
    """Where a receiver begins that wants to hear of what happens from now on."""
    return AuditEntry.objects.aggregate(newest=Max("pk"))["newest"] or 0


def owe_events() -> int:
    """Owe every receiver what happened since, at most 500 events each. Returns how many."""
    wanting = Webhook.objects.filter(active=True).exclude(events=[])
    return sum(_owe_to(pk) for pk in wanting.values_list("pk", flat=True))


@transaction.atomic
def _owe_to(webhook_id: int) -> int:
    """One receiver; its row is the cursor, and moves together with what it is owed."""
    rows = Webhook.objects.select_for_update(skip_locked=True, no_key=True).filter(pk=webhook_id)
    webhook = rows.first()
    if webhook is None:
        return 0
    end = newest_entry()
    verbs = [verb for name in webhook.events for verb in EVENTS.get(name, ())]
    happened = AuditEntry.objects.filter(
        target_type="case", verb__in=verbs, pk__gt=webhook.read_to, pk__lte=end
    )
    entries = list(happened.order_by("pk")[:BATCH])
    Delivery.objects.bulk_create(_deliveries(webhook, entries))
    webhook.read_to = entries[-1].pk if len(entries) == BATCH else end
    webhook.save(update_fields=["read_to"])
    return len(entries)


def _deliveries(webhook: Webhook, entries: Sequence[AuditEntry]) -> list[Delivery]:
    """Nothing of a case that is TLP:RED by now, not even that something happened, nor of checks."""
    about = {int(entry.target_id) for entry in entries}
    known = Case.objects.exclude(tlp=Tlp.RED).filter(stands_for=None).in_bulk(about)
    return [
        Delivery(webhook=webhook, case=case, kind=DeliveryKind.EVENT, body=_body(case, entry))
        for entry in entries
        if (case := known.get(int(entry.target_id))) is not None
    ]


def _body(case: Case, entry: AuditEntry) -> str:
    """Names and numbers only, never evidence. sequence: later events have larger ones."""
    told = {
        "kind": DeliveryKind.EVENT.value,
        "event": f"case.{EVENT_OF[Verb(entry.verb)]}",
        "what": entry.verb,
        "case": case.ref,
        "at": entry.at.isoformat(),
        "sequence": entry.pk,
        "tlp": case.tlp,
    }
    return json.dumps(told, ensure_ascii=True, separators=(",", ":"))
