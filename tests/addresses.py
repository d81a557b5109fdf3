"""Every address of the desk, and a desk on which each of them leads somewhere."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import cache
from typing import Any, Final

from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.db.models import Model
from django.urls import URLPattern, get_resolver, reverse

from abusedesk.core import clock, ids
from abusedesk.core.models import ApiToken, Role, SavedView, Scope, User
from abusedesk.core.saved import save_view
from abusedesk.core.tokens import issue_token
from cases import queue, terms
from cases.choices import (
    ActionKind,
    AutomatedState,
    BulkAction,
    LineageKind,
    NoticeKind,
    State,
    WayOut,
)
from cases.models import (
    Appeal,
    AutomatedAction,
    Automation,
    BulkItem,
    BulkJob,
    Case,
    CaseAddition,
    CaseLineage,
    Circle,
    Decision,
    Delivery,
    EntityAction,
    EvidenceFile,
    GoldenCheck,
    GoldenItem,
    ImportedObject,
    Message,
    Notice,
    OutcomeSent,
    Partner,
    PartnerKey,
    Pattern,
    PatternHandover,
    PatternRelease,
    Playbook,
    ProtectedEntity,
    Queue,
    ReceivedPattern,
    Reporter,
    RoutingRule,
    SecondReview,
    Share,
    Statement,
    Task,
    VersionUndo,
    Webhook,
)
from cases.permits import Permit
from cases.services.addition import add_to_case
from cases.services.appeal import open_appeal
from cases.services.automation import propose_automation
from cases.services.bundle import read_bundle
from cases.services.case import record_visit
from cases.services.circle import CircleText, save_circle
from cases.services.decision import record_decision
from cases.services.event import owe_events
from cases.services.feed import FeedText, save_feed
from cases.services.file import add_file
from cases.services.handover import hand_over
from cases.services.hold import hold_case
from cases.services.inbox import set_inbox
from cases.services.marking import label_case
from cases.services.message import save_template
from cases.services.note import add_note
from cases.services.organisation import save_organisation
from cases.services.partner import PartnerText, save_partner
from cases.services.pattern import PatternText, draft_pattern
from cases.services.policy import PolicyText, save_policy
from cases.services.protected import protect_entities
from cases.services.receiving import receive_file
from cases.services.relation import link_cases
from cases.services.retention import verify_purge
from cases.services.routing import save_rule
from cases.services.share import ShareText, approve_share, ask_approval, draft_share
from cases.services.shared_note import add_shared_note
from cases.services.task import add_tasks, save_playbook
from cases.services.tray import put_in_tray
from cases.services.watch import watch_case
from cases.services.webhook import save_webhook
from cases.sharing import signing, stix
from detectors.choices import (
    Alarm,
    EntityType,
    HoldKind,
    JobState,
    LetterAction,
    LinkState,
    Mode,
    Outcome,
    ProposalKind,
)
from detectors.intel.terms import BatchTerms
from detectors.models import (
    Backtest,
    BacktestFinding,
    CampaignEdge,
    CampaignFinding,
    CampaignMember,
    CannotLink,
    DeadLetter,
    DeclaredGroup,
    DetectorAlarm,
    DetectorConfig,
    DetectorDraft,
    Entity,
    Expectation,
    Finding,
    Hold,
    IndicatorBatch,
    LetterJob,
    Proposal,
    PurgeRun,
    RetentionRule,
    Scenario,
    Shard,
    Signal,
    Source,
    SourceHour,
    Suppression,
    Tombstone,
    WatchItem,
)
from detectors.services.backtest import cancel_backtest, start_backtest
from detectors.services.config import Settings, ensure_configs, save_config
from detectors.services.declared import declare_group
from detectors.services.draft import propose_config
from detectors.services.entity_type import add_entity_type
from detectors.services.hold import place_hold
from detectors.services.indicator_batch import read_batch
from detectors.services.mapping import save_mapping
from detectors.services.retention import save_rule as keep
from detectors.services.rule import create_rule
from detectors.services.shards import ensure_shards
from detectors.services.source import history_stream
from detectors.services.suppression import suppress_detector
from detectors.services.watch import add_items
from detectors.services.watching import put_beside
from detectors.sigma.params import EXAMPLE
from detectors.watching.lines import Line, Terms
from tests import cast, make
from tests.sharing import packs
from tests.ui import world

DETECTOR = "velocity"
LOUDER: Final = {"signups": 2}
ERASED: Final = {"account": "x:a", "reason": "request 1"}
CALMER: Final[dict[str, Any]] = {"mode": "live", "params": {"signups": 9}, "reason": "too many"}
RULE = {"title": "Made", "row-field-0": "kind", "row-value-0": "post", "mode": "shadow",
        "reason": "try", "do": "save", "source": "blocks"}  # fmt: skip
ALERT = dict.fromkeys(("type", "source", "sourceRef", "title", "description"), "tip")
BURIED = 10**15
"""Id of a signal that was purged."""
MAPPING = "shop-0"
TERMS: Final[dict[str, Any]] = {"trust": 0.7, "confidence": 80, "tlp": "clear", "days": 90}
FEED: Final[dict[str, Any]] = TERMS | {
    "title": "North",
    "kind": "taxii",
    "url": "https://north.example/taxii2/ring/collections/1/",
    "auth": "bearer",
    "secret": "s3cret",
    "mode": "hold",
    "every_min": 60,
}
INBOX: Final[dict[str, Any]] = {"mode": "inbox", "takes": "hold", "trust": 0.7}
OVERRIDE: Final[dict[str, Any]] = {
    "rule": "pap", "what": "x", "reason": "agreed", "days": 9,
}  # fmt: skip
BUNDLE: Final[dict[str, Any]] = TERMS | {"source": "handed over"}
SEEN: Final = stix.observable("domain-name", "amber", value="refund-desk.example")
STIX: Final = json.dumps(
    {
        "type": "bundle",
        "id": "bundle--00000000-0000-4000-8000-000000000001",
        "objects": [
            SEEN,
            {
                "type": "report",
                "spec_version": "2.1",
                "id": "report--00000000-0000-4000-8000-000000000002",
                "created": "2026-11-01T00:00:00.000Z",
                "modified": "2026-11-01T00:00:00.000Z",
                "name": "Refunds",
                "published": "2026-11-01T00:00:00.000Z",
                "object_refs": [SEEN["id"]],
            },
        ],
    }
).encode()
PNG: Final = b"\x89PNG\r\n\x1a\n" + b"0" * 40  # begins like a picture
SPEC: dict[str, Any] = {
    "fields": {
        "external_id": "$.external_id",
        "platform": {"const": "shop"},
        "kind": {"const": "post"},
        "occurred_at": "$.occurred_at",
    }
}
TYPE = {"slug": "card", "label": "Card", "meaning": "of a shop", "form": "number"}
GROUP: dict[str, Any] = {"name": "Wire", "accounts": ["x:a", "x:b"], "proof": "imprint"}
POLICY: dict[str, Any] = {
    "title": "Scam",
    "text": "No scams.",
    "harm": 2,
    "review_percent": 100,
    "review_effect": "at_once",
    "strikes": 1,
    "strike_half_life_days": 90,
    "strike_days": 365,
    "appeal_hours": 72,
    "reason": "agreed",
}
QUEUE = {
    "slug": "fraud", "title": "Fraud", "sla_hours": 8, "assign": "pull", "golden_percent": 5,
}  # fmt: skip
GOLDEN = {"outcome": "abuse", "days": 90, "reason": "a ring"}
ROUTE = {"name": "first", "query": "platform:x", "queue": "scams", "active": True}
SHIFT = {"days": [0], "start": "09:00", "end": "17:00", "zone": "UTC", "capacity": 5}
REPORT: dict[str, Any] = {
    "source": "cert",
    "trust": 0.9,
    "confidence": 80,
    "opinion": "positive",
    "tlp": "amber",
    "days": 90,
    "text": "b[.]example\nsome words\n",
}
WARNED = {"source": "cert", "trust": 0.9, "days": 30}
PLAYBOOK = {"title": "Fraud", "steps": "ask the bank", "severity": 0, "active": "on"}
LABELS = {"action": "label", "reason": "seen"}
RECEIVER = {"url": "https://receiver.example/hook", "events": ["opened"], "active": "on"}
TEMPLATE: dict[str, Any] = {
    "title": "Thanks",
    "audience": "reporter",
    "subject": "{case}",
    "body": "{date}",
}
WRITTEN = {"template": "template-0", "to": "x:ada"}
PARTNER: dict[str, Any] = {
    "title": "Bank", "tlp_cap": "amber", "retention_days": 365, "active": "on",
}  # fmt: skip
CIRCLE: dict[str, Any] = {"title": "Ring", "tlp_cap": "amber", "members": ["partner-0"]}
SHARE: dict[str, Any] = {
    "title": "Refund scam", "tlp": "amber", "pap": "amber", "purpose": "stop scams",
    "partners": ["partner-0"],
}  # fmt: skip
PATTERN: dict[str, Any] = {
    "title": "Waves", "purpose": "stop", "partners": ["partner-0"], "tlp": "amber", "pap": "amber",
    "licence": "CC0-1.0", "lifetime_days": 90,
}  # fmt: skip
TOKEN: dict[str, Any] = {"name": "TAXII", "days": 90}
PERMIT: dict[str, Any] = {"kind": "limit", "cap": 9, "min_weight": 0, "reason": "too many"}
PROTECT: dict[str, Any] = {"type": "account", "why": "vip", "reason": "minister"}
TEST: dict[str, Any] = {
    "name": "none", "kind": "negative", "signals": json.dumps([packs.signal(1)]),
}  # fmt: skip
OTHER_KEY: dict[str, Any] = {
    "public": base64.b64encode(signing.public_of(bytes(32))).decode(),
    "fingerprint": signing.fingerprint(signing.public_of(bytes(32))),
}
UNDOES = {"cases:undo", "cases:reverse", "cases:appeal-open", "api-case-undo", "cases:free"}
"""Addresses of a decided case."""
UNNAMED = "api-nowhere"
"""The pattern that answers for every address of the API that is none has no name of its own."""


@cache
def all_addresses() -> dict[str, tuple[str, ...]]:
    """Name -> names of the path's parts, for every URL pattern of the project."""
    return dict(_walk(get_resolver().url_patterns, ""))


