"""Messages to people outside: templates, and what was written from them."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import Q

from abusedesk.core import clock
from cases.choices import Audience, DeliveryState
from cases.models.case import Case


class MessageTemplate(models.Model):
    """Words to reporters or subjects, with gaps such as `{case}`. Messages keep what was sent.

    version: guards concurrent writes. active: offered for new messages.
    """

    slug = models.SlugField(max_length=60, unique=True)
    title = models.CharField(max_length=120)
    audience = models.CharField(max_length=8, choices=Audience.choices)
    subject = models.CharField(max_length=200)
    body = models.TextField(max_length=10_000)
    active = models.BooleanField(default=True)
    version = models.PositiveIntegerField(default=1)
    saved_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    saved_at = models.DateTimeField(default=clock.now)

    class Meta:
        ordering = ["title", "id"]

    def __str__(self) -> str:
        return self.title


class Message(models.Model):
    """One message exactly as it is read. It is never changed nor deleted.

    recipient: a mail address, or an account as `platform:name`, to which receivers pass it on.
    key: of the form; a double click is one message. state, attempts, due_at, answer: of its way by
    mail; what receivers were sent stands in their deliveries.
    """

    case = models.ForeignKey(Case, models.PROTECT, related_name="messages")
    template = models.ForeignKey(MessageTemplate, models.PROTECT, related_name="messages")
    author = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    key = models.UUIDField(unique=True)
    audience = models.CharField(max_length=8, choices=Audience.choices)
    recipient = models.CharField(max_length=300)
    subject = models.CharField(max_length=400)
    body = models.TextField(max_length=40_000)
    state = models.CharField(
        max_length=8, choices=DeliveryState.choices, default=DeliveryState.WAITING
    )
    attempts = models.PositiveSmallIntegerField(default=0)
    due_at = models.DateTimeField()
    answer = models.CharField(max_length=300, blank=True)
    created_at = models.DateTimeField(default=clock.now)

    class Meta:
        ordering = ["-id"]
        indexes = [
            # sweep: what is to be mailed now
            models.Index(
                fields=["due_at"], condition=Q(state=DeliveryState.WAITING), name="message_due"
            ),
        ]

    def __str__(self) -> str:
        return f"to {self.recipient} on {self.case_id}"
