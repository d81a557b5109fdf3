"""Which verdicts fits learn from, and which fits are in force."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

import msgspec
from django.db.models import QuerySet

from detectors.calibration.curve import Curve, Raw, calibrate
from detectors.calibration.evidence import Table
from detectors.calibration.verdicts import Judged
from detectors.choices import Outcome
from detectors.models import Calibration, EvidenceWeights, Verdict

NEWEST: Final = 20_000
"""Verdicts that a fit reads at most: older ones tell of an abuse that has moved on."""


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


def calibrated(p: float) -> tuple[float | None, Calibration | None]:
    """A raw probability after the curve in force, and whose curve it is; None: it stays raw."""
    fit = calibration_in_force()
    return (calibrate(curve_of(fit), p), fit) if fit else (None, None)


def weights_in_force() -> EvidenceWeights | None:
    """What campaigns begin with; None: the weights that abusedesk ships."""
    return EvidenceWeights.objects.filter(in_force=True).first()


def table_of(weights: EvidenceWeights | None) -> Table | None:
    """The numbers of one version."""
    return msgspec.convert(weights.table, Table) if weights else None
