"""Routing: the first rule that matches takes a new case; who sees a queue; what it hides."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client

from abusedesk.core.errors import ForbiddenError, InvalidError, NotFoundError
from abusedesk.core.models import Role, Scope, User
from cases import policy, queue
from cases.choices import Severity
from cases.models import Case, Queue, RoutingRule
from cases.routing import read_rule
from cases.selectors.case import cases_for, queue_counts
from cases.selectors.queue import trial_for
from cases.services.assignment import move_case
from cases.services.case import snooze_case
from cases.services.note import add_note
from cases.services.queue import save_queue
from cases.services.routing import delete_rule, order_rules, save_rule
from tests import make
from tests.cases import build

pytestmark = pytest.mark.django_db


@pytest.fixture
def admin() -> User:
    return build.user(Role.ADMIN, "root")


@pytest.fixture
def scams(admin: User) -> Queue:
    return save_queue(actor=admin, slug="scams", title="Scams", sla_hours=4)


def _rule(admin: User, name: str, query: str, into: Queue) -> RoutingRule:
    return save_rule(actor=admin, name=name, query=query, queue=into)


@pytest.mark.row(28)
def test_a_new_case_goes_where_the_first_matching_rule_says(admin: User, scams: Queue) -> None:
    other = save_queue(actor=admin, slug="other", title="Other")
    _rule(admin, "mail", "platform:email", other)
    _rule(admin, "devices", "platform:x detector:shared-infrastructure", scams)
    _rule(admin, "everything on x", "platform:x", other)
    _, case = build.opened()
    assert case.queue == scams
    assert case.due_at == case.opened_at + timedelta(hours=4)
    assert build.verbs(case) == ["case.opened", "case.routed"]


@pytest.mark.row(28)
def test_without_a_matching_rule_the_inbox_takes_the_case(admin: User, scams: Queue) -> None:
    _rule(admin, "mail", "platform:email", scams)
    _, case = build.opened()
    assert case.queue.slug == "inbox"
    assert build.verbs(case) == ["case.opened"]


def test_a_rule_that_is_off_or_deleted_takes_nothing(admin: User, scams: Queue) -> None:
    rule = save_rule(actor=admin, name="x", query="platform:x", queue=scams, active=False)
    _, first = build.opened()
    on = save_rule(actor=admin, name="x", query="platform:x", queue=scams, rule=rule)
    delete_rule(actor=admin, rule=on)
    _, second = build.opened(members=build.accounts(8, first=50))
    assert {first.queue.slug, second.queue.slug} == {"inbox"}


def test_a_rule_that_cannot_be_read_any_more_is_passed_over(admin: User, scams: Queue) -> None:
    broken = _rule(admin, "old", "platform:x", scams)
    RoutingRule.objects.filter(pk=broken.pk).update(query="forgotten:x")
    _rule(admin, "new", "platform:x", scams)
    _, case = build.opened()
    assert case.queue == scams


def test_the_order_decides_and_must_name_every_rule(admin: User, scams: Queue) -> None:
    other = save_queue(actor=admin, slug="other", title="Other")
    first = _rule(admin, "one", "platform:x", other)
    second = _rule(admin, "two", "platform:x", scams)
    order_rules(actor=admin, rule_ids=[second.pk, first.pk])
    _, case = build.opened()
    assert case.queue == scams
    with pytest.raises(InvalidError, match="every rule once"):
        order_rules(actor=admin, rule_ids=[first.pk])


@pytest.mark.parametrize("query", ["", "   ", "is:late", "colour:red", "sev:>=terrible"])
def test_a_rule_needs_conditions_that_can_be_read(admin: User, scams: Queue, query: str) -> None:
    with pytest.raises(InvalidError) as refused:
        _rule(admin, "odd", query, scams)
    assert refused.value.field == "query"


@pytest.mark.row(28)
def test_a_rule_is_tried_on_the_last_cases_before_it_counts(admin: User, scams: Queue) -> None:
    _rule(admin, "critical", "sev:critical", scams)
    bad = build.case(platforms=["x"], severity=Severity.CRITICAL)
    plain = build.case(platforms=["x"])
    build.case(platforms=["email"])
    trial = trial_for(admin, read_rule("platform:x"))
    assert (trial.looked, trial.matched) == (3, 2)
    assert [case.pk for case in trial.taken] == [plain.pk]
    assert trial.elsewhere == [("critical", 1)]
    assert trial_for(admin, read_rule("platform:x"), last=1).looked == 1
    assert {bad.queue.slug, plain.queue.slug} == {"inbox"}


def test_a_changed_rule_is_tried_in_its_place(admin: User, scams: Queue) -> None:
    rule = _rule(admin, "first", "platform:email", scams)
    _rule(admin, "second", "platform:x", scams)
    case = build.case(platforms=["x"])
    trial = trial_for(admin, read_rule("platform:x"), instead_of=rule)
    assert [one.pk for one in trial.taken] == [case.pk]


@pytest.mark.row(81)
def test_a_person_sees_only_their_queues_in_pages_and_api(admin: User, scams: Queue) -> None:
    member, stranger, lead = build.user(), build.user(), build.user(Role.LEAD)
    save_queue(actor=admin, queue=scams, roles=["lead"], people=[member])
    scams.refresh_from_db()
    secret, plain = build.case(queue=scams), build.case()
    assert set(cases_for(stranger)) == {plain}
    for who in (member, lead, admin):
        assert set(cases_for(who)) == {secret, plain}
    page, program = Client(), Client(headers=make.bearer(Scope.READ, user=stranger))
    page.force_login(stranger)
    for path in ("/queues/scams/", f"/cases/{secret.ref}/"):
        assert page.get(path).status_code == 404
    for path in ("queues/scams/", f"cases/{secret.ref}/"):
        assert program.get(f"/api/v1/{path}").status_code == 404
    assert secret.ref not in page.get("/cases/").content.decode()
    assert [row["slug"] for row in program.get("/api/v1/queues/").json()] == ["inbox"]
    assert [row.slug for row in queue_counts(stranger)] == ["inbox"]
    assert queue.claim_next(actor=stranger) == plain
    with pytest.raises(NotFoundError):
        queue.claim(actor=stranger, case=secret)


def test_a_person_whose_role_and_name_are_listed_sees_a_queue_once(
    admin: User, scams: Queue
) -> None:
    member = build.user()
    save_queue(actor=admin, queue=scams, people=[member])
    assert [one.slug for one in policy.queues_of(member)].count("scams") == 1


def test_what_a_queue_hides_nobody_does_there(admin: User, scams: Queue) -> None:
    save_queue(actor=admin, queue=scams, hidden_actions=["case.note", "case.snooze"])
    scams.refresh_from_db()
    case = build.case(queue=scams)
    with pytest.raises(ForbiddenError, match="does not offer this"):
        add_note(actor=admin, case=case, body="look")
    client = Client()
    client.force_login(admin)
    page = client.get(f"/cases/{case.ref}/").content.decode()
    assert f"/cases/{case.ref}/snooze/" not in page
    assert f"/cases/{case.ref}/escalate/" in page
    with pytest.raises(ForbiddenError):
        snooze_case(actor=admin, case=case, until=case.due_at)
    add_note(actor=admin, case=build.case(), body="elsewhere it goes")


def test_moving_a_case_keeps_the_time_that_was_used(admin: User, scams: Queue) -> None:
    lead, case = build.user(Role.LEAD), build.case(due_in=timedelta(hours=24))
    moved = move_case(actor=lead, case=case, queue=scams, reason="money")
    assert moved.queue == scams
    assert moved.due_at == case.due_at - timedelta(hours=20)
    assert build.verbs(case) == ["case.moved"]
    with pytest.raises(ForbiddenError):
        move_case(actor=build.user(), case=case, queue=scams, reason="money")


@pytest.mark.parametrize(
    ("said", "field"),
    [
        ({"slug": "Big"}, "slug"),
        ({"slug": "new"}, "slug"),
        ({"slug": "inbox"}, "slug"),
        ({"title": " "}, "title"),
        ({"sla_hours": 0}, "sla_hours"),
        ({"roles": ["partner"]}, "roles"),
        ({"hidden_actions": ["case.decide"]}, "hidden_actions"),
        ({"assign": "magic"}, "assign"),
        ({"skill": "a b"}, "skill"),
    ],
)
def test_a_queue_that_cannot_be_is_refused_by_field(
    admin: User, said: dict[str, Any], field: str
) -> None:
    build.case()
    with pytest.raises(InvalidError) as refused:
        save_queue(actor=admin, **{"slug": "good", "title": "Good"} | said)
    assert refused.value.field == field


def test_only_admins_save_queues_and_rules(admin: User, scams: Queue) -> None:
    lead = build.user(Role.LEAD)
    with pytest.raises(ForbiddenError):
        save_queue(actor=lead, slug="mine", title="Mine")
    with pytest.raises(ForbiddenError):
        save_rule(actor=lead, name="mine", query="platform:x", queue=scams)


@pytest.mark.row(28)
def test_an_admin_makes_queue_and_rule_in_the_browser(admin: User) -> None:
    client = Client()
    client.force_login(admin)
    queue_form = {
        "slug": "fraud", "title": "Fraud", "sla_hours": 8, "roles": ["reviewer", "lead"],
        "assign": "pull", "golden_percent": 5,
    }  # fmt: skip
    assert client.post("/settings/queues/new/", queue_form).status_code == 302
    rule = {"name": "x", "query": "platform:x", "queue": "fraud", "active": "on"}
    build.case(platforms=["x"])
    tried = client.post("/settings/routing/new/", rule | {"do": "try"}).content.decode()
    assert "Of the last 1 cases it would take 1" in tried
    assert not RoutingRule.objects.exists()
    assert client.post("/settings/routing/new/", rule | {"do": "save"}).status_code == 302
    wrong = client.post("/settings/routing/new/", rule | {"query": "colour:red", "name": "y"})
    assert wrong.status_code == 422
    assert "colour: is no token" in wrong.content.decode()
    _, case = build.opened()
    assert case.queue.slug == "fraud"
    assert "Fraud" in client.get("/settings/queues/").content.decode()


@pytest.mark.row(28)
def test_the_api_does_the_same(admin: User) -> None:
    program = Client(headers=make.bearer(Scope.READ, Scope.ADMIN, user=admin))

    def send(method: str, path: str, body: Any) -> Any:
        return program.generic(method, f"/api/v1/{path}", json.dumps(body), "application/json")

    made = send("POST", "queues/", {"slug": "fraud", "title": "Fraud", "people": ["root"]})
    assert made.status_code == 201, made.content
    assert made.json()["people"] == ["root"]
    changed = send("PATCH", "queues/fraud/", {"sla_hours": 2, "hidden_actions": ["case.note"]})
    assert changed.json()["sla_hours"] == 2
    assert changed.json()["title"] == "Fraud"
    assert send("PATCH", "queues/fraud/", {"people": ["ghost"]}).status_code == 422
    build.case(platforms=["x"])
    tried = send("POST", "routing/rules/try/", {"query": "platform:x"}).json()
    assert (tried["looked"], len(tried["taken"])) == (1, 1)
    first = send("POST", "routing/rules/", {"name": "a", "query": "platform:x", "queue": "fraud"})
    second = send("POST", "routing/rules/", {"name": "b", "query": "sev:low", "queue": "inbox"})
    assert (first.status_code, second.status_code) == (201, 201)
    ids = [second.json()["id"], first.json()["id"]]
    ordered = send("PUT", "routing/rules/order/", {"order": ids}).json()
    assert [row["name"] for row in ordered] == ["b", "a"]
    refused = send("PUT", f"routing/rules/{ids[0]}/", {"name": "b", "query": "?:", "queue": "no"})
    assert refused.status_code == 422
    assert send("DELETE", f"routing/rules/{ids[0]}/", None).status_code == 200
    assert Case.objects.count() == 1
    assert RoutingRule.objects.get().name == "a"


@pytest.mark.row(28)
def test_a_trial_over_rest_names_the_earlier_rule_that_takes_cases_first(admin: User) -> None:
    queue = save_queue(actor=admin, slug="scams", title="Scams", sla_hours=4)
    save_rule(actor=admin, name="all of x", query="platform:x", queue=queue)
    build.case(platforms=["x"], hits=9)
    program = Client(headers=make.bearer(Scope.ADMIN, user=admin))
    body = json.dumps({"query": "hits:>5"})
    tried = program.post("/api/v1/routing/rules/try/", body, "application/json").json()
    assert (tried["matched"], tried["taken"]) == (1, [])
    assert tried["elsewhere"] == [{"rule": "all of x", "cases": 1}]
