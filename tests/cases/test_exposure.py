"""The exposure budget: what counts, what it keeps from whom, and what leads see."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from django.test import Client
from hypothesis import given
from hypothesis import strategies as st

from abusedesk import env
from abusedesk.core import clock
from abusedesk.core.audit import Verb
from abusedesk.core.errors import BudgetSpentError, ForbiddenError, InvalidError
from abusedesk.core.models import AuditEntry, Scope, User
from abusedesk.core.tokens import issue_token
from cases import queue
from cases.choices import Severity
from cases.exposure import budget_of
from cases.masking import signal_item
from cases.models import Case, Exposure, Queue, Shift
from cases.selectors.masking import cover_for
from cases.services.exposure import count_seen, extend_budget
from cases.services.marking import label_case
from cases.services.masking import save_own_masks
from cases.tasks import sweep
from detectors.models import Signal
from detectors.schema import Kind
from tests.addresses import cited_id
from tests.cases import build
from tests.ui import world

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def thirty_points(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setenv("ABUSEDESK_EXPOSURE_BUDGET", "30")
    monkeypatch.setenv("ABUSEDESK_BREAK_AFTER", "1000")  # tests of breaks are apart
    env.current.cache_clear()
    yield
    monkeypatch.undo()
    env.current.cache_clear()


@pytest.fixture
def desk(db: None) -> world.Desk:
    """Its first queue has a case about a policy of the worst kind, its second an ordinary one."""
    desk = world.desk(3)
    build.policy("gore", actor=desk.admin, harm=Severity.CRITICAL)
    desk.cases[0] = label_case(actor=desk.lead, case=desk.cases[0], labels=["gore"])
    Case.objects.filter(pk=desk.cases[2].pk).update(queue=Queue.objects.get(slug="scams"))
    return desk


def at_browser(person: User) -> Client:
    browser = Client()
    browser.force_login(person)
    return browser


def see(desk: world.Desk, label: str, *signal_ids: int) -> None:
    """What a page would count that showed these signals of a case so labelled."""
    case = label_case(actor=desk.lead, case=desk.cases[0], labels=[label] if label else [])
    cover = cover_for(case, desk.reviewer)
    assert cover is not None
    count_seen(actor=desk.reviewer, covers=dict.fromkeys(map(signal_item, signal_ids), cover))


def look_at_ten(desk: world.Desk) -> None:
    """Ten prompts of severity 3, one after the other, on the page of their case."""
    case, browser = desk.cases[0], at_browser(desk.reviewer)
    first = cited_id(case)
    for signal_id in range(first, first + 10):
        assert browser.post(f"/cases/{case.ref}/peek/{signal_id}/").status_code == 200


def at_program(person: User) -> Client:
    scopes = [Scope.READ, Scope.REVIEW]
    _, plain = issue_token(user=person, name="t", scopes=scopes, expires_at=None)
    return Client(headers={"Authorization": f"Bearer {plain}"})


@pytest.mark.row(101)
def test_prompts_of_severity_three_come_summary_first_and_cost_nothing_until_shown(
    desk: world.Desk,
) -> None:
    case = desk.cases[0]
    prompt = Signal.objects.get(pk=cited_id(case))
    Signal.objects.filter(pk=prompt.pk).update(kind=Kind.AI_REQUEST)
    browser = at_browser(desk.reviewer)
    page = browser.get(f"/cases/{case.ref}/?tab=evidence").content.decode()
    assert prompt.text[:20] not in page
    assert f"ai.request of {len(prompt.text)} characters, 1 link" in page
    assert budget_of(desk.reviewer).spent == 0
    shown = browser.post(f"/cases/{case.ref}/peek/{prompt.pk}/").content.decode()
    assert prompt.text[:20] in shown
    assert budget_of(desk.reviewer).spent == 3


@pytest.mark.row(101)
def test_after_ten_items_of_severity_three_next_is_a_break_or_a_lighter_queue(
    desk: world.Desk,
) -> None:
    browser = at_browser(desk.reviewer)
    assert browser.post("/queues/operations/next/")["Location"].startswith("/cases/")
    held = Case.objects.get(claimed_by=desk.reviewer)
    queue.release(actor=desk.reviewer, case=held)
    look_at_ten(desk)
    assert budget_of(desk.reviewer).spent == 30
    assert browser.post("/queues/operations/next/")["Location"] == "/me/break/"
    page = browser.get("/me/break/").content.decode()
    assert "Time for a break" in page
    assert "/queues/scams/next/" in page
    assert "/queues/operations/next/" not in page
    went = browser.post("/queues/scams/next/")["Location"]
    assert went == f"/cases/{desk.cases[2].ref}/"


@pytest.mark.row(101)
def test_the_api_refuses_too_and_names_lighter_queues(desk: world.Desk) -> None:
    program = at_program(desk.reviewer)
    fresh = program.get("/api/v1/me/budget/").json()
    assert (fresh["spent"], fresh["limit"], fresh["stops"], fresh["lighter"]) == (0, 30, False, [])
    look_at_ten(desk)
    spent = program.get("/api/v1/me/budget/").json()
    assert (spent["spent"], spent["over"], spent["lighter"]) == (30, True, ["scams"])
    for path in (f"cases/{desk.cases[0].ref}/claim", "queues/operations/next"):
        refused = program.post(f"/api/v1/{path}/")
        assert refused.status_code == 409
        assert refused.json()["errors"][0]["code"] == "budget_spent"
        assert refused.json()["meta"]["lighter"] == ["scams"]
    taken = program.post("/api/v1/queues/scams/next/")
    assert (taken.status_code, taken.json()["ref"]) == (200, desk.cases[2].ref)


def test_next_over_rest_says_when_nothing_waits(desk: world.Desk) -> None:
    program = at_program(desk.reviewer)
    Case.objects.filter(queue__slug="scams").delete()
    assert program.post("/api/v1/queues/scams/next/").status_code == 204
    assert program.post("/api/v1/queues/nowhere/next/").status_code == 404


@pytest.mark.row(101)
def test_a_lead_extends_with_a_reason_and_sees_points_but_no_items(desk: world.Desk) -> None:
    look_at_ten(desk)
    lead = at_browser(desk.lead)
    page = lead.get("/settings/exposure/").content.decode()
    assert "30 of 30 points" in page
    assert desk.cases[0].ref not in page
    assert "signal" not in page.partition("<main")[2].partition("</main")[0]
    program = at_program(desk.lead)
    told = program.get("/api/v1/budgets/").json()
    assert {"username": "rita", "spent": 30, "limit": 30} in told
    assert at_program(desk.reviewer).get("/api/v1/budgets/").status_code == 403
    said = {"user": desk.reviewer.username, "points": 12, "reason": ""}
    lead.post("/settings/exposure/", said)
    assert budget_of(desk.reviewer).over
    lead.post("/settings/exposure/", said | {"reason": "short of people"})
    assert budget_of(desk.reviewer).limit == 42
    assert AuditEntry.objects.get(verb=Verb.BUDGET_EXTENDED).data["reason"] == "short of people"
    assert queue.claim(actor=desk.reviewer, case=desk.cases[0]).claim_id
    more = {"username": "rita", "points": 8, "reason": "a long day"}
    answer = program.post("/api/v1/budgets/", more, content_type="application/json")
    assert answer.json() == {"username": "rita", "spent": 30, "limit": 50}
    nobody = more | {"username": "nobody"}
    answer = program.post("/api/v1/budgets/", nobody, content_type="application/json")
    assert answer.status_code == 404


@pytest.mark.row(101)
def test_from_four_fifths_on_a_card_says_so(desk: world.Desk) -> None:
    path, browser = f"/cases/{desk.cases[0].ref}/?tab=evidence", at_browser(desk.reviewer)
    see(desk, "gore", *range(1, 8))
    assert "points of disturbing evidence" not in browser.get(path).content.decode()
    see(desk, "gore", 8)
    assert "24 of 30 points of disturbing evidence" in browser.get(path).content.decode()


def test_an_item_counts_once_in_a_shift_and_what_is_harmless_never(desk: world.Desk) -> None:
    see(desk, "gore", 1, 2)
    see(desk, "gore", 2, 3)
    see(desk, "", 4)
    assert budget_of(desk.reviewer).spent == 9
    Exposure.objects.update(at=clock.now() - timedelta(days=2))
    assert budget_of(desk.reviewer).spent == 0


def test_what_somebody_read_is_forgotten_when_no_shift_counts_it(desk: world.Desk) -> None:
    see(desk, "gore", 1, 2)
    Exposure.objects.filter(item="signal:1").update(at=clock.now() - timedelta(days=2, minutes=1))
    sweep()
    assert [one.item for one in Exposure.objects.all()] == ["signal:2"]
    assert budget_of(desk.reviewer).spent == 3


def test_a_page_that_covers_nothing_counts_what_it_shows(desk: world.Desk) -> None:
    build.policy("spam", actor=desk.admin, harm=Severity.HIGH)
    case = label_case(actor=desk.lead, case=desk.cases[1], labels=["spam"])
    path, browser = f"/cases/{case.ref}/?tab=evidence", at_browser(desk.reviewer)
    browser.get(path)
    assert budget_of(desk.reviewer).spent == 0
    save_own_masks(actor=desk.reviewer, modes={"spam": "off"}, press=False)
    browser.get(path)
    assert budget_of(desk.reviewer).spent == 2 * 12


def test_next_of_all_queues_leaves_out_the_heavy_ones(desk: world.Desk) -> None:
    look_at_ten(desk)
    found = queue.claim_next(actor=desk.reviewer)
    assert found == desk.cases[2]
    Case.objects.filter(queue__slug="scams").update(queue=desk.queue)
    with pytest.raises(BudgetSpentError):
        queue.claim_next(actor=desk.reviewer, queue=desk.queue)


def test_nobody_extends_their_own_budget(desk: world.Desk) -> None:
    with pytest.raises(InvalidError):
        extend_budget(actor=desk.lead, person=desk.lead, points=5, reason="more")
    with pytest.raises(InvalidError):
        extend_budget(actor=desk.lead, person=desk.reviewer, points=0, reason="more")
    with pytest.raises(ForbiddenError):
        extend_budget(actor=desk.reviewer, person=desk.lead, points=5, reason="more")


@given(
    start=st.integers(0, 1_439),
    zone=st.sampled_from(["UTC", "Asia/Kolkata", "America/Los_Angeles"]),
    minute=st.integers(0, 30 * 1_440),
)
def test_a_shift_began_at_its_hour_and_less_than_a_day_ago(
    start: int, zone: str, minute: int
) -> None:
    now = datetime(2026, 5, 1, tzinfo=UTC) + timedelta(minutes=minute)  # no clock changes in May
    person = build.user()
    Shift.objects.create(user=person, days=[0], start_min=start, zone=zone)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(clock, "now", lambda: now)
        began = budget_of(person).began
    local = began.astimezone(ZoneInfo(zone))
    assert timedelta(0) <= now - began < timedelta(days=1)
    assert (local.hour * 60 + local.minute, local.second) == (start, 0)


def test_who_has_no_shift_has_the_day(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(clock, "now", lambda: datetime(2026, 5, 5, 3, 0, tzinfo=UTC))
    assert budget_of(build.user()).began == datetime(2026, 5, 5, tzinfo=UTC)
