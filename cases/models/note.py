"""Notes on cases."""

from __future__ import annotations

from django.conf import settings
from django.contrib.postgres.indexes import GinIndex, OpClass
from django.db import models
from django.db.models.functions import Upper

from abusedesk.core import clock
from cases.models.case import Case


class Note(models.Model):
    """An internal note in Markdown; it has no way out of the desk."""

    case = models.ForeignKey(Case, models.CASCADE, related_name="notes")
    author = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT)
    body = models.TextField(max_length=20_000)
    created_at = models.DateTimeField(default=clock.now)

    class Meta:
        ordering = ["id"]
        indexes = [
            # words of the search; kept in order at once, since more is looked for than written
            GinIndex(
                OpClass(Upper("body"), name="gin_trgm_ops"), name="note_text", fastupdate=False
            ),
        ]

    def __str__(self) -> str:
        return f"note on {self.case_id}"
