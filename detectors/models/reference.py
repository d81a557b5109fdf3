"""Lists of known hosts, networks and file hashes that others maintain."""

from __future__ import annotations

from django.db import models

from abusedesk.core import clock
from detectors.choices import ReferenceCategory, ReferenceKind


class ReferenceList(models.Model):
    """One list as it was loaded; what stands on it is told beside an entity, never decided by it.

    version: as its maker counts; dated: the day of that version, where the number is one;
    count: entries that could be read; source: the package and its version.
    """

    slug = models.SlugField(max_length=60, unique=True)
    name = models.CharField(max_length=200)
    category = models.CharField(max_length=16, choices=ReferenceCategory.choices)
    kind = models.CharField(max_length=8, choices=ReferenceKind.choices)
    version = models.PositiveIntegerField()
    dated = models.DateField(null=True)
    count = models.PositiveIntegerField()
    source = models.CharField(max_length=100)
    loaded_at = models.DateTimeField(default=clock.now)

    class Meta:
        ordering = ["category", "slug"]

    def __str__(self) -> str:
        return self.name


class ReferenceEntry(models.Model):
    """One host, network or hash of a list.

    Networks stand in a column more, `network` of type `cidr` under a GiST index; the ORM cannot say
    that, and only SQL asks for it.
    """

    list = models.ForeignKey(
        ReferenceList, models.CASCADE, related_name="entries", db_index=False, db_constraint=False
    )
    value = models.CharField(max_length=260)

    class Meta:
        verbose_name_plural = "reference entries"

    def __str__(self) -> str:
        return self.value
