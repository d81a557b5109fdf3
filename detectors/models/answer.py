"""Answers that are kept for a while, to be given again."""

from __future__ import annotations

from typing import Final

from django.db import models

from abusedesk.core import clock
from detectors.models.source import Source

MAX_KEY: Final = 200


class KeptAnswer(models.Model):
    """What a post of signals was answered, for its sender to hear again.

    key: the sender's Idempotency-Key. digest: SHA-256 of address and body. body: JSON as it was
    sent.
    """

    source = models.ForeignKey(Source, models.CASCADE, related_name="+")
    key = models.CharField(max_length=MAX_KEY)
    digest = models.CharField(max_length=64)
    status = models.PositiveSmallIntegerField()
    body = models.BinaryField()
    kept_at = models.DateTimeField(default=clock.now)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["source", "key"], name="keptanswer_once"),
        ]
        indexes = [
            # the clean-up: what is old enough to be forgotten
            models.Index(fields=["kept_at"], name="keptanswer_age"),
        ]

    def __str__(self) -> str:
        return f"{self.status} for {self.key}"
