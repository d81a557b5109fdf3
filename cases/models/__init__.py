"""Tables of cases, queues, notes, lineage, policies, reviews, reports, decisions, deliveries."""

from __future__ import annotations

from cases.models.action import Delivery, Webhook
from cases.models.addition import CaseAddition
from cases.models.automation import AutomatedAction, Automation, VersionUndo
from cases.models.bulk import BulkItem, BulkJob
from cases.models.case import Case, CaseCampaign, CaseVisit
from cases.models.decision import Decision, EntityAction, Statement
from cases.models.exchange import (
    HeldKey,
    LookupCount,
    LookupEntry,
    LookupState,
    Override,
    PartnerOutcome,
    SealKey,
)
from cases.models.exposure import Break, BudgetExtension, Exposure
from cases.models.feed import Feed, FeedEvent
from cases.models.file import EvidenceFile
from cases.models.gate import Gate
from cases.models.golden import GoldenCheck, GoldenItem
from cases.models.imported import ImportedObject, ImportedValue
from cases.models.inbox import Inbox, PostedObject, PostStatus
from cases.models.lineage import CaseLineage
from cases.models.masking import Mask, PeekHabit
from cases.models.message import Message, MessageTemplate
from cases.models.note import Note
from cases.models.notice import NewsCursor, Notice, NoticeHabit
from cases.models.partner import (
    Circle,
    CircleKey,
    CircleMember,
    Organisation,
    Partner,
)
from cases.models.partner_key import PartnerKey
from cases.models.pattern import OutcomeTold, Pattern, PatternHandover, PatternRelease
from cases.models.policy import PolicyVersion
from cases.models.presence import Presence
from cases.models.protected import ProtectedEntity
from cases.models.queue import Queue, RoutingRule, Shift
from cases.models.received import OutcomeSent, ReceivedPattern
from cases.models.relation import CaseLink, CaseWatch
from cases.models.report import CaseReport
from cases.models.reporter import Reporter
from cases.models.review import Appeal, SecondReview
from cases.models.share import Rendition, Share, SharedNote, ShareName, ShareTarget
from cases.models.shared import Handover, SharedEvent, SharedObject, SharedSubject
from cases.models.snooze import Snooze
from cases.models.strike import Strike
from cases.models.task import Playbook, Task
from cases.models.tray import TrayItem

__all__ = [
    "Appeal",
    "AutomatedAction",
    "Automation",
    "Break",
    "BudgetExtension",
    "BulkItem",
    "BulkJob",
    "Case",
    "CaseAddition",
    "CaseCampaign",
    "CaseLineage",
    "CaseLink",
    "CaseReport",
    "CaseVisit",
    "CaseWatch",
    "Circle",
    "CircleKey",
    "CircleMember",
    "Decision",
    "Delivery",
    "EntityAction",
    "EvidenceFile",
    "Exposure",
    "Feed",
    "FeedEvent",
    "Gate",
    "GoldenCheck",
    "GoldenItem",
    "Handover",
    "HeldKey",
    "ImportedObject",
    "ImportedValue",
    "Inbox",
    "LookupCount",
    "LookupEntry",
    "LookupState",
    "Mask",
    "Message",
    "MessageTemplate",
    "NewsCursor",
    "Note",
    "Notice",
    "NoticeHabit",
    "Organisation",
    "OutcomeSent",
    "OutcomeTold",
    "Override",
    "Partner",
    "PartnerKey",
    "PartnerOutcome",
    "Pattern",
    "PatternHandover",
    "PatternRelease",
    "PeekHabit",
    "Playbook",
    "PolicyVersion",
    "PostStatus",
    "PostedObject",
    "Presence",
    "ProtectedEntity",
    "Queue",
    "ReceivedPattern",
    "Rendition",
    "Reporter",
    "RoutingRule",
    "SealKey",
    "SecondReview",
    "Share",
    "ShareName",
    "ShareTarget",
    "SharedEvent",
    "SharedNote",
    "SharedObject",
    "SharedSubject",
    "Shift",
    "Snooze",
    "Statement",
    "Strike",
    "Task",
    "TrayItem",
    "VersionUndo",
    "Webhook",
]
