"""Statements of reasons: from a decision to a file, and what keeps one back."""

from __future__ import annotations

import csv
import io
import json
from dataclasses import asdict
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from abusedesk.core import clock
from abusedesk.core.errors import ForbiddenError, InvalidError
from abusedesk.core.models import AuditEntry, Role, Scope, User
from cases.choices import ActionKind, Tlp
from cases.models import Case, Decision, EntityAction, PolicyVersion, Statement
from cases.selectors.statement import Span, drafts_by_span
from cases.services.decision import undo_decision
from cases.services.policy import PolicyText
from cases.services.statement import issue_statements
from cases.statements.schema import faults
from cases.terms import Act, Terms
from detectors.entities import digest_of
from detectors.models import Entity
from tests import cast, make
from tests.cases import build

pytestmark = pytest.mark.django_db
GROUND: dict[str, Any] = {
    "ground": "DECISION_GROUND_INCOMPATIBLE_CONTENT",
    "category": "STATEMENT_CATEGORY_SCAMS_AND_FRAUD",
    "reference": "Terms of use, 4.2",
    "explanation": "Accounts that act as one and hide it are not allowed.",
    "keywords": ["KEYWORD_INAUTHENTIC_ACCOUNTS"],
}


def _today() -> Span:
    today = clock.now().date()
    return Span(today, today)


def _seen(account: str, kind: str = "account") -> None:
    now = clock.now()
    Entity.objects.create(
        type=kind, value=account, digest=digest_of(kind, account),
        first_seen_at=now - timedelta(days=3), last_seen_at=now,
    )  # fmt: skip


def _restricted(
    *kinds: ActionKind, ground: dict[str, Any] = GROUND, members: int = 4, days: int | None = 7
) -> tuple[Case, Decision]:
    """A decided case with one action of each kind on its accounts."""
    _, case = build.opened(members=build.accounts(members, first=100))
    acts = []
    for number, kind in enumerate(kinds):
        _seen(account := f"x:a{100 + number}")
        acts.append(Act(account, kind, days=days if kind == ActionKind.SUSPEND else None))
    under = build.policy(statement=ground)
    return case, build.decided(build.user(), case, terms=Terms(policy=under, actions=acts))


def _lead() -> User:
    return build.user(Role.LEAD)


@pytest.mark.row(74)
def test_each_restricted_account_gets_a_statement_that_the_database_takes() -> None:
    _restricted(ActionKind.SUSPEND, ActionKind.TERMINATE, ActionKind.LIMIT)
    done = issue_statements(actor=_lead(), span=_today())
    assert (done.count, done.kept) == (3, [])
    bodies = [one.body for one in Statement.objects.order_by("pk")]
    assert [faults(body) for body in bodies] == [[], [], []]
    suspended, terminated, limited = bodies
    week = (clock.now() + timedelta(days=7)).date().isoformat()
    assert suspended["decision_account"] == "DECISION_ACCOUNT_SUSPENDED"
    assert suspended["end_date_account_restriction"] == week
    assert terminated["decision_account"] == "DECISION_ACCOUNT_TERMINATED"
    assert limited["decision_visibility"] == ["DECISION_VISIBILITY_CONTENT_DEMOTED"]
    assert limited["content_date"] == (clock.now() - timedelta(days=3)).date().isoformat()
    assert {body["source_type"] for body in bodies} == {"SOURCE_VOLUNTARY"}
    assert len({body["puid"] for body in bodies}) == 3


def test_a_warning_restricts_nobody() -> None:
    _restricted(ActionKind.WARN)
    assert issue_statements(actor=_lead(), span=_today()).count == 0


def test_nothing_is_issued_twice_and_what_was_said_stays() -> None:
    case, _ = _restricted(ActionKind.SUSPEND)
    lead = _lead()
    issue_statements(actor=lead, span=_today())
    before = Statement.objects.get().body
    Case.objects.filter(pk=case.pk).update(accounts=99)
    assert issue_statements(actor=lead, span=_today()).count == 0
    assert Statement.objects.get().body == before
    assert AuditEntry.objects.filter(verb="statements.issued").count() == 1


