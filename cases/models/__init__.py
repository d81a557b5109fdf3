"""Tables of cases, queues, notes, lineage, reports, decisions and their deliveries."""

from __future__ import annotations

from cases.models.action import Delivery, Webhook
from cases.models.case import Case, CaseCampaign, CaseVisit
from cases.models.decision import Decision
from cases.models.gate import Gate
from cases.models.lineage import CaseLineage
from cases.models.note import Note
from cases.models.queue import Queue
from cases.models.report import CaseReport

__all__ = [
    "Case",
    "CaseCampaign",
    "CaseLineage",
    "CaseReport",
    "CaseVisit",
    "Decision",
    "Delivery",
    "Gate",
    "Note",
    "Queue",
    "Webhook",
]
