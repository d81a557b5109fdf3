"""What is shared of cases: drafts, the bytes that were approved, to whom they went, recalls."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.db import models

from abusedesk.core import clock
from cases.choices import Pap, RecallAnswer, ShareState, Tlp
from cases.models.case import Case
from cases.models.partner import Circle, Partner


class SharedNote(models.Model):
    """A note that was written for partners; internal notes stand in another table for a reason."""

    case = models.ForeignKey(Case, models.CASCADE, related_name="shared_notes")
    author = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT)
    body = models.TextField(max_length=5_000)
    tlp = models.CharField(max_length=12, choices=Tlp.choices, default=Tlp.AMBER)
    created_at = models.DateTimeField(default=clock.now)

    class Meta:
        ordering = ["id"]

    def __str__(self) -> str:
        return f"shared note on {self.case_id}"


class Share(models.Model):
    """One case for one circle. revision: the one that is worked on; live: the one that is out.

    at: `modified` of the objects of this revision. digest: of all bytes and receivers of the
    preview; an approval binds it. conflicts: what keeps it here, as the preview found it. era:
    grows when the TLP is raised, which gives every object a new id; live_era: of what is out.
    """

    case = models.ForeignKey(Case, models.PROTECT, related_name="shares")
    circle = models.ForeignKey(Circle, models.PROTECT, related_name="shares")
    tlp = models.CharField(max_length=12, choices=Tlp.choices)
    pap = models.CharField(max_length=8, choices=Pap.choices, default=Pap.AMBER)
    title = models.CharField(max_length=120)
    summary = models.TextField(max_length=5_000, blank=True)
    purpose = models.CharField(max_length=300)
    valid_until = models.DateTimeField()
    state = models.CharField(max_length=8, choices=ShareState.choices, default=ShareState.DRAFT)
    revision = models.PositiveIntegerField(default=1)
    live = models.PositiveIntegerField(default=0)
    live_tlp = models.CharField(max_length=12, choices=Tlp.choices, blank=True)
    era = models.PositiveIntegerField(default=1)
    live_era = models.PositiveIntegerField(default=0)
    at = models.DateTimeField(default=clock.now)
    digest = models.CharField(max_length=64, blank=True)
    conflicts = models.JSONField(default=list)
    author = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="shares")
    # no indexes: nobody asks what one person approved
    changed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", db_index=False
    )
    approved_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+", db_index=False
    )
    approved_at = models.DateTimeField(null=True)
    shared_at = models.DateTimeField(null=True)
    recalled_at = models.DateTimeField(null=True)
    recall_reason = models.CharField(max_length=500, blank=True)
    created_at = models.DateTimeField(default=clock.now)

    class Meta:
        ordering = ["-id"]
        constraints = [
            models.UniqueConstraint(
                fields=["case", "circle"],
                condition=~models.Q(state="recalled"),
                name="share_one_a_circle",
            ),
        ]

    def __str__(self) -> str:
        return f"share {self.pk} r{self.revision}"


class Rendition(models.Model):
    """The bytes of one revision for partners with one profile; frozen when the preview was made.

    lines: what became of every field. subjects: [type, value, how, object id] of what the objects
    tell of. partners: who may have it, since it was approved. revocation: the same objects, taken
    back.
    """

    share = models.ForeignKey(Share, models.CASCADE, related_name="renditions", db_index=False)
    revision = models.PositiveIntegerField()
    profile = models.CharField(max_length=200)
    bundle = models.TextField()
    table = models.TextField()
    sha256 = models.CharField(max_length=64)
    table_sha256 = models.CharField(max_length=64)
    lines = models.JSONField(default=list)
    subjects = models.JSONField(default=list)
    partners: models.ManyToManyField[Partner, Any] = models.ManyToManyField(
        Partner, related_name="renditions"
    )
    revocation = models.TextField(blank=True)
    created_at = models.DateTimeField(default=clock.now)

    class Meta:
        ordering = ["id"]
        constraints = [
            models.UniqueConstraint(
                fields=["share", "revision", "profile"], name="rendition_profile"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.share_id} r{self.revision}: {self.profile}"


class ShareTarget(models.Model):
    """A partner that a share names. pending: what it would get; approved: what it may have.

    dropped: a later revision names it no more. reached_at: when it first got any of it. told_at:
    when it got the recall. offered_at: when it fetched the recall as a MISP event; whether its MISP
    deleted anything then, nobody knows. disabled: copies that it says to have taken out of use.
    """

    share = models.ForeignKey(Share, models.CASCADE, related_name="targets", db_index=False)
    partner = models.ForeignKey(Partner, models.PROTECT, related_name="targets")
    pending = models.ForeignKey(
        Rendition, models.SET_NULL, null=True, related_name="+", db_index=False
    )
    approved = models.ForeignKey(Rendition, models.PROTECT, null=True, related_name="targets")
    dropped = models.BooleanField(default=False)
    reached_at = models.DateTimeField(null=True)
    told_at = models.DateTimeField(null=True)
    offered_at = models.DateTimeField(null=True)
    answer = models.CharField(max_length=12, choices=RecallAnswer.choices, blank=True)
    answered_at = models.DateTimeField(null=True)
    answer_note = models.CharField(max_length=300, blank=True)
    disabled = models.PositiveIntegerField(null=True)

    class Meta:
        ordering = ["id"]
        constraints = [
            models.UniqueConstraint(fields=["share", "partner"], name="sharetarget_once"),
        ]

    def __str__(self) -> str:
        return f"{self.share_id} to {self.partner_id}"

    @property
    def recall_state(self) -> str:
        """Where a recall stands with this partner."""
        if self.answer:
            return self.answer
        if self.told_at:
            return "delivered"
        return "unconfirmed" if self.offered_at else "not reached"


class ShareName(models.Model):
    """The id of one object of a share for one profile; it stays over revisions of one era."""

    share = models.ForeignKey(Share, models.CASCADE, related_name="names", db_index=False)
    era = models.PositiveIntegerField()
    profile = models.CharField(max_length=200)
    type = models.CharField(max_length=30)
    source = models.CharField(max_length=250)
    uuid = models.UUIDField()
    born = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["share", "era", "profile", "type", "source"], name="sharename_once"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.type}--{self.uuid}"
