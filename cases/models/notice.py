"""Notices: what people are told about cases and detectors, without a word of evidence."""

from __future__ import annotations

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q

from abusedesk.core import clock
from cases.choices import NoticeKind
from cases.habits import MORNING, Digest, Habit
from cases.models.case import Case
from cases.models.note import Note


class Notice(models.Model):
    """One event of a case, of a detector or of a feed, for one person. read_at: when they saw it.

    detector: its short name, or that of the feed where `kind` speaks of one. actor: who did it;
    empty for the desk. note: the one that names them. mail_due_at: when it is to be mailed next;
    empty once that is done, or where nobody asked for it. on_desk: whether it stands in the inbox;
    else it only goes by mail.
    """

    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.CASCADE, related_name="notices", db_index=False
    )
    case = models.ForeignKey(Case, models.CASCADE, null=True, related_name="notices")
    detector = models.SlugField(
        max_length=60, blank=True, default="", db_default="", db_index=False
    )
    kind = models.CharField(max_length=12, choices=NoticeKind.choices)
    # no index: people are never deleted while they have done something
    actor = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+", db_index=False
    )
    # no index: a note goes with its case, and the notices of that with it
    note = models.ForeignKey(Note, models.CASCADE, null=True, related_name="+", db_index=False)
    created_at = models.DateTimeField(default=clock.now)
    read_at = models.DateTimeField(null=True)
    mail_due_at = models.DateTimeField(null=True)
    on_desk = models.BooleanField(default=True, db_default=True)

    class Meta:
        ordering = ["-id"]
        indexes = [
            # inbox, newest first
            models.Index(fields=["user", "-id"], name="notice_user"),
            # what is to be mailed now
            models.Index(
                fields=["mail_due_at"], condition=Q(mail_due_at__isnull=False), name="notice_mail"
            ),
        ]
        constraints = [
            # told once, until it is read; of every note
            models.UniqueConstraint(
                fields=["user", "case", "detector", "kind", "note"],
                condition=Q(read_at=None),
                nulls_distinct=False,
                name="notice_told_once_of_each",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.case_id or self.detector} {self.kind}"

    @property
    def about(self) -> str:
        """Reference of the case, or name of the detector or feed."""
        return self.case.ref if self.case else self.detector


class NoticeHabit(models.Model):
    """What one person wants to be told of and when; who has no row is told of all, at once.

    off_desk, off_mail: topics of `habits.Topic` that do not come that way. hour: of the daily mail.
    quiet_from, quiet_until: minutes of a day in their zone between which no mail comes.
    """

    user = models.OneToOneField(
        settings.AUTH_USER_MODEL, models.CASCADE, related_name="notice_habit"
    )
    digest = models.CharField(max_length=6, choices=Digest.choices, default=Digest.OFF)
    hour = models.PositiveSmallIntegerField(default=MORNING)
    quiet_from = models.PositiveSmallIntegerField(null=True)
    quiet_until = models.PositiveSmallIntegerField(null=True)
    off_desk = ArrayField(models.CharField(max_length=8), default=list)
    off_mail = ArrayField(models.CharField(max_length=8), default=list)

    class Meta:
        ordering = ["id"]

    def __str__(self) -> str:
        return self.get_digest_display()

    def as_habit(self) -> Habit:
        """The same without the row."""
        return Habit(
            digest=Digest(self.digest),
            hour=self.hour,
            quiet_from=self.quiet_from,
            quiet_until=self.quiet_until,
            off_desk=frozenset(self.off_desk),
            off_mail=frozenset(self.off_mail),
        )


class NewsCursor(models.Model):
    """The one row that says how far watchers were told.

    read_to: an entry of the audit chain.
    """

    read_to = models.BigIntegerField(default=0)

    def __str__(self) -> str:
        return f"told to {self.read_to}"