def _walk(patterns: list[Any], space: str) -> Iterator[tuple[str, tuple[str, ...]]]:
    for pattern in patterns:
        if isinstance(pattern, URLPattern):
            name = f"{space}{pattern.name}" if pattern.name else UNNAMED
            yield name, tuple(pattern.pattern.regex.groupindex)
        else:
            inner = f"{space}{pattern.namespace}:" if pattern.namespace else space
            yield from _walk(pattern.url_patterns, inner)


@dataclass(frozen=True, slots=True)
class Furnished:
    """A desk with some of everything. held: claimed by `keeper`; closed: decided by `keeper`."""

    desk: world.Desk
    people: dict[Role, User]
    keeper: User
    held: Case
    closed: Case
    decision: Decision
    token: ApiToken

    def path_of(self, name: str) -> str:
        """An address of that name that exists."""
        if name == UNNAMED:
            return "/api/v1/nothing/"
        parts = all_addresses()[name]
        return reverse(name, kwargs={part: self._part(name, part) for part in parts})

    def _part(self, name: str, part: str) -> str | int:
        if part == "slug" and "source" in name:
            return world.source_of().slug
        if part == "slug":
            if "mapping" in name:
                return MAPPING
            if "rule-edit" in name:
                return "rule-made-0"
            return DETECTOR if "detector" in name else self.desk.queue.slug
        if part == "ref":
            return (self.closed if name in UNDOES else self.held).ref
        return PEEKED.get((name, part), PARTS[part])(self)

    def body_of(self, name: str) -> dict[str, Any]:
        """What makes a request to that address a good one."""
        verdict = {
            "key": str(ids.new_uuid()),
            "claim_id": str(self.held.claim_id),
            "outcome": Outcome.ABUSE.value,
            "reason": "seen",
        }
        hold = {"kind": "account", "target": "x:somebody", "reason": "court"}
        key = str(ids.new_uuid())
        opinion = {"outcome": Outcome.UNSURE.value, "reason": "seen"}
        ruling = {"ruling": "upheld", "reason": "seen"}
        appeal = {"appellant": "x:a", "statement": "no", "key": key}
        bodies: dict[str, dict[str, Any] | Callable[[], dict[str, Any]]] = {
            "cases:golden": GOLDEN | {"case": self.closed.ref},
            "api-golden": GOLDEN | {"case": self.closed.ref},
            "cases:reverse": {"reason": "wrong"},
            "cases:appeal-open": appeal,
            "cases:second": opinion,
            "cases:settle": {"side": "first", "reason": "seen", "key": key},
            "cases:appeal": ruling,
            "cases:policy-list": POLICY | {"slug": "new"},
            "cases:policy-detail": POLICY | {"based_on": 1},
            "cases:policy-statement": {"reason": "law", "based_on": 1},
            "cases:statements-issue": {},
            "cases:statements-export": {"format": "csv"},
            "cases:transparency-export": {},
            "api-policies": POLICY | {"slug": "new"},
            "api-decision-reverse": {"reason": "wrong"},
            "api-review": opinion,
            "api-review-settle": {"first": True, "reason": "seen", "key": key},
            "api-appeals": appeal | {"decision": self.decision.pk},
            "api-appeal-rule": ruling,
            "me": {"theme": "light"},
            "own-keys": {"do": "off"},
            "tokens": {"name": "shop", "scopes": ["ingest"], "days": 90},
            "people": {"name": "newcomer", "role": "reviewer"},
            "person-change": {"role": "lead", "active": "on"},
            "api-users": {"name": "newcomer"},
            "api-user": {"role": "lead"},
            "view-save": {"page": "signals", "name": "new", "q": "platform:x"},
            "api-views": {"page": "cases", "name": "new", "query": "is:late"},
            "detectors:signal-export": {"q": "platform:x", "format": "csv"},
            "cases:renew": verdict,
            "cases:decide": verdict,
            "cases:escalate": {"reason": "too big for me"},
            "cases:snooze": {"how": "week"},
            "cases:note": {"body": "look"},
            "cases:notice-habits": {"digest": "off", "hour": "8", "desk": ["named"]},
            "api-me": {"time_zone": "Asia/Tokyo"},
            "api-me-notices": {"mailed": False, "digest": "daily"},
            "cases:own-columns": {"show": ["hits", "days"], "place-hits": "1"},
            "api-me-columns": {"columns": ["case", "hits"]},
            "cases:case-export": {"q": "is:open", "sort": "-hits"},
            "api-case-export": {"q": "is:open"},
            "cases:audit-export": {"verb": "case.claimed"},
            "cases:assign": {"assignee": ""},
            "cases:move": {"queue": "scams", "reason": "money"},
            "cases:queue-new": QUEUE,
            "cases:queue-edit": QUEUE,
            "cases:routing-new": ROUTE | {"name": "new"},
            "cases:routing-edit": ROUTE,
            "cases:shifts": SHIFT | {"user": "rita"},
            "api-queues": {"slug": "fraud", "title": "Fraud"},
            "api-queue": {"title": "Fraud"},
            "api-routing-rules": ROUTE | {"name": "new"},
            "api-routing-rule": ROUTE,
            "api-routing-order": lambda: {
                "order": list(RoutingRule.objects.values_list("pk", flat=True))
            },
            "api-routing-try": {"query": "platform:x"},
            "api-shift": {"days": [0, 1]},
            "api-jobs": LABELS | {"refs": [self.closed.ref], "add": ["ring"]},
            "cases:bulk-new": LABELS | {"ref": self.closed.ref, "add": "ring"},
            "api-case-assign": {"assignee": None},
            "api-case-move": {"queue": "scams", "reason": "money"},
            "api-case-snooze": {"until": (clock.now() + timedelta(days=1)).isoformat()},
            "cases:merge": {"other": self.closed.ref, "survivor": "this", "reason": "one crew"},
            "cases:cut": self._cut,
            "cases:graph-node": {"reason": "same shop"},
            "api-case-additions": lambda: {
                "entity": Entity.objects.earliest("pk").pk,
                "reason": "same",
            },
            "cases:proposal": {"do": "reject"},
            "api-case-merge": {"other": self.closed.ref, "reason": "one crew"},
            "api-case-cut": self._cut,
            "api-case-cut-preview": self._cut,
            "api-case-let-go": self._let_go,
            "api-proposal": {"accept": False},
            "cases:hold": {"reason": "court"},
            "cases:free": {"reason": "settled"},
            "cases:retention": {"source": "", "kind": "", "days": 90},
            "cases:purge-run": {"signals": 0},
            "cases:hold-place": hold,
            "cases:hold-release": {"reason": "settled"},
            "api-retention-rules": {"source": None, "kind": "", "days": 90},
            "api-retention-purge": {"signals": 0},
            "api-retention-holds": hold,
            "api-retention-release": {"reason": "settled"},
            "detectors:source-new": {"title": "Shop", "slug": "shop", "alarm": "auto"},
            "detectors:source-detail": {"title": "Shop", "alarm": "off"},
            "api-sources": {"slug": "shop", "title": "Shop"},
            "api-source": {"title": "Shop"},
            "detectors:letter-detail": lambda: {"item": json.dumps(_item())},
            "detectors:letter-discard": {"reason": "a test"},
            "detectors:letter-bulk": {"do": "replay-all"},
            "api-letter-jobs": {"action": "replay"},
            "detectors:detector-detail": lambda: world.settings_form(
                DETECTOR, mode="shadow", promote_after_days="7"
            ),
            "api-case-decide": verdict,
            "api-case-undo": {"decision": self.decision.pk},
            "cases:marks": {"labels": "ring", "tlp": "red", "version": self.held.version},
            "cases:task-add": {"text": "ask the bank"},
            "cases:wellness": {"else": "blur", "press": "on"},
            "cases:budgets": {"user": "rita", "points": 5, "reason": "short of people"},
            "api-budgets": {"username": "rita", "points": 5, "reason": "short of people"},
            "cases:masking": {"else": "blur"},
            "cases:task-change": {"state": "done", "version": 1},
            "cases:file-add": {"file": attachment()},
            "cases:tray-put": {"ref": self.closed.ref},
            "cases:tray-take": {"everything": "1"},
            "cases:tray-lines": {"lines": self.closed.ref},
            "cases:tray-add": self._put_together,
            "api-tray": {"items": [{"type": "case", "value": self.closed.ref}]},
            "api-tray-take": {"items": [{"type": "case", "value": self.closed.ref}]},
            "cases:link": {"other": self.closed.ref, "reason": "same shop"},
            "cases:playbooks": PLAYBOOK,
            "cases:playbook": PLAYBOOK | {"version": 1},
            "cases:templates": TEMPLATE | {"slug": "new"},
            "cases:template": TEMPLATE | {"slug": "template-0", "version": 1},
            "cases:messages": WRITTEN | {"key": key, "do": "send"},
            "api-template": TEMPLATE | {"version": 1},
            "api-case-messages": WRITTEN | {"key": key},
            "api-case-message-preview": WRITTEN,
            "cases:webhooks": RECEIVER,
            "cases:webhook": RECEIVER,
            "api-case-notes": {"body": "look"},
            "api-case-detail": {"labels": ["ring"], "tlp": "red"},
            "api-case-transition": {"to": "escalated", "reason": "too big for me"},
            "api-case-tasks": {"text": "ask the bank"},
            "api-case-task": {"state": "done"},
            "api-case-files": {"file": attachment()},
            "api-case-related": {"other": self.closed.ref, "reason": "same shop"},
            "detectors:what-if-backtest": {"parameter": "signups", "at": "9"},
            "api-detector": CALMER,
            "api-detector-drafts": CALMER,
            "api-detector-rollback": {"number": 1},
            "detectors:version-rollback": {"number": 1},
            "detectors:shadow-end": {"reason": "enough"},
            "detectors:shadow-live": {"reason": "it finds more"},
            "api-detector-shadow-end": {"reason": "enough"},
            "api-detector-shadow-live": {"reason": "it finds more"},
            "detectors:draft-reject": {"note": "too low"},
            "api-detector-draft-reject": {"note": "too low"},
            "detectors:detector-try": {"sample": json.dumps(make.item())},
            "detectors:entity-suppress": {"detector": DETECTOR, "days": "7", "reason": "own test"},
            "cases:case-test": {"reason": "our first", "days": "30"},
            "api-case-test": {"reason": "our first"},
            "detectors:scenario-account": ERASED,
            "api-scenario-account": ERASED,
            "detectors:scenario-erase": {"reason": "twice"},
            "api-scenario": {"reason": "twice"},
            "api-suppressions": {
                "detector": DETECTOR,
                "type": "account",
                "value": "x:new",
                "reason": "own test",
                "expires_at": (clock.now() + timedelta(days=7)).isoformat(),
            },
            "detectors:rule-new": RULE | {"title": "Newly made"},
            "detectors:rule-edit": RULE | {"based_on": "1"},
            "api-rules": {"name": "newly sent", "params": {}, "reason": "try"},
            "api-rule-check": {"sigma": EXAMPLE, "signals": [make.item()], "days": 1},
            "api-detector-try": {"signals": [make.item()]},
            "detectors:backtest-start": lambda: world.settings_form(DETECTOR),
            "detectors:sweep-new": {"parameter": "signups", "values": "4, 6", "days": "7"},
            "api-detector-configuration": {"configuration": {}, "reason": "merged"},
            "api-detector-backtests": {
                "since": (clock.now() - timedelta(days=1)).isoformat(),
                "until": clock.now().isoformat(),
            },
            "api-signals": _item,
            "api-adapter": ALERT,
            "detectors:group-list": GROUP | {"accounts": "x:a\nx:b"},
            "detectors:group-end": {"reason": "sold"},
            "api-declared-groups": GROUP,
            "api-declared-group": {"reason": "sold"},
            "detectors:watch-list": {"values": "b.example", **WARNED},
            "detectors:watch-remove": {"reason": "stale"},
            "api-watch-items": {"items": [{"value": "b.example"}], **WARNED},
            "api-watch-item": {"reason": "stale"},
            "detectors:import-list": REPORT,
            "api-indicator-imports": REPORT,
            "detectors:import-undo": {"reason": "wrong"},
            "api-indicator-import-undo": {"reason": "wrong"},
            "detectors:entity-types": TYPE,
            "api-entity-types": TYPE,
            "api-mappings": {"slug": "shop-new", "spec": SPEC, "reason": "try"},
            "api-mapping-ingest": _item,
            "detectors:mapping-new": {"slug": "shop-new", "reason": "try", "do": "save"},
            "detectors:mapping-detail": {"reason": "try", "do": "save", "based_on": "1"},
            "api-dead-letter-replay": _item,
            "cases:share": lambda: SHARE | {"valid_until": _in_a_month().date().isoformat()},
            "cases:shared-note": {"body": "seen", "tlp": "amber"},
            "cases:share-do": {"do": "recall", "reason": "wrong"},
            "cases:share-answer": {"answer": "acknowledged"},
            "cases:organisation": {"name": "Desk"},
            "cases:partner-list": PARTNER | {"slug": "new"},
            "cases:partner": PARTNER,
            "cases:partner-token": TOKEN,
            "cases:circle-list": CIRCLE | {"slug": "new"},
            "cases:circle": CIRCLE,
            "cases:circle-inbox": INBOX,
            "cases:feed-list": FEED | {"slug": "new"},
            "cases:feed": FEED,
            "cases:feed-do": {"do": "read"},
            "cases:imported-list": lambda: BUNDLE | {"file": SimpleUploadedFile("b.json", STIX)},
            "api-circle-inbox": INBOX,
            "cases:imported-opinion": {"opinion": "agree"},
            "api-imported-opinion": {"opinion": "agree"},
            "cases:share-override": OVERRIDE,
            "api-share-override": OVERRIDE,
            "api-ask": lambda: {"entity": Entity.objects.filter(type="domain").earliest("pk").pk},
            "api-feeds": FEED | {"slug": "new"},
            "api-feed": FEED,
            "api-imported-objects": BUNDLE | {"bundle": json.loads(STIX)},
            "api-organisation": {"name": "Desk"},
            "api-partners": PARTNER | {"slug": "new", "active": True},
            "api-partner": PARTNER | {"active": True},
            "api-partner-tokens": TOKEN,
            "api-circles": CIRCLE | {"slug": "new"},
            "api-circle": CIRCLE,
            "api-case-shared-notes": {"body": "seen", "tlp": "amber"},
            "api-case-shares": lambda: {
                **SHARE, "valid_until": _in_a_month().isoformat(), "circle": "free",
            },
            "api-share": lambda: SHARE | {"valid_until": _in_a_month().isoformat()},
            "api-share-approve": {"digest": "0" * 64},
            "api-share-refuse": {"reason": "wrong"},
            "api-share-recall": {"reason": "wrong"},
            "api-share-answer": {"answer": "acknowledged"},
            "cases:detector-automation": PERMIT,
            "cases:detector-automation-settle": {"do": "withdraw"},
            "cases:detector-automation-end": {"reason": "too harsh"},
            "cases:detector-automation-resume": {"reason": "it is over"},
            "cases:detector-held": {"do": "drop", "everything": "1", "reason": "noise"},
            "cases:detector-undo": lambda: _undone() | {"reason": "wrong"},
            "cases:protected": PROTECT | {"values": "x:vip"},
            "cases:protected-end": {"reason": "left"},
            "api-detector-automation": PERMIT,
            "api-detector-automation-settle": {"do": "withdraw"},
            "api-detector-automation-resume": {"reason": "it is over"},
            "api-detector-held": {"release": False, "reason": "noise"},
            "api-detector-undos": lambda: _undone() | {"dry_run": True},
            "api-protected": PROTECT | {"values": ["x:vip"]},
            "api-protected-entry": {"reason": "left"},
            "cases:pattern-new": {"title": "x"},
            "cases:pattern-upload": lambda: {
                "partner": "partner-0", "file": SimpleUploadedFile("p.json", packs.far_bundle(99)),
            },
            "cases:pattern": lambda: PATTERN | {"valid_until": _in_a_month().date().isoformat()},
            "cases:pattern-do": {"do": "ask"},
            "cases:pattern-test": TEST,
            "cases:received-do": {"do": "tell", "tells": "1"},
            "cases:partner-keys": {"public": "AA==", "fingerprint": "00"},
            "api-patterns": lambda: {
                **PATTERN, "valid_until": _in_a_month().isoformat(), "circle": "ring-0",
                "detector": "rule-made-0", "name": "another",
            },
            "api-pattern": lambda: PATTERN | {"valid_until": _in_a_month().isoformat()},
            "api-received-patterns": lambda: {
                "partner": "partner-0", "file": packs.far_bundle(99).decode(),
            },
            "api-partner-keys": lambda: OTHER_KEY,
            "api-receipts": {"answer": "acknowledged", "share": 1},
        }  # fmt: skip
        body = bodies.get(name, {})  # what asks the database for it is called for its address alone
        return body() if callable(body) else body

    def _put_together(self) -> dict[str, Any]:
        return {
            "entity": Entity.objects.get(value="hand-0.example").pk,
            "case": self.held.ref,
            "reason": "same shop",
        }

    def _cut(self) -> dict[str, Any]:
        member = self.held.campaign_links.get().campaign.members.earliest("pk")
        return {"left": [member.account], "reason": "a bystander"}

    def _let_go(self) -> dict[str, Any]:
        member = self.held.campaign_links.get().campaign.members.earliest("pk")
        CampaignMember.objects.filter(pk=member.pk).update(p=0.0)
        return {"accounts": [member.account]}


