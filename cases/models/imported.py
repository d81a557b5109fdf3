"""What others shared with the desk, object by object, as it came; read only."""

from __future__ import annotations

from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import GinIndex
from django.db import models

from abusedesk.core import clock
from cases.choices import OpinionWord, Pap, Tlp
from cases.models.feed import Feed
from cases.models.partner import Partner


class ImportedObject(models.Model):
    """The newest version of one object of one source.

    source: as on the watch list. version: `modified`; of an observable none. refs: ids of objects
    that it leads to. pap: what a receiver may do with it, where it says so. receipt_at: when its
    maker was told that it is out of use here. revoked: its maker, or
    who sent it, took it back. opinion: what its desk was told that this one thinks of it, first
    at opined_at.
    """

    source = models.CharField(max_length=60)
    feed = models.ForeignKey(Feed, models.PROTECT, null=True, related_name="objects_read")
    partner = models.ForeignKey(Partner, models.PROTECT, null=True, related_name="objects_sent")
    stix_id = models.CharField(max_length=100)
    type = models.CharField(max_length=60)
    version = models.DateTimeField(null=True)
    name = models.CharField(max_length=300, blank=True)
    tlp = models.CharField(max_length=12, choices=Tlp.choices)
    pap = models.CharField(max_length=8, choices=Pap.choices, blank=True)
    licence = models.CharField(max_length=60, blank=True)
    body = models.JSONField()
    refs = ArrayField(models.CharField(max_length=100), default=list)
    revoked = models.BooleanField(default=False)
    receipt_at = models.DateTimeField(null=True)
    opinion = models.CharField(
        max_length=17, choices=OpinionWord.choices, blank=True, db_default=""
    )
    opined_at = models.DateTimeField(null=True)
    received_at = models.DateTimeField(default=clock.now)

    class Meta:
        ordering = ["-id"]
        constraints = [
            models.UniqueConstraint(fields=["source", "stix_id"], name="importedobject_once"),
        ]
        indexes = [
            # what leads to an object: whether anything still stands around an observable
            GinIndex(fields=["refs"], name="importedobject_refs"),
            # the list of a source, one type or all, newest first
            models.Index(fields=["source", "type", "-id"], name="importedobject_list"),
        ]

    def __str__(self) -> str:
        return self.name or self.stix_id


class ImportedValue(models.Model):
    """A value that an imported object tells of. digest: of type and value, as entities have it.

    key_id, mac: where it came hashed with a circle's key; entity_id: the own thing that has this
    hash, found later.
    """

    imported = models.ForeignKey(
        ImportedObject, models.CASCADE, related_name="told_values", db_index=False
    )
    type = models.CharField(max_length=40)
    digest = models.BinaryField(max_length=16)
    key_id = models.CharField(max_length=80, blank=True)
    mac = models.CharField(max_length=64, blank=True)
    entity_id = models.BigIntegerField(null=True)

    class Meta:
        indexes = [
            # which objects tell of one value
            models.Index(fields=["digest"], name="importedvalue_digest"),
            # values of one object
            models.Index(fields=["imported"], name="importedvalue_of"),
            # hashes that wait for an own thing of the same hash
            models.Index(
                fields=["key_id", "mac"],
                condition=models.Q(key_id__gt=""),
                name="importedvalue_mac",
            ),
            # the page of an own thing: what came hashed and is it
            models.Index(
                fields=["entity_id"],
                condition=models.Q(entity_id__isnull=False),
                name="importedvalue_entity",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.type} in {self.imported_id}"
