"""Tables of sources, signals, entities, detectors, findings and campaigns."""

from __future__ import annotations

from detectors.models.alarm import DetectorAlarm, HitHour
from detectors.models.answer import KeptAnswer
from detectors.models.apart import CannotLink, Proposal, Touched
from detectors.models.audit_draw import AuditDraw
from detectors.models.backtest import Backtest, BacktestFinding
from detectors.models.calibration import Calibration, EvidenceWeights
from detectors.models.campaign import Campaign, CampaignEdge, CampaignFinding, CampaignMember
from detectors.models.config import DetectorConfig, DetectorDraft
from detectors.models.declared import DeclaredGroup
from detectors.models.entity import Entity, SignalEntity
from detectors.models.entity_type import EntityType
from detectors.models.finding import Finding, FindingRevision, FusedFinding
from detectors.models.follow import FollowedDetector, FollowedFinding
from detectors.models.intel import IndicatorBatch, IndicatorRow
from detectors.models.letter import LetterJob
from detectors.models.mapping import SavedMapping
from detectors.models.reference import ReferenceEntry, ReferenceList
from detectors.models.retention import Hold, PurgeRun, RetentionRule, Tombstone
from detectors.models.run import Checkpoint, Cursor, KeyCut, Quarantine, Shard, TickPart
from detectors.models.scenario import Expectation, Scenario
from detectors.models.signal import DeadLetter, ImportRun, Signal
from detectors.models.source import Source, SourceHour, Stream
from detectors.models.suppression import Suppression
from detectors.models.verdict import Verdict
from detectors.models.watch import WatchItem

__all__ = [
    "AuditDraw",
    "Backtest",
    "BacktestFinding",
    "Calibration",
    "Campaign",
    "CampaignEdge",
    "CampaignFinding",
    "CampaignMember",
    "CannotLink",
    "Checkpoint",
    "Cursor",
    "DeadLetter",
    "DeclaredGroup",
    "DetectorAlarm",
    "DetectorConfig",
    "DetectorDraft",
    "Entity",
    "EntityType",
    "EvidenceWeights",
    "Expectation",
    "Finding",
    "FindingRevision",
    "FollowedDetector",
    "FollowedFinding",
    "FusedFinding",
    "HitHour",
    "Hold",
    "ImportRun",
    "IndicatorBatch",
    "IndicatorRow",
    "KeptAnswer",
    "KeyCut",
    "LetterJob",
    "Proposal",
    "PurgeRun",
    "Quarantine",
    "ReferenceEntry",
    "ReferenceList",
    "RetentionRule",
    "SavedMapping",
    "Scenario",
    "Shard",
    "Signal",
    "SignalEntity",
    "Source",
    "SourceHour",
    "Stream",
    "Suppression",
    "TickPart",
    "Tombstone",
    "Touched",
    "Verdict",
    "WatchItem",
]
