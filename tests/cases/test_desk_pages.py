"""For who runs the desk: who may do what, what was done, how it fares."""

from __future__ import annotations

import csv
import io
import json
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.urls import reverse

from abusedesk.core import audit, clock, health
from abusedesk.core.audit import Verb
from abusedesk.core.backlog import backlog
from abusedesk.core.errors import ForbiddenError, InvalidError
from abusedesk.core.health import Level, Verdict
from abusedesk.core.models import AuditEntry, Role, Scope, User
from abusedesk.core.verbs import SENTENCES
from cases import policy, queue, rights
from cases.selectors import audit as selectors
from cases.selectors.audit import Asked, audit_entries_for, audit_page_for
from cases.selectors.health import health_for
from cases.selectors.role import TABLES, rights_for, roles_for
from cases.services import audit_export
from cases.services.audit_export import export_audit
from cases.terms import Terms
from detectors.choices import Outcome
from tests import make
from tests.cases import build

pytestmark = pytest.mark.django_db


@pytest.fixture
def ada() -> User:
    return build.user(Role.ADMIN, name="ada")


@pytest.fixture
def browser(ada: User) -> Client:
    client = Client()
    client.force_login(ada)
    return client


def _noted(person: User | None, verb: Verb = Verb.VIEW_DELETED, **data: Any) -> AuditEntry:
    return audit.append(
        actor=person, verb=verb, target_type="savedview", target_id="7", name="late", **data
    )


# Roles


def test_every_permission_has_words_and_a_heading_and_no_word_is_left_over() -> None:
    verbs = {verb for table in TABLES for verb in table}
    assert set(rights.WORDS) == verbs
    assert {rights.heading_of(verb) for verb in verbs} == set(rights.HEADINGS)


def test_the_page_of_roles_shows_the_tables_that_are_in_force(browser: Client, ada: User) -> None:
    shown = {right.verb: right.roles for _, listed in rights_for(ada) for right in listed}
    assert shown == {verb: roles for table in TABLES for verb, roles in table.items()}
    html = browser.get("/settings/roles/").content.decode()
    for verb, words in rights.WORDS.items():
        assert verb in html
        assert words.partition("'")[0] in html
    assert html.count('aria-label="yes"') == sum(map(len, shown.values()))


def test_people_stand_under_their_role_also_who_is_off(browser: Client, ada: User) -> None:
    User.objects.create_user("olaf<b>", role=Role.REVIEWER, is_active=False)
    people = {card.role: [one.username for one in card.people] for card in roles_for(ada)}
    assert people[Role.REVIEWER] == ["olaf<b>"]
    assert people[Role.ADMIN] == ["ada"]
    html = browser.get("/settings/roles/").content.decode()
    assert "olaf&lt;b&gt;" in html
    assert "olaf<b>" not in html


def test_the_api_tells_roles(ada: User) -> None:
    build.user(Role.LEAD, name="lena")
    program = Client(headers=make.bearer(Scope.ADMIN, user=ada))
    told = {one["role"]: one for one in program.get("/api/v1/roles/").json()}
    assert set(told) == set(Role)
    assert "case.export" in told["lead"]["may"]
    assert "case.export" not in told["reviewer"]["may"]
    assert [one["username"] for one in told["lead"]["people"]] == ["lena"]


# Audit


def test_the_audit_is_found_by_event_person_thing_and_time(ada: User) -> None:
    rita = build.user(name="rita")
    case = build.case()
    queue.claim(actor=rita, case=case)
    own, machine = _noted(rita), _noted(None, Verb.WATCH_EXPIRED, count=3)

    def found(**said: object) -> list[int]:
        return list(audit_entries_for(ada, Asked(**said)).values_list("pk", flat=True))  # type: ignore[arg-type]  # words of a form

    assert found(verb="view.deleted") == [own.pk]
    assert own.pk in found(actor="rita")
    assert machine.pk not in found(actor="rita")
    assert machine.pk in found(actor=audit.MACHINE)
    assert found(about="savedview 7") == [machine.pk, own.pk]
    assert found(about="savedview 8") == []
    (claimed,) = found(about=case.ref.lower())
    assert AuditEntry.objects.get(pk=claimed).verb == "case.claimed"
    now = clock.now()
    assert found(until=now - timedelta(hours=1)) == []
    assert own.pk in found(since=now - timedelta(hours=1))


