"""Replays refused items after somebody fixed them, or sets them aside for good."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from django.db import transaction

from abusedesk.core import audit, clock
from abusedesk.core.audit import Verb
from abusedesk.core.errors import ConflictError, InvalidError
from abusedesk.core.models import User
from detectors.choices import DeadLetterState
from detectors.ingest import Batch, Parsed, Window, parse
from detectors.ingest.foreign import read_foreign
from detectors.mapping.reader import NO_ITEMS, PREFIX
from detectors.models import DeadLetter
from detectors.schema import SignalIn
from detectors.selectors.mapping import adapter_by_name
from detectors.services.ingest import IngestResult, committed, store, wake_detectors
from detectors.services.source import live_stream

NO_REASON: Final = "none was given"
CURRENT: Final = "current"
"""Names the newest version of a mapping."""


def replay_letter(*, actor: User, letter: DeadLetter, signals: Sequence[SignalIn]) -> IngestResult:
    """Store what the corrected item became under the letter's source.

    Raises ConflictError when the letter is settled.
    """
    stream = live_stream()

    def work() -> IngestResult:
        locked = _locked(letter)
        result = store(source=locked.source, signals=signals, stream=stream)
        _settle(locked, actor, DeadLetterState.REPLAYED)
        audit.append(actor=actor, verb=Verb.LETTER_REPLAYED, target=locked, stored=result.accepted)
        return result

    result = committed(work, signals)
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


def read_again(
    letter: DeadLetter, window: Window, *, raw: bytes | None = None, version: str = ""
) -> Parsed:
    """What a refused item, or the corrected `raw`, becomes: as a signal or by its mapping.

    version: of the mapping, a number or CURRENT; empty: the one that refused it. Raises
    NotFoundError for one that there is not, InvalidError where the item cannot be read at all.
    """
    item = raw_of(letter) if raw is None else raw
    if not is_mapped(letter):
        return parse(Batch([item], doubtful=True), window)
    name = letter.adapter.removeprefix(PREFIX)
    if version:
        slug = name.partition("@")[0]
        name = slug if version == CURRENT else f"{slug}@{version}"
    adapter = adapter_by_name(name)
    # a whole document in which no item was found is read as one again
    is_document = any(one["code"] == NO_ITEMS for one in letter.errors)
    found = read_foreign(adapter if is_document else adapter.alone(), item, window, clock.now())
    if not found.good and not found.bad:
        message = "There is no item in it."
        raise InvalidError(message, field="item")
    return found


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