def _in_a_month() -> datetime:
    return clock.now() + timedelta(days=30)


def _undone() -> dict[str, Any]:
    """All that the version did which set something off."""
    action = AutomatedAction.objects.exclude(acted_at=None).select_related("config").earliest("pk")
    since = clock.now() - timedelta(days=1)
    return {"number": action.config.number, "since": since.isoformat()}


def _item() -> dict[str, Any]:
    return make.item(occurred_at=Signal.objects.earliest("pk").occurred_at.isoformat())


def cited_id(case: Case) -> int:
    """Id of a signal that a finding of the case cites."""
    finding = Finding.objects.filter(campaigns__campaign__case_link__case=case).earliest("pk")
    return finding.signal_ids[0]


def _oldest(model: type[Model]) -> Callable[[Furnished], int]:
    """The first row there is, looked up when it is asked for."""
    return lambda _: model._default_manager.earliest("pk").pk


PARTS: Final[dict[str, Callable[[Furnished], str | int]]] = {
    "decision_id": lambda on: on.decision.pk,
    "notice_id": _oldest(Notice),
    "golden_id": _oldest(GoldenItem),
    "review_id": _oldest(SecondReview),
    "appeal_id": _oldest(Appeal),
    "policy_slug": lambda _: "policy-0",
    "token_id": lambda on: on.token.pk,
    "user_id": lambda on: on.keeper.pk,
    "name": lambda on: on.keeper.username,
    "view_id": _oldest(SavedView),
    "signal_id": _oldest(Signal),
    "kind": lambda _: Entity.objects.earliest("pk").type,
    "entity_id": _oldest(Entity),
    "finding_id": _oldest(Finding),
    "adapter": lambda _: "thehive",
    "rule_id": _oldest(RetentionRule),
    "route_id": _oldest(RoutingRule),
    "username": lambda _: "rita",
    "run_id": _oldest(PurgeRun),
    "backtest_id": _oldest(Backtest),
    "suppression_id": _oldest(Suppression),
    "scenario_id": _oldest(Scenario),
    "hold_id": _oldest(Hold),
    "mapping": lambda _: MAPPING,
    "letter_id": _oldest(DeadLetter),
    "draft_id": _oldest(DetectorDraft),
    "job_id": _oldest(LetterJob),
    "bulk_id": _oldest(BulkJob),
    "group_id": _oldest(DeclaredGroup),
    "item_id": _oldest(WatchItem),
    "batch_id": _oldest(IndicatorBatch),
    "automation_id": _oldest(Automation),
    "undo_id": _oldest(VersionUndo),
    "entry_id": _oldest(ProtectedEntity),
    "form": lambda _: "csv",
    "edge_id": _oldest(CampaignEdge),
    "addition_id": _oldest(CaseAddition),
    "lineage_id": _oldest(CaseLineage),
    "proposal_id": _oldest(Proposal),
    "task_id": _oldest(Task),
    "file_id": _oldest(EvidenceFile),
    "other": lambda on: on.closed.ref,
    "playbook_id": _oldest(Playbook),
    "webhook_id": _oldest(Webhook),
    "template_slug": lambda _: "template-0",
    "message_id": _oldest(Message),
    "delivery_id": _oldest(Delivery),
    "share_id": _oldest(Share),
    "partner_slug": lambda _: "partner-0",
    "feed_slug": lambda _: "feed-0",
    "imported_id": _oldest(ImportedObject),
    "type": lambda _: "domain",
    "prefix": lambda _: "any",
    "status_id": lambda _: "00000000-0000-4000-8000-000000000000",
    "circle_slug": lambda _: "ring-0",
    "pattern_id": _oldest(Pattern),
    "received_id": _oldest(ReceivedPattern),
    "key_id": lambda _: PartnerKey.objects.earliest("pk").key_id,
    "step": lambda _: "ask",
    "way": lambda _: "bundle",
    "path": lambda _: "nothing/",
    "collection_id": lambda _: "objects",
    "object_id": lambda _: "campaign--0",
    "event_uuid": lambda _: "00000000-0000-4000-8000-000000000000",
}
PEEKED: Final[dict[tuple[str, str], Callable[[Furnished], int | str]]] = {
    ("api-received-step", "step"): lambda _: "accept",
    ("cases:detector-workload", "backtest_id"): lambda _: done_backtest(),
    ("api-detector-workload", "backtest_id"): lambda _: done_backtest(),
    ("cases:translate", "signal_id"): lambda on: cited_id(on.held),
    ("api-case-translation", "signal_id"): lambda on: cited_id(on.held),
    ("cases:peek", "signal_id"): lambda on: cited_id(on.held),
    ("cases:peek-file", "file_id"): lambda on: _picture(on).pk,
}
"""Part of a path -> what stands there."""


