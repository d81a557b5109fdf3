"""Counts what people see uncovered, lets leads add to a budget, and begins and ends breaks."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import Final

from django.db import transaction

from abusedesk import env
from abusedesk.core import audit, clock
from abusedesk.core.audit import Verb
from abusedesk.core.errors import InvalidError
from abusedesk.core.models import User
from cases import fields, policy
from cases.masking import Cover
from cases.models import Break, BudgetExtension, Exposure

MOST_POINTS = 1_000
KEPT: Final = timedelta(days=2)  # a shift lasts a day at most


def count_seen(*, actor: User, covers: Mapping[str, Cover]) -> None:
    """Each item counts once in a shift; what is not disturbing counts nothing.

    covers: item -> under what it would have been.
    """
    seen = [
        Exposure(user=actor, shift_began=one.budget.began, item=item, points=one.severity)
        for item, one in covers.items()
        if one.severity
    ]
    if seen:
        Exposure.objects.bulk_create(seen, ignore_conflicts=True)


def forget_seen() -> int:
    """Drop what no shift counts any more, and how many that were: nobody shall look up later what
    a colleague had to read.
    """
    return Exposure.objects.filter(at__lt=clock.now() - KEPT).delete()[0]


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


@transaction.atomic
def begin_break(*, actor: User) -> Break:
    """Rest from now on; who rests already goes on resting.

    Not in the audit chain: when somebody rests is nobody else's business.
    """
    policy.require(actor, "break.own")
    User.objects.select_for_update(no_key=True).get(pk=actor.pk)
    now = clock.now()
    running = Break.objects.filter(user=actor, resumed_at=None, ends_at__gt=now).first()
    if running is not None:
        return running
    ends_at = now + timedelta(minutes=env.current().break_minutes)
    return Break.objects.create(user=actor, began_at=now, ends_at=ends_at)


def resume(*, actor: User) -> None:
    """Go on before the break is over; nothing changes for who does not rest."""
    policy.require(actor, "break.own")
    now = clock.now()
    Break.objects.filter(user=actor, resumed_at=None, ends_at__gt=now).update(resumed_at=now)
