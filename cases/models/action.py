"""What leaves the desk because of a decision: signed webhooks and their reversals."""

from __future__ import annotations

from typing import Final

from django.contrib.postgres.fields import ArrayField
from django.db import models

from abusedesk.core import clock, sealing
from cases.choices import DeliveryKind, DeliveryState
from cases.models.automation import AutomatedAction
from cases.models.case import Case
from cases.models.decision import Decision
from cases.models.message import Message

SIGNS: Final = "webhook"


class Webhook(models.Model):
    """A receiver of decisions, and of the case events that it asked for.

    secret: sealed; it signs every body (HMAC-SHA-256). events: names in `cases/events.py`.
    read_to: the entry of the audit chain up to which its events were made into deliveries.
    """

    url = models.URLField(max_length=500)
    secret = models.CharField(max_length=400)
    active = models.BooleanField(default=True)
    events = ArrayField(models.CharField(max_length=12), default=list, db_default=[])
    read_to = models.BigIntegerField(default=0, db_default=0)
    created_at = models.DateTimeField(default=clock.now)

    class Meta:
        ordering = ["id"]

    def __str__(self) -> str:
        return self.url

    @property
    def plain(self) -> str:
        """The secret itself. Raises LostError when the desk's secret key is another one by now."""
        return sealing.unseal(self.secret, purpose=SIGNS)


class Delivery(models.Model):
    """One message that a receiver is owed; a reversal names the delivery it takes back.

    decision: what it tells of; empty for an event of `case`, for a message to pass on, and for an
    `automated` action and its reversal.
    """

    webhook = models.ForeignKey(Webhook, models.PROTECT, related_name="deliveries")
    decision = models.ForeignKey(Decision, models.PROTECT, null=True, related_name="deliveries")
    # no index: a receiver's page shows its deliveries, a case's timeline is in the audit chain
    case = models.ForeignKey(Case, models.PROTECT, null=True, related_name="+", db_index=False)
    # an index over the few that have one stands below
    message = models.ForeignKey(
        Message, models.PROTECT, null=True, related_name="deliveries", db_index=False
    )
    # an index over the few that have one stands below
    automated = models.ForeignKey(
        AutomatedAction, models.PROTECT, null=True, related_name="deliveries", db_index=False
    )
    kind = models.CharField(max_length=10, choices=DeliveryKind.choices)
    reverses = models.OneToOneField("self", models.PROTECT, null=True, related_name="reversal")
    body = models.TextField()
    state = models.CharField(
        max_length=8, choices=DeliveryState.choices, default=DeliveryState.WAITING
    )
    attempts = models.PositiveSmallIntegerField(default=0)
    due_at = models.DateTimeField(default=clock.now)
    answer = models.CharField(max_length=300, blank=True)

    class Meta:
        ordering = ["id"]
        verbose_name_plural = "deliveries"
        indexes = [
            # sweep: what is owed now
            models.Index(
                fields=["due_at"], condition=models.Q(state="waiting"), name="delivery_due"
            ),
            # what became of one message
            models.Index(
                fields=["message"],
                condition=models.Q(message__isnull=False),
                name="delivery_message",
            ),
            # undo: what receivers were told of one automated action
            models.Index(
                fields=["automated"],
                condition=models.Q(automated__isnull=False),
                name="delivery_automated",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.kind} of {self.decision_id or self.automated_id or self.case_id}"

    @property
    def about(self) -> int | None:
        """Id of the case that it tells of; an automated action may have none yet."""
        told = self.decision or self.automated
        return self.case_id if told is None else told.case_id
