"""What partners post to the desk over TAXII: collections, objects, statuses."""

from __future__ import annotations

from django.conf import settings
from django.db import models

from abusedesk.core import clock
from cases.choices import FeedMode, InboxMode, PostState
from cases.models.partner import Circle, Partner


class Inbox(models.Model):
    """The collection of a circle into which its members write.

    mode: who may write and read. takes: what becomes of values. trust: of what stands in it, 0..1.
    owner: who set it, as whom it is taken in. lookups: whether members may ask, by hash, what the
    desk knows; contact: whom they then write to.
    """

    circle = models.OneToOneField(Circle, models.CASCADE, related_name="inbox")
    collection = models.UUIDField(unique=True)
    mode = models.CharField(max_length=6, choices=InboxMode.choices, default=InboxMode.NONE)
    takes = models.CharField(max_length=8, choices=FeedMode.choices, default=FeedMode.HOLD)
    trust = models.FloatField(default=0.7)
    # no index: people are never deleted while they own one
    owner = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", db_index=False
    )
    lookups = models.BooleanField(default=False)
    contact = models.CharField(max_length=120, blank=True)
    last_seq = models.BigIntegerField(default=0)
    last_added = models.DateTimeField(null=True)

    class Meta:
        verbose_name_plural = "inboxes"

    def __str__(self) -> str:
        return f"inbox of {self.circle_id}"


class PostedObject(models.Model):
    """One version of an object that a partner added, as it came. withdrawn: it took it back."""

    inbox = models.ForeignKey(Inbox, models.PROTECT, related_name="posted", db_index=False)
    partner = models.ForeignKey(Partner, models.PROTECT, related_name="posted")
    seq = models.BigIntegerField()
    added_at = models.DateTimeField()
    stix_id = models.CharField(max_length=100)
    type = models.CharField(max_length=60)
    version = models.DateTimeField()
    body = models.TextField()
    sha256 = models.CharField(max_length=64)
    revoked = models.BooleanField(default=False)
    withdrawn = models.BooleanField(default=False)

    class Meta:
        ordering = ["seq"]
        constraints = [
            models.UniqueConstraint(fields=["inbox", "seq"], name="postedobject_seq"),
        ]
        indexes = [
            # TAXII: versions of one object
            models.Index(fields=["inbox", "stix_id", "-seq"], name="postedobject_id"),
        ]

    def __str__(self) -> str:
        return self.stix_id


class PostStatus(models.Model):
    """What became of one post. waiting: objects that are still to be looked at."""

    uuid = models.UUIDField(unique=True)
    inbox = models.ForeignKey(Inbox, models.PROTECT, related_name="statuses", db_index=False)
    partner = models.ForeignKey(Partner, models.PROTECT, related_name="statuses", db_index=False)
    state = models.CharField(max_length=8, choices=PostState.choices, default=PostState.PENDING)
    at = models.DateTimeField(default=clock.now)
    total = models.PositiveIntegerField()
    successes = models.JSONField(default=list)
    failures = models.JSONField(default=list)
    waiting = models.JSONField(default=list)

    class Meta:
        ordering = ["-id"]
        verbose_name_plural = "post statuses"
        indexes = [
            # the sweep: what a lost message forgot
            models.Index(
                fields=["id"], condition=models.Q(state="pending"), name="poststatus_pending"
            ),
            # the sweep: what is over
            models.Index(fields=["at"], name="poststatus_at"),
        ]

    def __str__(self) -> str:
        return str(self.uuid)
