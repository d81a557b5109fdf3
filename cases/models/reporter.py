"""Who reports, and what became of it."""

from __future__ import annotations

from django.db import models
from django.db.models import Q

from detectors.calibration.proportion import Share, precision


class Reporter(models.Model):
    """A reporter of whom more is known than the name; by name over all sources.

    upheld, decided: reports on decided cases. by_source: slug of a source -> [upheld, decided] of
    what came through it. ring: the finding by which it acts as one with others; ring_size: how many
    they are, 0 for nobody. due_at: since when its reports and cases are to be weighed again.
    """

    name = models.CharField(max_length=242, unique=True)
    upheld = models.PositiveIntegerField(default=0)
    decided = models.PositiveIntegerField(default=0)
    by_source = models.JSONField(default=dict)
    ring = models.BigIntegerField(null=True)
    ring_size = models.PositiveIntegerField(default=0)
    due_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ["-id"]
        indexes = [
            # the sweep: who is to be weighed again
            models.Index(fields=["due_at", "id"], condition=~Q(due_at=None), name="reporter_due"),
            # the sweep: who acted as one when it looked last
            models.Index(fields=["ring"], condition=~Q(ring=None), name="reporter_ring"),
            # the page: who was judged most often
            models.Index(fields=["-decided", "-id"], name="reporter_decided"),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def share(self) -> Share:
        """Share of its decided reports that were upheld."""
        return precision(self.upheld, self.decided)

    @property
    def sources(self) -> list[tuple[str, int, Share]]:
        """Slug of each source with what was upheld of its reports; empty: source not known."""
        told = sorted(self.by_source.items())
        return [(slug, upheld, precision(upheld, of)) for slug, (upheld, of) in told]
