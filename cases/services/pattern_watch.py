"""Pauses received patterns that must not go on, and tells their owners why; open cases stay."""

from __future__ import annotations

from dataclasses import asdict
from datetime import timedelta
from typing import Final

from django.db import transaction

from abusedesk.core import audit, clock
from abusedesk.core.audit import Verb
from cases import standing
from cases.choices import ReceivedState
from cases.models import ReceivedPattern
from cases.services.pattern_outcome import make_outcomes
from cases.sharing.patterns import vectors
from cases.sharing.patterns.drift import Reason
from cases.sharing.patterns.vectors import Result
from cases.sharing.patterns.wire import UnreadableError
from detectors.choices import Mode
from detectors.services.config import save_config

WATCHED: Final = (ReceivedState.ACCEPTED, ReceivedState.SHADOW, ReceivedState.ENABLED)
TEST_EVERY: Final = timedelta(days=1)


def sweep_patterns() -> None:
    """Pause what must not go on, and count the weeks that are over."""
    check_patterns()
    make_outcomes()


def check_patterns(*, key_id: str = "") -> int:
    """Look at each that is accepted or runs; key_id: only at what this key signed.

    Returns how many were paused.
    """
    rows = ReceivedPattern.objects.filter(state__in=WATCHED)
    if key_id:
        rows = rows.filter(key_id=key_id)
    return sum(_check(pk) for pk in rows.order_by("pk").values_list("pk", flat=True))


def pause_pattern(*, row: ReceivedPattern, reason: Reason) -> None:
    """Switch its rule off and say why. The caller holds the row."""
    row.state, row.paused, row.final = ReceivedState.PAUSED, reason.code, reason.final
    row.why = reason.sentence[:500]
    row.save(update_fields=["state", "paused", "final", "why"])
    stand_down(row=row, why=f"paused: {row.why}")
    audit.append(
        actor=None,
        verb=Verb.PATTERN_PAUSED,
        target=row,
        target_type="detector" if row.slug else "",
        target_id=row.slug,
        key=row.key,
        revision=row.revision,
        partner=row.partner.title,
        reason=row.why,
        author=row.owner.username if row.owner else "",
    )


def stand_down(*, row: ReceivedPattern, why: str) -> None:
    """Its rule reads nothing any more."""
    if standing.mode_of(row) in (Mode.SHADOW, Mode.LIVE):
        params = standing.params_of(row)
        save_config(actor=None, slug=row.slug, mode=Mode.OFF, params=params, reason=why[:500])


def test_pattern(*, row: ReceivedPattern) -> list[Result]:
    """Run its own tests here, and keep what came out (not saved).

    They are made for the pattern as it came; what other parameters do shows the backtest.
    """
    pack = standing.pack_of(row)
    kind, text = str(row.indicator["pattern_type"]), str(row.indicator["pattern"])
    try:
        found = vectors.run_vectors(vectors.runnable(kind, text), pack.tests)
    except (UnreadableError, ValueError) as error:
        found = [Result("all", "positive", passed=False, error=str(error))]
    row.tested = [asdict(one) for one in found]
    row.tested_at = clock.now()
    return found


@transaction.atomic
def _check(pk: int) -> bool:
    rows = ReceivedPattern.objects.select_for_update(no_key=True, skip_locked=True, of=("self",))
    row = rows.select_related("partner", "owner", "backtest").filter(pk=pk).first()
    if row is None or row.state not in WATCHED:
        return False
    if row.tested_at is None or row.tested_at < clock.now() - TEST_EVERY:
        test_pattern(row=row)
        row.save(update_fields=["tested", "tested_at"])
    _follow(row)
    found = standing.reasons_of(row, tests_pass=row.green)
    if not found:
        return False
    pause_pattern(row=row, reason=found[0])
    return True


def _follow(row: ReceivedPattern) -> None:
    """A second person put it live, or somebody stood it down, on the pages of detectors."""
    mode = standing.mode_of(row)
    if row.state == ReceivedState.SHADOW and mode == Mode.LIVE:
        row.state, row.enabled_at = ReceivedState.ENABLED, clock.now()
        row.save(update_fields=["state", "enabled_at"])
        _replace_earlier(row)
        audit.append(
            actor=None,
            verb=Verb.PATTERN_ENABLED,
            target=row,
            key=row.key,
            revision=row.revision,
            partner=row.partner.title,
        )
    elif row.state in standing.RUNS and mode == Mode.OFF:
        row.state = ReceivedState.ACCEPTED
        row.save(update_fields=["state"])
    elif row.state == ReceivedState.ENABLED and mode == Mode.SHADOW:
        row.state = ReceivedState.SHADOW
        row.save(update_fields=["state"])


def _replace_earlier(row: ReceivedPattern) -> None:
    """Revisions before this one stand down; their cases stay."""
    rows = ReceivedPattern.objects.select_for_update(no_key=True, of=("self",))
    earlier = rows.select_related("partner").filter(
        partner=row.partner_id, stix_id=row.stix_id, revision__lt=row.revision, state__in=WATCHED
    )
    for one in earlier.order_by("pk"):
        one.state, one.final = ReceivedState.REPLACED, True
        one.why = f"Revision {row.revision} runs."
        one.save(update_fields=["state", "final", "why"])
        stand_down(row=one, why=f"replaced by revision {row.revision} of {row.key}")
