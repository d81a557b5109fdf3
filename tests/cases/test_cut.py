"""A case is cut in two where a person sees two operations, and is one again after undo."""

from __future__ import annotations

import time

import pytest

from abusedesk.core.errors import ConflictError, ForbiddenError, InvalidError
from abusedesk.core.models import Role
from cases.choices import State
from cases.models import Case, CaseLineage
from cases.services.cut import cut_case, preview_cut, rejoin_case
from cases.services.merge import unmerge
from detectors.choices import CampaignState, LinkState
from detectors.models import Campaign, CampaignMember, CannotLink, Cursor, FusedFinding
from detectors.services.fusion import fuse_all
from tests.cases import build, fused

pytestmark = pytest.mark.django_db(transaction=True)
A, B = fused.BRIDGE


def _open() -> list[Case]:
    return list(Case.objects.filter(state=State.OPEN).order_by("pk"))


def _members() -> set[frozenset[str]]:
    """Accounts of each campaign that stands."""
    rows = Campaign.objects.exclude(state=CampaignState.MERGED)
    return {frozenset(one.members.values_list("account", flat=True)) for one in rows}


BOTH = {frozenset(fused.LEFT), frozenset(fused.RIGHT)}


@pytest.mark.row(85)
def test_cut_an_edge_and_see_two_cases_then_undo_and_see_one() -> None:
    actor = build.user()
    case = fused.bridged()
    assert (case.accounts, case.hits) == (8, 17)
    started = time.monotonic()
    found = preview_cut(actor=actor, case=case, left=[A], right=[B])
    assert time.monotonic() - started <= 2
    assert {frozenset(part.accounts) for part in found.parts} == BOTH
    assert found.splits
    assert all(part.opens for part in found.parts)
    assert len(_open()) == 1
    row = cut_case(actor=actor, case=case, left=[A], right=[B], reason="a shared phone shop")
    assert _members() == BOTH
    assert [one.accounts for one in _open()] == [4, 4]
    assert row.other == _open()[1]
    rejoin_case(actor=actor, row=row)
    (one,) = _open()
    assert (one.pk, one.accounts, one.hits) == (case.pk, 8, 17)
    assert _members() == {frozenset([*fused.LEFT, *fused.RIGHT])}


@pytest.mark.row(85)
def test_the_timelines_of_both_parts_say_what_was_cut() -> None:
    actor = build.user()
    case = fused.bridged()
    row = cut_case(actor=actor, case=case, left=[A], right=[B], reason="a shared phone shop")
    assert row.other is not None
    assert build.verbs(case)[-1] == "case.cut"
    assert build.verbs(row.other) == ["case.opened", "case.split_off"]
    rejoin_case(actor=actor, row=row)
    assert build.verbs(case)[-2:] == ["case.absorbed", "case.rejoined"]
    assert build.verbs(row.other)[-1] == "case.merged"


def test_new_evidence_does_not_join_what_a_person_cut() -> None:
    case = fused.bridged()
    cut_case(actor=build.user(), case=case, left=[A], right=[B], reason="no")
    fused.told(fused.BRIDGE, "d-again", [40, 41])
    fused.settle()
    assert _members() == BOTH
    assert len(_open()) == 2


def test_an_account_is_cut_out_of_a_case() -> None:
    actor = build.user()
    case = fused.bridged()
    found = preview_cut(actor=actor, case=case, left=[fused.LEFT[3]])
    assert (len(found.parts), found.loose) == (1, [fused.LEFT[3]])
    row = cut_case(actor=actor, case=case, left=[fused.LEFT[3]], reason="a bystander")
    case.refresh_from_db()
    assert (row.other, case.accounts) == (None, 7)
    rejoin_case(actor=actor, row=row)
    case.refresh_from_db()
    assert case.accounts == 8


def test_a_preview_changes_nothing() -> None:
    case = fused.bridged()
    preview_cut(actor=build.user(), case=case, left=[A], right=[B])
    assert not CannotLink.objects.exists()
    assert _members() == {frozenset([*fused.LEFT, *fused.RIGHT])}
    assert build.verbs(case) == ["case.opened"]


