"""Types of entities that people added to those that the desk knows."""

from __future__ import annotations

from django.conf import settings
from django.db import models

from abusedesk.core import clock
from detectors.choices import Form


class EntityType(models.Model):
    """A type of objects and identifiers with a name and a canonical form of its own.

    slug: what stands before the colon of an object, and the key among identifiers. form: how
    values are written before they are compared; it is settled, because stored entities bear it.
    """

    slug = models.CharField(max_length=40, unique=True)
    label = models.CharField(max_length=60)
    meaning = models.CharField(max_length=300)
    form = models.CharField(max_length=8, choices=Form.choices)
    created_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT)
    created_at = models.DateTimeField(default=clock.now)

    class Meta:
        ordering = ["slug"]

    def __str__(self) -> str:
        return self.label
