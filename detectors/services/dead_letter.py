"""Replays refused items after somebody fixed them, or sets them aside for good."""

from __future__ import annotations

from collections.abc import Sequence

from django.db import transaction

from abusedesk.core import audit
from abusedesk.core.audit import Verb
from abusedesk.core.errors import ConflictError, InvalidError
from abusedesk.core.models import User
from detectors.choices import DeadLetterState
from detectors.mapping.reader import PREFIX
from detectors.models import DeadLetter
from detectors.schema import SignalIn
from detectors.services.ingest import IngestResult, committed, store, wake_detectors
from detectors.services.source import live_stream


def replay_letter(*, actor: User, letter: DeadLetter, signals: Sequence[SignalIn]) -> IngestResult:
    """Store what the corrected item became under the letter's source.

    Raises ConflictError when the letter is settled.
    """
    stream = live_stream()

    def work() -> IngestResult:
        locked = _locked(letter)
        result = store(source=locked.source, signals=signals, stream=stream)
        _settle(locked, DeadLetterState.REPLAYED)
        audit.append(actor=actor, verb=Verb.LETTER_REPLAYED, target=locked, stored=result.accepted)
        return result

    result = committed(work, signals)
    wake_detectors()
    return result


@transaction.atomic
def discard_letter(*, actor: User, letter: DeadLetter) -> None:
    """Set a refused item aside; it stays readable. Raises ConflictError when it is settled."""
    locked = _locked(letter)
    _settle(locked, DeadLetterState.DISCARDED)
    audit.append(actor=actor, verb=Verb.LETTER_DISCARDED, target=locked)


def raw_of(letter: DeadLetter) -> bytes:
    """The item as it was sent.

    Raises InvalidError when only its beginning was kept, or when it is a piece that cannot be read
    without the rest of its payload.
    """
    if letter.adapter and not is_mapped(letter):
        message = (
            "This is a piece of a foreign payload of which no signal could be made: correct it and"
            f" send it through POST /api/v1/ingest/{letter.adapter}/, then discard this one."
        )
        raise InvalidError(message, field="body")
    if letter.truncated:
        message = "Only the first 64 KiB of this item were kept: send the corrected item whole."
        raise InvalidError(message, field="body")
    return bytes(letter.raw)


def is_mapped(letter: DeadLetter) -> bool:
    """Whether a saved mapping could make no signal of it: an item of its own, unlike a piece that
    another adapter leaves behind."""
    return letter.adapter.startswith(PREFIX)


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


def _settle(letter: DeadLetter, state: DeadLetterState) -> None:
    letter.state = state
    letter.save(update_fields=["state"])
