"""Intake: one case for one campaign, gates in order, late evidence."""

from __future__ import annotations

from datetime import timedelta

import pytest

from abusedesk.core import clock
from abusedesk.core.models import AuditEntry, Role
from cases import gates, queue
from cases.choices import GateKind, State
from cases.intake import intake
from cases.models import Case, CaseCampaign, Gate
from cases.services.case import snooze_case
from cases.services.gate import save_gate
from cases.services.note import add_note
from cases.services.webhook import save_webhook
from detectors.choices import CampaignState, Outcome
from detectors.models import Campaign, Verdict
from detectors.services.fusion import fuse_all
from tests.cases import build
from tests.cases.fused import log

pytestmark = pytest.mark.django_db


def test_a_strong_campaign_opens_one_case_with_its_facts() -> None:
    row, case = build.opened(members=[*build.accounts(7), *build.accounts(5, "telegram")])
    assert case.ref == f"AD-{case.pk}"
    assert case.title == "12 accounts on Telegram and X: shared device"
    assert (case.accounts, case.hits, case.new_hits) == (12, 20, 0)
    assert (case.platforms, case.queue.slug) == (["telegram", "x"], "inbox")
    assert case.how_sure == row.p
    assert case.due_at - case.opened_at == timedelta(hours=24)
    assert case.reasons == ["12 accounts share device d-1"]
    assert not Campaign.objects.get(pk=row.pk).needs_intake
    assert build.verbs(case) == ["case.opened"]


def test_the_priority_is_computed_from_the_stored_parts() -> None:
    _, case = build.opened()
    parts = case.priority_parts
    assert set(parts) == {"p", "harm", "reach", "velocity", "novelty"}
    expected = (
        100
        * parts["p"]
        * (
            0.45 * parts["harm"]
            + 0.25 * parts["reach"]
            + 0.20 * parts["velocity"]
            + 0.10 * parts["novelty"]
        )
    )
    assert case.priority == pytest.approx(expected)


def test_a_watched_campaign_opens_nothing_and_is_not_asked_again() -> None:
    row = build.campaign(state=CampaignState.WATCH)
    assert intake() == 1
    assert intake() == 0
    assert not Case.objects.exists()
    assert not Campaign.objects.get(pk=row.pk).needs_intake


def test_nothing_to_do_is_nothing() -> None:
    build.campaign(waiting=False)
    assert intake() == 0


def test_the_limit_is_kept_and_the_oldest_comes_first() -> None:
    rows = [build.campaign(members=build.accounts(4, first=10 * place)) for place in range(3)]
    assert intake(limit=2) == 2
    assert {link.campaign_id for link in CaseCampaign.objects.all()} == {rows[0].pk, rows[1].pk}


@pytest.mark.row(36)
@pytest.mark.parametrize("hits", [1, 17])
def test_new_evidence_grows_the_open_case_by_what_is_new(hits: int) -> None:
    row, case = build.opened()
    build.grow(row, hits, members=["telegram:new"])
    intake()
    case.refresh_from_db()
    assert Case.objects.count() == 1
    assert (case.hits, case.new_hits, case.accounts) == (20 + hits, hits, 9)
    assert case.version == 2
    assert build.verbs(case) == ["case.opened", "case.grew"]
    assert AuditEntry.objects.get(verb="case.grew").data["hits"] == hits


def test_the_same_evidence_again_changes_nothing_that_counts() -> None:
    row, case = build.opened()
    Campaign.objects.filter(pk=row.pk).update(needs_intake=True)
    intake()
    case.refresh_from_db()
    assert (case.hits, case.new_hits) == (20, 0)
    assert build.verbs(case) == ["case.opened"]


def test_a_signal_that_two_findings_cite_counts_once() -> None:
    names = build.accounts(4)
    both = [
        build.finding(subjects=names, signal_ids=range(1, 11)),
        build.finding(subjects=names, signal_ids=range(6, 16), family="content"),
    ]
    _, case = build.opened(members=names, findings=both)
    assert case.hits == 15


def test_changed_members_without_new_signals_are_told_without_hits() -> None:
    row, case = build.opened()
    build.grow(row, 0, members=["x:late"])
    intake()
    case.refresh_from_db()
    assert (case.hits, case.accounts) == (20, 9)
    assert build.verbs(case) == ["case.opened", "case.changed"]