def test_a_decision_that_was_taken_back_gets_none() -> None:
    _, decision = _restricted(ActionKind.SUSPEND)
    undo_decision(actor=decision.actor, decision=decision)
    assert drafts_by_span(_today(), _lead()) == []


def _kept(span: Span) -> list[tuple[str, str]]:
    return [
        (fault.field, fault.message)
        for draft in drafts_by_span(span, _lead())
        for fault in draft.faults
    ]


@pytest.mark.parametrize(
    ("text", "what"),
    [
        ("Write to anna.b@mail.example.", "an e-mail address"),
        ("Call +49 151 12345678.", "a phone number"),
        ("It was 192.0.2.44.", "an IP address"),
        ("Run by @ring_leader.", "a handle"),
        ("See https://ring.example/a?x=1.", "a link"),
        ("It was A100 again.", "the name of an account"),
    ],
)
def test_personal_data_in_the_facts_keep_a_statement_back(text: str, what: str) -> None:
    _restricted(ActionKind.SUSPEND, ground=GROUND | {"facts": text})
    assert ("decision_facts", f"names {what}") in _kept(_today())
    assert issue_statements(actor=_lead(), span=_today()).count == 0


def test_the_account_itself_stands_in_no_statement() -> None:
    _restricted(ActionKind.SUSPEND, ActionKind.TERMINATE)
    issue_statements(actor=_lead(), span=_today())
    sent = json.dumps([one.body for one in Statement.objects.all()])
    for action in EntityAction.objects.all():
        assert action.value not in sent
        assert action.value.partition(":")[2] not in sent


def test_what_is_missing_is_named() -> None:
    _restricted(ActionKind.SUSPEND, ground={})
    assert _kept(_today()) == [("policy", "the policy says nothing for statements of reasons")]
    _, case = build.opened(members=build.accounts(3, first=500))
    acts = [Act("x:a500", ActionKind.SUSPEND)]
    build.decided(build.user(), case, terms=Terms(policy=build.policy(statement=GROUND),
                                                  actions=acts))  # fmt: skip
    assert ("content_date", "is missing") in _kept(_today())


def test_nothing_of_a_red_case_leaves_not_even_what_was_issued_before() -> None:
    case, _ = _restricted(ActionKind.SUSPEND)
    lead = _lead()
    issue_statements(actor=lead, span=_today())
    Case.objects.filter(pk=case.pk).update(tlp=Tlp.RED)
    assert _export(lead, "json") == {"statements": [], "reversed_on": {}}
    EntityAction.objects.all().update(reversed_at=None)
    Statement.objects.all().delete()
    assert _kept(_today()) == [("tlp", "the case is TLP:RED; nothing of it leaves")]


def _browser(user: User) -> Client:
    browser = Client()
    browser.force_login(user)
    return browser


def _download(user: User, format: str) -> str:
    answer = _browser(user).post(reverse("cases:statements-export"), {"format": format})
    assert answer.status_code == 200
    return b"".join(answer.streaming_content).decode()  # type: ignore[attr-defined] # of a stream


def _export(user: User, format: str) -> Any:
    return json.loads(_download(user, format))


@pytest.mark.row(74)
def test_a_lead_issues_and_downloads_them_on_the_page() -> None:
    _, decision = _restricted(ActionKind.SUSPEND, ActionKind.TERMINATE)
    lead = _lead()
    browser = _browser(lead)
    page = browser.get(reverse("cases:statements")).content.decode()
    assert "Issue 2" in page
    browser.post(reverse("cases:statements-issue"))
    undo_decision(actor=decision.actor, decision=decision)
    rows = list(csv.DictReader(io.StringIO(_download(lead, "csv"))))
    assert [row["decision_account"] for row in rows] == [
        "DECISION_ACCOUNT_SUSPENDED",
        "DECISION_ACCOUNT_TERMINATED",
    ]
    assert json.loads(rows[0]["territorial_scope"])[0] == "AT"
    assert {row["reversed_on"] for row in rows} == {clock.now().date().isoformat()}
    sent = _export(lead, "json")
    assert set(sent["reversed_on"]) == {one["puid"] for one in sent["statements"]}
    assert AuditEntry.objects.filter(verb="statements.read").count() == 2
    assert "taken back" in browser.get(reverse("cases:statements")).content.decode()


