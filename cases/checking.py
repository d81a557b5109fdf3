"""Puts checks with a known answer into the flow of a reviewer; building blocks for the queue."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import Final

from django.db.models import Exists, OuterRef, Q
from django.db.models.fields import CharField
from django.db.models.functions import Cast

from abusedesk.core import audit, clock, ids
from abusedesk.core.audit import Verb
from abusedesk.core.models import AuditEntry, User
from cases import claims, policy
from cases.choices import State
from cases.models import Case, GoldenCheck, GoldenItem, Queue
from cases.opening import new_case
from cases.sampling import drawn
from cases.services.task import hand_out

PURPOSE: Final = "golden check"
# What the copy has of its case. Labels, notes, files and tasks tell what people made of it.
COPIED: Final = (
    "title", "summary", "severity", "how_sure", "calibrated", "calibration", "priority",
    "priority_parts", "platforms", "providers", "sources", "languages", "reasons", "accounts",
    "reports", "queue", "tlp", "spread", "spread_s", "daily", "daily_to",
)  # fmt: skip
BEGINNINGS: Final = (Verb.CASE_OPENED, Verb.CASE_OPENED_BY_REPORT, Verb.CASE_ROUTED)


def take_by_lot(actor: User, shares: Mapping[int, int], skip: Case | None) -> int | None:
    """Claim the check that waits for `actor`, when the lot says that it is its turn.

    shares: queue -> percent. The lot comes first: mostly it says no, and nothing is asked for.
    """
    lot = ids.new_uuid().int
    queues = [queue for queue, percent in shares.items() if drawn(lot, percent, PURPOSE)]
    return take(actor, queues, skip) if queues else None


def take(actor: User, queues: list[int], skip: Case | None) -> int | None:
    """Claim the check that waits for `actor`."""
    check = _waiting(actor, queues, skip)
    if check is None:
        return None
    claims.give(check, actor)
    check.save(update_fields=claims.FIELDS)
    return check.pk


def prepare(actor: User, queue: Queue) -> None:
    """Let one check wait for `actor` in this queue, so that it has been there when its turn comes.

    Nobody is checked who may read the answers, nor with a case that they had to do with.
    """
    if not queue.golden_percent or policy.allowed(actor, "golden.save"):
        return
    item = _next_item(actor, queue)
    if item is None:
        return
    User.objects.select_for_update(no_key=True).get(pk=actor.pk)  # two tabs make one check
    undecided = GoldenCheck.objects.filter(reviewer=actor, decided_at=None)
    if not undecided.filter(case__queue=queue).exists():
        _copy(item, actor)


def _next_item(actor: User, queue: Queue) -> GoldenItem | None:
    """The oldest that is still good and new to this person."""
    touched = AuditEntry.objects.filter(
        target_type="case", target_id=Cast(OuterRef("case"), CharField()), actor=actor
    )
    used = GoldenCheck.objects.filter(item=OuterRef("pk"), reviewer=actor)
    rows = GoldenItem.objects.filter(
        ~Exists(used),
        ~Exists(touched),
        case__queue=queue,
        case__state=State.CLOSED,
        expires_at__gt=clock.now(),
    )
    return rows.select_related("case").order_by("pk").first()


def _copy(item: GoldenItem, actor: User) -> None:
    """A case like the one that the item is about was when it was opened."""
    source = item.case
    case = new_case(hits=source.hits)
    for name in COPIED:
        setattr(case, name, getattr(source, name))
    case.due_at = case.opened_at + timedelta(hours=case.queue.sla_hours)
    case.stands_for, case.only_for = source, actor
    case.save(force_insert=True)
    GoldenCheck.objects.create(item=item, case=case, reviewer=actor)
    tasks = hand_out(case=case)
    entries = AuditEntry.objects.filter(
        target_type="case", target_id=str(source.pk), verb__in=BEGINNINGS
    )
    told = {Verb(one.verb): one.data for one in entries.order_by("pk")} or {
        Verb.CASE_OPENED: {"hits": case.hits, "accounts": case.accounts}
    }
    for verb, data in told.items():
        audit.append(actor=None, verb=verb, target=case, **{**data, "tasks": tasks})


def _waiting(actor: User, queues: list[int], skip: Case | None) -> Case | None:
    free = Q(claim_expires_at=None) | Q(claim_expires_at__lte=clock.now())
    rows = Case.objects.filter(
        free, golden_check__reviewer=actor, queue__in=queues, state=State.OPEN
    )
    rows = rows.exclude(pk=skip.pk if skip else 0)
    return rows.select_for_update(skip_locked=True, no_key=True, of=("self",)).first()