def test_a_snoozed_case_counts_and_stays_away() -> None:
    row, case = build.opened()
    snooze_case(actor=build.user(), case=case, until=clock.now() + timedelta(days=1))
    build.grow(row, 5)
    intake()
    case.refresh_from_db()
    assert (case.state, case.hits, case.new_hits) == (State.SNOOZED, 25, 5)
    assert case.snoozed_until is not None


def test_a_claim_survives_new_evidence() -> None:
    row, case = build.opened()
    held = queue.claim(actor=build.user(), case=case)
    build.grow(row, 5)
    intake()
    case.refresh_from_db()
    assert case.claim_id == held.claim_id


@pytest.mark.row(37)
@pytest.mark.parametrize("outcome", [Outcome.ABUSE, Outcome.UNSURE])
def test_a_late_hit_brings_a_confirmed_case_back_as_regressed(outcome: Outcome) -> None:
    row, case = build.opened()
    build.decided(build.user(), case, outcome)
    Case.objects.filter(pk=case.pk).update(due_at=clock.now() - timedelta(days=3))
    build.grow(row, 6)
    intake()
    case.refresh_from_db()
    assert (case.state, case.regressed, case.new_hits, case.hits) == (State.OPEN, True, 6, 26)
    assert case.closed_at is None
    assert case.due_at > clock.now()
    assert build.verbs(case)[-1] == "case.regressed"
    assert Case.objects.count() == 1


def test_a_new_score_alone_brings_no_confirmed_case_back() -> None:
    row, case = build.opened()
    build.decided(build.user(), case)
    build.grow(row, 0)
    intake()
    case.refresh_from_db()
    assert case.state == State.CLOSED


@pytest.mark.parametrize("outcome", [Outcome.LEGITIMATE, Outcome.NO_ABUSE])
def test_a_benign_case_stays_closed_and_counts(outcome: Outcome) -> None:
    row, case = build.opened()
    build.decided(build.user(), case, outcome)
    build.grow(row, 6)
    intake()
    case.refresh_from_db()
    assert (case.state, case.regressed, case.new_hits, case.hits) == (State.CLOSED, False, 6, 26)
    assert build.verbs(case)[-1] == "case.suppressed"


def test_a_new_kind_of_evidence_brings_a_benign_case_back() -> None:
    row, case = build.opened()
    build.decided(build.user(), case, Outcome.NO_ABUSE)
    build.grow(row, 1, families=["timing"])
    intake()
    case.refresh_from_db()
    assert (case.state, case.regressed) == (State.OPEN, True)
    assert "timing" in AuditEntry.objects.get(verb="case.regressed").data["why"]


@pytest.mark.parametrize(("more", "state"), [(7, State.CLOSED), (8, State.OPEN)])
def test_twice_the_size_brings_a_benign_case_back(more: int, state: State) -> None:
    row, case = build.opened(members=build.accounts(8))
    build.decided(build.user(), case, Outcome.NO_ABUSE)
    build.grow(row, 1, members=build.accounts(more, "telegram"))
    intake()
    case.refresh_from_db()
    assert case.state == state


def test_a_benign_decision_expires() -> None:
    row, case = build.opened()
    build.decided(build.user(), case, Outcome.NO_ABUSE)
    Verdict.objects.update(expires_at=clock.now() - timedelta(seconds=1))
    build.grow(row, 1)
    intake()
    case.refresh_from_db()
    assert (case.state, case.regressed) == (State.OPEN, True)


def _gate(kind: GateKind, accounts: list[str], ends: timedelta | None = None) -> None:
    lead = build.user(Role.LEAD)
    for account in accounts:
        save_gate(
            actor=lead,
            kind=kind,
            account=account,
            reason="ours",
            expires_at=clock.now() + ends if ends else None,
        )


DAY = timedelta(days=1)


