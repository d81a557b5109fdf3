"""Queues: where cases wait."""

from __future__ import annotations

from django.db import models


class Queue(models.Model):
    """A pile of cases with one service level. sla_hours: time to the first decision."""

    slug = models.SlugField(max_length=60, unique=True)
    title = models.CharField(max_length=120)
    sla_hours = models.PositiveIntegerField(default=24)
    position = models.PositiveIntegerField(default=0)

    class Meta:
        ordering = ["position", "slug"]

    def __str__(self) -> str:
        return self.title