def done_backtest() -> int:
    """Id of a run that is done: one case would be lost."""
    now = clock.now()
    lost = {"campaign": None, "outcome": "", "accounts": ["x:a"], "size": 3, "p": 0.9, "first_s": 0}
    campaigns = {"current": 1, "proposed": 0, "lost": [lost], "gained": [], "kept": []}
    told, _ = Backtest.objects.get_or_create(
        slug=DETECTOR,
        state="done",
        defaults={
            "stream": world.live_stream(),
            "current": {},
            "proposed": {},
            "since": now - timedelta(days=7),
            "until": now,
            "actor": User.objects.filter(role=Role.ADMIN).earliest("pk"),
            "result": {"gained": 0, "lost": 1, "kept": 0, "campaigns": campaigns},
        },
    )
    return told.pk


def furnish(rows: int = 1, keeper: Role = Role.REVIEWER) -> Furnished:
    """`rows` more of everything that a page or an answer lists; nothing is random.

    keeper: the role of who claimed and decided what is claimed and decided.
    """
    ensure_configs()
    desk = world.desk(2 * rows)
    staff = (desk.reviewer, desk.lead, desk.admin, desk.partner, cast.integration())
    people = {Role(person.role): person for person in staff}
    who = people[keeper]
    decisions = [_decided(who, case) for case in desk.cases[rows:]]
    for case in desk.cases[:rows]:
        queue.claim(actor=who, case=case)
    # Nobody is asked for a second opinion on an own decision.
    other = desk.lead if who == desk.admin else who
    for number in range(rows):
        _looked_at_twice(desk, other, people[Role.INTEGRATION], number)
        _checked(desk, who, number)
        _restricted(desk, who, number)
    _evidence(desk.cases[0], rows)
    for number in range(rows):
        add_note(actor=who, case=desk.cases[0], body=f"note {number}")
        Queue.objects.create(slug=f"more-{number}", title=f"More {number}", position=9)
        save_view(actor=who, page="signals", name=f"view {number}", query="a", shared=False)
        _mapped(desk.admin, number, rows)
        _routed(desk, desk.cases[number], number)
        add_entity_type(actor=desk.admin, **TYPE | {"slug": f"card{number}"})
        _source(number)
        _watched(desk.admin, number)
        letter = _letter(number)
        _letter_job(desk.admin, letter)
        token = _tuned(desk.admin, number)
    _added(who, desk.cases, rows)
    _told(desk.admin, desk.cases[-1], rows)
    for number in range(rows):
        _worked(who, desk.cases[rows], number)
    _written(desk.lead, who, desk.cases[0], rows)
    record_visit(actor=who, case=desk.cases[0])
    _work_left(rows)
    hold_case(actor=desk.admin, case=desk.cases[rows], reason="court")
    _retention(desk.admin, rows)
    for number in range(rows):
        Reporter.objects.create(name=f"x:r{number}", upheld=1, decided=2, by_source={"a": [1, 2]})
    _lineage(who, desk.cases[0], rows)
    _shared(desk, who, desk.cases[0], rows)
    _automated(desk, rows)
    _offered(desk, rows)
    desk.cases[0].refresh_from_db()
    return Furnished(desk, people, who, desk.cases[0], desk.cases[rows], decisions[0], token)


