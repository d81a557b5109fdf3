"""The watch list: what each source says of a value, each for a limited time."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models.functions import Now

from abusedesk.core import clock
from detectors.choices import Opinion, Tlp, WatchType
from detectors.intel.decay import base_of, score_at
from detectors.models.intel import IndicatorBatch


def in_force(moment: datetime) -> models.Q:
    """Items that match at a moment: not ended, not expired, not faded."""
    fresh = models.Q(fades_at=None) | models.Q(fades_at__gt=moment)
    return models.Q(ended_at=None, expires_at__gt=moment) & fresh


class WatchItem(models.Model):
    """What one source says of one value.

    value: canonical; digest: key of type and value, as entities have. trust: of the source, 0..1;
    confidence: its own in this value, 0..100. warned: reference lists that called the value well
    known when it was added. hits: signals that used it. ended_at: when it expired, faded or was
    removed; then it does nothing. pending: the detector has not been told of the last change yet.

    batch: the import it came with; uid: its name there. lifetime_d: days until nothing is left of
    its score; empty: it does not fade, somebody chose its days. renewed_at: from when its age
    counts where it was not met since. reach: how long after that its score lasts; fades_at: when
    it ends.
    """

    type = models.CharField(max_length=12, choices=WatchType.choices)
    value = models.CharField(max_length=4_200)
    digest = models.BinaryField(max_length=16)
    source = models.CharField(max_length=60)
    trust = models.FloatField()
    note = models.CharField(max_length=300, blank=True)
    warned = ArrayField(models.CharField(max_length=60), default=list)
    added_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    added_at = models.DateTimeField(default=clock.now)
    expires_at = models.DateTimeField()
    hits = models.PositiveIntegerField(default=0)
    last_hit_at = models.DateTimeField(null=True)
    pending = models.BooleanField(default=True)
    batch = models.ForeignKey(IndicatorBatch, models.PROTECT, null=True, related_name="assertions")
    uid = models.CharField(max_length=100, blank=True, db_default="")
    opinion = models.CharField(
        max_length=8,
        choices=Opinion.choices,
        default=Opinion.POSITIVE,
        db_default=Opinion.POSITIVE.value,
    )
    confidence = models.PositiveSmallIntegerField(default=100, db_default=100)
    tlp = models.CharField(
        max_length=12, choices=Tlp.choices, default=Tlp.AMBER, db_default=Tlp.AMBER.value
    )
    reference = models.CharField(max_length=500, blank=True, db_default="")
    phase = models.CharField(max_length=40, blank=True, db_default="")
    first_seen = models.DateTimeField(null=True)
    last_seen = models.DateTimeField(null=True)
    lifetime_d = models.PositiveSmallIntegerField(null=True)
    renewed_at = models.DateTimeField(default=clock.now, db_default=Now())
    reach = models.DurationField(null=True)
    fades_at = models.DateTimeField(null=True)
    ended_at = models.DateTimeField(null=True)
    ended_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+"
    )
    end_reason = models.CharField(max_length=500, blank=True)

    class Meta:
        ordering = ["-id"]
        constraints = [
            # one source says a thing once; the linker looks values up here
            models.UniqueConstraint(
                fields=["digest", "source"],
                condition=models.Q(ended_at=None),
                name="watchitem_in_force",
            ),
        ]
        indexes = [
            # a feed: what a source said under this name
            models.Index(
                fields=["source", "uid"],
                condition=models.Q(ended_at=None),
                name="watchitem_uid",
            ),
            # the sweep: what the detector is to be told
            models.Index(fields=["id"], condition=models.Q(pending=True), name="watchitem_pending"),
            # the sweep: what has expired
            models.Index(
                fields=["expires_at"], condition=models.Q(ended_at=None), name="watchitem_expiry"
            ),
            # the sweep: what has faded
            models.Index(
                fields=["fades_at"],
                condition=models.Q(ended_at=None, fades_at__isnull=False),
                name="watchitem_fading",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.type}:{self.value}"

    @property
    def base(self) -> float:
        """The score when it was last met or said, 0..100."""
        return base_of(self.trust, self.confidence)

    @property
    def score(self) -> float:
        """What is left of it now, 0..100; computed whenever it is read."""
        moment = clock.now()
        if self.ended_at is not None or moment >= self.expires_at:
            return 0.0
        if self.lifetime_d is None:
            return self.base
        age_d = (moment - self.met_at) / timedelta(days=1)
        return score_at(self.base, age_d, self.lifetime_d)

    def is_in_force(self, moment: datetime) -> bool:
        """Whether it matches at a moment; the same as `in_force`."""
        over = self.expires_at <= moment or (self.fades_at is not None and self.fades_at <= moment)
        return self.ended_at is None and not over

    @property
    def met_at(self) -> datetime:
        """From when its age counts: a sighting begins it anew."""
        return max(self.renewed_at, self.last_hit_at or self.renewed_at)
