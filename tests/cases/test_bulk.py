"""Work on many cases: which they are, each once, what is left alone, and the way back."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
import time_machine
from django.db import OperationalError

from abusedesk.core import audit, clock
from abusedesk.core.errors import ConflictError, ForbiddenError, InvalidError
from abusedesk.core.models import AuditEntry, Role, User
from cases import doing, queue
from cases.choices import BulkAction, BulkState, ItemState, ReviewState, State
from cases.deeds import Deed
from cases.models import BulkItem, BulkJob, Case, Decision, Delivery, Notice
from cases.selectors.bulk import bulk_jobs_for
from cases.selectors.review import waiting_reviews_for
from cases.services import bulk, bulk_work
from cases.services.assignment import assign_case
from cases.services.case import end_snooze, reopen_case, snooze_case
from cases.services.marking import label_case
from cases.services.review import give_opinion
from cases.services.webhook import save_webhook
from cases.states import touch
from cases.terms import Terms
from detectors.choices import Outcome
from tests.cases import build
from tests.cases.bulk import (
    CLOSE,
    finished,
    label,
    matching,
    notes,
    outcomes,
    picked,
    start,
    states,
    undone,
)

pytestmark = pytest.mark.django_db
DAY = timedelta(days=1)


@pytest.fixture
def reviewer() -> User:
    return build.user()


@pytest.fixture
def by_worker(monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, int]]:
    """Nothing is done at once; what is woken stands in the list."""
    woken: list[tuple[str, int]] = []
    monkeypatch.setattr(bulk, "AT_ONCE", 0)
    for module in (bulk, bulk_work):
        monkeypatch.setattr(module, "wake", lambda name, pk: woken.append((name, pk)))
    return woken


def cases(number: int, **fields: Any) -> list[Case]:
    return [build.case(**fields) for _ in range(number)]


def _changed(case: Case) -> None:
    """New evidence came."""
    case.refresh_from_db()
    touch(case)
    case.save()


@pytest.mark.row(33)
def test_picked_cases_are_closed_each_with_a_decision_of_its_own(reviewer: User) -> None:
    chosen, other = cases(3), build.case()
    job = start(reviewer, picked(chosen))
    assert (job.state, job.total, outcomes(job)) == (BulkState.DONE, 3, ["done"] * 3)
    assert states([*chosen, other]) == ["closed"] * 3 + ["open"]
    decisions = Decision.objects.order_by("pk")
    assert [(one.actor, one.outcome, one.reason) for one in decisions] == [
        (reviewer, "no_abuse", "a choir")
    ] * 3
    assert [one.seconds for one in decisions] == [None] * 3
    for case in chosen:
        assert build.verbs(case) == ["case.decided"]
        case.refresh_from_db()
        assert (case.claimed_by, case.claim_id, case.version) == (None, None, 2)


@pytest.mark.row(33)
def test_many_need_a_reason(reviewer: User) -> None:
    with pytest.raises(InvalidError) as refused:
        bulk.start_bulk(actor=reviewer, choice=picked(cases(2)), deed=CLOSE, reason=" ")
    assert refused.value.field == "reason"
    assert not BulkJob.objects.exists()


@pytest.mark.row(34)
def test_all_that_match_are_changed_and_nothing_else(reviewer: User) -> None:
    mine, others = cases(3, platforms=["telegram"]), cases(2)
    job = start(reviewer, matching("platform:telegram"))
    assert (job.total, job.query) == (3, "platform:telegram")
    assert states([*mine, *others]) == ["closed"] * 3 + ["open"] * 2


@pytest.mark.row(34)
def test_the_set_is_frozen_when_it_is_confirmed(
    reviewer: User, by_worker: list[tuple[str, int]]
) -> None:
    before = cases(2, labels=["ring"])
    at = clock.now()
    late = build.case(labels=["ring"])
    job = start(reviewer, matching("label:ring", at), label(add="seen"))
    later = build.case(labels=["ring"])
    label_case(actor=reviewer, case=before[1], labels=[])  # no longer matches, and was confirmed
    assert by_worker == [("cases.run_bulk", job.pk)]
    assert finished(job).state == BulkState.DONE
    for case in (*before, late, later):
        case.refresh_from_db()
    assert [case.labels for case in before] == [["ring", "seen"], ["seen"]]
    assert [late.labels, later.labels] == [["ring"]] * 2


@pytest.mark.parametrize("holder", [Role.REVIEWER, Role.LEAD])
def test_what_somebody_else_works_on_is_skipped_with_their_name(
    holder: Role, by_worker: list[tuple[str, int]]
) -> None:
    lead, other, chosen = build.user(Role.LEAD), build.user(holder), cases(2)
    job = start(lead, picked(chosen))
    held = queue.claim(actor=other, case=chosen[0])
    finished(job)
    assert outcomes(job) == ["skipped", "done"]
    assert notes(job) == [f"{chosen[0].ref} is claimed by {other}."]
    chosen[0].refresh_from_db()
    assert (chosen[0].claim_id, chosen[0].state) == (held.claim_id, "open")


def test_own_claims_are_no_obstacle_and_end(reviewer: User) -> None:
    case = queue.claim(actor=reviewer, case=build.case())
    job = start(reviewer, picked([case]))
    case.refresh_from_db()
    assert (outcomes(job), case.claimed_by) == (["done"], None)


@pytest.mark.parametrize("moment", ["before the confirmation", "after it"])
def test_a_case_that_changed_since_the_preview_is_not_closed(
    reviewer: User, by_worker: list[tuple[str, int]], moment: str
) -> None:
    chosen = cases(2)
    choice = picked(chosen)
    if moment == "before the confirmation":
        _changed(chosen[1])
    job = start(reviewer, choice)
    if moment == "after it":
        _changed(chosen[1])
    finished(job)
    assert (job.total, outcomes(job)) == (2, ["done", "skipped"])
    assert "changed since" in notes(job)[0]
    assert states(chosen) == ["closed", "open"]


def test_a_label_does_not_mind_that_a_case_grew(
    reviewer: User, by_worker: list[tuple[str, int]]
) -> None:
    case = build.case()
    job = start(reviewer, picked([case]), label(add="ring"))
    _changed(case)
    assert outcomes(finished(job)) == ["done"]


def test_a_case_that_went_into_another_meanwhile_is_left_alone_both_ways(
    reviewer: User, by_worker: list[tuple[str, int]]
) -> None:
    before, after = cases(2)
    job = start(reviewer, picked([before, after]), label(add="ring"))
    Case.objects.filter(pk=before.pk).update(state=State.MERGED)
    assert outcomes(finished(job)) == ["skipped", "done"]
    assert notes(job) == [f"{before.ref} is merged now."]
    Case.objects.filter(pk=after.pk).update(state=State.MERGED)
    assert outcomes(undone(reviewer, job)) == ["skipped", "kept"]


def test_labels_are_added_and_removed_and_others_stay(reviewer: User) -> None:
    one, other = build.case(labels=["old", "mine"]), build.case(labels=["new"])
    job = start(reviewer, picked([one, other]), label(add="NEW spam", remove="old"))
    label_case(actor=reviewer, case=one, labels=["mine", "new", "spam", "later"])
    for case, found in ((one, ["later", "mine", "new", "spam"]), (other, ["new", "spam"])):
        case.refresh_from_db()
        assert case.labels == found
    assert outcomes(undone(reviewer, job)) == ["undone"] * 2
    for case, found in ((one, ["later", "mine", "old"]), (other, ["new"])):
        case.refresh_from_db()
        assert case.labels == found


def test_a_case_with_too_many_labels_fails_and_says_why(reviewer: User) -> None:
    full = build.case(labels=[f"l{number:02}" for number in range(20)])
    job = start(reviewer, picked([full, build.case()]), label(add="more"))
    assert outcomes(job) == ["failed", "done"]
    assert notes(job) == ["A case has at most 20 labels."]


def test_cases_are_given_to_a_person_and_back() -> None:
    lead, rita, sam = build.user(Role.LEAD), build.user(name="rita"), build.user(name="sam")
    chosen = cases(3)
    assign_case(actor=lead, case=chosen[1], assignee=sam)
    job = start(lead, picked(chosen), Deed(BulkAction.ASSIGN, assignee="rita"))
    assert set(Case.objects.values_list("assignee", flat=True)) == {rita.pk}
    assert Notice.objects.filter(user=rita).count() == 3
    assign_case(actor=lead, case=chosen[2], assignee=sam)
    undone(lead, job)
    assert outcomes(job) == ["undone", "undone", "kept"]
    assert notes(job) == [f"{chosen[2].ref} waits for sam now."]
    given = dict(Case.objects.values_list("pk", "assignee__username"))
    assert [given[case.pk] for case in chosen] == [None, "sam", "sam"]


def test_cases_are_put_away_and_brought_back_by_a_reviewer(reviewer: User) -> None:
    chosen, until = cases(3), clock.now() + 7 * DAY
    job = start(reviewer, picked(chosen), Deed(BulkAction.SNOOZE, until=until))
    assert states(chosen) == ["snoozed"] * 3
    chosen[0].refresh_from_db()
    assert chosen[0].snoozed_until == until
    lead = build.user(Role.LEAD)
    end_snooze(actor=lead, case=chosen[1])
    snooze_case(actor=lead, case=chosen[1], until=until)
    undone(reviewer, job)
    assert states(chosen) == ["open", "snoozed", "open"]
    assert outcomes(job) == ["undone", "kept", "undone"]
    assert not chosen[0].snoozes.filter(ended_at=None).exists()


def test_only_who_put_a_case_away_or_a_lead_brings_it_back(reviewer: User) -> None:
    case = snooze_case(actor=reviewer, case=build.case(), until=clock.now() + DAY)
    with pytest.raises(ForbiddenError):
        end_snooze(actor=build.user(), case=case)
    assert end_snooze(actor=build.user(Role.LEAD), case=case).state == State.OPEN
    with pytest.raises(ConflictError, match="not snoozed"):
        end_snooze(actor=reviewer, case=case)
    assert build.verbs(case) == ["case.snoozed", "case.returned"]
    assert not Notice.objects.exists()


@pytest.mark.parametrize(
    ("deed", "field"),
    [
        (Deed(BulkAction.CLOSE, outcome="maybe"), "outcome"),
        (Deed(BulkAction.CLOSE, outcome="no_abuse", act="suspend"), "act"),
        (Deed(BulkAction.CLOSE, outcome="abuse", act="block"), "act"),
        (Deed(BulkAction.CLOSE, outcome="abuse", act="suspend", days=0), "days"),
        (Deed(BulkAction.LABEL), "add"),
        (Deed(BulkAction.LABEL, add=("two words",)), "labels"),
        (label(add="a", remove="A"), "remove"),
        (Deed(BulkAction.ASSIGN, assignee="nobody"), "assignee"),
        (Deed(BulkAction.SNOOZE), "until"),
        (Deed(BulkAction.SNOOZE, until=clock.now() + 100 * DAY), "until"),
    ],
)
def test_what_cannot_be_done_is_refused_before_anything_is(deed: Deed, field: str) -> None:
    chosen = cases(1)
    with pytest.raises(InvalidError) as refused:
        start(build.user(Role.LEAD), picked(chosen), deed)
    assert refused.value.field == field
    assert not BulkJob.objects.exists()


def test_a_policy_that_asks_questions_is_not_for_many(reviewer: User) -> None:
    under = build.policy(questions=["harm"])
    with pytest.raises(InvalidError, match="asks: harm"):
        start(reviewer, picked(cases(1)), Deed(BulkAction.CLOSE, outcome="abuse", policy=under.pk))


def test_a_reviewer_may_not_assign_many(reviewer: User) -> None:
    with pytest.raises(ForbiddenError):
        start(reviewer, picked(cases(1)), Deed(BulkAction.ASSIGN))
    with pytest.raises(ForbiddenError):
        start(build.user(Role.PARTNER), picked(cases(1)))


def test_nothing_to_do_is_said(reviewer: User) -> None:
    with pytest.raises(InvalidError, match="No case that was chosen") as refused:
        start(reviewer, picked(cases(2, state=State.CLOSED)))
    assert refused.value.field == "refs"


@pytest.mark.row(34)
def test_more_than_a_thousand_need_the_number_typed(
    reviewer: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("cases.selectors.preview.TYPED", 2)
    cases(3)
    for confirmed in (None, 2, 4):
        with pytest.raises(InvalidError, match="Type the number of cases, 3") as refused:
            start(reviewer, matching(), confirmed=confirmed)
        assert refused.value.field == "count"
    assert not BulkJob.objects.exists()
    assert start(reviewer, matching(), confirmed=3).total == 3


def test_never_more_are_changed_than_were_confirmed(reviewer: User) -> None:
    other = build.user()
    free, held = build.case(), queue.claim(actor=other, case=build.case())
    choice = picked([free, held])
    queue.release(actor=other, case=held)
    with pytest.raises(InvalidError, match="2, to confirm"):
        start(reviewer, choice, confirmed=1)
    assert states([free, held]) == ["open"] * 2


@pytest.mark.row(34)
def test_one_job_takes_the_oldest_up_to_the_cap(reviewer: User, settings: Any) -> None:
    settings.BULK_CAP = 2
    chosen = cases(3)
    assert start(reviewer, matching()).total == 2
    assert states(chosen) == ["closed", "closed", "open"]
    with pytest.raises(InvalidError, match="at most 2 cases"):
        start(reviewer, picked(chosen))


def _with_accounts(number: int, of: int) -> list[Case]:
    found = []
    for place in range(number):
        members = build.accounts(of, first=1 + place * of)
        _, case = build.opened(members=members, p=0.95)
        found.append(case)
    return found


def _suspend(days: int | None = 30) -> Deed:
    return Deed(BulkAction.CLOSE, outcome="abuse", act="suspend", days=days)


@pytest.mark.row(34)
def test_above_fifty_enforcing_actions_a_second_person_has_to_agree(reviewer: User) -> None:
    save_webhook(actor=build.user(Role.ADMIN), url="https://receiver.example/hook")
    chosen = _with_accounts(3, 17)
    job = start(reviewer, picked(chosen), _suspend())
    assert (job.held, outcomes(job)) == (True, ["done"] * 3)
    assert all(Decision.objects.values_list("held", flat=True))
    assert not Delivery.objects.exists()
    second = build.user()
    assert waiting_reviews_for(reviewer).count() == 0
    review = waiting_reviews_for(second)[0]
    give_opinion(
        actor=second, review=review, outcome=Outcome.ABUSE, reason="so it is", terms=Terms()
    )
    assert Delivery.objects.count() == 1
    assert sorted(Decision.objects.values_list("held", flat=True)) == [False, True, True]


def test_fifty_and_warnings_one_person_may_do(reviewer: User) -> None:
    job = start(reviewer, picked(_with_accounts(2, 25)), _suspend())
    assert (job.held, Decision.objects.filter(held=True).count()) == (False, 0)
    acts = [act for one in Decision.objects.all() for act in one.actions.all()]
    assert {act.kind for act in acts} == {"suspend"}
    assert len(acts) == 50
    warned = Deed(BulkAction.CLOSE, outcome="abuse", act="warn")
    more = [build.opened(members=build.accounts(60, "telegram"))[1]]
    assert not start(reviewer, picked(more), warned).held


def test_an_undo_takes_back_what_waits_for_a_second_person(reviewer: User) -> None:
    chosen = _with_accounts(3, 17)
    job = undone(reviewer, start(reviewer, picked(chosen), _suspend()))
    assert (job.state, states(chosen)) == (BulkState.UNDONE, ["open"] * 3)
    reviews = [one.second_review.state for one in Decision.objects.all()]
    assert reviews == [ReviewState.MOOT] * 3


@pytest.mark.row(35)
def test_undo_puts_every_case_back_and_leaves_no_claim(reviewer: User) -> None:
    chosen = cases(3)
    job = undone(reviewer, start(reviewer, picked(chosen)))
    assert (job.state, outcomes(job)) == (BulkState.UNDONE, ["undone"] * 3)
    for case in chosen:
        case.refresh_from_db()
        assert (case.state, case.claimed_by, case.closed_at) == ("open", None, None)
    assert {one.undone_by for one in Decision.objects.all()} == {reviewer}


def test_a_case_that_somebody_reopened_stays_as_it_is(reviewer: User) -> None:
    chosen = cases(2)
    job = start(reviewer, picked(chosen))
    reopen_case(actor=build.user(Role.LEAD), case=chosen[0], reason="too early")
    undone(reviewer, job)
    assert outcomes(job) == ["kept", "undone"]
    assert "has changed since" in notes(job)[0]


def test_undo_ends_after_a_day(reviewer: User) -> None:
    job = start(reviewer, picked(cases(1)))
    late = time_machine.travel(clock.now() + DAY + timedelta(minutes=1), tick=False)
    with late, pytest.raises(ConflictError, match="is over"):
        bulk.undo_bulk(actor=reviewer, job=job)
    undone(reviewer, job)
    with pytest.raises(ConflictError, match="is undone"):
        bulk.undo_bulk(actor=reviewer, job=job)


def test_only_who_began_it_or_a_lead_may_end_it(
    reviewer: User, by_worker: list[tuple[str, int]]
) -> None:
    job = start(reviewer, picked(cases(2)))
    for service in (bulk.cancel_bulk, bulk.undo_bulk):
        with pytest.raises(ForbiddenError, match=f"Only {reviewer}, a lead"):
            service(actor=build.user(), job=job)
    with pytest.raises(ConflictError, match="running"):
        bulk.undo_bulk(actor=reviewer, job=job)
    lead = build.user(Role.LEAD)
    bulk.cancel_bulk(actor=lead, job=job)
    assert notes(job) == [f"cancelled by {lead}"] * 2


@pytest.mark.row(34)
def test_a_cancelled_job_leaves_the_rest_alone_and_can_be_undone(
    reviewer: User, by_worker: list[tuple[str, int]]
) -> None:
    chosen = cases(4)
    job = start(reviewer, picked(chosen))
    assert [bulk_work.step_bulk(job_id=job.pk) for _ in range(2)] == [1, 1]
    bulk.cancel_bulk(actor=reviewer, job=job)
    assert bulk_work.step_bulk(job_id=job.pk) == 0
    assert outcomes(job) == ["done", "done", "skipped", "skipped"]
    assert states(chosen) == ["closed", "closed", "open", "open"]
    with pytest.raises(ConflictError, match="cancelled already"):
        bulk.cancel_bulk(actor=reviewer, job=job)
    job.refresh_from_db()
    undone(reviewer, job)
    assert states(chosen) == ["open"] * 4
    assert outcomes(job) == ["undone", "undone", "skipped", "skipped"]


def test_a_worker_that_dies_between_change_and_outcome_has_done_neither(
    reviewer: User, by_worker: list[tuple[str, int]], monkeypatch: pytest.MonkeyPatch
) -> None:
    chosen = cases(2)
    job = start(reviewer, picked(chosen))
    doing_it = doing.do

    def dies(*args: Any) -> None:
        doing_it(*args)
        raise KeyboardInterrupt

    phases = dict(bulk_work.PHASES)
    monkeypatch.setitem(
        bulk_work.PHASES,
        BulkState.RUNNING,
        _with_work(phases[BulkState.RUNNING], dies),
    )
    with pytest.raises(KeyboardInterrupt):
        bulk_work.run_bulk(job_id=job.pk)
    assert (outcomes(job), states(chosen)) == (["waiting"] * 2, ["open"] * 2)
    monkeypatch.setitem(bulk_work.PHASES, BulkState.RUNNING, phases[BulkState.RUNNING])
    by_worker.clear()
    bulk_work.wake_bulk()
    assert by_worker == []  # it may still be at work
    with time_machine.travel(clock.now() + bulk_work.LEASE, tick=True):
        bulk_work.wake_bulk()
        assert by_worker == [("cases.run_bulk", job.pk)]
        assert outcomes(finished(job)) == ["done"] * 2
    assert Decision.objects.count() == 2


def _with_work(phase: bulk_work.Phase, work: Callable[..., None]) -> bulk_work.Phase:
    return replace(phase, work=work)


def test_a_second_message_finds_the_job_in_hands_and_leaves_it(
    reviewer: User, by_worker: list[tuple[str, int]], monkeypatch: pytest.MonkeyPatch
) -> None:
    job = start(reviewer, picked(cases(3)))
    by_worker.clear()
    seen: list[list[str]] = []

    def meanwhile(*args: Any) -> None:
        bulk_work.run_bulk(job_id=job.pk)
        bulk_work.wake_bulk()
        seen.append(outcomes(job))
        doing.do(*args)

    phase = _with_work(bulk_work.PHASES[BulkState.RUNNING], meanwhile)
    monkeypatch.setitem(bulk_work.PHASES, BulkState.RUNNING, phase)
    finished(job)
    assert [one.count("done") for one in seen] == [0, 1, 2]
    assert by_worker == []


def test_what_takes_long_is_gone_on_with_later(
    reviewer: User, by_worker: list[tuple[str, int]], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(bulk_work, "SHORT_S", 0.0)
    job = start(reviewer, picked(cases(2)))
    for done in (1, 2, 2):
        by_worker.clear()
        bulk_work.run_bulk(job_id=job.pk)
        assert outcomes(job).count("done") == done
    assert by_worker == []
    job.refresh_from_db()
    assert job.state == BulkState.DONE


@pytest.mark.parametrize("fault", [ZeroDivisionError, OperationalError])
def test_a_fault_of_the_desk_fails_one_case_and_a_lost_database_none(
    reviewer: User,
    by_worker: list[tuple[str, int]],
    monkeypatch: pytest.MonkeyPatch,
    fault: type[Exception],
) -> None:
    chosen = cases(2)
    job = start(reviewer, picked(chosen))

    def breaks(actor: User, item: BulkItem, deed: Deed) -> None:
        doing.do(actor, item, deed)
        if item.case_id == chosen[0].pk:
            raise fault

    phase = _with_work(bulk_work.PHASES[BulkState.RUNNING], breaks)
    monkeypatch.setitem(bulk_work.PHASES, BulkState.RUNNING, phase)
    if fault is OperationalError:
        with pytest.raises(OperationalError):
            bulk_work.run_bulk(job_id=job.pk)
        assert outcomes(job) == ["waiting"] * 2
        return
    assert outcomes(finished(job)) == ["failed", "done"]
    assert notes(job) == [bulk_work.BROKEN]
    assert states(chosen) == ["open", "closed"]


def test_who_left_the_desk_changes_nothing_any_more(
    reviewer: User, by_worker: list[tuple[str, int]]
) -> None:
    job = start(reviewer, picked(cases(2)))
    User.objects.filter(pk=reviewer.pk).update(is_active=False)
    assert outcomes(finished(job)) == ["failed"] * 2


@pytest.mark.django_db(transaction=True)
def test_four_workers_on_one_job_change_each_case_once(
    by_worker: list[tuple[str, int]],
) -> None:
    reviewer, chosen = build.user(), cases(12)
    job = start(reviewer, picked(chosen))

    def works(_: int) -> int:
        return sum(iter(lambda: bulk_work.step_bulk(job_id=job.pk), 0))

    assert sum(build.at_once(4, works)) == 12
    finished(job)
    assert outcomes(job) == ["done"] * 12
    assert Decision.objects.count() == 12
    ended = AuditEntry.objects.filter(verb="bulk.ended")
    assert ended.count() == 1


def test_asking_ending_and_undoing_stand_in_the_audit_chain(reviewer: User) -> None:
    job = undone(reviewer, start(reviewer, picked(cases(2))))
    rows = AuditEntry.objects.filter(target_type="bulkjob", target_id=str(job.pk)).order_by("pk")
    assert [audit.sentence(entry) for entry in rows] == [
        "asked to close 2 cases: picked one by one. Reason: a choir",
        "ended the work on 2 cases: 2 done, 0 failed, 0 skipped",
        f"asked to undo the work of {reviewer} on 2 cases",
        "undid the work on 2 cases: 2 undone, 0 kept",
    ]


def test_leads_see_the_work_of_others_but_not_verdicts_they_must_not_know(
    reviewer: User,
) -> None:
    lead, other = build.user(Role.LEAD), build.user()
    plain = start(reviewer, picked(cases(1)))
    veiled = start(reviewer, picked(_with_accounts(3, 17)), _suspend())
    assert set(bulk_jobs_for(reviewer)) == {plain, veiled}
    assert set(bulk_jobs_for(lead)) == {plain}
    assert set(bulk_jobs_for(other)) == set()


@pytest.mark.parametrize("state", ItemState)
def test_every_outcome_of_a_case_is_counted(reviewer: User, state: ItemState) -> None:
    job = start(reviewer, picked(cases(2)))
    BulkItem.objects.filter(job=job).update(state=state)
    found = bulk_jobs_for(reviewer).get()
    assert {one.value: getattr(found, f"{one.value}_count") for one in ItemState} == {
        one.value: 2 if one == state else 0 for one in ItemState
    }
