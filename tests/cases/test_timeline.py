"""The timeline lists every change, by people and by the machine, with who did it."""

from __future__ import annotations

from datetime import timedelta
from ipaddress import ip_network

import pytest
from pytest_django import Settings

from abusedesk.core import audit, clock
from abusedesk.core.models import Role
from cases import actions, queue
from cases.choices import State
from cases.intake import intake
from cases.models import Case, Delivery
from cases.services.case import (
    escalate_case,
    record_visit,
    reopen_case,
    return_snoozed,
    snooze_case,
)
from cases.services.decision import undo_decision
from cases.services.note import add_note
from cases.services.webhook import save_webhook
from cases.timeline import timeline_of
from tests.cases import build

pytestmark = pytest.mark.django_db


@pytest.mark.row(55)
def test_every_change_is_listed_with_its_actor(settings: Settings) -> None:
    settings.OUTBOUND_ALLOW = (ip_network("127.0.0.0/8"),)
    ada, lea = build.user(name="ada"), build.user(Role.LEAD, "lea")
    row, case = build.opened()
    queue.claim(actor=ada, case=case)
    queue.release(actor=ada, case=case)
    add_note(actor=ada, case=case, body="looks like last week")
    queue.claim(actor=ada, case=case)
    queue.claim(actor=lea, case=case)
    escalate_case(actor=lea, case=case, reason="for the lawyer")
    reopen_case(actor=lea, case=case, reason="lawyer agrees")
    snooze_case(actor=ada, case=case, until=clock.now() + timedelta(days=1))
    Case.objects.update(snoozed_until=clock.now())
    return_snoozed()
    build.grow(row, 4)
    intake()
    save_webhook(actor=build.user(Role.ADMIN), url="http://127.0.0.1:9/", active=False)
    save_webhook(actor=build.user(Role.ADMIN), url="http://127.0.0.1:9/")
    decision = build.decided(ada, case, reason="same device")
    Delivery.objects.update(due_at=clock.now(), attempts=7)
    actions.deliver_due()
    undo_decision(actor=lea, decision=decision)
    queue.release(actor=lea, case=case)
    build.decided(ada, case)
    build.grow(row, 2)
    intake()
    told = [(one.actor, one.verb) for one in reversed(timeline_of(case, ada))]
    assert told == [
        ("abusedesk", "case.opened"),
        ("ada", "case.claimed"),
        ("ada", "case.released"),
        ("ada", "case.noted"),
        ("ada", "case.claimed"),
        ("lea", "case.taken_over"),
        ("lea", "case.escalated"),
        ("lea", "case.reopened"),
        ("ada", "case.snoozed"),
        ("abusedesk", "case.returned"),
        ("abusedesk", "case.grew"),
        ("ada", "case.claimed"),
        ("ada", "case.decided"),
        ("abusedesk", "delivery.given_up"),
        ("lea", "case.undone"),
        ("lea", "case.released"),
        ("ada", "case.claimed"),
        ("ada", "case.decided"),
        ("abusedesk", "case.regressed"),
    ]
    assert audit.verify().broken is None


def test_the_sentences_say_what_happened_without_gaps() -> None:
    ada = build.user(name="ada")
    row, case = build.opened(members=build.accounts(3))
    build.grow(row, 4)
    intake()
    build.decided(ada, case, reason="same device")
    assert [one.sentence for one in reversed(timeline_of(case, ada))] == [
        "opened the case with 20 signals from 3 accounts",
        "attached new evidence: +4",
        "claimed the case",
        "decided: Abuse confirmed. Reason: same device",
    ]


def test_an_entry_carries_its_data_and_time() -> None:
    ada, case = build.user(name="ada"), build.case()
    decision = build.decided(ada, case)
    newest = timeline_of(case, ada)[0]
    assert newest.data["decision"] == decision.pk
    assert newest.data["outcome"] == "abuse"
    assert clock.now() - newest.at < timedelta(seconds=30)


def test_looking_is_audited_and_no_change() -> None:
    ada, case = build.user(), build.case()
    record_visit(actor=ada, case=case)
    assert build.verbs(case) == ["case.viewed"]
    assert timeline_of(case, ada) == []


def test_another_cases_events_are_not_here() -> None:
    ada, one, other = build.user(), build.case(), build.case()
    build.decided(ada, other)
    assert timeline_of(one, ada) == []
    assert Case.objects.get(pk=one.pk).state == State.OPEN


def test_a_note_is_cleaned_of_what_the_database_cannot_hold() -> None:
    ada, case = build.user(), build.case()
    assert add_note(actor=ada, case=case, body=" a\x00b \ud800 ").body == "ab ?"
