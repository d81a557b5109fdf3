"""Members whose evidence has faded: they stay, do not count as sure, and can be let go."""

from __future__ import annotations

import pytest
from django.test import Client

from abusedesk.core.errors import ConflictError, InvalidError, NotFoundError
from abusedesk.core.models import Role, Scope, User
from cases.facts import faded_of
from cases.models import Case, CaseLineage
from cases.selectors.faded import faded_for
from cases.services.cut import cut_case, rejoin_case
from cases.services.faded import REASON, let_go
from detectors.choices import CampaignState
from detectors.models import Campaign, CampaignMember, CannotLink, Cursor, Finding, FusedFinding
from detectors.services.fusion import fuse_all
from tests import make
from tests.cases import build, fused

pytestmark = pytest.mark.django_db(transaction=True)

GONE = ["telegram:gone", "x:away"]
HOSTILE = 'x:"><script>alert(1)</script>'


def _faded(*names: str) -> tuple[Case, Finding]:
    """Four accounts on a device, and others that its finding does not name any more."""
    one = fused.told([*fused.LEFT, *names], "d-left", range(1, 11))
    fused.settle()
    _names(one, fused.LEFT, 11)
    return Case.objects.get(), one


def _names(one: Finding, subjects: list[str], signal: int) -> None:
    """The finding names these accounts from now on."""
    one.subjects = subjects
    fused.grow(one, signal)
    fused.settle()


def _members() -> dict[str, bool]:
    """Account -> whether evidence ties it, of the one campaign that stands."""
    (campaign,) = Campaign.objects.exclude(state=CampaignState.MERGED)
    assert campaign.size == campaign.members.count()
    return {name: p > 0.0 for name, p in campaign.members.values_list("account", "p")}


def _with(*names: str) -> dict[str, bool]:
    return dict.fromkeys(fused.LEFT, True) | dict.fromkeys(names, False)


def _browser(who: User) -> Client:
    browser = Client()
    browser.force_login(who)
    return browser


def test_who_faded_stays_but_does_not_count_as_sure() -> None:
    case, _ = _faded(*GONE)
    assert _members() == _with(*GONE)
    assert case.accounts == 4
    assert case.title.startswith("4 accounts")
    assert faded_of(case) == GONE
    (told,) = [line["text"] for line in case.summary if line["lead"] == "Faded"]
    assert told.startswith("2 more accounts were tied by evidence that has faded")


def test_a_case_without_them_says_nothing_of_it() -> None:
    case = fused.bridged()
    page = _browser(build.user()).get(f"/cases/{case.ref}/").content.decode()
    assert "faded" not in page.lower()
    assert faded_for(case, build.user()) == []


def test_who_is_tied_by_another_campaign_of_the_case_has_not_faded() -> None:
    case, _ = _faded(*GONE)
    other = build.campaign(members=[GONE[0], "x:o1", "x:o2"], waiting=False)
    case.campaign_links.create(campaign=other, revision=1)
    assert faded_of(case) == GONE[1:]


def test_who_is_tied_again_counts_again() -> None:
    case, one = _faded(*GONE)
    _names(one, [*fused.LEFT, *GONE], 12)
    case.refresh_from_db()
    assert (case.accounts, faded_of(case)) == (6, [])
    assert all(_members().values())


def test_who_faded_stays_while_people_work_on_the_case() -> None:
    actor, (case, one) = build.user(), _faded(*GONE)
    cut_case(actor=actor, case=case, left=[fused.LEFT[3]], reason="a bystander")
    tied = dict.fromkeys(fused.LEFT[:3], True) | dict.fromkeys(GONE, False)
    assert _members() == tied
    for signal in (12, 13):
        _names(one, fused.LEFT, signal)
        assert _members() == tied


def test_who_was_let_go_is_out_and_weak_evidence_does_not_bring_them_back() -> None:
    actor, (case, one) = build.user(), _faded(*GONE)
    (row,) = let_go(actor=actor, case=case, accounts=GONE[:1])
    assert _members() == _with(GONE[1])
    assert row.reason == REASON
    assert build.verbs(case)[-1] == "case.cut"
    case.refresh_from_db()
    assert (case.accounts, case.platforms, faded_of(case)) == (4, ["x"], GONE[1:])
    _names(one, [*fused.LEFT, GONE[0]], 12)
    assert GONE[0] not in _members()


def test_letting_go_is_undone_like_a_cut() -> None:
    actor, (case, one) = build.user(), _faded(*GONE)
    (row,) = let_go(actor=actor, case=case, accounts=GONE)
    assert _members() == _with()
    rejoin_case(actor=actor, row=row)
    assert _members() == _with(*GONE)
    assert build.verbs(case)[-1] == "case.rejoined"
    case.refresh_from_db()
    assert faded_of(case) == GONE
    _names(one, [*fused.LEFT, GONE[0]], 12)
    assert _members() == _with(*GONE) | {GONE[0]: True}


