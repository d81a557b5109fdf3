"""Reads how probabilities fare against what reviewers said."""

from __future__ import annotations

from dataclasses import dataclass

from abusedesk.core.models import User
from detectors.calibration.measures import Quality, alarms, quality
from detectors.calibration.verdicts import sample_of
from detectors.fits import calibration_in_force, curve_of, judged, usable_verdicts, weights_in_force
from detectors.models import Calibration, EvidenceWeights
from detectors.policy import READERS


@dataclass(frozen=True, slots=True)
class State:
    """How probabilities fare. verdicts: that a fit may use; fit: in force, if any; last: newest.

    now: agreement with verdicts since the fit in force; without one, of raw probabilities with all.
    """

    verdicts: int
    fit: Calibration | None
    last: Calibration | None
    weights: EvidenceWeights | None
    now: Quality
    alarms: list[str]


def calibration_for(viewer: User) -> State | None:
    """How probabilities fare; None for who may not see it."""
    if viewer.role not in READERS:
        return None
    verdicts = usable_verdicts()
    fit = calibration_in_force()
    new = [one for one in verdicts if fit is None or one.created_at > fit.created_at]
    now = quality(curve_of(fit), sample_of(judged(new)))
    return State(
        verdicts=len(verdicts),
        fit=fit,
        last=Calibration.objects.first(),
        weights=weights_in_force(),
        now=now,
        alarms=alarms(now, fit.base_rate) if fit else [],
    )