@pytest.mark.row(74)
def test_the_report_counts_what_was_decided_and_taken_back() -> None:
    _restricted(ActionKind.SUSPEND)
    lead = _lead()
    figures = {(one["section"], one["measure"]): one["value"] for one in _report(lead)}
    assert figures["Decisions", "abuse confirmed"] == 1
    assert figures["Decisions", "on the desk's own initiative"] == 1
    assert figures["Restrictions", "suspend"] == 1
    assert figures["Restrictions by category", "Scams and fraud"] == 1
    undo_decision(actor=Decision.objects.get().actor, decision=Decision.objects.get())
    figures = {(one["section"], one["measure"]): one["value"] for one in _report(lead)}
    assert figures["Decisions", "abuse confirmed"] == 0
    assert figures["Decisions", "taken back"] == 1
    assert figures["Restrictions", "taken back"] == 1


def _report(user: User) -> Any:
    program = Client(headers=make.bearer(Scope.READ, user=user))
    return program.get(reverse("api-transparency")).json()


def test_over_rest_they_are_issued_and_listed() -> None:
    _restricted(ActionKind.SUSPEND)
    program = Client(headers=make.bearer(Scope.READ, Scope.REVIEW, user=_lead()))
    done = program.post(reverse("api-statements"))
    assert (done.status_code, done.json()) == (201, {"count": 1, "kept": []})
    (row,) = program.get(reverse("api-statements")).json()["results"]
    assert row["statement"]["puid"] == row["puid"]
    assert row["reversed_at"] is None
    wrong = program.get(reverse("api-statements"), {"first": "2026-13-01"})
    assert (wrong.status_code, wrong.json()["errors"][0]["attr"]) == (400, "first")
    long = program.get(reverse("api-statements"), {"first": "2020-01-01", "last": "2026-01-01"})
    assert (long.status_code, long.json()["errors"][0]["attr"]) == (422, "first")


def test_reviewers_do_not_issue() -> None:
    with pytest.raises(ForbiddenError):
        issue_statements(actor=build.user(), span=_today())
    with pytest.raises(InvalidError):
        issue_statements(actor=_lead(), span=Span(_today().last, _today().last - timedelta(1)))


def test_an_admin_says_on_the_policy_what_statements_say() -> None:
    row = build.policy(harm=3)
    browser = _browser(cast.admin())
    address = reverse("cases:policy-statement", args=[row.slug])
    said = GROUND | {"based_on": row.number, "reason": "law"}
    wrong = browser.post(address, said | {"keywords": ["KEYWORD_COORDINATED_HARM"]})
    assert wrong.status_code == 422
    assert "belongs to violence" in wrong.content.decode()
    assert browser.post(address, said).status_code == 302
    saved = PolicyVersion.objects.get(slug=row.slug, current=True)
    assert (saved.number, saved.harm, saved.statement["reference"]) == (2, 3, "Terms of use, 4.2")


def test_the_next_version_of_a_policy_keeps_what_statements_say() -> None:
    row = build.policy(statement=GROUND)
    browser = _browser(cast.admin())
    address = reverse("cases:policy-detail", args=[row.slug])
    said = {name: value for name, value in asdict(PolicyText.of(row)).items() if value is not None}
    said.pop("statement")
    answer = browser.post(address, said | {"based_on": row.number, "reason": "clearer"})
    assert answer.status_code == 302
    assert (
        PolicyVersion.objects.get(slug=row.slug, current=True).statement["category"]
        == (GROUND["category"])
    )
