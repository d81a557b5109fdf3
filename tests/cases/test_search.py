"""The filter language of cases: what each token means, and what is refused by name."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from hypothesis import given
from hypothesis import strategies as st

from abusedesk.core import clock
from abusedesk.core.models import Role, Scope
from abusedesk.core.query import QueryError, parse
from cases import queue
from cases.choices import ReviewState, Severity, State
from cases.models import Case, CaseReport, Queue, SecondReview
from cases.search import FIELDS, ROUTING, where
from cases.services.case import reopen_case
from cases.services.decision import undo_decision
from cases.services.marking import label_case
from cases.terms import Terms
from detectors.choices import Outcome
from detectors.entities import digest_of
from tests import make
from tests.cases import build


def _found(text: str, viewer: Any = None) -> set[str]:
    rows = Case.objects.filter(where(parse(text, FIELDS), clock.now(), viewer))
    return set(rows.values_list("title", flat=True))


@pytest.fixture
def cases(db: None) -> None:
    """Four cases that differ in everything that a token asks for."""
    other = Queue.objects.create(slug="scams", title="Scams", sla_hours=8)
    now = clock.now()
    build.case(title="old fraud", severity=Severity.CRITICAL, opened_at=now - timedelta(days=3),
               platforms=["x", "telegram"], hits=40, languages=["de"], sources=["acme"],
               due_in=timedelta(hours=-1))  # fmt: skip
    build.case(title="fresh spam", severity=Severity.LOW, queue=other, providers=["openai"],
               reports=3, due_in=timedelta(minutes=30), regressed=True)  # fmt: skip
    build.case(title="done", state=State.CLOSED, platforms=["email"], accounts=50)
    build.case(title="away", state=State.SNOOZED, severity=Severity.HIGH, escalating=True)


@pytest.mark.parametrize(
    ("query", "titles"),
    [
        ("", {"old fraud", "fresh spam", "done", "away"}),
        ("is:closed", {"done"}),
        ("is:open,snoozed", {"old fraud", "fresh spam", "away"}),
        ("-is:closed -is:snoozed", {"old fraud", "fresh spam"}),
        ("is:late", {"old fraud"}),
        ("is:at-risk", {"old fraud", "fresh spam"}),
        ("is:regressed", {"fresh spam"}),
        ("is:reported", {"fresh spam"}),
        ("is:escalating", {"away"}),
        ("queue:scams", {"fresh spam"}),
        ("platform:telegram,email", {"old fraud", "done"}),
        ("provider:OpenAI", {"fresh spam"}),
        ("source:acme lang:DE", {"old fraud"}),
        ("sev:>=high", {"old fraud", "away"}),
        ("sev:low", {"fresh spam"}),
        ("hits:>10", {"old fraud"}),
        ("accounts:>=50", {"done"}),
        ("reports:3", {"fresh spam"}),
        ("age:>2d", {"old fraud"}),
        ("age:<2d is:open", {"fresh spam"}),
        ("sla:<1h", {"old fraud", "fresh spam"}),
        ("sla:>10m", {"fresh spam"}),
        ("assignee:none is:open", {"old fraud", "fresh spam"}),
        ('"old fra"', {"old fraud"}),
        ("fraud platform:x", {"old fraud"}),
        ("detector:persona", set()),
    ],
)
def test_a_token_finds_its_cases(cases: None, query: str, titles: set[str]) -> None:
    assert _found(query) == titles


@pytest.mark.django_db
def test_me_is_whoever_asks_and_a_rule_has_no_me() -> None:
    reviewer = build.user()
    build.case(title="mine", assignee=reviewer)
    build.case(title="free")
    assert _found("assignee:me", reviewer) == {"mine"}
    assert _found("-assignee:me", reviewer) == {"free"}
    assert _found(f"assignee:{reviewer.username}") == {"mine"}
    assert _found("assignee:me") == set()


@pytest.mark.django_db
def test_claimed_and_free_follow_the_claim() -> None:
    build.case(title="held", priority=9)
    build.case(title="free", priority=1)
    queue.claim_next(actor=build.user())
    assert _found("is:claimed") == {"held"}
    assert _found("is:free") == {"free"}


@pytest.mark.django_db
def test_a_detector_is_that_of_a_finding_in_force() -> None:
    _, case = build.opened()
    assert _found("detector:shared-infrastructure") == {case.title}
    assert _found("-detector:shared-infrastructure") == set()


@pytest.mark.django_db
def test_a_label_is_found_as_it_was_given_whole_and_in_any_case() -> None:
    reviewer, ring = build.user(), build.case(title="ring")
    label_case(actor=reviewer, case=ring, labels=["Ring", "wave:2", "straße"])
    build.case(title="other", labels=["ringing"])
    for query in ("label:ring", "label:RING", 'label:"wave:2"', "label:STRASSE", "label:none,ring"):
        assert _found(query) == {"ring"}, query
    assert _found("-label:ring") == {"other"}
    assert _found("label:ring label:ringing") == set()
    assert _found("label:%") == _found("label:{}") == _found("label:rin") == set()


@pytest.mark.django_db
def test_a_policy_is_that_of_the_decision_in_force_whatever_its_version() -> None:
    lead = build.user(Role.LEAD)
    first, second = (build.case(title=name, priority=9) for name in ("first", "second"))
    build.case(title="open")
    old = build.policy("phishing")
    decision = build.decided(lead, first, terms=Terms(policy=old))
    new = build.policy("phishing", text="No phishing, nor kits for it.")
    build.decided(lead, second, terms=Terms(policy=new))
    assert (old.number, new.number) == (1, 2)
    assert _found("policy:Phishing", lead) == {"first", "second"}
    assert _found("policy:scam", lead) == set()
    assert _found("-policy:phishing", lead) == {"open"}
    undo_decision(actor=lead, decision=decision)
    assert _found("policy:phishing", lead) == {"second"}


@pytest.mark.django_db
def test_a_case_with_two_decisions_under_one_policy_is_one_row() -> None:
    lead, case = build.user(Role.LEAD), build.case(title="twice")
    version = build.policy("phishing")
    build.decided(lead, case, terms=Terms(policy=version))
    reopen_case(actor=lead, case=case, reason="more came")
    build.decided(lead, case, Outcome.NO_ABUSE, terms=Terms(policy=version))
    rows = Case.objects.filter(where(parse("policy:phishing", FIELDS), clock.now(), lead))
    assert [row.title for row in rows] == ["twice"]


@pytest.mark.django_db
def test_who_gives_the_second_opinion_cannot_ask_for_the_first_ones_policy() -> None:
    first, second = build.user(), build.user()
    version = build.policy("phishing", review_percent=100)
    build.decided(first, build.case(title="blind"), terms=Terms(policy=version))
    assert SecondReview.objects.get().state == ReviewState.WAITING
    assert _found("policy:phishing", first) == {"blind"}
    assert _found("policy:phishing", second) == set()
    assert _found("-policy:phishing", second) == {"blind"}
    assert _found("policy:phishing") == set()


@pytest.mark.parametrize(
    ("query", "said"),
    [
        ("label:", "label: needs a value, for example label:ring"),
        ('policy:""', "policy: needs a value, for example policy:phishing"),
        ("polic:phishing", "did you mean policy:"),
        ("colour:red", "colour: is no token of this list"),
        ("platfrom:x", "did you mean platform:"),
        ("is:lost", "is: takes one of"),
        ("sev:>=terrible", "sev: takes one of"),
        ("age:>soon", "age: takes a time such as"),
        ("hits:many", "hits: takes a whole number"),
        ("hits:99999999999", "hits: takes a whole number"),
    ],
)
def test_what_cannot_be_read_is_named(query: str, said: str) -> None:
    with pytest.raises(QueryError, match=said):
        parse(query, FIELDS)


@pytest.mark.parametrize(
    "query",
    [
        "is:late",
        "assignee:me",
        "age:>2d",
        "sla:<1h",
        "queue:inbox",
        "policy:phishing",
        "label:ring",
    ],
)
def test_a_routing_rule_asks_only_what_a_new_case_knows(query: str) -> None:
    with pytest.raises(QueryError, match="is no token"):
        parse(query, ROUTING)


@given(st.text(max_size=60))
def test_any_text_is_read_or_refused_and_what_is_read_reads_the_same_again(text: str) -> None:
    try:
        query = parse(text, FIELDS)
    except QueryError:
        return
    assert parse(str(query), FIELDS) == query
    where(query, clock.now())


@pytest.mark.django_db
def test_list_queue_and_api_answer_the_same_question(cases: None) -> None:
    reviewer = build.user()
    page, program = Client(), Client(headers=make.bearer(Scope.READ, user=reviewer))
    page.force_login(reviewer)
    late = Case.objects.get(title="old fraud")
    listed = page.get("/cases/", {"q": "is:late"}).content.decode()
    queued = page.get("/queues/inbox/", {"q": "is:late"}).content.decode()
    answer = program.get("/api/v1/cases/", {"q": "is:late"}).json()
    assert [row["ref"] for row in answer["results"]] == [late.ref]
    for html in (listed, queued):
        assert html.count("data-item") == 1
        assert f'id="{late.ref}"' in html


@pytest.mark.django_db
def test_an_unknown_token_is_422_and_keeps_what_was_typed() -> None:
    reviewer = build.user(Role.LEAD)
    page, program = Client(), Client(headers=make.bearer(Scope.READ, user=reviewer))
    page.force_login(reviewer)
    for path in ("/cases/", "/queues/inbox/"):
        refused = page.get(path, {"q": "colour:red"})
        assert refused.status_code == 422
        assert "colour: is no token" in refused.content.decode()
        assert 'value="colour:red"' in refused.content.decode()
    answer = program.get("/api/v1/cases/", {"q": "colour:red"})
    assert answer.status_code == 422
    assert answer.json()["errors"][0]["attr"] == "q"


def test_an_entity_finds_the_cases_that_are_about_it(db: None) -> None:
    first = build.finding(subjects=build.accounts(4), anchor=("device", "d-7"), signal_ids=[1, 2])
    _, one = build.opened(members=build.accounts(4), findings=[first])
    second = build.finding(subjects=["x:b1"], anchor=("domain", "shop.example"), signal_ids=[3])
    _, other = build.opened(members=["x:b1", "x:b2", "x:b3"], findings=[second])
    asked = {
        "entity:x:a1": {one.title},
        "entity:d-7": {one.title},
        "entity:shop.example": {other.title},
        "entity:x:a1,x:b2": {one.title, other.title},
        "-entity:x:a1": {other.title},
        "entity:x:nobody": set(),
    }
    for query, titles in asked.items():
        assert _found(query) == titles, query


def test_a_reported_account_finds_its_case(db: None) -> None:
    case = build.case(title="reported")
    CaseReport.objects.create(
        case=case,
        signal_id=7,
        target_type="account",
        target="x:eve",
        digest=digest_of("account", "x:eve"),
        reporter="x:ada",
        reason="spam",
        reported_at=clock.now(),
    )
    assert _found("entity:x:eve") == {"reported"}