def test_the_allow_list_keeps_a_campaign_from_a_case_and_counts() -> None:
    _gate(GateKind.ALLOW, build.accounts(6))
    row = build.campaign(members=build.accounts(8))
    intake()
    assert not Case.objects.exists()
    held = AuditEntry.objects.get(verb="campaign.held")
    assert (held.target_type, held.target_id) == ("campaign", str(row.pk))
    assert held.data["gate"] == "Allow-list"
    assert set(Gate.objects.values_list("hits", flat=True)) == {1}


def test_an_allow_list_that_leaves_three_accounts_holds_nothing() -> None:
    _gate(GateKind.ALLOW, build.accounts(5))
    build.campaign(members=build.accounts(8))
    intake()
    assert Case.objects.count() == 1


def test_the_allow_list_is_asked_before_the_snooze_list() -> None:
    _gate(GateKind.SNOOZE, build.accounts(8), DAY)
    _gate(GateKind.ALLOW, build.accounts(8))
    build.campaign(members=build.accounts(8))
    intake()
    assert AuditEntry.objects.get(verb="campaign.held").data["gate"] == "Allow-list"


def test_the_snooze_list_counts_what_the_allow_list_left() -> None:
    _gate(GateKind.ALLOW, build.accounts(3))
    _gate(GateKind.SNOOZE, build.accounts(3, first=4), DAY)
    build.campaign(members=build.accounts(8))
    intake()
    assert AuditEntry.objects.get(verb="campaign.held").data["gate"] == "Snooze"


def test_gates_come_before_the_open_case() -> None:
    row, case = build.opened(members=build.accounts(8))
    _gate(GateKind.SNOOZE, build.accounts(8), DAY)
    build.grow(row, 5)
    intake()
    case.refresh_from_db()
    assert case.hits == 20
    assert build.verbs(case) == ["case.opened", "campaign.held"]


def test_the_open_case_comes_before_a_new_one() -> None:
    row, _ = build.opened()
    build.grow(row, 1)
    intake()
    assert Case.objects.count() == 1


def test_a_gate_that_has_ended_lets_the_campaign_through_by_itself() -> None:
    _gate(GateKind.SNOOZE, build.accounts(8), DAY)
    row = build.campaign(members=build.accounts(8))
    intake()
    assert gates.release_expired() == 0
    Gate.objects.update(expires_at=clock.now() - timedelta(seconds=1))
    assert gates.release_expired() == 1
    assert intake() == 1
    assert build.case_of(row).hits == 20
    assert gates.release_expired() == 0


def _merge(loser: Campaign, winner: Campaign) -> None:
    """As the fusion does it."""
    loser.state, loser.merged_into, loser.needs_intake = CampaignState.MERGED, winner, True
    loser.save()
    build.grow(winner, 2)


def test_a_campaign_that_swallowed_another_takes_its_case() -> None:
    old, case = build.opened(members=build.accounts(4))
    heir = build.campaign(members=build.accounts(9), waiting=False)
    _merge(old, heir)
    assert intake() == 2
    assert Case.objects.count() == 1
    assert build.case_of(heir) == case
    case.refresh_from_db()
    assert (case.accounts, case.hits) == (9, 22)


def test_the_way_to_the_heir_may_be_long() -> None:
    first, case = build.opened(members=build.accounts(4))
    second = build.campaign(members=build.accounts(5), waiting=False)
    third = build.campaign(members=build.accounts(6), waiting=False)
    _merge(first, second)
    _merge(second, third)
    Campaign.objects.exclude(pk=first.pk).update(needs_intake=False)
    intake()
    assert build.case_of(third) == case
    assert Case.objects.count() == 1


def test_two_cases_that_become_one_operation_become_one_when_nobody_touched_the_other() -> None:
    one, first = build.opened(members=build.accounts(4))
    two, second = build.opened(members=build.accounts(5, first=20))
    _merge(two, one)
    intake()
    second.refresh_from_db()
    assert (second.state, second.merged_into) == (State.MERGED, first)
    assert build.case_of(two) == first
    assert build.verbs(second)[-1] == "case.merged"
    assert "case.absorbed" in build.verbs(first)


def test_a_case_that_a_person_touched_stays_as_it_is() -> None:
    one, _ = build.opened(members=build.accounts(4))
    two, second = build.opened(members=build.accounts(5, first=20))
    add_note(actor=build.user(), case=second, body="mine")
    _merge(two, one)
    intake()
    second.refresh_from_db()
    assert second.state == State.OPEN


