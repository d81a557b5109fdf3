"""Queues and routing rules over REST: who may, what is refused, and what happens at once."""

from __future__ import annotations

from typing import Any

import pytest

from abusedesk.core.errors import InvalidError, NotFoundError
from abusedesk.core.models import AuditEntry, Role, Scope, User
from cases.models import Queue, RoutingRule
from cases.services.queue import save_queue
from cases.services.routing import delete_rule, order_rules, save_rule
from tests.api.calling import Program, faults
from tests.cases import build

pytestmark = pytest.mark.django_db
RULE = {"name": "mail", "query": "platform:email", "queue": "inbox"}


@pytest.fixture
def admin() -> User:
    Queue.objects.get_or_create(slug="inbox", defaults={"title": "Inbox"})
    return build.user(Role.ADMIN, "root")


@pytest.fixture
def program(admin: User) -> Program:
    return Program(admin)


def _rules(admin: User, *names: str) -> list[RoutingRule]:
    inbox = Queue.objects.get(slug="inbox")
    return [save_rule(actor=admin, name=name, query=f"hits:>{place}", queue=inbox)
            for place, name in enumerate(names)]  # fmt: skip


def _names() -> list[str]:
    return list(RoutingRule.objects.values_list("name", flat=True))


@pytest.mark.parametrize("role", [Role.REVIEWER, Role.LEAD, Role.PARTNER])
@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        ("POST", "queues/", {"slug": "mine", "title": "Mine"}),
        ("PATCH", "queues/inbox/", {"roles": []}),
        ("GET", "routing/rules/", None),
        ("POST", "routing/rules/", RULE),
        ("PUT", "routing/rules/order/", {"order": []}),
        ("POST", "routing/rules/try/", {"query": "platform:x"}),
        ("DELETE", "routing/rules/1/", None),
    ],
)
def test_whoever_is_no_admin_changes_nothing_even_with_an_admin_token(
    admin: User, role: Role, method: str, path: str, body: Any
) -> None:
    before = list(Queue.objects.values())
    answer = Program(build.user(role)).send(method, path, body)
    assert answer.status_code in {403, 404}
    assert list(Queue.objects.values()) == before
    assert not RoutingRule.objects.exists()


def test_an_admin_with_a_token_that_only_reads_changes_nothing(admin: User) -> None:
    reader = Program(admin, Scope.READ)
    assert reader.send("POST", "queues/", {"slug": "a", "title": "A"}).status_code == 403
    assert reader.send("PATCH", "queues/inbox/", {"title": "Mine"}).status_code == 403
    assert reader.send("GET", "routing/rules/").status_code == 403
    assert reader.get("queues/inbox/")["title"] == "Inbox"


def test_a_change_names_what_it_changes_and_the_rest_stays(program: Program) -> None:
    program.send("PATCH", "queues/inbox/", {"hidden_actions": ["case.snooze"], "skill": "money"})
    program.send("PATCH", "queues/inbox/", {"sla_hours": 6})
    kept = program.get("queues/inbox/")
    assert (kept["sla_hours"], kept["hidden_actions"], kept["skill"]) == (
        6, ["case.snooze"], "money",
    )  # fmt: skip
    told = AuditEntry.objects.filter(verb="queue.saved").order_by("pk").last()
    assert told is not None
    assert told.data["what"] == "sla hours 6"


def test_the_slug_of_a_queue_stays_because_links_hold_it(program: Program) -> None:
    changed = program.send("PATCH", "queues/inbox/", {"slug": "other", "title": "In"})
    assert changed.status_code == 200
    assert changed.json()["slug"] == "inbox"
    assert list(Queue.objects.values_list("slug", "title")) == [("inbox", "In")]


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"slug": "inbox"}, "slug"),
        ({"slug": "new"}, "slug"),
        ({"slug": "../etc"}, "slug"),
        ({"slug": ""}, "slug"),
        ({"title": "\u0000"}, "title"),
        ({"title": "x" * 121}, "title"),
        ({"sla_hours": 0}, "sla_hours"),
        ({"sla_hours": 24 * 365 + 1}, "sla_hours"),
        ({"sla_hours": 10**30}, "sla_hours"),
        ({"roles": ["partner"]}, "roles"),
        ({"hidden_actions": ["case.decide"]}, "hidden_actions"),
        ({"assign": "magic"}, "assign"),
        ({"people": ["ghost"]}, "people"),
    ],
)
def test_a_queue_that_cannot_be_is_refused_and_leaves_nothing(
    program: Program, body: dict[str, Any], field: str
) -> None:
    answer = program.send("POST", "queues/", {"slug": "good", "title": "Good"} | body)
    assert field in faults(answer)
    assert list(Queue.objects.values_list("slug", flat=True)) == ["inbox"]


@pytest.mark.parametrize("hours", [1, 24 * 365])
def test_the_ends_of_the_service_level_are_taken(program: Program, hours: int) -> None:
    made = program.send("POST", "queues/", {"slug": "good", "title": "G", "sla_hours": hours})
    assert made.status_code == 201
    assert made.json()["sla_hours"] == hours


def test_a_queue_that_was_closed_to_someone_is_gone_for_them_at_once(program: Program) -> None:
    reviewer = Program(build.user())
    ref = build.case().ref
    assert [row["slug"] for row in reviewer.get("queues/")] == ["inbox"]
    program.send("PATCH", "queues/inbox/", {"roles": ["lead"]})
    assert reviewer.get("queues/") == []
    assert reviewer.send("GET", "queues/inbox/").status_code == 404
    assert reviewer.send("GET", f"cases/{ref}/").status_code == 404
    assert reviewer.get("cases/", q="queue:inbox")["results"] == []


