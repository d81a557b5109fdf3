"""What people work on does not move by itself: mergers and splits are proposed to them."""

from __future__ import annotations

import pytest

from abusedesk.core.errors import ConflictError
from cases import queue
from cases.choices import State
from cases.models import Case, CaseCampaign
from cases.selectors.lineage import proposals_for
from cases.services.note import add_note
from cases.services.proposal import accept_proposal, reject_proposal
from detectors.choices import CampaignState, FindingStatus, ProposalState
from detectors.models import Campaign, Finding, Proposal, Touched
from tests.cases import build, fused

pytestmark = pytest.mark.django_db(transaction=True)


def _members(case: Case) -> set[str]:
    rows = Campaign.objects.filter(case_link__case=case).exclude(state=CampaignState.MERGED)
    return set(rows.values_list("members__account", flat=True))


def _tie(number: int = 3) -> None:
    """Strong links between the two halves that share no account."""
    for place in range(number):
        fused.tied(fused.LEFT[place], fused.RIGHT[place], f"tie-{place}", 60 + place)
    fused.settle()


def _lapse(one: Finding) -> None:
    one.status, one.revision, one.digest = FindingStatus.LAPSED, one.revision + 1, "gone"
    one.save()
    fused.log(one)


def test_two_cases_that_nobody_touched_become_one_by_themselves() -> None:
    fused.two_cases()
    _tie()
    assert Case.objects.filter(state=State.OPEN).count() == 1
    assert not Proposal.objects.exists()


@pytest.mark.parametrize("touched", [0, 1])
def test_no_member_of_a_touched_case_moves_silently(touched: int) -> None:
    actor = build.user()
    cases = fused.two_cases()[:2]
    add_note(actor=actor, case=cases[touched], body="mine")
    _tie()
    assert [one.state for one in Case.objects.order_by("pk")] == [State.OPEN, State.OPEN]
    assert [_members(one) for one in cases] == [set(fused.LEFT), set(fused.RIGHT)]
    (proposal,) = proposals_for(actor)
    assert (proposal.kind, proposal.bridges, proposal.families) == (
        "merge",
        3,
        ["content", "infra-hard"],
    )


def test_to_claim_a_case_is_to_touch_it() -> None:
    actor = build.user()
    first, second, *_ = fused.two_cases()
    queue.claim(actor=actor, case=first)
    assert queue.claim_next(actor=actor) == second
    assert Touched.objects.count() == 2


def test_an_accepted_merger_makes_one_case_and_is_asked_no_more() -> None:
    actor = build.user()
    first, second, *_ = fused.two_cases()
    add_note(actor=actor, case=first, body="mine")
    _tie()
    accept_proposal(actor=actor, proposal=proposals_for(actor).get())
    first.refresh_from_db()
    second.refresh_from_db()
    assert (second.state, second.merged_into) == (State.MERGED, first)
    assert _members(first) == {*fused.LEFT, *fused.RIGHT}
    _tie()
    assert not proposals_for(actor).exists()
    assert Proposal.objects.get().state == ProposalState.ACCEPTED


def test_a_rejected_merger_is_not_proposed_again() -> None:
    actor = build.user()
    first, *_ = fused.two_cases()
    add_note(actor=actor, case=first, body="mine")
    _tie()
    proposal = proposals_for(actor).get()
    reject_proposal(actor=actor, proposal=proposal)
    fused.tied(fused.LEFT[3], fused.RIGHT[3], "tie-3", 70)
    fused.settle()
    assert Proposal.objects.get().state == ProposalState.REJECTED
    assert build.verbs(first)[-1] == "proposal.rejected"
    with pytest.raises(ConflictError, match="settled"):
        reject_proposal(actor=actor, proposal=proposal)


def test_links_that_share_an_account_are_one_witness_and_propose_nothing() -> None:
    actor = build.user()
    first, second, *_ = fused.two_cases()
    add_note(actor=actor, case=first, body="mine")
    for place in range(3):
        fused.tied(fused.LEFT[0], fused.RIGHT[place], f"tie-{place}", 60 + place)
    fused.settle()
    assert not Proposal.objects.exists()
    assert [_members(first), _members(second)] == [set(fused.LEFT), set(fused.RIGHT)]


def test_a_proposal_ends_with_the_evidence_for_it() -> None:
    actor = build.user()
    first, *_ = fused.two_cases()
    add_note(actor=actor, case=first, body="mine")
    _tie()
    for one in Finding.objects.filter(anchor_value__contains="-tie-"):
        _lapse(one)
    fused.settle()
    assert not proposals_for(actor).exists()
    assert Proposal.objects.get().state == ProposalState.STALE


def test_a_touched_case_that_falls_apart_keeps_all_and_a_split_is_proposed() -> None:
    actor = build.user()
    case = fused.bridged()
    add_note(actor=actor, case=case, body="mine")
    _lapse(Finding.objects.get(anchor_value="d-bridge"))
    fused.settle()
    assert _members(case) == {*fused.LEFT, *fused.RIGHT}
    proposal = proposals_for(actor).get()
    assert proposal.kind == "split"
    assert set(proposal.part) in (set(fused.LEFT), set(fused.RIGHT))
    row = accept_proposal(actor=actor, proposal=proposal)
    assert row.other is not None
    assert {frozenset(_members(one)) for one in (case, row.other)} == {
        frozenset(fused.LEFT),
        frozenset(fused.RIGHT),
    }


def test_new_accounts_join_a_touched_case() -> None:
    case = fused.bridged()
    add_note(actor=build.user(), case=case, body="mine")
    fused.told([*fused.LEFT, "x:new"], "d-more", [80])
    fused.settle()
    assert _members(case) == {*fused.LEFT, *fused.RIGHT, "x:new"}
    assert CaseCampaign.objects.filter(case=case).count() == 1
    assert Case.objects.count() == 1


def test_a_case_that_nobody_touched_lets_accounts_go() -> None:
    case = fused.bridged()
    _lapse(Finding.objects.get(anchor_value="d-bridge"))
    fused.settle()
    assert len(_members(case)) == 4
    assert not Proposal.objects.exists()
