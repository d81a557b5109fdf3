"""Things that signals mention, by canonical value, and where they were mentioned."""

from __future__ import annotations

from django.db import models

from abusedesk.core import clock


class Entity(models.Model):
    """An account, domain, URL, identifier or file hash. `value` is canonical (`normalise`)."""

    type = models.CharField(max_length=40)
    value = models.CharField(max_length=4_200)
    digest = models.BinaryField(max_length=16)
    first_seen_at = models.DateTimeField()
    last_seen_at = models.DateTimeField()
    created_at = models.DateTimeField(default=clock.now)

    class Meta:
        verbose_name_plural = "entities"
        constraints = [
            # values may be longer than a btree entry can be: the key is a hash of type and value
            models.UniqueConstraint(fields=["digest"], name="entity_digest"),
        ]

    def __str__(self) -> str:
        return f"{self.type}:{self.value}"


class SignalEntity(models.Model):
    """One mention. Partitioned like signals; the real primary key is the four columns together."""

    id = models.BigAutoField(primary_key=True)
    signal_id = models.BigIntegerField()
    occurred_at = models.DateTimeField()
    entity = models.ForeignKey(Entity, models.CASCADE, db_constraint=False, related_name="mentions")
    role = models.CharField(max_length=16)
    raw = models.CharField(max_length=500)

    class Meta:
        ordering = ["id"]

    def __str__(self) -> str:
        return f"{self.role} {self.entity_id} in {self.signal_id}"