def test_evidence_for_a_merged_case_goes_to_the_survivor() -> None:
    row, case = build.opened()
    survivor = build.case(hits=1)
    Case.objects.filter(pk=case.pk).update(state=State.MERGED, merged_into=survivor)
    build.grow(row, 4)
    intake()
    survivor.refresh_from_db()
    assert survivor.hits == 24
    assert build.case_of(row) == survivor


def test_one_odd_campaign_does_not_stop_the_others() -> None:
    odd = build.campaign(members=build.accounts(4))
    Campaign.objects.filter(pk=odd.pk).update(p=float("nan"))
    fine = build.campaign(members=build.accounts(4, first=9))
    assert intake() == 1
    assert build.case_of(fine).hits == 20
    assert Campaign.objects.get(pk=odd.pk).needs_intake


def test_a_campaign_like_one_that_was_called_benign_is_less_novel() -> None:
    _, first = build.opened(members=build.accounts(8))
    build.decided(build.user(), first, Outcome.NO_ABUSE)
    _, second = build.opened(members=build.accounts(8, first=5))
    assert first.priority_parts["novelty"] == 1
    assert second.priority_parts["novelty"] == pytest.approx(1 - 4 / 12, abs=1e-6)


@pytest.mark.row(36)
@pytest.mark.django_db(transaction=True)
def test_eight_workers_open_one_case_for_each_campaign() -> None:
    rows = [build.campaign(members=build.accounts(4, first=10 * place)) for place in range(20)]
    taken = build.at_once(8, lambda _: intake())
    while intake():
        pass
    assert sum(taken) <= 20
    assert Case.objects.count() == 20
    assert CaseCampaign.objects.count() == 20
    assert AuditEntry.objects.filter(verb="case.opened").count() == 20
    assert not Campaign.objects.filter(needs_intake=True).exists()
    assert {build.case_of(row).hits for row in rows} == {20}


@pytest.mark.row(36)
@pytest.mark.django_db(transaction=True)
def test_eight_workers_and_one_campaign_make_one_case() -> None:
    row = build.campaign()
    build.at_once(8, lambda _: intake())
    assert Case.objects.count() == 1
    for _ in range(3):
        build.grow(row, 1)
        build.at_once(8, lambda _: intake())
    case = build.case_of(row)
    assert (Case.objects.count(), case.hits) == (1, 23)
    assert build.verbs(case) == ["case.opened", *["case.grew"] * 3]


@pytest.mark.django_db(transaction=True)
def test_deciding_while_evidence_arrives_neither_locks_up_nor_loses_anything() -> None:
    """Intake holds a campaign and wants the case; a decision the other way round."""
    save_webhook(actor=build.user(Role.ADMIN), url="https://example.org/hook")
    pairs = [build.opened(members=build.accounts(4, first=10 * place)) for place in range(12)]
    people = [build.user() for _ in range(4)]

    def work(place: int) -> None:
        if place % 2:
            for row, _ in pairs:
                build.grow(Campaign.objects.get(pk=row.pk), 1)
                intake()
            return
        for _, case in pairs[place // 2 :: 2]:
            build.decided(people[place // 2], case)

    build.at_once(4, work)
    while intake():
        pass
    assert Case.objects.count() == 12
    assert all(case.decisions.count() == 1 for _, case in pairs)


@pytest.mark.row(36)
@pytest.mark.django_db(transaction=True)
def test_a_second_hit_goes_through_the_real_fusion_into_the_same_case_and_counts_one() -> None:
    one = build.finding(subjects=build.accounts(5), signal_ids=range(1, 11))
    log(one)
    fuse_all()
    intake()
    case = Case.objects.get()
    assert (case.accounts, case.hits) == (5, 10)
    one.signal_ids, one.signal_total, one.revision = list(range(1, 12)), 11, 2
    one.save()
    log(one)
    fuse_all()
    intake()
    case.refresh_from_db()
    assert (Case.objects.count(), case.hits, case.new_hits) == (1, 11, 1)
    assert build.verbs(case) == ["case.opened", "case.grew"]