def test_pages_of_the_audit_joined_are_all_entries_newest_first(ada: User) -> None:
    written = [_noted(ada).pk for _ in range(7)]
    before, seen = "", list[int]()
    while True:
        page, before = audit_page_for(ada, Asked(), before, size=3)
        seen += [one.pk for one in page]
        if not before:
            break
    assert seen == written[::-1]


@pytest.mark.parametrize("before", ["x", "-1", "²", "9" * 60, "1;"])
def test_a_place_that_is_none_begins_at_the_start_or_finds_what_there_is(
    ada: User, before: str
) -> None:
    entry = _noted(ada)
    page, _ = audit_page_for(ada, Asked(), before)
    assert page == [entry]


@pytest.mark.parametrize(
    ("said", "field"),
    [
        ({"verb": "case.exploded"}, "verb"),
        ({"actor": "nobody-of-this-name"}, "actor"),
        ({"about": "<script>alert(1)</script> x y"}, "about"),
        ({"since": "yesterday"}, "since"),
        ({"since": "2026-11-02T00:00", "until": "2026-11-01T00:00"}, "until"),
    ],
)
def test_what_cannot_be_meant_is_said_at_its_field_and_stays_typed(
    browser: Client, ada: User, said: dict[str, str], field: str
) -> None:
    page = browser.get("/settings/audit/", said)
    assert page.status_code == 422
    assert list(page.context["form"].errors) == [field]
    html = page.content.decode()
    assert "<script>alert" not in html
    if field != "verb":
        assert page.context["form"][field].value() == said[field]
    assert browser.post("/settings/audit/export/", said).status_code == 422
    program = Client(headers=make.bearer(Scope.ADMIN, user=ada))
    refused = program.get("/api/v1/audit/", said)
    assert refused.status_code in {400, 422}
    assert refused.json()["errors"][0]["attr"] == field


def test_hostile_words_in_the_audit_are_shown_harmlessly(browser: Client, ada: User) -> None:
    evil = '</pre><script>alert("x")</script>\u202e https://evil.example/a'
    audit.append(
        actor=ada, verb=Verb.VIEW_DELETED, target_type="savedview", target_id=evil[:60], name=evil
    )
    html = browser.get("/settings/audit/").content.decode()
    assert "<script>alert" not in html
    assert "\u202e" not in html
    assert "hxxps://evil[.]example/a" in html


def test_a_case_is_linked_by_its_reference_with_one_query_for_the_page(
    browser: Client, ada: User
) -> None:
    cases = [build.case() for _ in range(3)]
    for case in cases:
        queue.claim(actor=ada, case=case)
    html = browser.get("/settings/audit/").content.decode()
    for case in cases:
        assert f"{reverse('cases:case-detail', args=[case.ref])}?tab=timeline" in html


@pytest.mark.parametrize("outcome", [Outcome.ABUSE, Outcome.NO_ABUSE])
def test_a_verdict_that_waits_for_a_second_opinion_is_not_in_the_audit_of_who_may_give_it(
    browser: Client, ada: User, outcome: Outcome
) -> None:
    under = build.policy(review_percent=100)
    first = build.user(Role.ADMIN, name="first")
    case = build.case()
    build.decided(first, case, outcome, reason="one-device", terms=Terms(policy=under))
    verbs = [entry.verb for entry in audit_entries_for(ada, Asked(about=case.ref))]
    assert "case.decided" not in verbs
    assert "case.claimed" in verbs
    page = browser.get("/settings/audit/")
    assert b"one-device" not in page.content
    assert b"waits for a second opinion" in page.content
    assert "one-device" not in "".join(export_audit(actor=ada, asked=Asked()))
    assert "case.decided" in [entry.verb for entry in audit_entries_for(first, Asked())]


def test_the_audit_as_a_table_is_itself_an_entry_and_holds_no_formula(
    browser: Client, ada: User
) -> None:
    _noted(ada)
    audit.append(
        actor=ada, verb=Verb.VIEW_DELETED, target_type="savedview", target_id="=1+1", name="x"
    )
    answer = browser.post("/settings/audit/export/", {"verb": "view.deleted"})
    text = b"".join(answer.streaming_content).decode()  # type: ignore[attr-defined]  # a stream
    rows = list(csv.DictReader(io.StringIO(text)))
    assert [row["target_id"] for row in rows] == ["'=1+1", "7"]
    assert json.loads(rows[1]["data"]) == {"name": "late"}
    entry = AuditEntry.objects.latest("pk")
    assert entry.verb == "audit.exported"
    assert "verb:view.deleted" in audit.sentence(entry)


