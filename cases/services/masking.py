"""Uncovers evidence for a look, and keeps how people want it covered."""

from __future__ import annotations

from collections.abc import Mapping

from django.db import transaction

from abusedesk.core import audit
from abusedesk.core.audit import Verb
from abusedesk.core.errors import InvalidError
from abusedesk.core.models import User
from cases import policy
from cases.choices import Masking
from cases.models import Case, Mask, PeekHabit
from cases.selectors.masking import cover_for, evidence_by_id, mask_categories_for
from cases.services.exposure import count_seen
from detectors.models import Signal


@transaction.atomic
def peek(*, actor: User, case: Case, signal_id: int) -> Signal:
    """The signal with its words; that somebody looked stays in the audit chain."""
    policy.require(actor, "case.view", case)
    signal = evidence_by_id(signal_id, case, actor)
    cover = cover_for(case, actor)
    severity = cover.severity if cover else 0
    count_seen(actor=actor, signal_ids=[signal.pk], severity=severity)
    audit.append(
        actor=actor, verb=Verb.CASE_PEEKED, target=case, signal=signal.pk, severity=severity
    )
    return signal


def save_desk_masks(*, actor: User, modes: Mapping[str, str]) -> None:
    """Category -> mode for who chose nothing; a category left out goes by its severity."""
    policy.require(actor, "mask.save")
    _save(actor, None, modes)


@transaction.atomic
def save_own_masks(*, actor: User, modes: Mapping[str, str], press: bool) -> None:
    """Category -> mode for oneself; a category left out is covered as on the desk."""
    policy.require(actor, "mask.own")
    PeekHabit.objects.update_or_create(user=actor, defaults={"press": press})
    _save(actor, actor, modes)


@transaction.atomic
def _save(actor: User, user: User | None, modes: Mapping[str, str]) -> None:
    known = dict(mask_categories_for(actor))
    for category, mode in modes.items():
        if category not in known or mode not in Masking.values:
            message = f"There is no such choice: {category or 'everything else'}, {mode}."
            raise InvalidError(message, field="mode")
        Mask.objects.update_or_create(user=user, category=category, defaults={"mode": mode})
    Mask.objects.filter(user=user).exclude(category__in=list(modes)).delete()
    said = ", ".join(f"{known[key]} {mode}" for key, mode in modes.items())
    whom = "themselves" if user else "everybody"
    audit.append(actor=actor, verb=Verb.MASK_SAVED, target=actor, whom=whom, modes=said or "none")
