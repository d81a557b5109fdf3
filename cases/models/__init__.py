"""Tables of cases, queues and their rules, notes, reports, decisions and their deliveries."""

from __future__ import annotations

from cases.models.action import Delivery, Webhook
from cases.models.case import Case, CaseCampaign, CaseVisit
from cases.models.decision import Decision
from cases.models.gate import Gate
from cases.models.note import Note
from cases.models.notice import Notice
from cases.models.queue import Queue, RoutingRule, Shift
from cases.models.report import CaseReport
from cases.models.snooze import Snooze

__all__ = [
    "Case",
    "CaseCampaign",
    "CaseReport",
    "CaseVisit",
    "Decision",
    "Delivery",
    "Gate",
    "Note",
    "Notice",
    "Queue",
    "RoutingRule",
    "Shift",
    "Snooze",
    "Webhook",
]
