"""What was fitted to verdicts: curves of probability and weights of evidence, by version."""

from __future__ import annotations

from django.db import models

from abusedesk.core import clock


class Fit(models.Model):
    """One fit to older verdicts, tested on newer ones.

    verdicts: how many there were; trained: the older ones, that it learnt from. before: Brier score
    on the newer ones of what was in force; brier: its own. in_force: at most one is.
    """

    verdicts = models.PositiveIntegerField()
    trained = models.PositiveIntegerField()
    before = models.FloatField()
    brier = models.FloatField()
    in_force = models.BooleanField()
    created_at = models.DateTimeField(default=clock.now)

    class Meta:
        abstract = True


class Calibration(Fit):
    """A curve from raw probability to the share that reviewers confirm.

    curve: `detectors.calibration.curve.Curve`; its kind is also a column. base_rate: share of
    confirmed abuse among the verdicts of the fit. tested: `measures.Quality` on the newer ones.
    applied: the cases that wait have it.
    """

    kind = models.CharField(max_length=10)
    curve = models.JSONField()
    base_rate = models.FloatField()
    tested = models.JSONField()
    applied = models.BooleanField(default=False)

    class Meta:
        ordering = ["-id"]
        constraints = [
            models.UniqueConstraint(
                fields=["in_force"],
                condition=models.Q(in_force=True),
                name="calibration_one_in_force",
            ),
        ]

    def __str__(self) -> str:
        return f"calibration {self.pk}: {self.kind}"


class EvidenceWeights(Fit):
    """Log-likelihood ratios by family and band, as `detectors.calibration.evidence.Table`.

    Campaigns keep the version with which they began.
    """

    table = models.JSONField()

    class Meta:
        ordering = ["-id"]
        constraints = [
            models.UniqueConstraint(
                fields=["in_force"],
                condition=models.Q(in_force=True),
                name="evidenceweights_one_in_force",
            ),
        ]

    def __str__(self) -> str:
        return f"weights {self.pk}"
