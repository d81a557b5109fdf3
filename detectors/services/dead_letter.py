"""Replays refused items after somebody fixed them, or sets them aside for good."""

from __future__ import annotations

from typing import Final

from django.db import transaction

from abusedesk.core import audit, clock
from abusedesk.core.audit import Verb
from abusedesk.core.errors import ConflictError, InvalidError
from abusedesk.core.models import User
from detectors.choices import DeadLetterState
from detectors.models import DeadLetter
from detectors.schema import SignalIn
from detectors.services.ingest import IngestResult, committed, store, wake_detectors
from detectors.services.source import live_stream

NO_REASON: Final = "none was given"


def replay_letter(*, actor: User, letter: DeadLetter, signal: SignalIn) -> IngestResult:
    """Store the corrected item under the letter's source.

    Raises ConflictError when the letter is settled.
    """
    stream = live_stream()

    def work() -> IngestResult:
        locked = _locked(letter)
        result = store(source=locked.source, signals=[signal], stream=stream)
        _settle(locked, actor, DeadLetterState.REPLAYED)
        audit.append(actor=actor, verb=Verb.LETTER_REPLAYED, target=locked, stored=result.accepted)
        return result

    result = committed(work, [signal])
    wake_detectors()
    return result


@transaction.atomic
def discard_letter(*, actor: User, letter: DeadLetter, reason: str = "") -> None:
    """Set a refused item aside; it stays readable. Raises ConflictError when it is settled."""
    locked = _locked(letter)
    _settle(locked, actor, DeadLetterState.DISCARDED, reason)
    audit.append(actor=actor, verb=Verb.LETTER_DISCARDED, target=locked, reason=reason or NO_REASON)


def raw_of(letter: DeadLetter) -> bytes:
    """The item as it was sent.

    Raises InvalidError when only its beginning was kept, or when it is no item of the contract.
    """
    if letter.adapter:
        message = (
            "This is a piece of a foreign payload of which no signal could be made: correct it and"
            f" send it through POST /api/v1/ingest/{letter.adapter}/, then discard this one."
        )
        raise InvalidError(message, field="body")
    if letter.truncated:
        message = "Only the first 64 KiB of this item were kept: send the corrected item whole."
        raise InvalidError(message, field="body")
    return bytes(letter.raw)


def _locked(letter: DeadLetter) -> DeadLetter:
    locked = (
        DeadLetter.objects.select_for_update(no_key=True, of=("self",))
        .select_related("source")
        .get(pk=letter.pk)
    )
    if locked.state != DeadLetterState.OPEN:
        message = f"This item is settled already ({locked.get_state_display().lower()})."
        raise ConflictError(message)
    return locked


def _settle(letter: DeadLetter, actor: User, state: DeadLetterState, reason: str = "") -> None:
    letter.state = state
    letter.settled_at = clock.now()
    letter.settled_by = actor
    letter.reason = reason
    letter.save(update_fields=["state", "settled_at", "settled_by", "reason"])
