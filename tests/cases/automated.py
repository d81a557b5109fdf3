"""A desk on which detectors act by themselves; rules, signals, findings and hits for it."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from typing import Any

from abusedesk.core import clock
from abusedesk.core.models import Role, User
from cases import automating
from cases.choices import AutomatedState
from cases.models import AutomatedAction, Automation
from cases.permits import Permit
from cases.services.automation import allow_automation, propose_automation
from detectors.models import DetectorConfig, Finding, FollowedFinding
from detectors.schema import Kind, SignalIn
from detectors.services.draft import approve_draft
from detectors.services.ingest import ingest_batch
from detectors.services.rule import create_rule
from detectors.services.shards import ensure_shards
from detectors.services.source import ensure_source, live_stream
from tests import cast, desk, make
from tests.cases import build

SLUG = "shared-infrastructure"
RULE = """title: {title}
name: base
level: {level}
logsource:
  product: abusedesk
detection:
  selection:
    kind: {kind}
  condition: selection
---
title: {title}
level: {level}
correlation:
  type: event_count
  rules:
    - base
  group-by:
    - account
  timespan: 1h
  condition:
    gte: 2
"""


def permit(**said: Any) -> Permit:
    return Permit(**{"kind": "limit", "cap": 20, **said})


def allowed(slug: str = SLUG, **said: Any) -> Automation:
    """The admin proposed it, the lead allowed it."""
    cast.lead()
    row = propose_automation(
        actor=cast.admin(), slug=slug, permit=permit(**said), reason="too many to do by hand"
    )
    return allow_automation(actor=cast.lead(), automation=row)


def rule(title: str = "Twice", kind: str = "post", level: str = "low") -> str:
    """A live rule that finds who does something twice; its slug."""
    said = {"sigma": RULE.format(title=title, kind=kind, level=level)}
    cast.admin()
    saved = create_rule(actor=cast.lead(), name=title, mode="live", params=said, reason="spam")
    assert saved.draft is not None
    made = approve_draft(actor=cast.admin(), draft=saved.draft).made
    assert made is not None
    return made.slug


def twice(first: int, number: int, kind: Kind = Kind.POST, minutes: float = 0) -> None:
    """`number` accounts do something twice; detectors, fusion and intake take it up."""
    at = clock.now() - timedelta(minutes=20 - minutes)
    signals: list[SignalIn] = [
        make.signal(
            0,
            external_id=f"{kind}-{place}-{turn}",
            kind=kind,
            actor=f"spam{place}",
            occurred_at=at + timedelta(seconds=2 * (place - first) + turn),
        )
        for place in range(first, first + number)
        for turn in range(2)
    ]
    source = ensure_source(slug="acme", title="Acme")
    ingest_batch(source=source, signals=signals, stream=live_stream())
    ensure_shards()  # of a version that came into force meanwhile, as the sweep does
    desk.work()


def found(accounts: Sequence[str], *, anchor: str, slug: str = SLUG, llr: float = 8.0) -> Finding:
    """A finding as the engine leaves it: with its row for who follows the detector."""
    row = build.finding(subjects=accounts, detector=slug, anchor=("device", anchor), llr=llr)
    FollowedFinding.objects.create(finding=row, config=row.config)
    return row


def again(finding: Finding, *accounts: str) -> None:
    """It grew."""
    finding.subjects = [*finding.subjects, *accounts]
    finding.revision += 1
    finding.save()
    FollowedFinding.objects.create(finding=finding, config=finding.config)


def take_all() -> int:
    """As a worker does."""
    taken = 0
    while automating.automate(1):
        taken += 1
    return taken


def names(state: AutomatedState, slug: str = SLUG) -> list[str]:
    rows = AutomatedAction.objects.filter(detector=slug, state=state).order_by("pk")
    return list(rows.values_list("account", flat=True))


def config(slug: str = SLUG) -> DetectorConfig:
    return DetectorConfig.objects.get(slug=slug, current=True)


def an_hour_passes() -> None:
    """For the cap."""
    rows = AutomatedAction.objects.exclude(acted_at=None)
    for row in rows:
        row.acted_at = (row.acted_at or clock.now()) - timedelta(minutes=61)
        row.save()


def admin(name: str) -> User:
    return build.user(Role.ADMIN, name)
