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
from cases.masking import BLUR_PX, BLUR_RANGE, Cover, signal_item
from cases.models import Case, Mask, PeekHabit
from cases.selectors.masking import (
    cover_for,
    covers_for,
    evidence_by_id,
    mask_categories_for,
)
from cases.services.exposure import count_seen
from detectors.models import Signal
from detectors.selectors.signal import signal_by_id


@transaction.atomic
def peek(*, actor: User, case: Case, signal_id: int) -> Signal:
    """A signal of this case with its words; that somebody looked stays in the audit chain."""
    policy.require(actor, "case.view", case)
    signal = evidence_by_id(signal_id, case, actor)
    _looked(actor, signal, cover_for(case, actor), case)
    return signal


@transaction.atomic
def peek_signal(*, actor: User, signal_id: int) -> Signal:
    """The same where no case is on the page."""
    signal = signal_by_id(signal_id, actor)
    _looked(actor, signal, covers_for([signal], actor)[signal.pk], signal)
    return signal


def save_desk_masks(*, actor: User, modes: Mapping[str, str]) -> None:
    """Category -> mode for who chose nothing; a category left out goes by its severity."""
    policy.require(actor, "mask.save")
    _save(actor, None, modes)


@transaction.atomic
def save_own_masks(
    *, actor: User, modes: Mapping[str, str], press: bool = False, blur: int = BLUR_PX
) -> None:
    """Category -> mode for oneself; a category left out is covered as on the desk."""
    policy.require(actor, "mask.own")
    least, most = BLUR_RANGE
    if not least <= blur <= most:
        message = f"Blur by {least} to {most} px."
        raise InvalidError(message, field="blur")
    PeekHabit.objects.update_or_create(user=actor, defaults={"press": press, "blur": blur})
    _save(actor, actor, modes)


def _looked(actor: User, signal: Signal, cover: Cover | None, target: Case | Signal) -> None:
    severity = 0
    if cover is not None:
        severity = cover.severity
        count_seen(actor=actor, covers={signal_item(signal.pk): cover})
    audit.append(
        actor=actor, verb=Verb.CASE_PEEKED, target=target, signal=signal.pk, severity=severity
    )


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
