"""Reports become cases: one for each target, gates, late reports, campaigns that join."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta

import pytest

from abusedesk.core import clock
from abusedesk.core.models import AuditEntry, Role
from cases import placing, queue, reporting
from cases.choices import GateKind, State
from cases.effects import BENIGN_FOR
from cases.intake import intake
from cases.models import Case, CaseReport, Delivery, Gate
from cases.services.case import snooze_case
from cases.services.decision import undo_decision
from cases.services.gate import save_gate
from cases.services.hold import hold_case
from cases.services.note import add_note
from cases.services.webhook import save_webhook
from cases.timeline import timeline_of
from detectors.base import Signal
from detectors.choices import CampaignState, Outcome
from detectors.complaints import Complaint, Target
from tests.cases import build

pytestmark = pytest.mark.django_db
ROSE = Target("account", "x:rose")
LINK = Target("url", "https://prize.example/win")


def note(
    number: int,
    *targets: Target,
    by: str = "x:ada",
    reason: str = "spam",
    at: timedelta = timedelta(),
) -> None:
    """One report is written down; the same number is the same report."""
    signal = Signal(
        id=number, at=(build.NOON + at).timestamp(), platform="x", kind="report", actor="ada"
    )
    reporting.note([(signal, Complaint(targets or (ROSE,), by, reason))])


def report(number: int, *targets: Target, by: str = "x:ada", reason: str = "spam") -> Case:
    """One report is written down and placed; the case that has it."""
    note(number, *targets, by=by, reason=reason)
    placing.place()
    return case_of(number)


def case_of(number: int) -> Case:
    found = CaseReport.objects.filter(signal_id=number, case__isnull=False).first()
    assert found is not None
    assert found.case is not None
    return Case.objects.get(pk=found.case.pk)


def test_a_report_opens_a_case_with_its_facts() -> None:
    case = report(1)
    assert case.ref == f"AD-{case.pk}"
    assert case.title == "Reported: rose on x by x:ada"
    assert (case.hits, case.new_hits, case.accounts, case.how_sure) == (1, 0, 1, 0)
    assert (case.platforms, case.queue.slug, case.state) == (["x"], "inbox", State.OPEN)
    assert case.due_at - case.opened_at == timedelta(hours=24)
    assert [(one["lead"], one["text"]) for one in case.summary] == [
        ("Reported", "1 report by x:ada, on 3 Nov 2026 12:00 UTC."),
        ("About", "rose on x"),
        ("As", "spam"),
    ]
    assert case.priority > 0
    assert build.verbs(case) == ["case.opened_by_report"]
    (entry,) = timeline_of(case, build.user())
    assert entry.sentence == "opened the case: rose on x, reported by x:ada"


def test_the_same_report_again_adds_nothing() -> None:
    first = report(1)
    again = report(1)
    assert (again.pk, again.hits, again.version) == (first.pk, 1, first.version)
    assert build.verbs(again) == ["case.opened_by_report"]


def test_many_reports_on_one_target_make_one_case_that_counts_them() -> None:
    for number in range(300):
        note(number, by=f"x:b{number}", at=timedelta(seconds=number))
    assert placing.place() == 1
    case = Case.objects.get()
    assert (case.hits, case.title) == (300, "Reported: rose on x by x:b0, x:b1 and 298 more")
    assert build.verbs(case) == ["case.opened_by_report"]
    assert case.priority_parts["p"] == 0.95


def test_more_reporters_make_a_case_more_urgent() -> None:
    case = report(1)
    more = report(2, by="x:bea")
    assert (more.pk, more.hits, more.new_hits) == (case.pk, 2, 1)
    assert more.priority > case.priority
    assert build.verbs(more) == ["case.opened_by_report", "case.reported"]
    entry = AuditEntry.objects.get(verb="case.reported")
    assert (entry.data["hits"], entry.data["by"]) == (1, "x:bea")


def test_a_report_of_fraud_is_worse_than_one_of_spam() -> None:
    spam = report(1)
    fraud = report(2, LINK, reason="content/phishing")
    assert fraud.severity > spam.severity


def test_targets_of_one_report_share_a_case() -> None:
    case = report(1, ROSE, Target("account", "x:lily"))
    assert Case.objects.count() == 1
    assert (case.hits, case.accounts) == (1, 2)
    assert case.title == "Reported: rose on x and 1 more by x:ada"
    assert build.verbs(case) == ["case.opened_by_report"]


def test_a_target_with_a_case_of_its_own_is_reported_there() -> None:
    rose, link = report(1), report(2, LINK)
    note(3, ROSE, LINK, by="x:bea")
    placing.place()
    rose.refresh_from_db()
    link.refresh_from_db()
    assert Case.objects.count() == 2
    assert (rose.hits, link.hits) == (2, 2)


@pytest.mark.parametrize("order", [(1, 2, 3), (3, 2, 1), (2, 3, 1)])
def test_the_order_of_reports_makes_no_second_case(order: Sequence[int]) -> None:
    told = {1: (ROSE,), 2: (ROSE, LINK), 3: (ROSE,)}
    for number in order:
        report(number, *told[number])
    case = Case.objects.get()
    assert (case.hits, case.report_links.count()) == (3, 4)


def test_a_report_on_a_member_of_a_campaign_goes_to_its_case() -> None:
    _, case = build.opened(members=build.accounts(8))
    title = case.title
    told = report(1, Target("account", "x:a3"), by="x:bea")
    assert Case.objects.get() == told
    assert (told.title, told.hits, told.new_hits, told.accounts) == (title, 21, 1, 8)
    assert told.how_sure == pytest.approx(0.95)
    assert told.summary[-3]["text"].startswith("1 report by x:bea")
    assert build.verbs(told) == ["case.opened", "case.reported"]


def test_a_report_does_not_join_a_closed_case_of_a_campaign() -> None:
    """That coordination was fine says nothing of what one of them is reported for."""
    _, case = build.opened(members=build.accounts(8))
    build.decided(build.user(), case, Outcome.LEGITIMATE)
    assert report(1, Target("account", "x:a3")).pk != case.pk


def test_a_campaign_joins_the_case_in_which_a_member_was_reported() -> None:
    case = report(1, Target("account", "x:a3"))
    row = build.campaign(members=build.accounts(8))
    intake()
    case.refresh_from_db()
    assert Case.objects.count() == 1
    assert build.case_of(row) == case
    assert (case.hits, case.new_hits, case.accounts) == (21, 20, 8)
    assert case.title == "8 accounts on X: shared device"
    assert case.how_sure == row.p
    assert "1 report by x:ada" in str(case.summary)
    assert build.verbs(case) == ["case.opened_by_report", "case.grew"]


def test_evidence_and_reports_are_counted_apart() -> None:
    case = report(1, Target("account", "x:a3"))
    row = build.campaign(members=build.accounts(8))
    intake()
    report(2, Target("account", "x:a3"))
    build.grow(row, 5)
    intake()
    case.refresh_from_db()
    assert case.hits == 27


def test_a_campaign_takes_in_all_untouched_cases_of_its_members() -> None:
    cases = [report(number, Target("account", f"x:a{number}")) for number in (1, 2, 3)]
    add_note(actor=build.user(), case=cases[2], body="mine")
    build.campaign(members=build.accounts(8))
    intake()
    for case in cases:
        case.refresh_from_db()
    assert [case.state for case in cases] == [State.OPEN, State.MERGED, State.OPEN]
    assert (cases[1].merged_into, cases[0].hits, cases[2].hits) == (cases[0], 22, 1)
    assert case_of(2) == cases[0]
    assert report(4, Target("account", "x:a2")).pk == cases[0].pk


@pytest.mark.parametrize("state", [CampaignState.WATCH, CampaignState.OPEN])
def test_only_a_strong_campaign_joins(state: CampaignState) -> None:
    case = report(1, Target("account", "x:a3"))
    row = build.campaign(members=build.accounts(8), state=state)
    intake()
    assert hasattr(row, "case_link") is (state == CampaignState.OPEN)
    assert Case.objects.get() == case


def test_a_closed_report_never_silences_a_campaign() -> None:
    case = report(1, Target("account", "x:a3"))
    build.decided(build.user(), case, Outcome.NO_ABUSE)
    row = build.campaign(members=build.accounts(8))
    intake()
    assert build.case_of(row) != case


@pytest.mark.parametrize("outcome", [Outcome.ABUSE, Outcome.UNSURE])
def test_a_late_report_brings_a_confirmed_case_back(outcome: Outcome) -> None:
    case = report(1)
    build.decided(build.user(), case, outcome)
    back = report(2, by="x:bea")
    assert (back.pk, back.state, back.regressed, back.new_hits) == (case.pk, State.OPEN, True, 1)
    assert back.due_at > clock.now()
    assert build.verbs(back)[-1] == "case.regressed"


@pytest.mark.parametrize("outcome", [Outcome.LEGITIMATE, Outcome.NO_ABUSE])
def test_a_benign_case_counts_reports_and_stays_closed_until_it_expires(outcome: Outcome) -> None:
    case = report(1)
    decision = build.decided(build.user(), case, outcome)
    quiet = report(2, by="x:bea")
    assert (quiet.pk, quiet.state, quiet.hits, quiet.new_hits) == (case.pk, State.CLOSED, 2, 1)
    assert build.verbs(quiet)[-1] == "case.suppressed"
    decision.created_at = clock.now() - BENIGN_FOR
    decision.save()
    back = report(3, by="x:cy")
    assert (back.pk, back.state, back.regressed, back.hits) == (case.pk, State.OPEN, True, 3)


def test_an_undone_decision_keeps_what_was_reported_meanwhile() -> None:
    reviewer = build.user()
    decision = build.decided(reviewer, report(1), Outcome.NO_ABUSE)
    report(2, by="x:bea")
    case = undo_decision(actor=reviewer, decision=decision)
    assert (case.state, case.hits, case.new_hits) == (State.OPEN, 2, 1)


def test_a_snoozed_case_counts_and_stays_away() -> None:
    case = report(1)
    snooze_case(actor=build.user(), case=case, until=clock.now() + timedelta(days=1))
    later = report(2)
    assert (later.pk, later.state, later.new_hits) == (case.pk, State.SNOOZED, 1)
    assert later.snoozed_until is not None


def test_a_claim_survives_a_report() -> None:
    held = queue.claim(actor=build.user(), case=report(1))
    assert report(2).claim_id == held.claim_id


def test_a_gate_holds_the_case_back_and_counts_every_report() -> None:
    gate = save_gate(
        actor=build.user(Role.LEAD), kind=GateKind.ALLOW, account="x:rose", reason="newsroom"
    )
    for number in range(5):
        note(number)
        placing.place()
    note(4)
    placing.place()
    gate.refresh_from_db()
    assert (Case.objects.count(), gate.hits) == (0, 5)
    assert CaseReport.objects.filter(held=True).count() == 5


def test_a_gate_of_one_target_lets_the_others_through() -> None:
    save_gate(actor=build.user(Role.LEAD), kind=GateKind.ALLOW, account="x:rose", reason="fine")
    case = report(1, ROSE, Target("account", "x:lily"))
    assert case.title == "Reported: lily on x by x:ada"


def test_held_reports_open_their_case_when_the_gate_ends() -> None:
    until = clock.now() + timedelta(days=1)
    save_gate(
        actor=build.user(Role.LEAD),
        kind=GateKind.SNOOZE,
        account="x:rose",
        reason="wait",
        expires_at=until,
    )
    note(1)
    note(2)
    reporting.sweep()
    assert not Case.objects.exists()
    Gate.objects.update(expires_at=clock.now() - timedelta(seconds=1))
    reporting.sweep()
    assert Case.objects.get().hits == 2


def test_one_odd_report_does_not_stop_the_others(monkeypatch: pytest.MonkeyPatch) -> None:
    place = placing._place

    def odd(row: CaseReport) -> None:
        if row.signal_id == 1:
            raise ValueError
        place(row)

    note(1)
    note(2, LINK)
    monkeypatch.setattr(placing, "_place", odd)
    assert placing.place() == 1
    monkeypatch.setattr(placing, "_place", place)
    assert placing.place() == 1
    assert Case.objects.count() == 2


def test_the_limit_is_kept() -> None:
    for number in range(4):
        note(number, Target("account", f"x:a{number}"))
    assert (placing.place(3), placing.place(3), placing.place(3)) == (3, 1, 0)


def test_hostile_names_stay_within_their_columns() -> None:
    long = Target("url", "https://a.example/" + "\u202e<b>" * 1_000)
    case = report(1, long, by="\u202e" * 242, reason="x" * 80)
    assert len(case.title) == 200


def test_receivers_learn_what_was_reported() -> None:
    save_webhook(actor=build.user(Role.ADMIN), url="https://example.org/hook")
    case = report(1, ROSE)
    report(1, LINK)
    assert report(2, ROSE, LINK).pk == case.pk
    build.decided(build.user(), case)
    body = Delivery.objects.get().body
    assert '"entities":{"accounts":["x:rose"],"reported":["url:https://prize.example/win"]}' in body


def test_a_hold_keeps_the_reports_and_the_accounts_of_a_case() -> None:
    hold = hold_case(actor=build.user(Role.LEAD), case=report(7), reason="court")
    assert (hold.accounts, hold.signal_ids) == (["x:rose"], [7])


@pytest.mark.django_db(transaction=True)
def test_eight_workers_open_one_case_for_each_target() -> None:
    for number in range(60):
        note(number, Target("account", f"x:a{number % 12}"), by=f"x:b{number}")
    build.at_once(8, lambda _: placing.place())
    while placing.place():
        pass
    assert Case.objects.count() == 12
    assert {case.hits for case in Case.objects.all()} == {5}
    assert AuditEntry.objects.filter(verb="case.opened_by_report").count() == 12


@pytest.mark.django_db(transaction=True)
def test_reports_that_eight_workers_bring_make_one_case() -> None:
    def work(place: int) -> None:
        for number in range(10):
            note(100 * place + number, by=f"x:b{place}")
            placing.place()

    build.at_once(8, work)
    while placing.place():
        pass
    case = Case.objects.get()
    assert (case.hits, case.report_links.count()) == (80, 80)


@pytest.mark.django_db(transaction=True)
def test_a_campaign_and_a_report_at_the_same_time_make_one_case() -> None:
    for place in range(8):
        build.campaign(members=build.accounts(4, first=10 * place))
        note(place, Target("account", f"x:a{10 * place + 1}"))
    build.at_once(8, lambda place: intake() if place % 2 else placing.place())
    while intake() or placing.place():
        pass
    assert Case.objects.exclude(state=State.MERGED).count() == 8
    assert {case.hits for case in Case.objects.all()} == {21}


@pytest.mark.django_db(transaction=True)
def test_deciding_while_reports_arrive_neither_locks_up_nor_loses_anything() -> None:
    cases = [report(number, Target("account", f"x:a{number}")) for number in range(12)]
    people = [build.user() for _ in range(4)]

    def work(place: int) -> None:
        if place % 2:
            for number in range(12):
                note(1_000 * place + number, Target("account", f"x:a{number}"))
                placing.place()
            return
        for case in cases[place // 2 :: 2]:
            build.decided(people[place // 2], case)

    build.at_once(4, work)
    while placing.place():
        pass
    assert Case.objects.count() == 12
    assert {case.hits for case in Case.objects.all()} == {3}
    assert all(case.decisions.count() == 1 for case in cases)