def _looked_at_twice(desk: world.Desk, actor: User, sender: User, number: int) -> None:
    """One more policy, a case that waits for a second opinion, and an appeal on another."""
    said = PolicyText(title=f"Policy {number}", text="No.", review_percent=100, harm=2)
    under = save_policy(actor=desk.admin, slug=f"policy-{number}", said=said, reason="agreed")
    _decided(actor, world.case(desk.queue, 1_000 + number), terms.Terms(policy=under))
    open_appeal(
        actor=sender,
        decision=_decided(actor, world.case(desk.queue, 2_000 + number)),
        appellant="x:a",
        statement="no",
        key=ids.new_uuid(),
    )


def _restricted(desk: world.Desk, actor: User, number: int) -> None:
    """A statement of reasons that was issued, and a restriction that owes one."""
    for place in (5_000, 6_000):
        action = EntityAction.objects.create(
            decision=_decided(actor, world.case(desk.queue, place + number)),
            entity_type=EntityType.ACCOUNT, value=f"x:r{place}-{number}", kind=ActionKind.SUSPEND,
        )  # fmt: skip
        if place == 5_000:
            Statement.objects.create(
                action=action, puid=f"puid-{number}", body={}, issued_by=desk.lead
            )


def _checked(desk: world.Desk, reviewer: User, number: int) -> None:
    """A golden item, and a check made of it whose result was seen and is wrong."""
    case = world.case(desk.queue, 3_000 + number)
    check = world.case(desk.queue, 4_000 + number)
    Case.objects.filter(pk__in=[case.pk, check.pk]).update(
        state=State.CLOSED, closed_at=clock.now()
    )
    Case.objects.filter(pk=check.pk).update(stands_for=case, only_for=reviewer)
    item = GoldenItem.objects.create(
        case=case,
        outcome=Outcome.NO_ABUSE,
        reason="a choir",
        marked_by=desk.lead,
        expires_at=clock.now() + timedelta(days=90),
    )
    GoldenCheck.objects.create(
        item=item,
        case=check,
        reviewer=reviewer,
        outcome=Outcome.ABUSE,
        decided_at=clock.now(),
        seen_at=clock.now(),
    )


