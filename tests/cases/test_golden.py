"""Golden items: copies like any other case, which set off nothing, and what they tell."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client

from abusedesk.core import clock
from abusedesk.core.errors import ConflictError, ForbiddenError, InvalidError, NotFoundError
from abusedesk.core.models import AuditEntry, Role, Scope, User
from cases import golden, queue, sla
from cases.choices import ActionKind, Severity, State
from cases.models import (
    Case,
    Decision,
    Delivery,
    GoldenCheck,
    GoldenItem,
    PolicyVersion,
    SecondReview,
    Strike,
    Webhook,
)
from cases.opening import inbox
from cases.sampling import risk
from cases.selectors.case import case_by_ref, cases_for, queue_counts
from cases.selectors.dashboard import backlog_ages, cases_by_day
from cases.selectors.decision import decisions_for
from cases.selectors.golden import agreement_for, own_results_for, wrong_answers_for
from cases.selectors.precedent import precedents_of
from cases.services.case import record_visit
from cases.services.cut import preview_cut
from cases.services.decision import undo_decision
from cases.services.event import newest_entry, owe_events
from cases.services.golden import mark_golden, retire_golden, see_own_results
from cases.services.merge import merge_cases
from cases.services.note import add_note
from cases.terms import Act, Terms
from detectors.choices import Outcome
from detectors.models import Verdict
from tests import make
from tests.cases import build

pytestmark = pytest.mark.django_db
PAGES = ("", "?tab=evidence", "?tab=files", "?tab=why", "?tab=timeline", "?tab=related",
         "?tab=precedents")  # fmt: skip


def _settled(outcome: Outcome = Outcome.ABUSE, **said: Any) -> GoldenItem:
    """A closed case with a campaign whose answer a lead knows."""
    _, case = build.opened()
    build.decided(build.user(), case, outcome)
    return _marked(case, outcome, **said)


def _marked(case: Case, outcome: Outcome = Outcome.ABUSE, **said: Any) -> GoldenItem:
    return mark_golden(
        actor=build.user(Role.LEAD), case=case, outcome=outcome, reason="a ring", **said
    )


def _always(percent: int = 100) -> None:
    """The lot falls on every case, or on none."""
    desk = inbox()
    desk.golden_percent = percent
    desk.save()


def _met(reviewer: User) -> Case:
    """The check that `reviewer` holds after taking one ordinary case and giving it back."""
    _always()
    first = build.case()
    assert queue.claim_next(actor=reviewer) == first
    check = queue.claim_next(actor=reviewer, skip=first)
    assert check is not None
    assert golden.is_check(check)
    return check


def _decided(reviewer: User, check: Case, outcome: Outcome, **said: Any) -> Decision:
    return build.decided(reviewer, check, outcome, terms=Terms(**said))


def _plain(body: str, case: Case, viewer: User) -> str:
    """A page or an answer without what every case has for its own: names, ids, moments."""
    body = (
        body.replace('placeholder="AD-1"', "")
        .replace(case.ref, "REF")
        .replace(viewer.username, "WHO")
    )
    body = re.sub(r"[0-9a-f]{8}-[0-9a-f-]{27}", "UUID", body)
    body = re.sub(
        r'(csrfmiddlewaretoken" value=|csrf-token" content=|X-CSRFToken": )"\w+"', "", body
    )
    body = re.sub(r'nonce="[^"]+"|&quot;X-CSRFToken&quot;: &quot;\w+&quot;', "", body)
    body = re.sub(r"\d{4}-\d\d-\d\dT[\d:.]+(\+00:00|Z)", "AT", body)
    body = re.sub(r"\d+ \w+ \d{4}, \d\d:\d\d(:\d\d)?|\d\d:\d\d UTC", "AT", body)
    body = re.sub(r'data-newest="\d+"', "", body)
    return re.sub(
        r"\b(just now|\d+ ?(s|sec|seconds?|min) ago|in \d+ ?\w+|\d+ h( \d+ min)?)", "AGO", body
    )


def _seen(case: Case, viewer: User) -> Iterator[tuple[str, str]]:
    """Every page and answer about a case that its reviewer holds."""
    browser, program = Client(), Client(headers=make.bearer(Scope.READ, user=viewer))
    browser.force_login(viewer)
    for tab in PAGES:
        body = browser.get(f"/cases/{case.ref}/{tab}").content.decode()
        yield f"tab {tab}", _plain(body, case, viewer)
    for part in ("", "timeline/", "related/", "notes/", "tasks/", "files/", "lineage/"):
        answer = program.get(f"/api/v1/cases/{case.ref}/{part}")
        assert answer.status_code == 200, part
        yield f"part {part}", _plain(answer.content.decode(), case, viewer)
    for path in ("/queues/inbox/", "/cases/", "/api/v1/cases/", "/api/v1/queues/inbox/"):
        client = program if path.startswith("/api") else browser
        yield path, _plain(client.get(path).content.decode(), case, viewer)


def test_a_check_with_which_a_second_opinion_is_asked_waits_like_any_case() -> None:
    _marked(build.decided(build.user(), build.opened()[1]).case)
    reviewer = build.user()
    check = _met(reviewer)
    decision = build.decided(reviewer, check, Outcome.ABUSE, asks_second=True)
    assert (decision.held, decision.second_review.why) == (True, "asked")
    assert GoldenCheck.objects.get(case=check).outcome == Outcome.ABUSE
    assert not Verdict.objects.filter(decision_ref=f"decision-{decision.pk}").exists()


@pytest.mark.row(99)
def test_pages_and_answers_of_a_check_are_those_of_the_case_when_it_was_open() -> None:
    first, second = build.user(name="anna"), build.user(name="bert")
    build.policy()
    _always()
    _, case = build.opened()
    held = queue.claim_next(actor=first)
    assert held == case
    before = dict(_seen(case, first))
    build.decided(first, case)
    _marked(case)
    ordinary = build.case()
    assert queue.claim_next(actor=second) == ordinary
    check = queue.claim_next(actor=second, skip=ordinary)
    assert check is not None
    Case.objects.filter(pk=ordinary.pk).delete()
    for name, body in _seen(check, second):
        assert body == before[name], name


@pytest.mark.row(99)
def test_what_a_check_stands_for_is_gone_until_the_own_result_was_seen() -> None:
    item = _settled()
    check = _met(reviewer := build.user())
    with pytest.raises(NotFoundError):
        case_by_ref(item.case.ref, reviewer)
    assert not decisions_for(reviewer).filter(case=item.case).exists()
    assert precedents_of(check, reviewer) == []
    browser = Client()
    browser.force_login(reviewer)
    for path in ("/", "/cases/", "/queues/inbox/?state=closed", "/quality/", "/quality/mine/"):
        assert f"/cases/{item.case.ref}/" not in browser.get(path).content.decode(), path
    _decided(reviewer, check, Outcome.ABUSE)
    assert not cases_for(reviewer).filter(pk=item.case_id).exists()
    see_own_results(actor=reviewer)
    assert case_by_ref(item.case.ref, reviewer) == item.case


@pytest.mark.row(99)
def test_a_check_exists_for_its_reviewer_alone() -> None:
    _settled()
    check = _met(build.user())
    for role in (Role.REVIEWER, Role.LEAD, Role.ADMIN):
        other = build.user(role)
        program = Client(headers=make.bearer(Scope.READ, user=other))
        assert program.get(f"/api/v1/cases/{check.ref}/").status_code == 404
        assert f'"{check.ref}"' not in program.get("/api/v1/cases/").content.decode()
        with pytest.raises(NotFoundError):
            queue.claim(actor=other, case=check)
        assert queue.claim_next(actor=other) != check


def test_counts_are_those_of_the_cases_that_a_person_can_open() -> None:
    _settled()
    _met(reviewer := build.user())
    for viewer in (reviewer, build.user(), build.user(Role.LEAD)):
        count = next(one for one in queue_counts(viewer) if one.slug == "inbox")
        shown = cases_for(viewer).filter(queue__slug="inbox")
        assert count.open == shown.filter(state=State.OPEN).count()
        assert count.closed == shown.filter(state=State.CLOSED).count()
        assert count.newest == max(shown.values_list("pk", flat=True))


@pytest.mark.row(99)
def test_a_decision_on_a_check_sets_off_nothing() -> None:
    _settled()
    verdicts, strikes = Verdict.objects.count(), Strike.objects.count()
    Webhook.objects.create(
        url="https://example.org/", secret="s" * 32, events=["opened"], read_to=newest_entry()
    )
    check = _met(reviewer := build.user())
    under = build.policy(review_percent=100)
    acts = [Act(account, ActionKind.SUSPEND) for account in build.accounts(3)]
    _decided(reviewer, check, Outcome.ABUSE, policy=under, actions=acts)
    owe_events()
    assert not Delivery.objects.exists()
    assert (Verdict.objects.count(), Strike.objects.count()) == (verdicts, strikes)
    assert not SecondReview.objects.exists()
    check.refresh_from_db()
    assert check.state == State.CLOSED


def test_dashboards_count_no_checks() -> None:
    _settled()
    lead = build.user(Role.LEAD)
    before = cases_by_day(lead, 30), sum(backlog_ages(lead).values())
    check = _met(reviewer := build.user())
    _decided(reviewer, check, Outcome.ABUSE)
    opened, waits = before[0]["opened"], before[1]
    for viewer in (lead, reviewer):
        now = cases_by_day(viewer, 30)
        assert sum(now["opened"].values()) == sum(opened.values()) + 1 - (viewer == reviewer)
        assert sum(backlog_ages(viewer).values()) == waits + 1


def test_a_late_check_is_told_to_no_lead() -> None:
    _settled()
    build.user(Role.LEAD)
    check = _met(build.user())
    Case.objects.filter(pk=check.pk).update(
        due_at=clock.now() - timedelta(hours=1), claim_expires_at=None, claimed_by=None
    )
    sla.watch()
    assert "case.late" in build.verbs(check)
    assert not check.notices.exists()


@pytest.mark.row(46)
def test_five_percent_of_the_taken_cases_are_checks() -> None:
    lead, reviewer = build.user(Role.LEAD), build.user()
    for _ in range(40):
        case = build.case(state=State.CLOSED)
        mark_golden(actor=lead, case=case, outcome=Outcome.ABUSE, reason="known")
    for _ in range(300):
        build.case()
    taken = 0
    for _ in range(300):
        found = queue.claim_next(actor=reviewer)
        assert found is not None
        taken += golden.is_check(found)
        Case.objects.filter(pk=found.pk).update(state=State.CLOSED)
        GoldenCheck.objects.filter(case=found).update(decided_at=clock.now())
    assert 3 <= taken <= 35  # 14 expected; outside once in 20,000 runs


def test_a_share_of_nothing_checks_nobody() -> None:
    _settled()
    _always(0)
    first = build.case()
    reviewer = build.user()
    assert queue.claim_next(actor=reviewer) == first
    assert queue.claim_next(actor=reviewer, skip=first) is None
    assert not GoldenCheck.objects.exists()


def test_nobody_is_checked_with_a_case_they_had_to_do_with() -> None:
    item = _settled()
    _always()
    decided = item.case.decisions.get().actor
    looked = build.user()
    record_visit(actor=looked, case=item.case)
    for person in (decided, looked, build.user(Role.LEAD), build.user(Role.ADMIN)):
        assert queue.claim_next(actor=person) is None or not GoldenCheck.objects.exists()
        build.case()
    assert not GoldenCheck.objects.exists()


def test_each_item_checks_a_person_once_and_one_check_waits_at_a_time() -> None:
    for _ in range(2):
        _settled()
    check = _met(reviewer := build.user())
    assert GoldenCheck.objects.filter(reviewer=reviewer).count() == 1
    _decided(reviewer, check, Outcome.ABUSE)
    build.case()
    for _ in range(4):
        queue.claim_next(actor=reviewer)
    items = list(GoldenCheck.objects.filter(reviewer=reviewer).values_list("item", flat=True))
    assert len(items) == len(set(items)) == 2


def test_a_check_can_be_neither_merged_nor_cut() -> None:
    _settled()
    check = _met(reviewer := build.user())
    other = build.case()
    for pair in ((check, other), (other, check)):
        with pytest.raises(ConflictError, match="decide it first"):
            merge_cases(actor=reviewer, case=pair[0], other=pair[1], reason="one ring")
    with pytest.raises(ConflictError, match="decide it first"):
        preview_cut(actor=reviewer, case=check, left=build.accounts(1))


@pytest.mark.row(99)
def test_the_reviewer_sees_the_own_result_before_a_lead_does(monkeypatch: Any) -> None:
    _settled(Outcome.NO_ABUSE)
    check, lead = _met(reviewer := build.user()), build.user(Role.LEAD)
    _decided(reviewer, check, Outcome.ABUSE)
    assert not wrong_answers_for(lead).exists()
    assert agreement_for(lead).reviewers == []
    see_own_results(actor=reviewer)
    assert [one.reviewer for one in wrong_answers_for(lead)] == [reviewer]
    assert [(one.reviewer, one.golden.n) for one in agreement_for(lead).reviewers] == [
        (reviewer.username, 1)
    ]


def test_a_lead_sees_a_result_after_two_days_that_the_reviewer_never_looked_at() -> None:
    _settled(Outcome.NO_ABUSE)
    check, lead = _met(reviewer := build.user()), build.user(Role.LEAD)
    _decided(reviewer, check, Outcome.ABUSE)
    GoldenCheck.objects.update(decided_at=clock.now() - golden.OWN_FIRST)
    assert wrong_answers_for(lead).count() == 1


def test_who_has_seen_the_answer_cannot_change_what_counts() -> None:
    _settled(Outcome.NO_ABUSE)
    check = _met(reviewer := build.user())
    undo_decision(actor=reviewer, decision=_decided(reviewer, check, Outcome.UNSURE))
    assert not own_results_for(reviewer).exists()
    decision = _decided(reviewer, check, Outcome.ABUSE)
    see_own_results(actor=reviewer)
    undo_decision(actor=reviewer, decision=decision)
    _decided(reviewer, check, Outcome.NO_ABUSE)
    assert [one.outcome for one in own_results_for(reviewer)] == [Outcome.ABUSE]


@pytest.mark.row(46)
@pytest.mark.row(99)
def test_kappa_is_told_by_policy_version_and_by_reviewer_with_n() -> None:
    old, new = build.policy(), build.policy()
    lead, reviewer = build.user(Role.LEAD), build.user()
    _answered(reviewer, old, [Outcome.ABUSE] * 11 + [Outcome.NO_ABUSE] * 11, wrong=2)
    _answered(reviewer, new, [Outcome.ABUSE] * 5, wrong=5)
    told = {one.policy: one.golden for one in agreement_for(lead).policies}
    assert (told[str(old)].n, told[str(new)].n) == (22, 5)
    assert told[str(old)].kappa == pytest.approx(0.8182, abs=1e-4)
    assert told[str(new)].kappa is None
    assert [one.golden.n for one in agreement_for(lead).reviewers] == [27]
    page = Client()
    page.force_login(lead)
    body = page.get("/quality/agreement/").content.decode()
    assert "0.82" in body
    assert "too few" in body
    answer = Client(headers=make.bearer(Scope.READ, user=lead)).get("/api/v1/quality/agreement/")
    assert {one["policy"]: one["golden"]["n"] for one in answer.json()["policies"]} == {
        str(old): 22,
        str(new): 5,
    }


def _answered(reviewer: User, under: PolicyVersion, known: list[Outcome], *, wrong: int) -> None:
    """Results that were seen; the first `wrong` differ from the known answer."""
    other = {Outcome.ABUSE: Outcome.NO_ABUSE, Outcome.NO_ABUSE: Outcome.ABUSE}
    for place, answer in enumerate(known):
        item = GoldenItem.objects.create(
            case=build.case(state=State.CLOSED),
            outcome=answer,
            policy_version=under,
            reason="known",
            marked_by=reviewer,
            expires_at=clock.now() + timedelta(days=1),
        )
        GoldenCheck.objects.create(
            item=item,
            case=build.case(only_for=reviewer, stands_for=item.case),
            reviewer=reviewer,
            outcome=other[answer] if place < wrong else answer,
            decided_at=clock.now(),
            seen_at=clock.now(),
        )


def test_only_a_lead_marks_and_only_what_is_closed() -> None:
    _, case = build.opened()
    said: dict[str, Any] = {"outcome": Outcome.ABUSE, "reason": "a ring"}
    with pytest.raises(ConflictError, match="not closed"):
        mark_golden(actor=build.user(Role.LEAD), case=case, **said)
    build.decided(build.user(), case)
    with pytest.raises(ForbiddenError):
        mark_golden(actor=build.user(), case=case, **said)
    with pytest.raises(InvalidError):
        mark_golden(actor=build.user(Role.LEAD), case=case, days=0, **said)
    item = _marked(case)
    with pytest.raises(ConflictError, match="already"):
        _marked(case)
    entry = AuditEntry.objects.get(verb="golden.marked")
    assert (entry.target_id, entry.data["ref"]) == (str(item.pk), case.ref)
    assert "golden.marked" not in build.verbs(case)


def test_an_ended_item_takes_the_checks_along_that_nobody_has_opened() -> None:
    item, lead = _settled(), build.user(Role.LEAD)
    _always()
    reviewer = build.user()
    build.case()
    queue.claim_next(actor=reviewer)
    copy = GoldenCheck.objects.get().case
    retire_golden(actor=lead, item=item)
    assert not Case.objects.filter(pk=copy.pk).exists()
    assert cases_for(reviewer).filter(pk=item.case_id).exists()
    with pytest.raises(ConflictError):
        retire_golden(actor=lead, item=item)


def test_a_check_that_was_opened_outlives_its_item() -> None:
    item = _settled()
    check = _met(reviewer := build.user())
    record_visit(actor=reviewer, case=check)
    add_note(actor=reviewer, case=check, body="odd")
    retire_golden(actor=build.user(Role.LEAD), item=item)
    _decided(reviewer, check, Outcome.ABUSE)
    assert own_results_for(reviewer).count() == 1


@pytest.mark.parametrize(
    ("severity", "priority", "confidence", "times"),
    [
        (Severity.MEDIUM, 0.0, None, 1.0),
        (Severity.CRITICAL, 0.0, None, 2.0),
        (Severity.CRITICAL, 100.0, 1, 8.0),
        (Severity.LOW, 50.0, 3, 1.5),
    ],
)
def test_a_second_look_is_likelier_where_a_mistake_costs_more(
    severity: Severity, priority: float, confidence: int | None, times: float
) -> None:
    case = Case(severity=severity, priority=priority)
    assert risk(Decision(case=case, confidence=confidence)) == pytest.approx(times)