def test_an_undone_cut_brings_back_as_faded_who_is_not_tied_any_more() -> None:
    actor, gone = build.user(), fused.LEFT[3]
    one = fused.told(fused.LEFT, "d-left", range(1, 11))
    fused.settle()
    row = cut_case(actor=actor, case=Case.objects.get(), left=[gone], reason="a bystander")
    _names(one, fused.LEFT[:3], 11)
    assert gone not in _members()
    rejoin_case(actor=actor, row=row)
    assert _members()[gone] is False


def test_a_second_reading_of_the_findings_lets_the_same_go_and_takes_them_back() -> None:
    actor, (case, one) = build.user(), _faded(*GONE)
    (row,) = let_go(actor=actor, case=case, accounts=GONE[:1])
    _names(one, fused.LEFT, 12)
    _read_again()
    assert _members() == _with(GONE[1])
    rejoin_case(actor=actor, row=row)
    _names(one, fused.LEFT, 13)
    standing = _members()
    _read_again()
    assert _members() == standing == _with(*GONE)


def _read_again() -> None:
    """Forget what was folded, as a logical restore does, and read the log anew."""
    CampaignMember.objects.all().delete()
    FusedFinding.objects.all().delete()
    Campaign.objects.update(state=CampaignState.MERGED)
    Cursor.objects.filter(name__startswith="fusion-").delete()
    CannotLink.objects.update(state="waiting")
    fuse_all()


@pytest.mark.parametrize(
    "names", [[], [fused.LEFT[0]], [GONE[0], "x:stranger"]], ids=["nobody", "tied", "a stranger"]
)
def test_only_who_faded_is_let_go(names: list[str]) -> None:
    case, _ = _faded(*GONE)
    with pytest.raises(InvalidError):
        let_go(actor=build.user(), case=case, accounts=names)
    assert not CannotLink.objects.exists()


def test_a_partner_lets_nobody_go() -> None:
    case, _ = _faded(*GONE)
    with pytest.raises(NotFoundError):
        let_go(actor=build.user(Role.PARTNER), case=case, accounts=GONE)
    assert faded_for(case, build.user(Role.PARTNER)) == []


def test_nobody_is_let_go_from_a_closed_case_and_its_page_offers_nothing() -> None:
    actor, (case, _) = build.user(), _faded(*GONE)
    build.decided(actor, case)
    case.refresh_from_db()
    with pytest.raises(ConflictError):
        let_go(actor=actor, case=case, accounts=GONE)
    page = _browser(actor).get(f"/cases/{case.ref}/?tab=why").content.decode()
    assert "evidence faded" in page
    assert 'value="all"' not in page
    assert 'name="account"' not in page


@pytest.mark.parametrize("tab", ["summary", "why"])
def test_the_page_names_them_and_lets_one_go(tab: str) -> None:
    browser, (case, _) = _browser(build.user()), _faded(*GONE, HOSTILE)
    page = browser.get(f"/cases/{case.ref}/?tab={tab}").content.decode()
    assert page.count('<span class="badge warn">evidence faded</span>') == 3
    assert "consider letting go" in page
    assert "<script>alert" not in page
    answer = browser.post(f"/cases/{case.ref}/let-go/", {"account": HOSTILE})
    assert answer.headers["Location"] == f"/cases/{case.ref}/"
    assert faded_of(case) == GONE
    browser.post(f"/cases/{case.ref}/let-go/", {"who": "all"})
    assert faded_of(case) == []
    assert "evidence faded" not in browser.get(f"/cases/{case.ref}/?tab={tab}").content.decode()


def test_a_refusal_is_said_on_the_page() -> None:
    browser, (case, _) = _browser(build.user()), _faded(*GONE)
    answer = browser.post(f"/cases/{case.ref}/let-go/", {"account": fused.LEFT[0]}, follow=True)
    assert f"Evidence ties {fused.LEFT[0]} to {case.ref}." in answer.content.decode()
    assert not CaseLineage.objects.exists()


def test_the_lineage_page_offers_them_last() -> None:
    case, _ = _faded(*GONE)
    page = _browser(build.user()).get(f"/cases/{case.ref}/lineage/").content.decode()
    assert "6 accounts" in page
    assert page.index(fused.LEFT[3]) < page.index("telegram:gone (evidence faded)")


def test_a_program_lets_them_go() -> None:
    actor, (case, _) = build.user(), _faded(*GONE)
    program = Client(headers=make.bearer(Scope.READ, Scope.REVIEW, user=actor))
    path = f"/api/v1/cases/{case.ref}/"
    assert program.get(path).json()["faded"] == GONE
    refused = {"accounts": [fused.LEFT[0]]}
    answer = program.post(f"{path}let-go/", refused, content_type="application/json")
    assert answer.status_code == 422
    said = {"accounts": GONE, "reason": "a household"}
    (row,) = program.post(f"{path}let-go/", said, content_type="application/json").json()
    assert (row["kind"], row["reason"]) == ("split", "a household")
    assert program.get(path).json()["faded"] == []
    program.post(f"{path}lineage/{row['id']}/undo/")
    assert program.get(path).json()["faded"] == GONE