def _lineage(actor: User, case: Case, rows: int) -> None:
    """Cuts that were made, links to cut, and splits that are proposed."""
    campaign = case.campaign_links.get().campaign
    first, second, *_ = campaign.members.order_by("account").values_list("account", flat=True)
    for number in range(rows):
        cut = CannotLink.objects.create(
            left=[first], right=[f"x:{number}"], reason="no", state=LinkState.STANDING, at_s=0,
            made_by=actor,
        )  # fmt: skip
        CaseLineage.objects.create(
            kind=LineageKind.SPLIT, case=case, cut=cut, actor=actor, reason="no"
        )
        Proposal.objects.create(kind=ProposalKind.SPLIT, campaign=campaign, part=[first])
        CampaignEdge.objects.create(
            campaign=campaign, a=first, b=f"{second}-{number}", score=1.0, parts={"content": [7, 1]}
        )


def attachment(text: str = "seen on the screen") -> SimpleUploadedFile:
    """A small file to put to a case."""
    return SimpleUploadedFile("screen.txt", text.encode())


def _picture(on: Furnished) -> EvidenceFile:
    upload = SimpleUploadedFile("shot.png", PNG)
    return add_file(actor=on.keeper, case=on.held, upload=upload)


def _added(who: User, cases: list[Case], rows: int) -> None:
    """What people add to the first case."""
    add_tasks(actor=who, case=cases[0], texts=[f"task {number}" for number in range(rows)])
    for number in range(rows):
        add_file(actor=who, case=cases[0], upload=attachment(f"file {number}"))
        link_cases(actor=who, case=cases[0], other=cases[rows + number], reason="same shop")
        thing = world.mention(Signal.objects.earliest("pk"), "domain", f"hand-{number}.example")
        add_to_case(actor=who, case=cases[0], entity=thing.entity, reason="same shop")
        put_in_tray(actor=who, cases=[cases[number]], entities=[thing.entity])
    watch_case(actor=who, case=cases[0])


