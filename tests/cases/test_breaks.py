"""Breaks after too much of the worst: when one is due, how it ends, and who knows of it."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

import pytest
from django.test import Client

from abusedesk import env
from abusedesk.core import clock
from abusedesk.core.models import AuditEntry, Scope, User
from abusedesk.core.tokens import issue_token
from cases.choices import Severity
from cases.exposure import budget_of
from cases.models import Break, Case, Queue
from cases.services.exposure import begin_break, resume
from cases.services.marking import label_case
from tests.addresses import cited_id
from tests.cases import build
from tests.ui import world

pytestmark = pytest.mark.django_db
NEXT = "/queues/operations/next/"
CARD = "/me/break/"


@pytest.fixture(autouse=True)
def after_four_items(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setenv("ABUSEDESK_BREAK_AFTER", "4")
    monkeypatch.setenv("ABUSEDESK_BREAK_MINUTES", "15")
    env.current.cache_clear()
    yield
    monkeypatch.undo()
    env.current.cache_clear()


@pytest.fixture
def desk(db: None) -> world.Desk:
    """Two graphic cases in the first queue, a harmless one in the second."""
    desk = world.desk(3)
    build.policy("gore", actor=desk.admin, harm=Severity.CRITICAL)
    for case in desk.cases[:2]:
        label_case(actor=desk.lead, case=case, labels=["gore"])
    Case.objects.filter(pk=desk.cases[2].pk).update(queue=Queue.objects.get(slug="scams"))
    return desk


def at_browser(person: User) -> Client:
    browser = Client()
    browser.force_login(person)
    return browser


def read(desk: world.Desk, items: int, *, first: int = 0) -> None:
    """Uncover so many items of the first case."""
    case, browser = desk.cases[0], at_browser(desk.reviewer)
    start = cited_id(case) + first
    for signal_id in range(start, start + items):
        assert browser.post(f"/cases/{case.ref}/peek/{signal_id}/").status_code == 200


@pytest.mark.row(50)
def test_after_too_much_of_the_worst_next_is_the_break_card(desk: world.Desk) -> None:
    rita = at_browser(desk.reviewer)
    read(desk, 3)
    assert rita.post(NEXT)["Location"].startswith("/cases/")
    read(desk, 1, first=3)
    assert rita.post(NEXT)["Location"] == CARD
    card = rita.get(CARD).content.decode()
    assert "Time for a break" in card
    assert "A break of 15 minutes" in card
    assert "You have seen 4 disturbing items in a row" in card
    assert "/queues/scams/next/" in card
    rita.post(CARD)
    card = rita.get(CARD).content.decode()
    assert "You are on a break" in card
    assert "Resume now" in card
    assert rita.post(NEXT)["Location"] == CARD
    assert rita.post("/me/break/resume/")["Location"] == "/"
    assert rita.post(NEXT)["Location"].startswith("/cases/")
    assert "Time for a break" not in rita.get(CARD).content.decode()


@pytest.mark.row(50)
def test_a_break_that_nobody_ends_is_over_after_its_length(
    desk: world.Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    rita, start = at_browser(desk.reviewer), clock.now()
    read(desk, 4)
    rita.post(CARD)
    monkeypatch.setattr(clock, "now", lambda: start + timedelta(minutes=14))
    assert budget_of(desk.reviewer).break_due
    monkeypatch.setattr(clock, "now", lambda: start + timedelta(minutes=16))
    assert not budget_of(desk.reviewer).break_due
    assert rita.post(NEXT)["Location"].startswith("/cases/")
    assert Break.objects.get().resumed_at is None


@pytest.mark.row(50)
def test_breaks_are_in_the_log_of_the_person_and_nowhere_else(desk: world.Desk) -> None:
    read(desk, 4)
    before = AuditEntry.objects.count()
    begin_break(actor=desk.reviewer)
    resume(actor=desk.reviewer)
    began = Break.objects.get().began_at
    assert f"{began:%Y-%m-%d %H:%M}" in at_browser(desk.reviewer).get(CARD).content.decode()
    assert AuditEntry.objects.count() == before
    for other in (desk.lead, desk.admin):
        assert f"{began:%H:%M}" not in main_of(at_browser(other), CARD)
        assert "break" not in main_of(at_browser(other), "/settings/exposure/").lower()
        assert at_program(other).get("/api/v1/me/breaks/").json() == []
        assert set(at_program(other).get("/api/v1/budgets/").json()[0]) == {
            "username", "spent", "limit",
        }  # fmt: skip
    own = at_program(desk.reviewer).get("/api/v1/me/breaks/").json()
    assert [one["resumed_at"] is not None for one in own] == [True]


@pytest.mark.row(50)
def test_programs_are_told_of_the_break_and_can_take_it(desk: world.Desk) -> None:
    program = at_program(desk.reviewer)
    read(desk, 4)
    refused = program.post("/api/v1/queues/operations/next/")
    assert refused.status_code == 409
    assert refused.json()["errors"][0]["code"] == "break_due"
    assert refused.json()["meta"] == {"lighter": ["scams"], "minutes": 15, "until": None}
    assert program.post("/api/v1/me/breaks/").status_code == 201
    assert program.get("/api/v1/me/budget/").json()["break_until"] is not None
    assert program.post("/api/v1/me/breaks/resume/").status_code == 204
    taken = program.post("/api/v1/queues/operations/next/").json()
    assert taken["ref"] in {desk.cases[0].ref, desk.cases[1].ref}


def test_who_rests_goes_on_resting_when_a_second_window_begins_a_break(desk: world.Desk) -> None:
    first = begin_break(actor=desk.reviewer)
    assert begin_break(actor=desk.reviewer) == first
    resume(actor=desk.reviewer)
    assert begin_break(actor=desk.reviewer) != first


def test_the_break_of_one_person_keeps_nothing_from_another(desk: world.Desk) -> None:
    read(desk, 4)
    begin_break(actor=desk.reviewer)
    assert at_browser(desk.lead).post(NEXT)["Location"].startswith("/cases/")


def main_of(browser: Client, path: str) -> str:
    """What stands between the rails of a page."""
    page = browser.get(path).content.decode()
    return page.partition("<main")[2].partition("</main")[0]


def at_program(person: User) -> Client:
    scopes = [Scope.READ, Scope.REVIEW]
    _, plain = issue_token(user=person, name="t", scopes=scopes, expires_at=None)
    return Client(headers={"Authorization": f"Bearer {plain}"})
