"""Which campaigns below the threshold were drawn for a look: the audit sample."""

from __future__ import annotations

from django.db import models

from abusedesk.core import clock
from detectors.models.campaign import Campaign


class AuditDraw(models.Model):
    """One draw a campaign, when it first lies below the threshold; never repeated.

    rate: chance with which it was drawn, 0..1.
    """

    campaign = models.OneToOneField(Campaign, models.CASCADE, related_name="audit_draw")
    rate = models.FloatField()
    drawn = models.BooleanField()
    created_at = models.DateTimeField(default=clock.now)

    def __str__(self) -> str:
        return f"{self.campaign_id}: {'drawn' if self.drawn else 'not drawn'}"
