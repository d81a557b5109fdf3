"""Cases: what reviewers work on."""

from __future__ import annotations

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import GinIndex, OpClass
from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Upper

from abusedesk.core import clock
from cases.choices import Severity, SlaStage, State, Tlp
from cases.daily import day_of, moved
from cases.models.queue import Queue
from cases.models.words import CaseText
from detectors.models import Calibration, Campaign, Hold


class Case(models.Model):
    """One operation under review.

    ref: `AD-<id>`, for people and links. version: grows with every change and guards concurrent
    writes. how_sure: probability 0..1; 0 where no detector spoke. priority: 0..100, orders the
    queue. claim_*: exclusive while `claim_expires_at` lies ahead. hold: the legal hold that was
    placed on it last. providers: AI services that its evidence names. reports: how many of its hits
    are reports that somebody sent. spread: platforms in the order in which the evidence of its
    campaigns reached them; spread_s: when, seconds since 1970. sources, languages: of the signals
    behind it. assignee: for whom it waits, beside any claim; assigned_by: empty when the desk
    chose. sla_paused_at: since when the clock stands. sla_stage: what was said about it.
    escalating: it beat the forecast that it was snoozed under. labels: words of reviewers, sorted.
    tlp: how far it may travel. calibrated: `how_sure` after the curve of `calibration`; None while
    there is no curve. stands_for, only_for: of a check with a known answer: the case that it is a
    copy of, whose evidence it shows, and the one person for whom it exists. daily, daily_to: hits
    of each of 14 days up to that day, counted from 1970 in UTC, as of when evidence came last.
    """

    ref = models.CharField(max_length=20, unique=True)
    title = models.CharField(max_length=200)
    summary = models.JSONField(default=list)
    state = models.CharField(max_length=10, choices=State.choices, default=State.OPEN)
    # no index of its own: `case_newest` begins with it
    queue = models.ForeignKey(Queue, models.PROTECT, related_name="cases", db_index=False)
    severity = models.PositiveSmallIntegerField(choices=Severity.choices)
    how_sure = models.FloatField()
    calibrated = models.FloatField(null=True)
    # no index: the few cases that wait are found by their state
    calibration = models.ForeignKey(
        Calibration, models.PROTECT, null=True, related_name="+", db_index=False
    )
    priority = models.FloatField()
    priority_parts = models.JSONField(default=dict)
    platforms = ArrayField(models.CharField(max_length=40))
    providers = ArrayField(models.CharField(max_length=200), default=list, db_default=[])
    spread = ArrayField(models.CharField(max_length=40), default=list, db_default=[])
    spread_s = ArrayField(models.FloatField(), default=list, db_default=[])
    sources = ArrayField(models.CharField(max_length=60), default=list, db_default=[])
    languages = ArrayField(models.CharField(max_length=8), default=list, db_default=[])
    reasons = ArrayField(models.TextField(), default=list)
    accounts = models.PositiveIntegerField()
    reports = models.PositiveIntegerField(default=0, db_default=0)
    daily = ArrayField(models.PositiveIntegerField(), default=list, db_default=[])
    daily_to = models.PositiveIntegerField(default=0, db_default=0)
    labels = ArrayField(models.CharField(max_length=40), default=list, db_default=[])
    tlp = models.CharField(
        max_length=12, choices=Tlp.choices, default=Tlp.AMBER, db_default=Tlp.AMBER.value
    )
    hits = models.PositiveIntegerField(default=1)
    new_hits = models.PositiveIntegerField(default=0)
    regressed = models.BooleanField(default=False)
    version = models.PositiveIntegerField(default=1)
    opened_at = models.DateTimeField(default=clock.now)
    updated_at = models.DateTimeField(default=clock.now)
    due_at = models.DateTimeField()
    closed_at = models.DateTimeField(null=True)
    snoozed_until = models.DateTimeField(null=True)
    merged_into = models.ForeignKey("self", models.PROTECT, null=True, related_name="absorbed")
    claimed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="claims"
    )
    claim_id = models.UUIDField(null=True)
    claim_expires_at = models.DateTimeField(null=True)
    assignee = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="assigned", db_index=False
    )
    assigned_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+", db_index=False
    )
    assigned_at = models.DateTimeField(null=True)
    sla_paused_at = models.DateTimeField(null=True)
    sla_stage = models.PositiveSmallIntegerField(
        choices=SlaStage.choices, default=SlaStage.IN_TIME, db_default=SlaStage.IN_TIME
    )
    escalating = models.BooleanField(default=False, db_default=False)
    # no index: a hold names its case
    hold = models.ForeignKey(Hold, models.PROTECT, null=True, related_name="cases", db_index=False)
    # no indexes: a check names its case, its person and what it is a copy of
    stands_for = models.ForeignKey(
        "self", models.PROTECT, null=True, related_name="+", db_index=False
    )
    only_for = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+", db_index=False
    )

    class Meta:
        ordering = ["-priority", "id"]
        # What counts many ends with `id` and `only_for`: whether the viewer may see a case is told
        # before any row is read.
        indexes = [
            # queue page, "next" and places: one state of one queue, most urgent first; `due_at`
            # tells late rows from others before any row is read
            models.Index(
                fields=["queue", "state", "-priority", "id", "due_at", "only_for"],
                name="case_urgent",
            ),
            # "next": what is late in one state of one queue
            models.Index(fields=["queue", "state", "due_at", "id", "only_for"], name="case_due"),
            # case list and dashboards: newest first
            models.Index(fields=["-opened_at", "-id"], name="case_opened"),
            models.Index(fields=["-closed_at"], name="case_closed"),
            # queue page, what is closed: newest first
            models.Index(
                fields=["queue", "-closed_at", "-id", "only_for"],
                condition=Q(state=State.CLOSED),
                name="case_queue_closed",
            ),
            # counts of every queue: the case that came last, the oldest that waits, new hits
            models.Index(fields=["queue", "-id"], name="case_newest"),
            models.Index(
                fields=["queue", "opened_at"],
                condition=Q(state__in=[State.OPEN, State.ESCALATED]),
                name="case_oldest",
            ),
            models.Index(
                fields=["queue", "-priority", "id", "only_for"],
                condition=Q(regressed=True, state__in=[State.OPEN, State.ESCALATED]),
                name="case_regressed",
            ),
            # words of a filter, as `icontains` asks for them; kept in order at once, since many
            # more people search than titles change
            GinIndex(
                OpClass(Upper("title"), name="gin_trgm_ops"), name="case_words", fastupdate=False
            ),
            # words of the search, in all that is said of the case
            GinIndex(OpClass(Upper(CaseText()), name="gin_trgm_ops"), name="case_text"),
            # where to next: closed cases that began on the same two platforms
            models.Index(F("spread__0_2"), condition=Q(state=State.CLOSED), name="case_spread"),
            # the sweep: due times that nobody was told of
            models.Index(
                fields=["queue", "sla_stage", "due_at", "id", "only_for"],
                condition=Q(state__in=[State.OPEN, State.ESCALATED]),
                name="case_sla",
            ),
            # work of one person: loads, my work, `assignee:`
            models.Index(
                fields=["assignee", "state"],
                condition=Q(assignee__isnull=False),
                name="case_assignee",
            ),
            # lists sorted by a column: all that an order compares, so that the best 50 of 100,000
            # are chosen before any row is read
            models.Index(
                fields=["queue", "state"],
                include=[
                    "id",
                    "only_for",
                    "severity",
                    "how_sure",
                    "calibrated",
                    "priority",
                    "accounts",
                    "hits",
                    "reports",
                    "opened_at",
                    "updated_at",
                    "due_at",
                    "closed_at",
                    "snoozed_until",
                ],
                name="case_sorts",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.ref} {self.title}"

    @property
    def rests_on(self) -> int:
        """Id of the case whose evidence it shows: its own, unless it is a copy."""
        return self.stands_for_id or self.pk

    @property
    def by_day(self) -> list[int]:
        """Hits of each of the last 14 days, today last; empty while nothing was counted."""
        return moved(self.daily, self.daily_to, day_of(clock.now()))


class CaseCampaign(models.Model):
    """A campaign is in exactly one case: the unique key is what keeps eight workers from two."""

    case = models.ForeignKey(Case, models.CASCADE, related_name="campaign_links")
    campaign = models.OneToOneField(Campaign, models.PROTECT, related_name="case_link")
    revision = models.PositiveIntegerField()
    added_at = models.DateTimeField(default=clock.now)

    def __str__(self) -> str:
        return f"{self.case_id}: {self.campaign_id}"


class CaseVisit(models.Model):
    """When a person last looked at a case, and how many hits it had then."""

    case = models.ForeignKey(Case, models.CASCADE, related_name="visits")
    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE)
    hits = models.PositiveIntegerField()
    at = models.DateTimeField(default=clock.now)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["case", "user"], name="visit_once")]

    def __str__(self) -> str:
        return f"{self.user_id} at {self.case_id}"
