"""The clock of the service level: told in time, once, paused where the queue says so."""

from __future__ import annotations

from datetime import timedelta

import pytest
import time_machine
from django.test import Client

from abusedesk.core import clock
from abusedesk.core.models import Role
from cases import queue, sla
from cases.choices import NoticeKind, SlaStage, State
from cases.models import Notice
from cases.opening import inbox
from cases.services.case import reopen_case, return_snoozed, snooze_case
from cases.tasks import sweep
from tests.cases import build

pytestmark = pytest.mark.django_db
HOUR = timedelta(hours=1)


def _told() -> list[tuple[str, str]]:
    rows = Notice.objects.order_by("pk").values_list("user__username", "kind")
    return list(rows)


@pytest.mark.row(42)
def test_a_breach_puts_the_case_on_top_and_tells_the_leads_once() -> None:
    build.user(Role.LEAD, "lea")
    build.case(priority=99)
    late = build.case(priority=1, due_in=-HOUR)
    assert sla.watch() == 1
    assert sla.watch() == 0
    late.refresh_from_db()
    assert late.sla_stage == SlaStage.LATE
    assert build.verbs(late) == ["case.late"]
    assert _told() == [("lea", NoticeKind.LATE)]
    assert queue.claim_next(actor=build.user()) == late


@pytest.mark.row(42)
def test_risk_is_told_first_to_whose_matter_it_is_and_the_breach_later() -> None:
    build.user(Role.LEAD, "lea")
    mine = build.user(name="ada")
    case = build.case(due_in=timedelta(hours=5), assignee=mine)
    build.case(due_in=timedelta(hours=7))
    assert sla.watch() == 1
    assert _told() == [("ada", NoticeKind.AT_RISK)]
    with time_machine.travel(clock.now() + timedelta(hours=5, minutes=1), tick=False):
        assert sla.watch() == 2
        case.refresh_from_db()
    assert build.verbs(case) == ["case.at_risk", "case.late"]
    assert ("lea", NoticeKind.LATE) in _told()
    assert ("ada", NoticeKind.LATE) in _told()


@pytest.mark.row(42)
def test_a_late_case_that_nobody_works_on_goes_to_a_lead_where_the_queue_says_so() -> None:
    found = inbox()
    found.escalate_late = True
    found.save()
    free, held = build.case(due_in=-HOUR), build.case(due_in=-HOUR)
    queue.claim(actor=build.user(), case=held)
    assert sla.watch() == 2
    free.refresh_from_db()
    held.refresh_from_db()
    assert (free.state, held.state) == (State.ESCALATED, State.OPEN)
    assert build.verbs(free) == ["case.late", "case.escalated"]


@pytest.mark.row(42)
@pytest.mark.parametrize(("pauses", "left"), [(True, 10), (False, -38)])
def test_the_clock_stands_while_snoozed_only_where_the_queue_says_so(
    pauses: bool, left: int
) -> None:
    found = inbox()
    found.sla_pauses = pauses
    found.save()
    start = clock.now()
    with time_machine.travel(start, tick=False):
        case = build.case(due_in=10 * HOUR)
        snooze_case(actor=build.user(), case=case, until=start + 48 * HOUR)
        assert sla.watch() == 0
    with time_machine.travel(start + 48 * HOUR, tick=False):
        assert return_snoozed() == 1
        case.refresh_from_db()
        assert case.due_at - clock.now() == left * HOUR
        assert case.sla_paused_at is None


def test_closed_and_snoozed_cases_have_no_clock() -> None:
    build.case(state=State.CLOSED, due_in=-HOUR)
    build.case(state=State.SNOOZED, due_in=-HOUR)
    assert sla.watch() == 0


def test_a_case_that_is_reopened_is_told_of_again() -> None:
    lead, case = build.user(Role.LEAD), build.case(due_in=-HOUR)
    sla.watch()
    case.refresh_from_db()
    build.decided(lead, case)
    case.refresh_from_db()
    again = reopen_case(actor=lead, case=case, reason="new facts")
    assert again.sla_stage == SlaStage.IN_TIME
    with time_machine.travel(clock.now() + 25 * HOUR, tick=False):
        assert sla.watch() == 1


def test_without_leads_the_admins_are_told() -> None:
    build.user(Role.ADMIN, "root")
    build.case(due_in=-HOUR)
    sla.watch()
    assert _told() == [("root", NoticeKind.LATE)]


def test_the_sweep_tells_and_my_work_shows_it() -> None:
    lead = build.user(Role.LEAD)
    case = build.case(due_in=-HOUR)
    sweep()
    client = Client()
    client.force_login(lead)
    page = client.get("/").content.decode()
    assert f"{case.ref}</a> is late" in page
    client.post("/notices/read/")
    assert "is late" not in client.get("/").content.decode()