def _told(admin: User, case: Case, rows: int) -> None:
    """Receivers that wait for an event each, and playbooks."""
    for number in range(rows):
        save_playbook(actor=admin, title=f"Playbook {number}", steps=["look", "ask"])
        save_webhook(actor=admin, url=f"https://{number}.example/hook", events=["changed"])
    for number in range(rows):
        label_case(actor=admin, case=case, labels=[f"label-{number}"])
    owe_events()


def _worked(actor: User, case: Case, number: int) -> BulkJob:
    """One more piece of work on many cases, which is still under way with one of them."""
    job = BulkJob.objects.create(
        action=BulkAction.LABEL, said={"add": [f"ring-{number}"]}, reason="seen", total=1,
        actor=actor,
    )  # fmt: skip
    BulkItem.objects.create(job=job, case=case, version=case.version)
    return job


def _decided(actor: User, case: Case, said: terms.Terms = terms.NO_TERMS) -> Decision:
    held = queue.claim(actor=actor, case=case)
    assert held.claim_id is not None
    return record_decision(
        actor=actor,
        case=case,
        claim_id=held.claim_id,
        outcome=Outcome.ABUSE,
        reason="seen",
        key=ids.new_uuid(),
        terms=said,
    )


def _evidence(case: Case, rows: int) -> None:
    """More findings behind one case, more entities in one of its signals."""
    campaign = case.campaign_links.get().campaign
    signals = list(Signal.objects.order_by("pk")[:12])
    subjects = sorted({f"{one.platform}:{one.actor}" for one in signals})
    for number in range(rows):
        row = world.finding(
            "near-duplicate-text", "content", "same words", 900 + number, subjects, signals
        )
        CampaignFinding.objects.create(campaign=campaign, finding=row)
        world.mention(signals[0], "domain", f"more-{number}.example")


def _letter(number: int) -> DeadLetter:
    return DeadLetter.objects.create(
        source=world.source_of(),
        received_at=clock.now(),
        position=number,
        external_id=f"bad-{number}",
        raw=b'{"external_id": "bad"}',
        errors=[{"field": "kind", "code": "required", "message": "kind is required."}],
    )


def _source(number: int) -> None:
    """One more source with counters, silent for a day."""
    now = clock.now()
    seen = now - timedelta(days=1)
    source = Source.objects.create(
        slug=f"tool-{number}", title="Tool", alarm=Alarm.FIXED, silent_after_s=60, last_seen_at=seen
    )
    hour = now.replace(minute=0, second=0, microsecond=0)
    SourceHour.objects.create(source=source, hour=hour, platform="x", accepted=3)


def _watched(admin: User, number: int) -> None:
    declare_group(actor=admin, **GROUP)
    add_items(actor=admin, lines=[Line(f"evil-{number}.example")], terms=Terms("cert"))
    read_batch(actor=admin, raw=REPORT["text"].encode(), terms=BatchTerms("cert"))


def _written(lead: User, author: User, case: Case, rows: int) -> None:
    """As many templates and messages, and a receiver that passes messages on."""
    for number in range(rows):
        template = save_template(actor=lead, slug=f"template-{number}", **TEMPLATE)
        Message.objects.create(
            case=case,
            template=template,
            author=author,
            key=ids.new_uuid(),
            audience=template.audience,
            recipient="x:ada",
            subject="Thanks",
            body="We look.",
            due_at=clock.now(),
        )
    Webhook.objects.filter(pk=Webhook.objects.earliest("pk").pk).update(events=["message"])


def _routed(desk: world.Desk, case: Case, number: int) -> None:
    """One more rule, one more notice for everybody who may read notices."""
    save_rule(actor=desk.admin, name=f"rule {number}", query="platform:x", queue=desk.queue)
    for person in (desk.reviewer, desk.lead, desk.admin):
        Notice.objects.create(user=person, case=case, kind=NoticeKind.LATE)


def _letter_job(admin: User, letter: DeadLetter) -> LetterJob:
    return LetterJob.objects.create(
        action=LetterAction.REPLAY, newest=letter.pk, total=1, actor=admin, state=JobState.DONE
    )


def _mapped(admin: User, number: int, versions: int) -> None:
    """One more mapping, with a sample of as many items; the first has as many versions."""
    sample = json.dumps([make.item(item) for item in range(versions)])
    for version in range(1 if number else versions):
        save_mapping(
            actor=admin, slug=f"shop-{number}", spec=SPEC, reason=f"{version}", sample=sample
        )


def _tuned(admin: User, number: int) -> ApiToken:
    """One more version of a detector's settings, one more token; one backtest is running."""
    save_config(actor=admin, slug=DETECTOR, mode=Mode.LIVE, params=LOUDER, reason=f"try {number}")
    propose_config(actor=admin, slug=DETECTOR, **CALMER)
    watched = Settings(slug=DETECTOR, mode=Mode.SHADOW, params={"signups": 8}, reason="stricter")
    put_beside(actor=admin, said=watched)
    DetectorAlarm.objects.create(
        detector=DETECTOR, kind="spike", source=Source.objects.get(slug=f"tool-{number}"),
        counted=200, expected=2.0,
    )  # fmt: skip
    suppress_detector(
        actor=admin,
        slug=DETECTOR,
        type="account",
        value=f"x:quiet-{number}",
        reason="own test",
        expires_at=clock.now() + timedelta(days=7),
    )
    scenario = Scenario.objects.create(
        origin=f"AD-{number}", reason="our first", body=b"", signals=1, size=1, accounts=["x:a"],
        kept_until=clock.now() + timedelta(days=7), created_by=admin,
    )  # fmt: skip
    Expectation.objects.create(
        scenario=scenario, detector="shared-infrastructure", version=1, params={},
        accounts=["x:a", "x:b"], found=2, holds=True, sentence="2 accounts",
        ran_hash="0", ran_version=1, ran_at=clock.now(),
    )  # fmt: skip
    create_rule(actor=admin, name=f"made {number}", mode=Mode.OFF, params={}, reason="try")
    until = clock.now()
    trial = start_backtest(
        actor=admin, slug=DETECTOR, params={}, since=until - timedelta(days=1), until=until
    )
    BacktestFinding.objects.create(
        run=trial, change="gained", place=0, anchor_type="text", anchor_value="a", family="content",
        tier="supporting", subjects=["x:a"], signal_ids=[1], signal_total=1, llr=1.0,
        sentence="2 accounts", said_at=until, lapsed=False,
    )  # fmt: skip
    if Backtest.objects.count() > 1:
        cancel_backtest(actor=admin, run=trial)
    token, _ = issue_token(user=admin, name=f"shop-{number}", scopes=[Scope.INGEST])
    return token


