"""Reads verdicts as fits need them, what is fitted, and how it fares."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

import msgspec
from django.db.models import QuerySet

from abusedesk.core.models import User
from detectors.calibration.curve import Curve, Raw
from detectors.calibration.measures import Quality, alarms, quality
from detectors.calibration.verdicts import Judged, sample_of
from detectors.choices import Outcome
from detectors.models import Calibration, EvidenceWeights, Verdict
from detectors.policy import READERS

NEWEST: Final = 20_000
"""Verdicts that a fit reads at most: older ones tell of an abuse that has moved on."""


@dataclass(frozen=True, slots=True)
class State:
    """How probabilities fare. verdicts: that a fit may use; fit: in force, if any; last: newest.

    now: agreement with the verdicts that no fit in force has seen; all of them without one.
    """

    verdicts: int
    fit: Calibration | None
    last: Calibration | None
    weights: EvidenceWeights | None
    now: Quality
    alarms: list[str]


def standing_verdicts() -> QuerySet[Verdict]:
    """The last verdict on each campaign that stands and says yes or no."""
    rows = Verdict.objects.filter(withdrawn_at=None).exclude(outcome=Outcome.UNSURE)
    return rows.order_by("campaign_id", "-id").distinct("campaign_id")


def usable_verdicts() -> list[Verdict]:
    """What a fit learns from, oldest first."""
    rows = Verdict.objects.filter(pk__in=standing_verdicts().values("pk"), p__isnull=False)
    return list(rows.order_by("-id")[:NEWEST])[::-1]


def judged(verdicts: Iterable[Verdict]) -> list[Judged]:
    """Verdicts as numbers; those without a probability are left out."""
    return [
        Judged(one.p, one.outcome == Outcome.ABUSE, one.weight)
        for one in verdicts
        if one.p is not None
    ]


def calibration_in_force() -> Calibration | None:
    """The fit that probabilities follow; None: they are raw."""
    return Calibration.objects.filter(in_force=True).first()


def curve_of(fit: Calibration | None) -> Curve:
    """The curve of a fit."""
    return msgspec.convert(fit.curve, Curve) if fit else Raw()


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
        weights=EvidenceWeights.objects.filter(in_force=True).first(),
        now=now,
        alarms=alarms(now, fit.base_rate) if fit else [],
    )
