"""Queues: where cases wait, who works there, and the rules that fill them."""

from __future__ import annotations

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q

from abusedesk.core import clock
from abusedesk.core.models import Role
from cases.choices import Assign


def reviewing_roles() -> list[str]:
    """Who sees a queue unless it says otherwise."""
    return [Role.REVIEWER, Role.LEAD]


class Queue(models.Model):
    """A pile of cases with one service level. sla_hours: time to the first decision.

    roles, people: who sees it; admins see every queue. hidden_actions: verbs of the permission
    table that nobody may use here. skill: what the desk asks of whom it hands cases to.
    sla_pauses: the clock stands while a case is snoozed. escalate_late: a late case goes to a lead.
    golden_percent: of the cases that a reviewer takes, how many are checks with a known answer.
    """

    slug = models.SlugField(max_length=60, unique=True)
    title = models.CharField(max_length=120)
    sla_hours = models.PositiveIntegerField(default=24)
    position = models.PositiveIntegerField(default=0)
    roles = ArrayField(
        models.CharField(max_length=16, choices=Role.choices),
        default=reviewing_roles,
        db_default=["reviewer", "lead"],
    )
    people = models.ManyToManyField(settings.AUTH_USER_MODEL, blank=True, related_name="queues")
    hidden_actions = ArrayField(models.CharField(max_length=40), default=list, db_default=[])
    assign = models.CharField(
        max_length=4, choices=Assign.choices, default=Assign.PULL, db_default=Assign.PULL
    )
    skill = models.SlugField(max_length=40, blank=True, default="", db_default="")
    sla_pauses = models.BooleanField(default=False, db_default=False)
    escalate_late = models.BooleanField(default=False, db_default=False)
    golden_percent = models.PositiveSmallIntegerField(default=5, db_default=5)

    class Meta:
        ordering = ["position", "slug"]

    def __str__(self) -> str:
        return self.title


class RoutingRule(models.Model):
    """What matches `query` when it opens goes to `queue`; the first rule by position counts."""

    queue = models.ForeignKey(Queue, models.PROTECT, related_name="rules")
    name = models.CharField(max_length=80, unique=True)
    query = models.CharField(max_length=2_000)
    position = models.PositiveIntegerField()
    active = models.BooleanField(default=True)
    created_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT)
    created_at = models.DateTimeField(default=clock.now)

    class Meta:
        ordering = ["position", "id"]

    def __str__(self) -> str:
        return self.name


class Shift(models.Model):
    """When a person takes cases that the desk hands out, which ones, and how many at a time.

    days: 0 is Monday. start_min, end_min: minutes of the day in `zone`; an end before the start is
    on the next day, equal ends are the whole day. Who has no row is always there, without skills.
    """

    user = models.OneToOneField(settings.AUTH_USER_MODEL, models.CASCADE, related_name="shift")
    skills = ArrayField(models.SlugField(max_length=40), default=list)
    days = ArrayField(models.PositiveSmallIntegerField())
    start_min = models.PositiveSmallIntegerField(default=0)
    end_min = models.PositiveSmallIntegerField(default=0)
    zone = models.CharField(max_length=60, default="UTC")
    capacity = models.PositiveSmallIntegerField(default=20)
    away_until = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(start_min__lt=1440, end_min__lt=1440), name="shift_in_a_day"
            ),
            models.CheckConstraint(
                condition=Q(capacity__gte=1, capacity__lte=500), name="shift_capacity"
            ),
        ]

    def __str__(self) -> str:
        return f"shift of {self.user_id}"
