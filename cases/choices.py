"""Vocabularies that rows of this app store."""

from __future__ import annotations

from typing import Final

from django.db import models

from detectors.choices import Outcome

BENIGN: Final = frozenset({Outcome.LEGITIMATE, Outcome.NO_ABUSE})


class State(models.TextChoices):
    """Where a case stands; what may follow what is the table in `states.py`."""

    OPEN = "open", "For review"
    ESCALATED = "escalated", "Escalated"
    SNOOZED = "snoozed", "Snoozed"
    CLOSED = "closed", "Closed"
    MERGED = "merged", "Merged"


class Severity(models.IntegerChoices):
    """How bad; shown as shape, word and colour."""

    INFO = 0, "info"
    LOW = 1, "low"
    MEDIUM = 2, "medium"
    HIGH = 3, "high"
    CRITICAL = 4, "critical"


class Tlp(models.TextChoices):
    """Traffic light protocol 2.0: how far a case may travel, from wide to narrow."""

    CLEAR = "clear", "TLP:CLEAR"
    GREEN = "green", "TLP:GREEN"
    AMBER = "amber", "TLP:AMBER"
    AMBER_STRICT = "amber+strict", "TLP:AMBER+STRICT"
    RED = "red", "TLP:RED"


class TaskState(models.TextChoices):
    OPEN = "open", "To do"
    DONE = "done", "Done"
    SKIPPED = "skipped", "Not needed"


class GateKind(models.TextChoices):
    ALLOW = "allow", "Allow-list"
    SNOOZE = "snooze", "Snooze"


class DeliveryKind(models.TextChoices):
    DECISION = "decision", "Decision"
    REVERSAL = "reversal", "Reversal"
    EVENT = "event", "Event"


class DeliveryState(models.TextChoices):
    WAITING = "waiting", "Waiting"
    SENT = "sent", "Sent"
    DEAD = "dead", "Given up"
    CANCELLED = "canceled", "Cancelled by undo"  # the column holds eight letters
