"""The pages of mergers, cuts and proposals: what is previewed, refused, done and taken back."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client

from abusedesk.core.models import Role, User
from cases import queue
from cases.choices import State
from cases.models import Case, CaseLineage
from cases.services.hold import hold_case
from cases.services.note import add_note
from detectors.choices import ProposalState
from detectors.models import Proposal
from tests.cases import build, fused

pytestmark = pytest.mark.django_db(transaction=True)

A, B = fused.BRIDGE
HOSTILE = '"><script>alert(1)</script>\u202e'


def _browser(who: User) -> Client:
    browser = Client()
    browser.force_login(who)
    return browser


def _pair() -> tuple[Case, Case]:
    first, second, *_ = fused.two_cases()
    return first, second


def _proposed(actor: User) -> tuple[Case, Case, Proposal]:
    """Two cases that strong links tie, of which people work on the first."""
    first, second = _pair()
    add_note(actor=actor, case=first, body="mine")
    for place in range(3):
        fused.tied(fused.LEFT[place], fused.RIGHT[place], f"tie-{place}", 60 + place)
    fused.settle()
    return first, second, Proposal.objects.get()


@pytest.mark.row(38)
@pytest.mark.parametrize("choice", ["this", "other"])
def test_the_case_that_was_chosen_goes_on(choice: str) -> None:
    here, there = _pair()
    browser = _browser(build.user())
    page = browser.get(f"/cases/{here.ref}/lineage/?other={there.ref}").content.decode()
    assert f'name="survivor" value="{choice}"' in page
    said = {"other": there.ref, "survivor": choice, "reason": "one crew"}
    answer = browser.post(f"/cases/{here.ref}/merge/", said)
    stays, gone = (here, there) if choice == "this" else (there, here)
    assert answer.headers["Location"] == f"/cases/{stays.ref}/lineage/"
    gone.refresh_from_db()
    assert (gone.state, gone.merged_into) == (State.MERGED, stays)
    stays.refresh_from_db()
    assert (stays.state, stays.accounts) == (State.OPEN, 8)
    assert browser.get(f"/cases/{gone.ref}/").headers["Location"] == f"/cases/{stays.ref}/"


@pytest.mark.parametrize("choice", ["", "1", "both", None])
def test_a_merger_that_does_not_say_which_case_goes_on_is_refused(choice: str | None) -> None:
    here, there = _pair()
    said = {"other": there.ref, "reason": "one crew"}
    if choice is not None:
        said["survivor"] = choice
    answer = _browser(build.user()).post(f"/cases/{here.ref}/merge/", said)
    assert answer.status_code == 422
    assert "which of the two goes on" in answer.content.decode()
    assert not CaseLineage.objects.exists()


def test_a_refused_merger_keeps_the_preview_the_choice_and_the_reason() -> None:
    here, there = _pair()
    browser, colleague = _browser(build.user()), build.user(name="mona")
    queue.claim(actor=colleague, case=there)
    said = {"other": there.ref, "survivor": "other", "reason": f"one crew {HOSTILE}"}
    answer = browser.post(f"/cases/{here.ref}/merge/", said)
    page = answer.content.decode()
    assert answer.status_code == 409
    assert f"{there.ref} is claimed by mona." in page
    assert "Together <strong>8</strong> accounts" in page
    assert "<script>alert" not in page
    queue.release(actor=colleague, case=there)
    blank = browser.post(f"/cases/{here.ref}/merge/", said | {"reason": " "})
    assert blank.status_code == 422
    page = blank.content.decode()
    assert 'value="other" checked' in page
    assert 'value="this" required checked' not in page
    assert not CaseLineage.objects.exists()


@pytest.mark.parametrize("other", ["AD-999999", "AD-\x001", "'; --", "\u0661"])
def test_a_reference_that_leads_nowhere_is_named_and_harms_nothing(other: str) -> None:
    here, _ = _pair()
    browser = _browser(build.user())
    page = browser.get(f"/cases/{here.ref}/lineage/", {"other": other})
    assert page.status_code == 200
    assert 'role="alert"' in page.content.decode()
    said = {"other": other, "survivor": "this", "reason": "r"}
    assert browser.post(f"/cases/{here.ref}/merge/", said).status_code in {404, 422}
    assert not CaseLineage.objects.exists()


def test_a_case_under_legal_hold_is_not_taken_in_but_may_go_on() -> None:
    here, there = _pair()
    lead = build.user(Role.LEAD)
    hold_case(actor=lead, case=there, reason="court")
    browser = _browser(lead)
    said = {"other": there.ref, "survivor": "this", "reason": "one crew"}
    refused = browser.post(f"/cases/{here.ref}/merge/", said)
    assert refused.status_code == 409
    assert "legal hold" in refused.content.decode()
    done = browser.post(f"/cases/{here.ref}/merge/", said | {"survivor": "other"})
    assert done.status_code == 303
    here.refresh_from_db()
    assert here.merged_into == there


def test_nobody_merges_a_case_of_a_queue_that_they_do_not_see() -> None:
    here, there = _pair()
    closed_off = build.case().queue
    closed_off.pk, closed_off.slug, closed_off.roles = None, "secret", []
    closed_off.save()
    Case.objects.filter(pk=there.pk).update(queue=closed_off)
    browser = _browser(build.user())
    said = {"other": there.ref, "survivor": "this", "reason": "one crew"}
    assert browser.post(f"/cases/{here.ref}/merge/", said).status_code == 404
    page = browser.get(f"/cases/{here.ref}/lineage/", {"other": there.ref}).content.decode()
    assert there.title not in page
    assert not CaseLineage.objects.exists()


@pytest.mark.row(38)
def test_a_merger_is_undone_on_the_page_once_by_who_made_it() -> None:
    here, there = _pair()
    maker, colleague = build.user(name="mona"), build.user(name="carl")
    said = {"other": there.ref, "survivor": "this", "reason": "one crew"}
    _browser(maker).post(f"/cases/{here.ref}/merge/", said)
    row = CaseLineage.objects.get()
    path = f"/cases/{here.ref}/lineage/{row.pk}/undo/"
    assert path in _browser(maker).get(f"/cases/{here.ref}/lineage/").content.decode()
    refused = _browser(colleague).post(path, follow=True).content.decode()
    assert "Only mona, a lead or an admin can undo this merger." in refused
    _browser(maker).post(path)
    there.refresh_from_db()
    assert there.state == State.OPEN
    page = _browser(maker).get(f"/cases/{here.ref}/lineage/").content.decode()
    assert path not in page
    assert "undone by mona" in page
    again = _browser(maker).post(path, follow=True).content.decode()
    assert "mona has taken this merger back already." in again


@pytest.mark.row(85)
def test_a_link_is_previewed_cut_and_joined_again_on_the_page() -> None:
    case = fused.bridged()
    browser = _browser(build.user())
    sides = {"left": A, "right": B}
    page = browser.get(f"/cases/{case.ref}/lineage/", sides).content.decode()
    assert page.count("<strong>4</strong> accounts") == 2
    assert "a case of its own" in page
    assert Case.objects.count() == 1
    browser.post(f"/cases/{case.ref}/cut/", sides | {"reason": "a phone shop"})
    row = CaseLineage.objects.get()
    assert row.other is not None
    assert row.other.accounts == 4
    for one in (case, row.other):
        page = browser.get(f"/cases/{one.ref}/lineage/").content.decode()
        assert "a phone shop" in page
    browser.post(f"/cases/{case.ref}/lineage/{row.pk}/undo/")
    row.other.refresh_from_db()
    assert row.other.merged_into == case


@pytest.mark.parametrize(
    "sides",
    [
        {},
        {"left": "x:stranger"},
        {"left": [A, "x:stranger"]},
        {"left": "x:\x00"},
        {"left": HOSTILE},
        {"left": "x:" + "a" * 5_000},
    ],
    ids=["none", "stranger", "one stranger", "NUL", "script", "long"],
)
def test_what_is_no_account_of_the_case_is_not_cut(sides: dict[str, Any]) -> None:
    case = fused.bridged()
    browser = _browser(build.user())
    answer = browser.post(f"/cases/{case.ref}/cut/", sides | {"reason": "two crews"})
    assert answer.status_code == 422
    assert "holds all these accounts" in answer.content.decode()
    assert "<script>alert" not in answer.content.decode()
    assert not CaseLineage.objects.exists()


def test_a_cut_without_a_reason_keeps_its_preview() -> None:
    case = fused.bridged()
    answer = _browser(build.user()).post(f"/cases/{case.ref}/cut/", {"left": A, "right": B})
    page = answer.content.decode()
    assert answer.status_code == 422
    assert "Say what to cut, and why." in page
    assert page.count("<strong>4</strong> accounts") == 2
    assert f'name="left" value="{A}"' in page


def test_the_lineage_of_one_case_undoes_nothing_of_another() -> None:
    here, there = _pair()
    third = build.case()
    browser = _browser(build.user(Role.LEAD))
    said = {"other": there.ref, "survivor": "this", "reason": "one crew"}
    browser.post(f"/cases/{here.ref}/merge/", said)
    row = CaseLineage.objects.get()
    assert browser.post(f"/cases/{third.ref}/lineage/{row.pk}/undo/").status_code == 404
    row.refresh_from_db()
    assert row.undone_at is None


@pytest.mark.parametrize(
    ("answer", "state", "merged"),
    [("accept", ProposalState.ACCEPTED, True), ("reject", ProposalState.REJECTED, False)],
)
def test_a_proposal_says_why_and_is_answered_on_the_page(
    answer: str, state: ProposalState, merged: bool
) -> None:
    first, second, proposal = _proposed(build.user())
    browser = _browser(build.user())
    page = browser.get("/proposals/").content.decode()
    assert "3 strong links between the two cases" in page
    assert {f"/cases/{one.ref}/" in page for one in (first, second)} == {True}
    browser.post(f"/proposals/{proposal.pk}/", {"do": answer})
    proposal.refresh_from_db()
    assert proposal.state == state
    assert (Case.objects.get(pk=second.pk).state == State.MERGED) is merged
    assert "Nothing is proposed" in browser.get("/proposals/").content.decode()


@pytest.mark.parametrize("answer", ["", "yes", None])
def test_an_answer_that_is_neither_yes_nor_no_settles_nothing(answer: str | None) -> None:
    _, second, proposal = _proposed(build.user())
    said = {} if answer is None else {"do": answer}
    _browser(build.user()).post(f"/proposals/{proposal.pk}/", said)
    proposal.refresh_from_db()
    assert proposal.state == ProposalState.OPEN
    assert Case.objects.get(pk=second.pk).state == State.OPEN


def test_a_proposal_about_a_claimed_case_says_who_holds_it_and_stays() -> None:
    first, _, proposal = _proposed(build.user())
    queue.claim(actor=build.user(name="mona"), case=first)
    browser = _browser(build.user())
    page = browser.post(f"/proposals/{proposal.pk}/", {"do": "accept"}, follow=True)
    assert f"{first.ref} is claimed by mona." in page.content.decode()
    proposal.refresh_from_db()
    assert proposal.state == ProposalState.OPEN


def test_eight_who_accept_at_once_make_one_merger() -> None:
    _, second, proposal = _proposed(build.user())
    browsers = [_browser(build.user()) for _ in range(8)]
    path = f"/proposals/{proposal.pk}/"
    _at_once(lambda place: browsers[place].post(path, {"do": "accept"}).status_code)
    assert CaseLineage.objects.count() == 1
    assert Case.objects.get(pk=second.pk).state == State.MERGED


def test_two_who_merge_each_into_the_other_make_one_merger() -> None:
    here, there = _pair()
    browsers = [_browser(build.user()) for _ in range(8)]

    def merge(place: int) -> int:
        one, other = (here, there) if place % 2 else (there, here)
        said = {"other": other.ref, "survivor": "this", "reason": "one crew"}
        return browsers[place].post(f"/cases/{one.ref}/merge/", said).status_code

    found = _at_once(merge)
    assert sorted(found) == [303, *[409] * 7]
    states = sorted(Case.objects.values_list("state", flat=True))
    assert states == [State.MERGED, State.OPEN]


def _at_once(work: Callable[[int], int]) -> list[int]:
    return build.at_once(8, work)
