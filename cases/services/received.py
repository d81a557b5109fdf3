"""The way of a partner's pattern here: accepted, backtested, in shadow, enabled by two people."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import Any, Final

from django.db import transaction

from abusedesk.core import audit, clock
from abusedesk.core.audit import Verb
from abusedesk.core.errors import ConflictError, InvalidError
from abusedesk.core.models import User
from cases import fields, policy, standing
from cases.choices import ReceivedState
from cases.models import ReceivedPattern
from cases.services.pattern_watch import stand_down, test_pattern
from detectors.choices import Mode
from detectors.models import DetectorDraft
from detectors.services.backtest import start_backtest
from detectors.services.draft import propose_config
from detectors.services.rule import create_rule

REASON_LIMIT: Final = 500
MOST_DAYS: Final = 90


@transaction.atomic
def accept_pattern(
    *, actor: User, received: ReceivedPattern, values: Mapping[str, float] | None = None
) -> ReceivedPattern:
    """Take it out of quarantine. It becomes a rule that is off; it reads nothing yet.

    values: parameters inside the author's bounds. Raises ForbiddenError, InvalidError, or
    ConflictError while its signature is not verified or a test fails.
    """
    row = _locked(actor, received, ReceivedState.QUARANTINED)
    if not row.verified:
        message = f"{row.why} An admin pins the key on the page of the partner; then hand it in."
        raise ConflictError(message)
    _set(row, values or {})
    _require_may(row)
    row.state, row.owner, row.why = ReceivedState.ACCEPTED, actor, ""
    if not standing.is_builtin(row):
        name = f"{row.key.partition('/')[2][:30].strip('-')} from {row.partner.slug[:8]} {row.pk}"
        saved = create_rule(
            actor=actor,
            name=name,
            mode=Mode.OFF,
            params=standing.params_of(row),
            reason=f"pattern {row.key}, revision {row.revision}, from {row.partner.slug}",
        )
        row.slug = saved.config.slug
    row.save()
    _log(actor, Verb.PATTERN_ACCEPTED, row)
    return row


@transaction.atomic
def discard_pattern(*, actor: User, received: ReceivedPattern, reason: str) -> ReceivedPattern:
    """Refuse it for good; its rule, if it has one, reads nothing any more."""
    policy.require(actor, "pattern.receive")
    reason = fields.text(reason, field="reason", limit=REASON_LIMIT)
    row = _row(received)
    if row.state in (ReceivedState.REFUSED, ReceivedState.REPLACED):
        message = f"This pattern is: {row.get_state_display().lower()}."
        raise ConflictError(message, state=row.state)
    row.state, row.why, row.final = ReceivedState.REFUSED, reason, True
    row.save(update_fields=["state", "why", "final"])
    stand_down(row=row, why=f"refused: {reason}")
    _log(actor, Verb.PATTERN_DISCARDED, row, reason=reason)
    return row


@transaction.atomic
def backtest_received(*, actor: User, received: ReceivedPattern, days: int = 30) -> ReceivedPattern:
    """Try it on own signals; of a later revision against the one that runs.

    Raises ForbiddenError, InvalidError, ConflictError, and as `start_backtest` does.
    """
    row = _locked(actor, received, ReceivedState.ACCEPTED)
    if not standing.OWN_DAYS <= days <= MOST_DAYS:
        message = f"Choose {standing.OWN_DAYS} to {MOST_DAYS} days."
        raise InvalidError(message, field="days")
    _require_may(row)
    now = clock.now()
    row.backtest = start_backtest(
        actor=actor,
        slug=_tried_as(row),
        params=standing.params_of(row),
        since=now - timedelta(days=days),
        until=now,
    )
    row.save(update_fields=["backtest"])
    _log(actor, Verb.PATTERN_BACKTESTED, row, days=days)
    return row


@transaction.atomic
def shadow_pattern(*, actor: User, received: ReceivedPattern) -> ReceivedPattern:
    """Let it watch: it finds, and opens nothing. Raises ConflictError before its backtest is done.

    A detector of the product is not put into shadow here: its settings go the way of tuning.
    """
    row = _locked(actor, received, ReceivedState.ACCEPTED)
    if standing.is_builtin(row):
        message = "Settings of a detector of the product are proposed on the detector's page."
        raise ConflictError(message)
    _require_may(row)
    if faults := standing.backtest_faults(row):
        raise ConflictError(faults[0])
    row.state, row.shadow_at = ReceivedState.SHADOW, clock.now()
    row.save(update_fields=["state", "shadow_at"])
    propose_config(
        actor=actor,
        slug=row.slug,
        mode=Mode.SHADOW,
        params=standing.params_of(row),
        reason=f"pattern {row.key}, revision {row.revision}: watches after its backtest",
    )
    _log(actor, Verb.PATTERN_SHADOWED, row)
    return row


@transaction.atomic
def enable_pattern(*, actor: User, received: ReceivedPattern, reason: str) -> DetectorDraft:
    """Ask that it opens cases: a draft that a second person puts into force, as for every rule.

    Raises ForbiddenError, InvalidError, or ConflictError unless it is in shadow.
    """
    row = _locked(actor, received, ReceivedState.SHADOW)
    _require_may(row)
    draft = propose_config(
        actor=actor,
        slug=row.slug,
        mode=Mode.LIVE,
        params=standing.params_of(row),
        reason=reason,
    )
    _log(actor, Verb.PATTERN_ENABLING, row)
    return draft


@transaction.atomic
def resume_pattern(*, actor: User, received: ReceivedPattern) -> ReceivedPattern:
    """Begin again with a pattern that was paused: inactive, and with a new backtest.

    Raises ForbiddenError, or ConflictError where its reason is final or holds still.
    """
    row = _locked(actor, received, ReceivedState.PAUSED)
    if row.final:
        message = f"{row.why} This revision does not come back."
        raise ConflictError(message)
    row.state, row.paused, row.why = ReceivedState.ACCEPTED, "", ""
    row.backtest = row.shadow_at = row.enabled_at = None
    _require_may(row)
    row.owner = actor
    row.save()
    _log(actor, Verb.PATTERN_RESUMED, row)
    return row


@transaction.atomic
def set_tells_back(*, actor: User, received: ReceivedPattern, tells: bool) -> ReceivedPattern:
    """Whether counts of how it fares are made for its author."""
    policy.require(actor, "pattern.receive")
    row = _row(received)
    row.tells_back = tells
    row.save(update_fields=["tells_back"])
    audit.append(
        actor=actor,
        verb=Verb.PATTERN_TELLS,
        target=row,
        key=row.key,
        tells="yes" if tells else "no",
    )
    return row


def _set(row: ReceivedPattern, values: Mapping[str, float]) -> None:
    row.values = dict(values)
    try:
        standing.text_of(row)
    except ValueError as error:
        raise InvalidError(str(error), field="values") from error


def _tried_as(row: ReceivedPattern) -> str:
    """Against whose settings it is tried: those of an earlier revision that runs, or its own."""
    if standing.is_builtin(row):
        return str(standing.as_runnable(row).kind.meta.slug)
    earlier = ReceivedPattern.objects.filter(
        partner=row.partner_id,
        stix_id=row.stix_id,
        revision__lt=row.revision,
        state__in=standing.RUNS,
    )
    found = earlier.order_by("-revision").first()
    return found.slug if found else row.slug


def _require_may(row: ReceivedPattern) -> None:
    """Its tests pass here, and nothing speaks against it. Raises ConflictError."""
    test_pattern(row=row)
    if found := standing.reasons_of(row, tests_pass=row.green):
        raise ConflictError(found[0].sentence, reason=found[0].code)


def _locked(actor: User, received: ReceivedPattern, state: ReceivedState) -> ReceivedPattern:
    policy.require(actor, "pattern.receive")
    row = _row(received)
    if row.state != state:
        message = f"This pattern is: {row.get_state_display().lower()}."
        raise ConflictError(message, state=row.state)
    return row


def _row(received: ReceivedPattern) -> ReceivedPattern:
    rows = ReceivedPattern.objects.select_for_update(no_key=True, of=("self",))
    return rows.select_related("partner", "owner", "backtest").get(pk=received.pk)


def _log(actor: User, verb: Verb, row: ReceivedPattern, **data: object) -> None:
    told: dict[str, Any] = {
        "key": row.key,
        "revision": row.revision,
        "partner": row.partner.title,
        **data,
    }
    audit.append(actor=actor, verb=verb, target=row, **told)