@pytest.mark.parametrize(
    ("left", "right"),
    [([], [A]), (["x:stranger"], [A]), ([A], [A]), ([A], ["x:stranger"])],
    ids=["nobody", "a stranger", "both sides", "a strange side"],
)
def test_only_members_can_be_cut(left: list[str], right: list[str]) -> None:
    case = fused.bridged()
    with pytest.raises(InvalidError):
        cut_case(actor=build.user(), case=case, left=left, right=right, reason="no")
    assert not CannotLink.objects.exists()


def test_a_closed_case_is_not_cut() -> None:
    case = fused.bridged()
    build.decided(build.user(), case)
    with pytest.raises(ConflictError):
        cut_case(actor=build.user(), case=case, left=[A], right=[B], reason="no")
    assert not CannotLink.objects.exists()
    assert len(_members()) == 1


def test_a_cut_stays_when_a_part_was_decided_since() -> None:
    actor = build.user()
    row = cut_case(actor=actor, case=fused.bridged(), left=[A], right=[B], reason="no")
    assert row.other is not None
    build.decided(actor, row.other)
    with pytest.raises(ConflictError, match="undo that first"):
        rejoin_case(actor=actor, row=row)
    assert _members() == BOTH
    assert CannotLink.objects.get().state == LinkState.STANDING


def test_a_cut_is_taken_back_once_by_who_made_it_or_a_lead() -> None:
    row = cut_case(actor=build.user(), case=fused.bridged(), left=[A], right=[B], reason="no")
    with pytest.raises(ForbiddenError):
        rejoin_case(actor=build.user(), row=row)
    rejoin_case(actor=build.user(Role.LEAD), row=row)
    with pytest.raises(ConflictError):
        rejoin_case(actor=build.user(Role.LEAD), row=row)
    joined = CaseLineage.objects.get(kind="merge")
    with pytest.raises(InvalidError):
        unmerge(actor=build.user(Role.LEAD), row=joined)


def test_a_second_reading_of_the_findings_meets_the_cut_at_the_same_place() -> None:
    """Cut, more evidence, cut taken back: the log and the cuts alone give the same campaigns."""
    actor = build.user()
    row = cut_case(actor=actor, case=fused.bridged(), left=[A], right=[B], reason="no")
    fused.told([*fused.RIGHT, "telegram:new"], "d-more", [50])
    fused.settle()
    standing = _members()
    assert standing == {frozenset(fused.LEFT), frozenset([*fused.RIGHT, "telegram:new"])}
    _forget()
    fuse_all()
    assert _members() == standing
    rejoin_case(actor=actor, row=row)
    fused.told([*fused.LEFT, "x:last"], "d-last", [60])
    fused.settle()
    joined = _members()
    assert len(joined) == 1
    _forget()
    fuse_all()
    assert _members() == joined
    assert CannotLink.objects.get().state == LinkState.ENDED


def _forget() -> None:
    """As if the fusion had read nothing yet; what people said stays, with its place."""
    CampaignMember.objects.all().delete()
    Campaign.objects.update(state=CampaignState.MERGED)
    FusedFinding.objects.all().delete()
    Cursor.objects.filter(name__startswith="fusion-").delete()
    CannotLink.objects.update(state=LinkState.WAITING)


def test_a_third_group_does_not_join_what_a_person_cut() -> None:
    case = fused.bridged()
    cut_case(actor=build.user(), case=case, left=fused.LEFT, right=fused.RIGHT, reason="no")
    third = ["x:t1", "x:t2", "x:t3"]
    fused.told([*fused.LEFT[:2], *third], "d-third", [50, 51])
    fused.told([*fused.RIGHT[:2], *third], "d-fourth", [52])
    fused.settle()
    for one in _members():
        assert not (one & set(fused.LEFT) and one & set(fused.RIGHT))
    assert {*third} <= {name for one in _members() for name in one}
    assert len(_open()) == 2
