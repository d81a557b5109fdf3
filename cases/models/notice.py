"""Notices: what people are told about cases, without a word of evidence."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import Q

from abusedesk.core import clock
from cases.choices import NoticeKind
from cases.models.case import Case


class Notice(models.Model):
    """One event of a case for one person. read_at: empty until they have seen it."""

    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.CASCADE, related_name="notices", db_index=False
    )
    case = models.ForeignKey(Case, models.CASCADE, related_name="notices")
    kind = models.CharField(max_length=12, choices=NoticeKind.choices)
    created_at = models.DateTimeField(default=clock.now)
    read_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ["-id"]
        indexes = [
            # my notices, newest first
            models.Index(fields=["user", "-id"], name="notice_user"),
        ]
        constraints = [
            # told once, until it is read
            models.UniqueConstraint(
                fields=["user", "case", "kind"], condition=Q(read_at=None), name="notice_once"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.case_id} {self.kind}"
