"""Own abuse patterns: what is offered, what left, the ledger of it, what partners told."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.db import models

from abusedesk.core import clock
from abusedesk.core.models import ApiToken
from cases.choices import Pap, PatternState, Tlp, WayOut
from cases.models.partner import Circle, Partner
from detectors.models import Backtest


class Pattern(models.Model):
    """A rule or a detector of this desk as it is offered to a circle.

    key: `organisation/name`, for partners. config: number of the version whose text it bears.
    text: the pattern as it leaves. revision: the one that is worked on; live: the one that is
    out. bundle: bytes of the preview, which the approval binds by `digest`. conflicts: what keeps
    it here. tested, expected: results of its tests, and what its backtest found.
    """

    key = models.CharField(max_length=121, unique=True)
    stix_uuid = models.UUIDField(unique=True)
    slug = models.SlugField(max_length=60, db_index=False)
    config = models.PositiveIntegerField(default=0)
    circle = models.ForeignKey(Circle, models.PROTECT, related_name="patterns")
    partners: models.ManyToManyField[Partner, Any] = models.ManyToManyField(
        Partner, related_name="patterns"
    )
    state = models.CharField(max_length=8, choices=PatternState.choices, default="draft")
    revision = models.PositiveIntegerField(default=1)
    live = models.PositiveIntegerField(default=0)
    title = models.CharField(max_length=120)
    summary = models.TextField(max_length=2_000, blank=True)
    tlp = models.CharField(max_length=12, choices=Tlp.choices, default=Tlp.GREEN)
    pap = models.CharField(max_length=8, choices=Pap.choices, default=Pap.AMBER)
    licence = models.CharField(max_length=60)
    purpose = models.CharField(max_length=300)
    severity = models.CharField(max_length=13, default="medium")
    lifetime_days = models.PositiveIntegerField(default=180)
    valid_until = models.DateTimeField()
    pattern_type = models.CharField(max_length=20)
    text = models.TextField()
    parameters = models.JSONField(default=dict)
    tests = models.JSONField(default=list)
    lineage = models.JSONField(default=list)
    tested = models.JSONField(default=list)
    expected = models.JSONField(null=True)
    backtest = models.ForeignKey(
        Backtest, models.SET_NULL, null=True, related_name="+", db_index=False
    )
    at = models.DateTimeField(default=clock.now)
    bundle = models.TextField(blank=True)
    lines = models.JSONField(default=list)
    conflicts = models.JSONField(default=list)
    digest = models.CharField(max_length=64, blank=True)
    author = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    changed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", db_index=False
    )
    revoked_at = models.DateTimeField(null=True)
    revoke_reason = models.CharField(max_length=500, blank=True)
    created_at = models.DateTimeField(default=clock.now)

    class Meta:
        ordering = ["-id"]

    def __str__(self) -> str:
        return self.key

    @property
    def stix_id(self) -> str:
        """Its id for partners; it stays over revisions."""
        return f"indicator--{self.stix_uuid}"

    @property
    def is_over(self) -> bool:
        """Whether its time is over."""
        return self.valid_until <= clock.now()

    @property
    def green(self) -> bool:
        """Whether there are tests and all of them pass."""
        kinds = {one["kind"] for one in self.tested}
        passed = all(one["passed"] for one in self.tested)
        return {"positive", "negative"} <= kinds and passed


class PatternRelease(models.Model):
    """One revision of an own pattern that was let out, or its revocation; never changed.

    seq: place in the collection *Patterns* of the circle. bundle: what is handed over. body: the
    indicator alone, as it is served. partners: who may have it.
    """

    pattern = models.ForeignKey(Pattern, models.PROTECT, related_name="releases", db_index=False)
    revision = models.PositiveIntegerField()
    revoked = models.BooleanField(default=False)
    stix_id = models.CharField(max_length=90)
    type = models.CharField(max_length=30, default="indicator")
    seq = models.BigIntegerField()
    added_at = models.DateTimeField()
    version = models.DateTimeField()
    tlp = models.CharField(max_length=12, choices=Tlp.choices)
    purpose = models.CharField(max_length=300)
    valid_until = models.DateTimeField()
    bundle = models.TextField()
    body = models.TextField()
    sha256 = models.CharField(max_length=64)
    partners: models.ManyToManyField[Partner, Any] = models.ManyToManyField(
        Partner, related_name="pattern_releases"
    )
    approved_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", db_index=False
    )

    class Meta:
        ordering = ["-id"]
        constraints = [
            models.UniqueConstraint(
                fields=["pattern", "revision", "revoked"], name="patternrelease_once"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.pattern_id} r{self.revision}"


class PatternHandover(models.Model):
    """One time that a pattern reached a partner; the database refuses to change or delete it."""

    at = models.DateTimeField(default=clock.now)
    partner = models.ForeignKey(Partner, models.PROTECT, related_name="pattern_handovers")
    release = models.ForeignKey(PatternRelease, models.PROTECT, related_name="handovers")
    way = models.CharField(max_length=8, choices=WayOut.choices)
    # no indexes: the ledger is read by time, partner and release
    actor = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", db_index=False
    )
    token = models.ForeignKey(ApiToken, models.PROTECT, null=True, related_name="+", db_index=False)
    size = models.PositiveIntegerField()
    sha256 = models.CharField(max_length=64)
    tlp = models.CharField(max_length=12, choices=Tlp.choices)
    purpose = models.CharField(max_length=300)
    legal_basis = models.CharField(max_length=300)
    agreement = models.CharField(max_length=120, blank=True)

    class Meta:
        ordering = ["-id"]

    def __str__(self) -> str:
        return f"{self.way} to {self.partner_id}"


class OutcomeTold(models.Model):
    """What a partner told of one week of an own pattern; a second word on it is refused."""

    pattern = models.ForeignKey(Pattern, models.CASCADE, related_name="outcomes", db_index=False)
    partner = models.ForeignKey(Partner, models.PROTECT, related_name="+")
    revision = models.PositiveIntegerField()
    kind = models.CharField(max_length=14)
    monday = models.DateField()
    floor = models.PositiveIntegerField()
    told_at = models.DateTimeField(default=clock.now)

    class Meta:
        ordering = ["-monday", "kind"]
        constraints = [
            models.UniqueConstraint(
                fields=["pattern", "partner", "revision", "kind", "monday"],
                name="outcometold_once",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.kind} of {self.monday}"
