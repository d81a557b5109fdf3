"""Fits curves and weights of evidence to verdicts once a week; what does worse is not activated."""

from __future__ import annotations

from datetime import timedelta
from typing import Final

import msgspec
from django.db import connection, transaction

from abusedesk.core import audit, clock
from abusedesk.core.audit import Verb
from abusedesk.core.queueing import wake
from detectors.calibration.curve import MIN_VERDICTS
from detectors.calibration.refit import Refit, refit
from detectors.fits import (
    calibration_in_force,
    curve_of,
    judged,
    standing_verdicts,
    usable_verdicts,
)
from detectors.models import Calibration
from detectors.services.evidence_weights import refit_weights

EVERY: Final = timedelta(days=7)
_LOCK: Final = 0x4649_5421  # "FIT!"


def wake_if_due() -> None:
    """Ask for the weekly fit when its time has come and there are verdicts enough."""
    if _is_due():
        wake("detectors.refit")


@transaction.atomic
def refit_all() -> Calibration | None:
    """Fit anew what verdicts decide. None: not due, too few verdicts, or another worker does it."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_xact_lock(%s)", [_LOCK])
        if not cursor.fetchone()[0]:
            return None
    if not _is_due():
        return None
    verdicts = usable_verdicts()
    if len(verdicts) < MIN_VERDICTS:
        return None
    refit_weights(verdicts=verdicts)
    found = refit(judged(verdicts), curve_of(calibration_in_force()))
    return _keep(found, len(verdicts))


def mark_applied(*, fit: Calibration) -> None:
    """Every case that waits has the curve."""
    Calibration.objects.filter(pk=fit.pk).update(applied=True)


def _is_due() -> bool:
    last = Calibration.objects.first()
    if last is not None and last.created_at > clock.now() - EVERY:
        return False
    enough = standing_verdicts().filter(p__isnull=False)[:MIN_VERDICTS]
    return len(enough.values_list("pk")) >= MIN_VERDICTS


def _keep(found: Refit, total: int) -> Calibration:
    if found.better:
        Calibration.objects.filter(in_force=True).update(in_force=False)
    fit = Calibration.objects.create(
        verdicts=total,
        trained=found.trained,
        before=found.before,
        brier=found.tested.brier,
        in_force=found.better,
        kind=found.kind,
        curve=msgspec.to_builtins(found.curve),
        base_rate=found.base_rate,
        tested=msgspec.to_builtins(found.tested),
        applied=not found.better,
    )
    audit.append(
        actor=None,
        verb=Verb.CALIBRATION_FITTED,
        target=fit,
        verdicts=total,
        kind=found.kind,
        brier=round(fit.brier, 4),
        before=round(fit.before, 4),
        result="in force" if found.better else "not activated",
    )
    return fit