def test_a_table_of_the_audit_that_is_too_long_says_where_it_was_cut(
    ada: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(audit_export, "LIMIT", 2)
    monkeypatch.setattr(audit_export, "BATCH", 1)
    for _ in range(4):
        _noted(ada)
    told = list(export_audit(actor=ada, asked=Asked()))
    assert "cut here: an export holds 2 entries at most" in told[-1]


def test_nobody_else_reads_or_takes_the_audit() -> None:
    lena = build.user(Role.LEAD, name="lena")
    _noted(lena)
    assert list(audit_entries_for(lena, Asked())) == []
    with pytest.raises(ForbiddenError):
        export_audit(actor=lena, asked=Asked())


def test_the_api_lists_the_audit(ada: User) -> None:
    entry = _noted(ada)
    program = Client(headers=make.bearer(Scope.ADMIN, user=ada))
    since = (clock.now() - timedelta(hours=1)).isoformat()
    told = program.get("/api/v1/audit/", {"verb": "view.deleted", "since": since}).json()["results"]
    assert told[0] == {
        "id": entry.pk,
        "at": told[0]["at"],
        "actor": "ada",
        "verb": "view.deleted",
        "sentence": "deleted the view late",
        "target_type": "savedview",
        "target_id": "7",
        "data": {"name": "late"},
        "request_id": "",
        "previous": entry.previous,
        "digest": entry.digest,
    }
    assert datetime.fromisoformat(told[0]["at"]) == entry.at


def test_every_event_of_the_registry_can_be_looked_for(ada: User) -> None:
    for verb in SENTENCES:
        assert list(audit_entries_for(ada, Asked(verb=verb))) == []
    with pytest.raises(InvalidError):
        audit_entries_for(ada, Asked(verb="case.gone"))
    assert selectors.PAGE == 50


# Health


def _said(*verdicts: Verdict) -> list[Verdict]:
    return list(verdicts)


def test_the_page_says_the_worst_first_and_asks_no_worker(
    browser: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    found = _said(
        Verdict("database", Level.OK, "Postgres answers."),
        Verdict("disk", Level.FAULT, "0.1 GB of the disk are free."),
        Verdict("sources", Level.WARNING, "Silent for too long: <b>acme</b>."),
    )
    monkeypatch.setattr(health, "glance", lambda: found)
    monkeypatch.setattr(health, "examine", lambda: pytest.fail("no worker was to be asked"))
    page = browser.get("/settings/health/")
    told = page.context["health"]
    assert [one.name for one in told.verdicts] == ["disk", "sources", "database"]
    html = page.content.decode()
    assert "to repair" in html
    assert "&lt;b&gt;acme" in html
    assert "workers were not asked" in html


def test_workers_are_asked_when_somebody_says_so(
    browser: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    silent = Verdict("worker", Level.FAULT, "No worker ran a task within 10 s: start one.")
    monkeypatch.setattr(health, "examine", lambda: iter([silent]))
    html = browser.get("/settings/health/?ask=1").content.decode()
    assert "No worker ran a task" in html
    assert "workers were not asked" not in html


def test_the_checks_that_answer_at_once_are_those_of_doctor_without_workers() -> None:
    names = {verdict.name for verdict in health.glance()}
    assert {"disk", "database", "extensions", "migrations", "clock", "sources"} <= names
    assert not {"worker", "beat"} & names


def test_queues_of_the_broker_are_counted_with_the_age_of_the_oldest(ada: User) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT pgmq.create('detect')")
        cursor.execute("SELECT pgmq.send('detect', '{}'), pgmq.send('detect', '{}')")
    waiting = {one.queue: one for one in backlog()}
    assert waiting["detect"].messages == 2
    assert waiting["detect"].oldest_s is not None
    assert [one.queue for one in health_for(ada).queues] == sorted(waiting)


def test_the_api_tells_health_to_admins_alone(ada: User) -> None:
    program = Client(headers=make.bearer(Scope.ADMIN, user=ada))
    told = program.get("/api/v1/health/").json()
    assert {"name", "level", "sentence"} == set(told["checks"][0])
    assert told["behind_signals"] == 0
    assert not policy.allowed(build.user(Role.LEAD), "health.view")
    assert health_for(build.user(Role.LEAD)).verdicts == []
