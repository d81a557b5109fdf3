"""Where the desk reads what others share, over TAXII or as MISP, and how far it has read."""

from __future__ import annotations

from django.conf import settings
from django.db import models

from abusedesk.core import clock
from cases.choices import FeedAuth, FeedKind, FeedMode, Tlp
from cases.models.partner import Partner


class Feed(models.Model):
    """One collection of another server, or a folder with MISP events.

    kind: which. url: of the collection or the folder. secret: sealed. partner: whose it is, where
    the desk knows them.
    slug: also the source under which its values stand on the watch list. trust (0..1), confidence
    (0..100), tlp, licence, days: what counts where an object does not say otherwise. mode: what
    becomes of values. owner: as whom it is read.

    desk_url, circle: where the other server is a desk like this one, its address and the circle
    there; keys, look-ups and receipts go to it. answers: whether sightings go back to it by
    themselves; answered_to: the end of the last window for which they did.

    cursor: `next` of the page before, of a MISP feed the `ETag` of its manifest. after: the moment
    behind which the next read begins, as the other server writes it. ran_to: the same while a run
    of pages is on. stuck: pages without anything new. due_at: when it is read next. failures: since
    the last success. paused: why it is read no more.
    """

    slug = models.SlugField(max_length=60, unique=True)
    title = models.CharField(max_length=120)
    kind = models.CharField(
        max_length=5, choices=FeedKind.choices, default=FeedKind.TAXII, db_default=FeedKind.TAXII
    )
    url = models.CharField(max_length=500)
    auth = models.CharField(max_length=6, choices=FeedAuth.choices, default=FeedAuth.BEARER)
    username = models.CharField(max_length=120, blank=True)
    secret = models.TextField(blank=True)
    partner = models.ForeignKey(Partner, models.PROTECT, null=True, related_name="feeds")
    trust = models.FloatField(default=0.7)
    confidence = models.PositiveSmallIntegerField(default=80)
    tlp = models.CharField(max_length=12, choices=Tlp.choices, default=Tlp.CLEAR)
    licence = models.CharField(max_length=60, blank=True)
    days = models.PositiveSmallIntegerField(default=365)
    mode = models.CharField(max_length=8, choices=FeedMode.choices, default=FeedMode.HOLD)
    every_min = models.PositiveSmallIntegerField(default=60)
    active = models.BooleanField(default=True)
    # no index: people are never deleted while they own one
    owner = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", db_index=False
    )
    desk_url = models.CharField(max_length=300, blank=True)
    circle = models.CharField(max_length=60, blank=True)
    answers = models.BooleanField(default=False)
    answered_to = models.DateTimeField(null=True)
    cursor = models.TextField(blank=True)
    after = models.CharField(max_length=40, blank=True)
    ran_to = models.CharField(max_length=40, blank=True)
    stuck = models.PositiveSmallIntegerField(default=0)
    due_at = models.DateTimeField(default=clock.now)
    failures = models.PositiveSmallIntegerField(default=0)
    paused = models.CharField(max_length=300, blank=True)
    fault = models.CharField(max_length=300, blank=True)
    read_at = models.DateTimeField(null=True)
    pages = models.PositiveIntegerField(default=0)
    taken = models.PositiveIntegerField(default=0)
    created_at = models.DateTimeField(default=clock.now)

    class Meta:
        ordering = ["title", "id"]

    def __str__(self) -> str:
        return self.title


class FeedEvent(models.Model):
    """One event of a MISP feed. wanted: its last change, in seconds; waiting: that is still to be
    read. fault: why what came was not kept.
    """

    feed = models.ForeignKey(Feed, models.CASCADE, related_name="events", db_index=False)
    uuid = models.UUIDField()
    wanted = models.BigIntegerField()
    waiting = models.BooleanField(default=True)
    fault = models.CharField(max_length=300, blank=True)

    class Meta:
        ordering = ["wanted", "id"]
        constraints = [
            models.UniqueConstraint(fields=["feed", "uuid"], name="feedevent_once"),
        ]
        indexes = [
            # what is still to be read, the oldest change first
            models.Index(
                fields=["feed", "wanted"],
                condition=models.Q(waiting=True),
                name="feedevent_waiting",
            ),
        ]

    def __str__(self) -> str:
        return str(self.uuid)
