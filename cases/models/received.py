"""Partners' abuse patterns: how far each is here, counts of outcomes."""

from __future__ import annotations

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models

from abusedesk.core import clock
from cases.choices import ReceivedState, Tlp
from cases.models.partner import Partner
from detectors.models import Backtest


class ReceivedPattern(models.Model):
    """One revision of a partner's pattern as it came, and how far it is here.

    indicator: the object as it came. key_id: of the key that signed it; verified: whether that key
    is pinned for the partner and its signature holds. why: what keeps it in quarantine. lacks:
    fields that no signal here has. slug: of the rule that it became. values: parameters that this
    desk set. backtest: the one that counts. paused, final: why it stands still, and whether this
    revision can go on at all. tells_back: whether counts of outcomes are made for its author.
    """

    partner = models.ForeignKey(Partner, models.PROTECT, related_name="received_patterns")
    stix_id = models.CharField(max_length=90)
    key = models.CharField(max_length=121)
    revision = models.PositiveIntegerField()
    title = models.CharField(max_length=120)
    tlp = models.CharField(max_length=12, choices=Tlp.choices)
    valid_until = models.DateTimeField()
    indicator = models.JSONField()
    sha256 = models.CharField(max_length=64)
    key_id = models.CharField(max_length=40)
    verified = models.BooleanField(default=False)
    state = models.CharField(max_length=12, choices=ReceivedState.choices, default="quarantined")
    why = models.CharField(max_length=500, blank=True)
    tested = models.JSONField(default=list)
    tested_at = models.DateTimeField(null=True)
    lacks = ArrayField(models.CharField(max_length=120), default=list)
    slug = models.SlugField(max_length=60, blank=True, db_index=False)
    values = models.JSONField(default=dict)
    backtest = models.ForeignKey(
        Backtest, models.SET_NULL, null=True, related_name="+", db_index=False
    )
    shadow_at = models.DateTimeField(null=True)
    enabled_at = models.DateTimeField(null=True)
    paused = models.CharField(max_length=12, blank=True)
    final = models.BooleanField(default=False)
    tells_back = models.BooleanField(default=False)
    owner = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+", db_index=False
    )
    received_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+", db_index=False
    )
    received_at = models.DateTimeField(default=clock.now)

    class Meta:
        ordering = ["-id"]
        constraints = [
            models.UniqueConstraint(
                fields=["partner", "stix_id", "revision"], name="receivedpattern_once"
            ),
            models.UniqueConstraint(
                fields=["slug"], condition=~models.Q(slug=""), name="receivedpattern_slug"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.key} revision {self.revision} from {self.partner_id}"

    @property
    def green(self) -> bool:
        """Whether all its tests pass here."""
        kinds = {one["kind"] for one in self.tested}
        passed = all(one["passed"] for one in self.tested)
        return {"positive", "negative"} <= kinds and passed

    @property
    def is_over(self) -> bool:
        """Whether its time is over."""
        return self.valid_until <= clock.now()


class OutcomeSent(models.Model):
    """What was counted of one week of a partner's pattern; made once, and never again.

    floor: what was told, 0: nothing. body: the object for its author.
    """

    received = models.ForeignKey(ReceivedPattern, models.CASCADE, db_index=False)
    kind = models.CharField(max_length=14)
    monday = models.DateField()
    floor = models.PositiveIntegerField()
    body = models.JSONField(null=True)
    made_at = models.DateTimeField(default=clock.now)

    class Meta:
        ordering = ["-monday", "kind"]
        constraints = [
            models.UniqueConstraint(fields=["received", "kind", "monday"], name="outcomesent_once"),
        ]

    def __str__(self) -> str:
        return f"{self.kind} of {self.monday}"