def test_a_rule_keeps_its_place_when_it_is_changed_and_says_its_query_plainly(
    admin: User, program: Program
) -> None:
    first, *_ = _rules(admin, "one", "two")
    said = {"name": "uno", "query": "  PLATFORM:X   sev:>=HIGH ", "queue": "inbox", "active": False}
    changed = program.send("PUT", f"routing/rules/{first.pk}/", said)
    assert changed.status_code == 200
    assert changed.json() == {
        "id": first.pk, "name": "uno", "query": "platform:x sev:>=high", "queue": "inbox",
        "active": False, "position": 1,
    }  # fmt: skip
    assert _names() == ["uno", "two"]


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"query": "is:late"}, "query"),
        ({"query": "policy:phishing"}, "query"),
        ({"query": "label:ring"}, "query"),
        ({"query": '"'}, "query"),
        ({"query": "-"}, "query"),
        ({"query": "hits:>99999999999"}, "query"),
        ({"query": "x" * 2_001}, "query"),
        ({"queue": "nowhere"}, "queue"),
        ({"name": "  "}, "name"),
        ({"name": "n" * 81}, "name"),
        ({"name": "taken"}, "name"),
    ],
)
def test_a_rule_that_cannot_be_is_refused_by_field(
    admin: User, program: Program, body: dict[str, Any], field: str
) -> None:
    _rules(admin, "taken")
    assert field in faults(program.send("POST", "routing/rules/", RULE | body))
    assert _names() == ["taken"]


@pytest.mark.parametrize("number", [404, 10**30])
def test_a_rule_that_is_not_there_is_404_however_large_its_number(
    program: Program, number: int
) -> None:
    assert program.send("PUT", f"routing/rules/{number}/", RULE).status_code == 404
    assert program.send("DELETE", f"routing/rules/{number}/").status_code == 404
    asked = {"query": "platform:x", "instead_of": number}
    assert program.send("POST", "routing/rules/try/", asked).status_code == 404


def test_an_order_names_every_rule_once(admin: User, program: Program) -> None:
    one, two, three = (rule.pk for rule in _rules(admin, "one", "two", "three"))
    for wrong in ([], [one, two], [one, two, two], [one, two, three, three], [one, two, 10**30]):
        assert "order" in faults(program.send("PUT", "routing/rules/order/", {"order": wrong}))
    assert _names() == ["one", "two", "three"]
    program.send("PUT", "routing/rules/order/", {"order": [three, one, two]})
    assert _names() == ["three", "one", "two"]


@pytest.mark.parametrize(("last", "status"), [(0, 400), (1, 200), (2_000, 200), (2_001, 400)])
def test_a_trial_asks_one_to_two_thousand_cases(program: Program, last: int, status: int) -> None:
    build.case()
    asked = {"query": "platform:x", "last": last}
    assert program.send("POST", "routing/rules/try/", asked).status_code == status


def test_a_trial_changes_nothing_and_tells_nobody(admin: User, program: Program) -> None:
    case = build.case()
    before, entries = case.updated_at, AuditEntry.objects.count()
    tried = program.send("POST", "routing/rules/try/", {"query": "platform:x"}).json()
    assert tried == {
        "looked": 1, "matched": 1, "elsewhere": [],
        "taken": [{"ref": case.ref, "title": case.title, "queue": "inbox"}],
    }  # fmt: skip
    case.refresh_from_db()
    assert case.updated_at == before
    assert AuditEntry.objects.count() == entries


def test_a_stale_page_saves_its_words_and_not_its_old_place(admin: User) -> None:
    one, two = _rules(admin, "one", "two")
    order_rules(actor=admin, rule_ids=[two.pk, one.pk])
    save_rule(actor=admin, rule=one, name="uno", query="hits:>9", queue=one.queue)
    assert _names() == ["two", "uno"]
    assert sorted(RoutingRule.objects.values_list("position", flat=True)) == [1, 2]


def test_a_rule_that_somebody_deleted_meanwhile_does_not_come_back(admin: User) -> None:
    (rule,) = _rules(admin, "one")
    stale = RoutingRule.objects.get(pk=rule.pk)
    delete_rule(actor=admin, rule=rule)
    with pytest.raises(NotFoundError):
        save_rule(actor=admin, rule=stale, name="uno", query="hits:>9", queue=stale.queue)
    with pytest.raises(NotFoundError):
        delete_rule(actor=admin, rule=stale)
    assert not RoutingRule.objects.exists()
    assert AuditEntry.objects.filter(verb="routing.ended").count() == 1


@pytest.mark.django_db(transaction=True)
def test_of_six_who_make_the_same_queue_at_once_one_does_and_five_are_told(admin: User) -> None:
    def make(_place: int) -> str:
        try:
            save_queue(actor=admin, slug="fraud", title="Fraud")
        except InvalidError as refused:
            return refused.field or ""
        return "made"

    assert sorted(build.at_once(6, make)) == ["made", *["slug"] * 5]


@pytest.mark.django_db(transaction=True)
def test_rules_made_at_once_get_a_place_each_and_a_name_once(admin: User) -> None:
    inbox = Queue.objects.get(slug="inbox")

    def make(place: int) -> str:
        try:
            save_rule(actor=admin, name=f"rule {place // 2}", query="platform:x", queue=inbox)
        except InvalidError as refused:
            return refused.field or ""
        return "made"

    assert sorted(build.at_once(6, make)) == ["made"] * 3 + ["name"] * 3
    places = RoutingRule.objects.values_list("position", flat=True)
    assert sorted(places) == [1, 2, 3]
