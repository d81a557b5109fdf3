"""Tables of cases, queues, notes, reports, decisions and their deliveries."""

from __future__ import annotations

from cases.models.action import Delivery, Webhook
from cases.models.case import Case, CaseCampaign, CaseVisit
from cases.models.decision import Decision
from cases.models.file import EvidenceFile
from cases.models.gate import Gate
from cases.models.note import Note
from cases.models.queue import Queue
from cases.models.relation import CaseLink, CaseWatch
from cases.models.report import CaseReport
from cases.models.task import Playbook, Task

__all__ = [
    "Case",
    "CaseCampaign",
    "CaseLink",
    "CaseReport",
    "CaseVisit",
    "CaseWatch",
    "Decision",
    "Delivery",
    "EvidenceFile",
    "Gate",
    "Note",
    "Playbook",
    "Queue",
    "Task",
    "Webhook",
]
