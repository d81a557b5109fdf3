"""Steps of an own pattern: tried on own signals, looked at by a second person, let out."""

from __future__ import annotations

from datetime import timedelta

from django.db import transaction

from abusedesk.core import clock, ids
from abusedesk.core.audit import Verb
from abusedesk.core.errors import ConflictError, ForbiddenError
from abusedesk.core.models import User
from cases import catalogue, fields, packing
from cases.choices import PatternState
from cases.models import Pattern
from cases.pattern_rows import REASON_LIMIT, locked, log
from detectors.services.backtest import start_backtest


@transaction.atomic
def backtest_pattern(*, actor: User, pattern: Pattern) -> Pattern:
    """Try the pattern as it is over 30 own days. Raises as `start_backtest` does."""
    row = locked(actor, "pattern.write", pattern)
    _require(row, PatternState.DRAFT)
    now = clock.now()
    row.backtest = start_backtest(
        actor=actor,
        slug=row.slug,
        params=packing.params_of(row),
        since=now - timedelta(days=packing.OWN_DAYS),
        until=now,
    )
    row.save(update_fields=["backtest"])
    log(actor, Verb.PATTERN_BACKTESTED, row, days=packing.OWN_DAYS)
    return row


@transaction.atomic
def renew_preview(*, actor: User, pattern: Pattern) -> Pattern:
    """Make the preview again, with what a backtest found meanwhile."""
    row = locked(actor, "pattern.write", pattern)
    _require(row, PatternState.DRAFT)
    row.at = max(clock.now(), row.at + timedelta(milliseconds=1))
    packing.prepare(row)
    row.save()
    return row


@transaction.atomic
def ask_pattern(*, actor: User, pattern: Pattern) -> Pattern:
    """Ask a second person for this preview. Raises ConflictError while anything holds it up."""
    row = locked(actor, "pattern.write", pattern)
    _require(row, PatternState.DRAFT)
    _require_clean(row)
    row.state = PatternState.WAITING
    row.save(update_fields=["state"])
    log(actor, Verb.PATTERN_ASKED, row)
    return row


@transaction.atomic
def refuse_pattern(*, actor: User, pattern: Pattern, reason: str) -> Pattern:
    """Send it back to its author."""
    row = locked(actor, "pattern.approve", pattern)
    reason = fields.text(reason, field="reason", limit=REASON_LIMIT)
    _require(row, PatternState.WAITING)
    row.state = PatternState.DRAFT
    row.save(update_fields=["state"])
    log(actor, Verb.PATTERN_REFUSED, row, reason=reason)
    return row


@transaction.atomic
def approve_pattern(*, actor: User, pattern: Pattern, digest: str) -> Pattern:
    """Let out exactly the bytes of the preview with this digest.

    Raises ForbiddenError for who wrote any of it, and ConflictError when the bytes, who gets them,
    its tests or its time are others by now.
    """
    row = locked(actor, "pattern.approve", pattern)
    _require(row, PatternState.WAITING)
    if actor.pk in (row.author_id, row.changed_by_id):
        message = "Who wrote a pattern does not approve it: a second person does."
        raise ForbiddenError(message)
    shown = row.digest
    packing.prepare(row)
    if not ids.same(digest, shown) or not ids.same(row.digest, shown):
        message = "What would leave has changed since this preview. It has to be made again."
        raise ConflictError(message, digest=shown)
    _require_clean(row)
    if row.is_over:
        message = "Its time is over."
        raise ConflictError(message)
    getting = packing.receivers_of(row)
    catalogue.release(row, getting, actor)
    row.state, row.live = PatternState.SHARED, row.revision
    row.save()
    log(actor, Verb.PATTERN_APPROVED, row, receivers=len(getting), digest=shown)
    return row


def _require(row: Pattern, state: PatternState) -> None:
    if row.state != state:
        message = f"This pattern is: {row.get_state_display().lower()}."
        raise ConflictError(message, state=row.state)


def _require_clean(row: Pattern) -> None:
    if row.conflicts:
        message = str(row.conflicts[0]["sentence"])
        raise ConflictError(message, conflicts=len(row.conflicts))