def _retention(admin: User, rows: int) -> None:
    """Rules, holds and plans; one refused item would go, and no signal."""
    for number in range(rows):
        source = Source.objects.create(slug=f"more-{number}", title=f"More {number}")
        keep(actor=admin, source=source, kind="", days=1)
        place_hold(
            actor=admin,
            kind=HoldKind.ACCOUNT,
            target=f"x:held-{number}",
            reason="court",
            accounts=[f"x:held-{number}"],
        )
    DeadLetter.objects.create(
        source=Source.objects.get(slug="more-0"),
        received_at=clock.now() - timedelta(days=9),
        position=0,
        raw=b"{}",
        errors=[],
    )
    for _ in range(rows):
        run = verify_purge(actor=admin)
    Tombstone.objects.create(
        signal_id=BURIED, occurred_at=clock.now(), kind="post", run=run, purged_at=clock.now()
    )


def _shared(desk: world.Desk, author: User, case: Case, rows: int) -> None:
    """Partners, circles and a share with each circle that is out; one circle has no share yet."""
    save_organisation(actor=desk.admin, name="Harbour desk")
    agreed: dict[str, Any] = {
        "purpose": "stop scams",
        "legal_basis": "interest",
        "types": ["domain", "email"],
    }
    names = [f"partner-{number}" for number in range(rows)]
    for name in names:
        save_partner(actor=desk.admin, slug=name, said=PartnerText(title=name, **agreed))
    save_circle(actor=desk.admin, slug="free", said=CircleText("Free", members=names))
    checker = desk.lead if author != desk.lead else desk.admin
    said: dict[str, Any] = {
        "title": "Refund scam",
        "tlp": "amber",
        "purpose": "stop",
        "partners": names,
    }
    for number in range(rows):
        add_shared_note(actor=author, case=case, body=f"Seen {number}.", tlp="amber")
    for number in range(rows):
        ring = CircleText(f"Ring {number}", members=names)
        circle = save_circle(actor=desk.admin, slug=f"ring-{number}", said=ring)
        text = ShareText(**said, valid_until=_in_a_month())
        share = draft_share(actor=author, case=case, circle=circle, said=text)
        ask_approval(actor=author, share=share)
        approve_share(actor=checker, share=share, digest=share.digest)
        partner = Partner.objects.get(slug="partner-0")
        hand_over(actor=checker, share=share, partner=partner, way=WayOut.BUNDLE)
    _received(desk, rows)


def _received(desk: world.Desk, rows: int) -> None:
    """Feeds and what others sent, with an inbox for the first circle."""
    circle = Circle.objects.get(slug="ring-0")
    set_inbox(actor=desk.admin, circle=circle, **INBOX)
    for number in range(rows):
        feed = FeedText(**FEED | {"title": f"North {number}"})
        save_feed(actor=desk.admin, slug=f"feed-{number}", said=feed)
        terms = BatchTerms(source=f"file {number}")
        read_bundle(actor=desk.admin, raw=STIX, terms=terms)


def _offered(desk: world.Desk, rows: int) -> None:
    """Own patterns, and as many of a partner whose key is pinned."""
    partner = Partner.objects.get(slug="partner-0")
    packs.pin_far(desk.admin, partner)
    for number in range(rows):
        draft_pattern(
            actor=desk.lead,
            slug="rule-made-0",
            name=f"waves-{number}",
            circle=Circle.objects.get(slug="ring-0"),
            said=PatternText(**PATTERN, valid_until=_in_a_month(), tests=packs.vectors(5)),
        )
        body = packs.far_bundle(number)
        (came,) = receive_file(actor=desk.lead, partner=partner, body=body).received
        OutcomeSent.objects.create(
            received=came, kind="confirmed", monday=date(2026, 1, 5), floor=5
        )
        _handed(Pattern.objects.latest("pk"), partner)


def _handed(row: Pattern, partner: Partner) -> None:
    """A revision that left and reached the partner, long ago."""
    release = PatternRelease.objects.create(
        pattern=row, revision=1, seq=row.pk, added_at=clock.now(), version=clock.now(),
        tlp="amber", purpose="stop", valid_until=row.valid_until, bundle="{}", body="{}",
        sha256="0" * 64, approved_by=row.author,
    )  # fmt: skip
    release.partners.add(partner)
    PatternHandover.objects.create(
        release=release, partner=partner, way="bundle", actor=row.author, size=2, sha256="0" * 64,
        tlp="amber", purpose="stop", legal_basis="x",
    )  # fmt: skip


def _automated(desk: world.Desk, rows: int) -> None:
    """Proposals, hits of each state, an undo, protected accounts."""
    finding = Finding.objects.earliest("pk")
    for number in range(rows):
        propose_automation(
            actor=desk.admin, slug=DETECTOR, permit=Permit(kind="limit", cap=5), reason=f"{number}"
        )
        protect_entities(
            actor=desk.admin, type="account", values=[f"x:vip{number}"], why="vip", reason="x"
        )
    config = DetectorConfig.objects.get(slug=DETECTOR, current=True)
    permit = Automation.objects.create(
        detector=DETECTOR, kind="limit", cap=5, min_weight=0, reason="x", author=desk.admin,
        state="in-force", current=True, settled_by=desk.lead, settled_at=clock.now(),
    )  # fmt: skip
    undo = VersionUndo(
        detector=DETECTOR, number=1, since=clock.now(), reason="x", total=1, actor=desk.lead
    )
    signal = Signal.objects.earliest("pk")
    for number in range(rows):
        undo.pk = None
        undo.save()
        for state in AutomatedState:
            AutomatedAction.objects.create(
                automation=permit, detector=DETECTOR, config=config, finding=finding,
                account=f"{signal.platform}:{signal.actor}"
                if (number, state) == (0, AutomatedState.ACTED) else f"x:{state}-{number}",
                kind="limit", state=state,
                acted_at=clock.now() if state in {"acted", "undone"} else None,
            )  # fmt: skip


def _work_left(rows: int) -> None:
    """Detectors that are behind, also on `rows` streams of history."""
    for number in range(rows):
        history_stream(slug=f"old-{number}", title="Old", tick_floor_s=0)
    ensure_shards()
    with connection.cursor() as cursor:
        # Nobody may read what an open transaction wrote, and this one stays open.
        cursor.execute(
            "UPDATE detectors_signal"
            " SET tx = '3'::xid8, received_at = now() + id * interval '1 second'"
        )
    Shard.objects.update(tx=3, signal_id=Signal.objects.earliest("pk").pk)
