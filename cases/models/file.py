"""Files that people put to a case as evidence."""

from __future__ import annotations

from django.conf import settings
from django.contrib.postgres.indexes import GinIndex, OpClass
from django.db import models
from django.db.models.functions import Upper

from abusedesk.core import clock
from cases.models.case import Case


class EvidenceFile(models.Model):
    """One file of one case; its bytes lie in the store under their SHA-256, once for all cases.

    It is never changed nor deleted: who put it there and who read it is its chain of custody.
    media_type: what its first bytes say, not what its sender said.
    """

    case = models.ForeignKey(Case, models.PROTECT, related_name="files")
    name = models.CharField(max_length=200)
    sha256 = models.CharField(max_length=64)
    size = models.PositiveIntegerField()
    media_type = models.CharField(max_length=40)
    note = models.CharField(max_length=500, blank=True)
    added_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    added_at = models.DateTimeField(default=clock.now)

    class Meta:
        ordering = ["id"]
        indexes = [
            # words of the search; kept in order at once, since more is looked for than written
            GinIndex(
                OpClass(Upper("name"), name="gin_trgm_ops"),
                OpClass(Upper("note"), name="gin_trgm_ops"),
                name="file_text",
                fastupdate=False,
            ),
        ]
        constraints = [
            models.UniqueConstraint(fields=["case", "sha256"], name="file_once"),
        ]

    def __str__(self) -> str:
        return self.name
