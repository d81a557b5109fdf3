"""Tasks: one sweep finds everything that a lost message forgot."""

from __future__ import annotations

from datetime import timedelta
from ipaddress import ip_network

import pytest
from pytest_django import Settings

from abusedesk.core import clock
from abusedesk.core.models import Role
from cases import actions, tasks
from cases.choices import GateKind, State
from cases.models import Case, Delivery, Gate
from cases.services.case import snooze_case
from cases.services.gate import save_gate
from cases.services.webhook import save_webhook
from tests.cases import build

pytestmark = pytest.mark.django_db


def test_intake_takes_campaigns() -> None:
    row = build.campaign()
    tasks.intake()
    assert build.case_of(row).state == State.OPEN


def test_the_sweep_brings_back_what_was_snoozed_and_what_was_held() -> None:
    lead, day = build.user(Role.LEAD), clock.now() + timedelta(days=1)
    for account in build.accounts(4):
        save_gate(actor=lead, kind=GateKind.SNOOZE, account=account, reason="ours", expires_at=day)
    held = build.campaign(members=build.accounts(4))
    tasks.sweep()
    case = build.case()
    snooze_case(actor=lead, case=case, until=day)
    Gate.objects.update(expires_at=clock.now())
    Case.objects.update(snoozed_until=clock.now())
    tasks.sweep()
    case.refresh_from_db()
    assert case.state == State.OPEN
    assert build.case_of(held).state == State.OPEN


def test_the_sweep_wakes_a_sender_only_when_something_is_owed(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    woken: list[str] = []
    monkeypatch.setattr(actions, "wake", woken.append)
    settings.OUTBOUND_ALLOW = (ip_network("127.0.0.0/8"),)
    save_webhook(actor=build.user(Role.ADMIN), url="http://127.0.0.1:9/")
    build.decided(build.user(), build.case())
    tasks.sweep()
    assert woken == []
    Delivery.objects.update(due_at=clock.now())
    tasks.sweep()
    assert woken == ["cases.deliver_actions"]
    tasks.deliver_actions()
    assert Delivery.objects.get().attempts == 1
