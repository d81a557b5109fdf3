"""Counts what people see uncovered, and lets leads add to a budget."""

from __future__ import annotations

from collections.abc import Collection

from django.db import transaction

from abusedesk.core import audit, clock
from abusedesk.core.audit import Verb
from abusedesk.core.errors import InvalidError
from abusedesk.core.models import User
from cases import exposure, fields, policy
from cases.models import BudgetExtension, Exposure, Shift

MOST_POINTS = 1_000


@transaction.atomic
def count_seen(*, actor: User, signal_ids: Collection[int], severity: int) -> None:
    """Each item counts once in a shift; what is not disturbing counts nothing."""
    if not severity or not signal_ids:
        return
    User.objects.select_for_update(no_key=True).get(pk=actor.pk)
    since = exposure.shift_start(Shift.objects.filter(user=actor).first(), clock.now())
    before = Exposure.objects.filter(user=actor, at__gte=since, signal_id__in=signal_ids)
    new = set(signal_ids) - set(before.values_list("signal_id", flat=True))
    Exposure.objects.bulk_create(
        Exposure(user=actor, signal_id=one, points=severity) for one in sorted(new)
    )


@transaction.atomic
def extend_budget(*, actor: User, person: User, points: int, reason: str) -> None:
    """Add points to the shift of somebody else."""
    policy.require(actor, "exposure.extend")
    reason = fields.text(reason, field="reason", limit=500)
    if not 1 <= points <= MOST_POINTS:
        message = f"Add 1 to {MOST_POINTS} points."
        raise InvalidError(message, field="points")
    if person == actor:
        message = "Somebody else extends your budget."
        raise InvalidError(message, field="user")
    BudgetExtension.objects.create(user=person, points=points, reason=reason, by=actor)
    audit.append(
        actor=actor, verb=Verb.BUDGET_EXTENDED, target=person,
        points=points, name=person.username, reason=reason,
    )  # fmt: skip
