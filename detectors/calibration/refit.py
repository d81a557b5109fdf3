"""Fits on older verdicts, tests on newer ones, and says whether the new curve may take over."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from detectors.calibration.curve import Curve, Kind, calibrate_all, fit, kind_for
from detectors.calibration.measures import Quality, brier, quality
from detectors.calibration.verdicts import Judged, sample_of

TRAIN: Final = 0.7
"""Share of the verdicts, the oldest ones, that a curve is fitted on."""


@dataclass(frozen=True, slots=True)
class Refit:
    """A curve and how it did. before: Brier score of the curve in force on the same verdicts.

    base_rate: share of confirmed abuse among the verdicts of the fit.
    """

    kind: Kind
    curve: Curve
    trained: int
    base_rate: float
    tested: Quality
    before: float

    @property
    def better(self) -> bool:
        """Whether it may take over: a curve that does worse on newer verdicts may not."""
        return self.tested.brier <= self.before


def refit(verdicts: Sequence[Judged], in_force: Curve) -> Refit:
    """verdicts: oldest first. Their number says which kind of curve they bear."""
    cut = round(TRAIN * len(verdicts))
    kind = kind_for(sample_of(verdicts))
    train, test = sample_of(verdicts[:cut]), sample_of(verdicts[cut:])
    curve = fit(train, kind)
    return Refit(
        kind=kind,
        curve=curve,
        trained=train.n,
        base_rate=train.base_rate,
        tested=quality(curve, test),
        before=brier(calibrate_all(in_force, test.p), test),
    )
