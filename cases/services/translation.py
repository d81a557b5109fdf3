"""Has the words of one signal translated for a look; nothing of it is stored."""

from __future__ import annotations

from abusedesk.core import audit, translating
from abusedesk.core.audit import Verb
from abusedesk.core.errors import ConflictError, InvalidError
from abusedesk.core.models import AuditEntry, User
from abusedesk.core.translating import Translation
from cases import policy
from cases.masking import Cover
from cases.models import Case
from cases.selectors.masking import cover_for, covers_for, evidence_by_id
from detectors.models import Signal
from detectors.selectors.signal import signal_by_id


def translate_evidence(*, actor: User, case: Case, signal_id: int) -> Translation:
    """Of a signal of this case.

    Raises NotFoundError without a service, ConflictError while it is covered and they have not
    peeked at it, GatewayError when the service fails.
    """
    translating.require_on()
    policy.require(actor, "case.view", case)
    signal = evidence_by_id(signal_id, case, actor)
    return _translated(actor, signal, cover_for(case, actor), case)


def translate_signal(*, actor: User, signal_id: int) -> Translation:
    """The same where no case is on the page."""
    translating.require_on()
    signal = signal_by_id(signal_id, actor)
    return _translated(actor, signal, covers_for([signal], actor)[signal.pk], signal)


def _translated(
    actor: User, signal: Signal, cover: Cover | None, target: Case | Signal
) -> Translation:
    if cover is not None and cover.on and not _peeked(actor, signal, cover, target):
        message = "This text is covered. Peek at it first; then it can be translated."
        raise ConflictError(message)
    if not signal.text.strip():
        message = "This signal has no text."
        raise InvalidError(message, field="signal")
    # Before it leaves: what the service makes of it, the text was out of the house. No transaction
    # around the service: it takes seconds, and the chain would be locked meanwhile.
    audit.append(
        actor=actor, verb=Verb.TEXT_TRANSLATED, target=target, signal=signal.pk,
        language=translating.target(),
    )  # fmt: skip
    return translating.translate(signal.text)


def _peeked(actor: User, signal: Signal, cover: Cover, target: Case | Signal) -> bool:
    """Whether they saw it uncovered in this shift, on the page that asks."""
    looks = AuditEntry.objects.filter(
        target_type=type(target).__name__.lower(),
        target_id=str(target.pk),
        verb=Verb.CASE_PEEKED,
        actor=actor,
        at__gte=cover.budget.began,
    )
    return looks.filter(data__signal=signal.pk).exists()
