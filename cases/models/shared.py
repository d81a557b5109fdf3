"""What was let out to partners: objects in the order of commits, what they tell of, the ledger."""

from __future__ import annotations

import json
from typing import Any

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models

from abusedesk.core import clock
from abusedesk.core.models import ApiToken
from cases.choices import Tlp, WayOut
from cases.models.partner import Circle, Partner
from cases.models.share import Rendition, Share


class SharedObject(models.Model):
    """One object that was let out to a circle, with its exact bytes.

    seq: place in the collection, in the order of commits. version: `modified`, of an observable
    the moment when it was let out. revoked: it takes its id back. withdrawn: it is served no more.
    """

    circle = models.ForeignKey(
        Circle, models.PROTECT, related_name="shared_objects", db_index=False
    )
    rendition = models.ForeignKey(Rendition, models.PROTECT, related_name="let_out")
    seq = models.BigIntegerField()
    added_at = models.DateTimeField()
    stix_id = models.CharField(max_length=90)
    type = models.CharField(max_length=30)
    version = models.DateTimeField()
    tlp = models.CharField(max_length=12, choices=Tlp.choices)
    body = models.TextField()
    sha256 = models.CharField(max_length=64)
    revoked = models.BooleanField(default=False)
    withdrawn = models.BooleanField(default=False)

    class Meta:
        ordering = ["seq"]
        constraints = [
            models.UniqueConstraint(fields=["circle", "seq"], name="sharedobject_seq"),
        ]
        indexes = [
            # TAXII: versions of one object, the newest of each
            models.Index(fields=["circle", "stix_id", "-seq"], name="sharedobject_id"),
            # TAXII: where `added_after` begins
            models.Index(fields=["circle", "added_at"], name="sharedobject_added"),
        ]

    def __str__(self) -> str:
        return self.stix_id


class SharedEvent(models.Model):
    """A rendition as a MISP event, with its exact bytes; a feed serves it once it is let out.

    uuid: of the event; it stays over revisions. withdrawn: it is served as deleted, in the bytes of
    taken_back. head, digests: what manifest and table of hashes say of it now.
    """

    rendition = models.OneToOneField(Rendition, models.CASCADE, related_name="misp")
    uuid = models.UUIDField()
    body = models.TextField()
    sha256 = models.CharField(max_length=64)
    tlp = models.CharField(max_length=12, choices=Tlp.choices)
    withdrawn = models.BooleanField(default=False)
    taken_back = models.TextField(blank=True)
    head = models.JSONField()
    digests = ArrayField(models.CharField(max_length=32))

    class Meta:
        ordering = ["id"]

    def __str__(self) -> str:
        return str(self.uuid)

    @property
    def now(self) -> str:
        """The bytes that a feed serves."""
        return self.taken_back if self.withdrawn else self.body

    @property
    def event(self) -> dict[str, Any]:
        """What stands in them."""
        found: dict[str, Any] = json.loads(self.now)["Event"]
        return found


class SharedSubject(models.Model):
    """A value that an object tells of, whole, cut or hashed: what a search by subject looks in.

    digest: of type and value, as entities have it.
    """

    rendition = models.ForeignKey(Rendition, models.CASCADE, related_name="told", db_index=False)
    type = models.CharField(max_length=40)
    digest = models.BinaryField(max_length=16)
    how = models.CharField(max_length=10)
    stix_id = models.CharField(max_length=90)

    class Meta:
        indexes = [
            # the ledger: everything that told of one value
            models.Index(fields=["digest"], name="sharedsubject_digest"),
        ]

    def __str__(self) -> str:
        return f"{self.how} in {self.stix_id}"


class Handover(models.Model):
    """One time that something reached a partner; the database refuses to change or delete it.

    objects: ids of the objects in it. sha256: of the bytes that left. purpose, legal_basis,
    agreement: as they stood.
    """

    at = models.DateTimeField(default=clock.now)
    partner = models.ForeignKey(Partner, models.PROTECT, related_name="handovers")
    share = models.ForeignKey(Share, models.PROTECT, related_name="handovers")
    revision = models.PositiveIntegerField()
    way = models.CharField(max_length=8, choices=WayOut.choices)
    # no indexes: the ledger is read by time, partner, share and subject
    actor = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", db_index=False
    )
    token = models.ForeignKey(ApiToken, models.PROTECT, null=True, related_name="+", db_index=False)
    objects_sent = ArrayField(models.CharField(max_length=90))
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
