"""Takes cases that wait through a new curve."""

from __future__ import annotations

from typing import Final

from django.db import transaction
from django.db.models import Q

from cases import facts, states
from cases.models import Case
from detectors.fits import calibration_in_force
from detectors.services.calibration import mark_applied

AT_ONCE: Final = 500
FIELDS: Final = ("calibrated", "calibration", "priority", "priority_parts")


@transaction.atomic
def apply_calibration() -> int:
    """Give some cases that wait the curve in force; a later sweep goes on. Returns how many.

    The version of a case stays: nobody who is deciding it need look again.
    """
    fit = calibration_in_force()
    if fit is None or fit.applied:
        return 0
    behind = Case.objects.filter(~Q(calibration=fit) | Q(calibration=None), how_sure__gt=0)
    waiting = behind.filter(state__in=states.ACTIVE).select_for_update(no_key=True)
    rows = list(waiting.order_by("pk")[:AT_ONCE])
    for case in rows:
        facts.calibrate(case)
    Case.objects.bulk_update(rows, FIELDS)
    if len(rows) < AT_ONCE:
        mark_applied(fit=fit)
    return len(rows)
