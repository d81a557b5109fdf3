"""Nothing that a second person can open tells which verdict the first person gave."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator

import pytest
import time_machine
from django.db import transaction
from django.test import Client

from abusedesk.core.audit import sentence
from abusedesk.core.models import Role, Scope, User
from cases import queue
from cases.choices import ReviewState, State
from cases.intake import intake
from cases.models import Case, SecondReview, Strike
from cases.selectors.audit import Asked, audit_entries_for
from cases.services.case import reopen_case
from cases.services.merge import merge_cases
from cases.services.note import add_note
from cases.services.review import give_opinion
from cases.terms import Terms
from cases.timeline import timeline_of
from detectors.choices import EntityType, Outcome
from detectors.entities import digest_of
from detectors.models import Entity
from detectors.partitions import forget_partitions
from tests import make
from tests.cases import build

pytestmark = pytest.mark.django_db

SECRET = "one-device-for-all"
TABS = ("summary", "evidence", "files", "why", "timeline", "related", "precedents")
CHANGING = re.compile(r"[0-9a-f]{8}-[0-9a-f-]{27}|nonce=\"[^\"]*\"|value=\"\w{64}\"|\d+")
"""Keys, tokens and numbers of rows differ from one desk to the next."""


def _decided(first: User, outcome: Outcome) -> tuple[Case, Case, Entity]:
    """A case that `first` decided, its like beside it, and the page of an account of both."""
    under = build.policy(review_percent=100, strikes=2)
    _, case = build.opened()
    _, like = build.opened()  # the same accounts on the same device
    build.decided(first, case, outcome, reason=SECRET, terms=Terms(policy=under))
    entity = Entity.objects.create(
        type=EntityType.ACCOUNT,
        value="x:a1",
        digest=digest_of(EntityType.ACCOUNT, "x:a1"),
        first_seen_at=build.NOON,
        last_seen_at=build.NOON,
    )
    return case, like, entity


def _paths(case: Case, like: Case, entity: Entity) -> Iterator[str]:
    """All that speaks of the case, and of what has something in common with it."""
    for one in (case, like):
        yield from (f"/cases/{one.ref}/?tab={tab}" for tab in TABS)
        yield f"/cases/{one.ref}/lineage/"
        yield from (
            f"/api/v1/cases/{one.ref}/{part}"
            for part in ("", "timeline/", "related/", "lineage/", "notes/", "tasks/")
        )
    yield f"/entities/{entity.type}/{entity.pk}/"
    yield from (f"/queues/{case.queue.slug}/?state={state}" for state in ("open", "closed"))
    yield from ("/", "/cases/", "/cases/?q=is:closed", "/quality/", "/proposals/")
    yield f"/quality/second/{case.decisions.get().second_review.pk}/"
    yield from (f"/api/v1/{name}/" for name in ("cases", "decisions", "reviews", "appeals"))
    yield "/api/v1/strikes/?account=x:a1"


def _seen_by(role: Role, outcome: Outcome) -> dict[str, str]:
    """Path -> what somebody else is shown after that verdict, on a desk that is then gone."""
    with transaction.atomic(), time_machine.travel(build.NOON, tick=False):
        case, like, entity = _decided(build.user(name="first"), outcome)
        who = build.user(role, name="second")
        browser = Client()
        browser.force_login(who)
        program = Client(headers=make.bearer(Scope.READ, user=who))
        seen = {}
        for place, path in enumerate(_paths(case, like, entity)):
            client = program if path.startswith("/api/") else browser
            answer = client.get(path)
            assert answer.status_code == 200, path
            name = f"{place} {CHANGING.sub('#', path)}"
            seen[name] = CHANGING.sub("#", answer.content.decode())
        transaction.set_rollback(True)
    forget_partitions()
    return seen


@pytest.mark.row(45)
@pytest.mark.parametrize("role", [Role.REVIEWER, Role.LEAD, Role.ADMIN])
def test_whatever_the_first_verdict_is_the_second_person_sees_the_same(role: Role) -> None:
    first = _seen_by(role, Outcome.ABUSE)
    assert len(first) > 30
    for outcome in (Outcome.NO_ABUSE, Outcome.LEGITIMATE, Outcome.UNSURE):
        other = _seen_by(role, outcome)
        assert [name for name in first if first[name] != other[name]] == []
        assert not [name for name, body in other.items() if SECRET in body]


def _audit_read_by(role: Role, outcome: Outcome) -> list[str]:
    """The audit as somebody else reads it after that verdict, on a desk that is then gone."""
    with transaction.atomic(), time_machine.travel(build.NOON, tick=False):
        _decided(build.user(name="first"), outcome)
        second = build.user(role, name="second")
        rows = [
            CHANGING.sub("#", json.dumps([one.actor_label, one.verb, sentence(one), one.data]))
            for one in audit_entries_for(second, Asked())
        ]
        transaction.set_rollback(True)
    forget_partitions()
    return rows


@pytest.mark.row(45)
def test_the_audit_tells_a_second_admin_the_same_whatever_the_first_verdict_is() -> None:
    first = _audit_read_by(Role.ADMIN, Outcome.ABUSE)
    assert len(first) > 3
    for outcome in (Outcome.NO_ABUSE, Outcome.LEGITIMATE, Outcome.UNSURE):
        assert _audit_read_by(Role.ADMIN, outcome) == first
    assert not [row for row in first if SECRET in row]


def _reviewed(first: User, outcome: Outcome = Outcome.ABUSE) -> tuple[Case, SecondReview]:
    case, _, _ = _decided(first, outcome)
    return case, case.decisions.get().second_review


def _agree(who: User, review: SecondReview) -> None:
    terms = Terms(policy=review.decision.policy_version)
    outcome = Outcome(review.decision.outcome)
    give_opinion(actor=who, review=review, outcome=outcome, reason="me too", terms=terms)
    review.refresh_from_db()
    assert review.state == ReviewState.AGREED


def _page(who: User, path: str) -> str:
    browser = Client()
    browser.force_login(who)
    return browser.get(path).content.decode()


@pytest.mark.row(45)
def test_notes_of_who_decided_wait_for_the_second_opinion() -> None:
    first, second, third = build.user(), build.user(), build.user()
    case, review = _reviewed(first)
    add_note(actor=first, case=case, body="clearly a **scam**")
    add_note(actor=third, case=case, body="the shop knows them")
    path = f"/cases/{case.ref}/"
    before = _page(second, path)
    assert "scam</strong>" not in before
    assert "the shop knows them" in before
    assert "1 note of who decided shows after the second opinion" in before
    assert "scam</strong>" in _page(first, path)
    program = Client(headers=make.bearer(Scope.READ, user=second))
    listed = program.get(f"/api/v1/cases/{case.ref}/notes/").json()
    assert [one["body"] for one in listed] == ["the shop knows them"]
    _agree(second, review)
    after = _page(second, path)
    assert "scam</strong>" in after
    assert "after the second opinion" not in after


def test_a_note_that_somebody_adds_does_not_bring_the_kept_ones_along() -> None:
    first, second = build.user(), build.user()
    case, _ = _reviewed(first)
    add_note(actor=first, case=case, body=SECRET)
    browser = Client(headers={"HX-Request": "true"})
    browser.force_login(second)
    for body, status in (("seen", 200), ("", 422)):
        answer = browser.post(f"/cases/{case.ref}/notes/", {"body": body})
        assert answer.status_code == status
        assert SECRET not in answer.content.decode()


@pytest.mark.row(45)
def test_a_case_with_like_evidence_does_not_say_how_the_first_one_ended() -> None:
    first, second = build.user(), build.user()
    case, like, _ = _decided(first, Outcome.ABUSE)
    path = f"/cases/{like.ref}/?tab=related"
    label = Outcome.ABUSE.label
    badge = f'<span class="badge accent">{label}</span>'
    assert case.ref in _page(second, path)
    assert badge not in _page(second, path)
    assert badge in _page(first, path)
    program = Client(headers=make.bearer(Scope.READ, user=second))
    answer = program.get(f"/api/v1/cases/{like.ref}/related/").json()
    assert [(one["ref"], one["outcome"]) for one in answer["similar"]] == [(case.ref, "")]
    _agree(second, case.decisions.get().second_review)
    assert badge in _page(second, path)


@pytest.mark.row(45)
def test_who_writes_over_a_decided_case_is_told_that_it_was_decided_but_not_how() -> None:
    first, second = build.user(name="mona"), build.user()
    case, review = _reviewed(first)
    seen = {"labels": "ring", "tlp": "green", "version": 1}
    browser = Client()
    browser.force_login(second)
    page = browser.post(f"/cases/{case.ref}/marks/", seen, follow=True).content.decode()
    assert "mona decided the case." in page
    assert SECRET not in page
    headers = make.bearer(Scope.REVIEW, Scope.READ, user=second)
    program = Client(headers={**headers, "If-Match": '"1"'})
    path = f"/api/v1/cases/{case.ref}/"
    told = program.patch(path, json.dumps({"labels": ["ring"]}), "application/json")
    assert told.status_code == 412
    assert "mona decided the case." in told.content.decode()
    _agree(second, review)
    told = program.patch(path, json.dumps({"labels": ["ring"]}), "application/json")
    assert told.status_code == 412
    assert "gave the second opinion" in told.content.decode()


@pytest.mark.parametrize("outcome", [Outcome.ABUSE, Outcome.NO_ABUSE])
def test_why_new_evidence_reopened_the_case_is_veiled_too(outcome: Outcome) -> None:
    case, review = _reviewed(build.user(), outcome)
    row = case.campaign_links.get().campaign
    build.grow(row, 2, members=[f"x:n{number}" for number in range(8)], families=["timing"])
    intake()
    case.refresh_from_db()
    assert (case.state, case.regressed) == (State.OPEN, True)
    second = build.user()
    assert "case.regressed" not in [one.verb for one in timeline_of(case, second)]
    _agree(second, review)
    assert "case.regressed" in [one.verb for one in timeline_of(case, second)]


def test_an_appeal_against_a_veiled_decision_stands_on_no_timeline_yet() -> None:
    first, second = build.user(), build.user()
    case, review = _reviewed(first)
    build.appeal(review.decision)
    assert "appeal.opened" not in [one.verb for one in timeline_of(case, second)]
    assert "appeal.opened" in [one.verb for one in timeline_of(case, first)]
    _agree(second, review)
    assert "appeal.opened" in [one.verb for one in timeline_of(case, second)]


@pytest.mark.row(45)
def test_a_merger_does_not_lift_the_veil() -> None:
    first, second, lead = build.user(), build.user(), build.user(Role.LEAD)
    case, _ = _reviewed(first)
    add_note(actor=first, case=case, body=SECRET)
    reopen_case(actor=lead, case=case, reason="more of them")
    into = build.case()
    merge_cases(actor=lead, case=into, other=case, reason="one crew")
    assert "case.decided" in [one.verb for one in timeline_of(into, first)]
    assert "case.decided" not in [one.verb for one in timeline_of(into, second)]
    for tab in TABS:
        assert SECRET not in _page(second, f"/cases/{into.ref}/?tab={tab}")


def test_what_a_person_decides_on_the_reopened_case_stays_on_their_own_timeline() -> None:
    first, second = build.user(), build.user()
    case, _ = _reviewed(first)
    reopen_case(actor=build.user(Role.LEAD), case=case, reason="more of them")
    case.refresh_from_db()
    held = queue.claim(actor=second, case=case)
    own = build.decided(second, held, Outcome.UNSURE, reason="who knows")
    told = [one.data["decision"] for one in timeline_of(case, second) if "decision" in one.data]
    assert told == [own.pk]


def test_strikes_of_a_veiled_verdict_are_asked_for_in_vain() -> None:
    first, second = build.user(), build.user()
    case, review = _reviewed(first)
    program = Client(headers=make.bearer(Scope.READ, user=second))
    path = "/api/v1/strikes/?account=x:a1"
    assert Strike.objects.filter(value="x:a1").count() == 1
    assert case.ref not in program.get(path).content.decode()
    _agree(second, review)
    assert case.ref in program.get(path).content.decode()
