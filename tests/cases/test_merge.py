"""Two cases become one by hand, and two again, as if nothing had been."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.test import Client

from abusedesk.core import clock
from abusedesk.core.errors import ConflictError, ForbiddenError
from abusedesk.core.models import AuditEntry, Role, Scope, User
from cases import queue
from cases.choices import State
from cases.models import Case, CaseCampaign, CaseLineage, CaseReport
from cases.services.case import snooze_case
from cases.services.hold import hold_case
from cases.services.merge import merge_cases, preview_merge, unmerge
from cases.services.note import add_note
from cases.timeline import timeline_of
from detectors.choices import Outcome
from tests import make
from tests.cases import build, fused

pytestmark = pytest.mark.django_db(transaction=True)


def _form(case: Case, viewer: User) -> bytes:
    """The case as the API gives it, byte for byte."""
    client = Client(headers=make.bearer(Scope.READ, user=viewer))
    response = client.get(f"/api/v1/cases/{case.ref}/")
    assert response.status_code == 200
    return response.content


def _sentences(case: Case, viewer: User) -> list[str]:
    return [entry.sentence for entry in timeline_of(case, viewer)]


def _merged(actor: User) -> tuple[Case, Case, CaseLineage]:
    first, second, *_ = fused.two_cases()
    row = merge_cases(actor=actor, case=first, other=second, reason="one crew")
    first.refresh_from_db()
    second.refresh_from_db()
    return first, second, row


@pytest.mark.row(38)
def test_unmerge_restores_both_cases_byte_for_byte_in_their_api_form() -> None:
    lead = build.user(Role.LEAD)
    first, second, *_ = fused.two_cases()
    queue.claim(actor=lead, case=second)
    add_note(actor=lead, case=second, body="mine")
    before = [_form(one, lead) for one in (first, second)]
    row = merge_cases(actor=lead, case=first, other=second, reason="one crew")
    merged = [_form(one, lead) for one in (first, second)]
    assert all(now != was for now, was in zip(merged, before, strict=True))
    unmerge(actor=lead, row=row)
    assert [_form(one, lead) for one in (first, second)] == before


@pytest.mark.row(38)
def test_a_note_stays_on_the_survivor_and_a_signal_follows_its_campaign() -> None:
    lead = build.user(Role.LEAD)
    first, second, _, right = fused.two_cases()
    before = [_sentences(one, lead) for one in (first, second)]
    row = merge_cases(actor=lead, case=first, other=second, reason="one crew")
    note = add_note(actor=lead, case=first, body="seen both")
    fused.grow(right, 99)
    fused.settle()
    first.refresh_from_db()
    assert first.hits == 16
    unmerge(actor=lead, row=row)
    first.refresh_from_db()
    second.refresh_from_db()
    assert (first.hits, second.hits, second.new_hits) == (10, 6, 1)
    assert note.case_id == first.pk
    assert _sentences(first, lead) == ["wrote a note", *before[0]]
    assert _sentences(second, lead) == ["attached new evidence: +1", *before[1]]
    told = AuditEntry.objects.values_list("verb", flat=True)
    assert {"case.merged", "case.absorbed", "case.unmerged"} <= set(told)
    fused.settle()
    second.refresh_from_db()
    assert second.hits == 6


def test_the_survivor_has_all_that_both_rest_on() -> None:
    first, second, _ = _merged(build.user())
    assert (second.state, second.merged_into) == (State.MERGED, first)
    assert (first.accounts, first.hits, first.platforms) == (8, 15, ["telegram", "x"])
    assert CaseCampaign.objects.filter(case=first).count() == 2


def test_every_entry_of_a_merged_timeline_keeps_its_origin() -> None:
    actor = build.user()
    first, second, _ = _merged(actor)
    entries = timeline_of(first, actor)
    opened = {entry.origin for entry in entries if entry.verb == "case.opened"}
    assert opened == {first.ref, second.ref}
    assert {entry.origin for entry in timeline_of(second, actor)} == {second.ref}


def test_the_preview_says_what_both_have_and_what_keeps_them_apart() -> None:
    actor, other_person = build.user(), build.user()
    first, second, *_ = fused.two_cases()
    found = preview_merge(actor=actor, case=first, other=second)
    assert (len(found.accounts), found.common, found.hits) == (8, [], 15)
    assert found.conflicts == []
    queue.claim(actor=other_person, case=second)
    hold_case(actor=build.user(Role.LEAD), case=second, reason="court")
    second.refresh_from_db()
    found = preview_merge(actor=actor, case=first, other=second)
    assert len(found.conflicts) == 2
    with pytest.raises(ConflictError, match="claimed by"):
        merge_cases(actor=actor, case=first, other=second, reason="no")
    assert not CaseLineage.objects.exists()


@pytest.mark.parametrize("which", ["itself", "closed", "merged"])
def test_what_cannot_be_merged_is_refused(which: str) -> None:
    actor = build.user()
    first, second, _ = _merged(actor)
    if which == "closed":
        second = build.case(state=State.CLOSED)
    with pytest.raises(ConflictError):
        merge_cases(
            actor=actor, case=first, other=first if which == "itself" else second, reason="no"
        )


def test_what_people_did_to_the_survivor_since_stays() -> None:
    actor = build.user(Role.LEAD)
    first, second, row = _merged(actor)
    build.decided(actor, first, Outcome.ABUSE)
    unmerge(actor=actor, row=row)
    first.refresh_from_db()
    second.refresh_from_db()
    assert (first.state, second.state) == (State.CLOSED, State.OPEN)
    assert (first.accounts, first.hits) == (4, 10)
    assert first.closed_at is not None


def test_a_snoozed_case_comes_out_of_a_merger_snoozed() -> None:
    actor = build.user()
    first, second, *_ = fused.two_cases()
    until = clock.now() + timedelta(days=2)
    snooze_case(actor=actor, case=second, until=until)
    row = merge_cases(actor=actor, case=first, other=second, reason="one crew")
    unmerge(actor=actor, row=row)
    second.refresh_from_db()
    assert (second.state, second.snoozed_until, second.merged_into) == (State.SNOOZED, until, None)


def test_mergers_are_taken_back_in_any_order() -> None:
    actor = build.user()
    first, second, row = _merged(actor)
    third = build.case(hits=3)
    later = merge_cases(actor=actor, case=first, other=third, reason="they too")
    unmerge(actor=actor, row=row)
    first.refresh_from_db()
    assert (first.accounts, first.hits) == (4, 10)
    unmerge(actor=actor, row=later)
    first.refresh_from_db()
    third.refresh_from_db()
    assert (first.accounts, third.state, third.hits) == (4, State.OPEN, 3)
    assert {one.pk for one in (first, second, third)} == set(
        Case.objects.filter(state=State.OPEN).values_list("pk", flat=True)
    )


def test_a_merger_is_taken_back_once_by_who_made_it_or_a_lead() -> None:
    actor = build.user()
    first, _, row = _merged(actor)
    with pytest.raises(ForbiddenError):
        unmerge(actor=build.user(), row=row)
    unmerge(actor=build.user(Role.LEAD), row=row)
    with pytest.raises(ConflictError, match="already"):
        unmerge(actor=actor, row=row)
    third = build.case()
    again = merge_cases(actor=actor, case=third, other=first, reason="other way round")
    assert again.other == first


def test_a_survivor_that_went_on_into_another_case_is_taken_out_first() -> None:
    actor = build.user()
    first, second, row = _merged(actor)
    merge_cases(actor=actor, case=build.case(), other=first, reason="and on")
    with pytest.raises(ConflictError, match="Take that back first"):
        unmerge(actor=actor, row=row)
    second.refresh_from_db()
    assert second.state == State.MERGED


def test_reports_go_with_their_case_and_come_back() -> None:
    actor = build.user()
    first, _, _, _ = fused.two_cases()
    told = build.case(hits=2, reports=2, accounts=1, how_sure=0.0)
    for number in (901, 902):
        CaseReport.objects.create(
            case=told,
            signal_id=number,
            target_type="account",
            target="x:z",
            digest=bytes([number % 256]) * 16,
            platform="x",
            reporter="x:ada",
            reported_at=clock.now(),
        )
    row = merge_cases(actor=actor, case=first, other=told, reason="the same")
    first.refresh_from_db()
    assert (first.reports, first.hits) == (2, 12)
    unmerge(actor=actor, row=row)
    first.refresh_from_db()
    told.refresh_from_db()
    assert (first.reports, first.hits, told.reports, told.hits) == (0, 10, 2, 2)
    assert CaseReport.objects.filter(case=told).count() == 2


def test_what_was_merged_by_hand_and_parted_is_not_merged_by_the_desk() -> None:
    actor = build.user()
    _, second, row = _merged(actor)
    unmerge(actor=actor, row=row)
    for number in range(3):
        fused.told((fused.LEFT[number], fused.RIGHT[number]), f"d-{number}")
    fused.settle()
    second.refresh_from_db()
    assert second.state == State.OPEN
    assert CaseCampaign.objects.get(case=second).campaign.size == 4
