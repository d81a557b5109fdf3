"""A person adds an account or a thing to a case, and takes it off again; the desk follows."""

from __future__ import annotations

import pytest
from django.test import Client

from abusedesk.core.errors import (
    ConflictError,
    ForbiddenError,
    InvalidError,
    NotFoundError,
)
from abusedesk.core.models import AuditEntry, Role, User
from cases import queue
from cases.choices import State
from cases.intake import intake
from cases.involved import accounts_of_case, others_of_case
from cases.models import Case, CaseAddition, Queue
from cases.selectors.entity import cases_by_entity
from cases.selectors.graph import graph_for
from cases.selectors.reach import reach_for
from cases.selectors.related import similar_to
from cases.services.addition import MOST, add_to_case, take_from_case
from cases.services.hold import extend_holds, hold_case
from cases.services.merge import merge_cases
from cases.timeline import timeline_of
from detectors.choices import CampaignState
from detectors.entities import digest_of
from detectors.models import Entity, Hold, Signal
from tests.cases import build, fused
from tests.ui import world

pytestmark = pytest.mark.django_db(transaction=True)
HOSTILE = 'x:"><script>alert(1)</script>\u202e'


def _case() -> tuple[world.Desk, Case]:
    desk = world.desk(2)
    return desk, desk.cases[0]


def _outsider(value: str = "x:helper", *, beside: str = "pay.example") -> Entity:
    """An account outside that shares a thing with the first account of the world."""
    first = Signal.objects.earliest("pk")
    world.mention(first, "account", f"{first.platform}:{first.actor}", role="actor")
    world.mention(first, "domain", beside)
    other = Signal.objects.order_by("pk")[20]
    world.mention(other, "domain", beside)
    return world.mention(other, "account", value, role="actor").entity


def _browser(who: User) -> Client:
    browser = Client()
    browser.force_login(who)
    return browser


@pytest.mark.row(57)
def test_a_node_shows_what_it_touches_and_an_account_that_shares_it_is_added() -> None:
    desk, case = _case()
    helper = _outsider()
    domain = Entity.objects.get(value="pay.example")
    found = reach_for(case, domain.pk, desk.reviewer)
    things = {one.value: one for one in found.things}
    assert {"x:helper"} < things.keys()
    assert not things["x:helper"].belongs
    member = next(one for one in things.values() if one.member)
    of_member = reach_for(case, member.id, desk.reviewer)
    shared = next(one for one in of_member.things if one.value == "pay.example")
    assert (shared.accounts, shared.inside) == (2, 1)
    version = case.version
    row = add_to_case(actor=desk.reviewer, case=case, entity=helper, reason="pays for all")
    case.refresh_from_db()
    assert case.version == version + 1
    assert "x:helper" in accounts_of_case(case)
    assert graph_for(case, desk.reviewer).by_hand == {"x:helper"}
    assert [one.case for one in cases_by_entity(helper, [], desk.reviewer)] == [case]
    told = timeline_of(case, desk.reviewer)[0]
    assert (told.actor, told.verb) == ("rita", "case.added")
    assert "x:helper" in told.sentence
    assert "pays for all" in told.sentence
    again = reach_for(case, domain.pk, desk.reviewer)
    shown = next(one for one in again.things if one.value == "x:helper")
    assert shown.addition == row
    take_from_case(actor=desk.reviewer, case=case, addition=row)
    assert "x:helper" not in accounts_of_case(case)
    assert graph_for(case, desk.reviewer).by_hand == set()
    assert timeline_of(case, desk.reviewer)[0].verb == "case.taken_off"


def test_a_thing_becomes_evidence_and_stands_beside_the_accounts_that_share_it() -> None:
    desk, case = _case()
    _outsider()
    domain = Entity.objects.get(value="pay.example")
    add_to_case(actor=desk.reviewer, case=case, entity=domain, reason="the till")
    assert ("domain", "pay.example") in others_of_case(case)
    (added,) = graph_for(case, desk.reviewer).added
    assert added.row.value == "pay.example"
    assert len(added.accounts) == 1
    assert added.accounts[0] in accounts_of_case(case)


def test_a_second_time_is_the_first() -> None:
    desk, case = _case()
    helper = _outsider()
    row = add_to_case(actor=desk.reviewer, case=case, entity=helper, reason="a")
    entries = AuditEntry.objects.count()
    assert add_to_case(actor=desk.lead, case=case, entity=helper, reason="b") == row
    assert AuditEntry.objects.count() == entries
    assert CaseAddition.objects.get().reason == "a"


def test_who_is_a_member_already_and_an_empty_reason_are_refused_by_name() -> None:
    desk, case = _case()
    helper = _outsider()
    name = accounts_of_case(case)[0]
    member = world.mention(Signal.objects.earliest("pk"), "account", name).entity
    with pytest.raises(InvalidError, match="already") as refused:
        add_to_case(actor=desk.reviewer, case=case, entity=member, reason="a")
    assert refused.value.field == "entity"
    with pytest.raises(InvalidError) as refused:
        add_to_case(actor=desk.reviewer, case=case, entity=helper, reason="  ")
    assert refused.value.field == "reason"
    assert not CaseAddition.objects.exists()


def test_a_case_takes_so_many_and_no_more() -> None:
    desk, case = _case()
    CaseAddition.objects.bulk_create(
        CaseAddition(
            case=case,
            type="domain",
            value=f"{number}.example",
            digest=number.to_bytes(16),
            reason="a",
            added_by=desk.lead,
        )
        for number in range(MOST)
    )
    with pytest.raises(InvalidError, match="at most 200"):
        add_to_case(actor=desk.reviewer, case=case, entity=_outsider(), reason="a")


def test_a_closed_case_and_one_in_other_hands_take_nothing() -> None:
    desk, case = _case()
    helper = _outsider()
    queue.claim(actor=desk.lead, case=case)
    with pytest.raises(ConflictError, match="lena"):
        add_to_case(actor=desk.reviewer, case=case, entity=helper, reason="a")
    row = add_to_case(actor=desk.lead, case=case, entity=helper, reason="a")
    with pytest.raises(ConflictError, match="lena"):
        take_from_case(actor=desk.reviewer, case=case, addition=row)
    queue.release(actor=desk.lead, case=case)
    build.decided(desk.reviewer, case)
    with pytest.raises(ConflictError, match="closed"):
        take_from_case(actor=desk.lead, case=case, addition=row)


def test_who_may_not_see_the_case_is_told_that_there_is_none() -> None:
    desk, case = _case()
    helper = _outsider()
    with pytest.raises(NotFoundError):
        add_to_case(actor=desk.partner, case=case, entity=helper, reason="a")
    Queue.objects.filter(pk=case.queue_id).update(roles=[Role.LEAD])
    case = Case.objects.get(pk=case.pk)
    with pytest.raises(NotFoundError):
        add_to_case(actor=desk.reviewer, case=case, entity=helper, reason="a")
    with pytest.raises((NotFoundError, ForbiddenError)):
        add_to_case(actor=build.user(Role.INTEGRATION), case=case, entity=helper, reason="a")


def test_taking_off_what_somebody_else_took_off_says_so() -> None:
    desk, case = _case()
    row = add_to_case(actor=desk.reviewer, case=case, entity=_outsider(), reason="a")
    take_from_case(actor=desk.reviewer, case=case, addition=row)
    with pytest.raises(NotFoundError):
        take_from_case(actor=desk.reviewer, case=case, addition=row)


def test_two_cases_to_which_one_account_was_added_are_similar() -> None:
    desk, case = _case()
    other, helper = desk.cases[1], _outsider()
    before = similar_to(case, desk.reviewer)
    assert not any(thing.value == "x:helper" for one in before for thing in one.shared)
    for one in (case, other):
        add_to_case(actor=desk.reviewer, case=one, entity=helper, reason="a")
    (found,) = similar_to(case, desk.reviewer)
    assert found.case == other
    assert "x:helper" in [one.value for one in found.shared]


def test_what_was_added_goes_along_when_the_case_is_merged() -> None:
    desk, case = _case()
    other, helper = desk.cases[1], _outsider()
    for one in (case, other):
        add_to_case(actor=desk.reviewer, case=one, entity=helper, reason=one.ref)
    domain = Entity.objects.get(value="pay.example")
    add_to_case(actor=desk.reviewer, case=other, entity=domain, reason="the till")
    merge_cases(actor=desk.reviewer, case=case, other=other, reason="one crew")
    kept = CaseAddition.objects.filter(case=case)
    assert {(one.value, one.reason) for one in kept} == {
        ("x:helper", case.ref),
        ("pay.example", "the till"),
    }


@pytest.mark.parametrize("by_hand", [False, True])
def test_the_desk_takes_in_no_case_that_a_person_added_to(*, by_hand: bool) -> None:
    first, second, *_ = fused.two_cases()
    if by_hand:
        helper = Entity.objects.create(
            type="account",
            value="x:helper",
            digest=digest_of("account", "x:helper"),
            first_seen_at=build.NOON,
            last_seen_at=build.NOON,
        )
        add_to_case(actor=build.user(), case=second, entity=helper, reason="a")
    loser, winner = (one.campaign_links.get().campaign for one in (second, first))
    loser.state, loser.merged_into, loser.needs_intake = CampaignState.MERGED, winner, True
    loser.save()
    while intake():
        pass
    assert (Case.objects.get(pk=second.pk).state == State.MERGED) is not by_hand


def test_a_hold_covers_an_account_that_was_added() -> None:
    desk, case = _case()
    hold_case(actor=desk.lead, case=case, reason="court")
    add_to_case(actor=desk.reviewer, case=case, entity=_outsider(), reason="a")
    extend_holds()
    assert "x:helper" in Hold.objects.get().accounts


def test_the_page_adds_and_takes_off_and_keeps_what_was_typed() -> None:
    desk, case = _case()
    helper, rita = _outsider(), _browser(desk.reviewer)
    path = f"/cases/{case.ref}/graph/node/{helper.pk}/?expand={helper.pk}"
    assert "Add to the case" in rita.get(path).content.decode()
    refused = rita.post(path, {"reason": "w" * 501})
    assert refused.status_code == 422
    assert "501 characters" in refused.content.decode()
    assert "w" * 501 in refused.content.decode()
    done = rita.post(path, {"reason": "pays"})
    assert done.headers["Location"] == f"/cases/{case.ref}/graph/?expand={helper.pk}"
    for page in (
        f"/cases/{case.ref}/graph/",
        f"/cases/{case.ref}/",
        f"/cases/{case.ref}/?tab=timeline",
    ):
        shown = rita.get(page).content.decode()
        assert "x:helper" in shown
        assert "Take off" in shown
    row = CaseAddition.objects.get()
    gone = rita.post(f"/cases/{case.ref}/additions/{row.pk}/remove/", {"tab": "timeline"})
    assert gone.headers["Location"] == f"/cases/{case.ref}/?tab=timeline"
    assert not CaseAddition.objects.exists()
    assert "Take off" not in rita.get(f"/cases/{case.ref}/?tab=timeline").content.decode()


def test_a_closed_case_offers_neither() -> None:
    desk, case = _case()
    helper = _outsider()
    row = add_to_case(actor=desk.reviewer, case=case, entity=helper, reason="a")
    build.decided(desk.reviewer, case)
    rita = _browser(desk.reviewer)
    page = rita.get(f"/cases/{case.ref}/graph/node/{helper.pk}/").content.decode()
    assert "added by hand" in page
    assert "Take off" not in page
    refused = rita.post(f"/cases/{case.ref}/additions/{row.pk}/remove/", {"tab": "graph"})
    assert refused.status_code == 303
    assert "undo that first" in rita.get(f"/cases/{case.ref}/?tab=graph").content.decode()
    assert CaseAddition.objects.exists()


def test_names_and_reasons_that_attack_stay_text_everywhere() -> None:
    desk, case = _case()
    hostile = _outsider(HOSTILE)
    add_to_case(actor=desk.reviewer, case=case, entity=hostile, reason="<img src=x onerror=a()>")
    rita = _browser(desk.reviewer)
    for page in ("graph/", f"graph/node/{hostile.pk}/", "?tab=summary", "?tab=timeline"):
        shown = rita.get(f"/cases/{case.ref}/{page}").content.decode()
        assert "<script>alert" not in shown
        assert "<img src=x" not in shown
        assert "\u202e" not in shown


def test_an_account_of_another_case_names_that_case() -> None:
    desk, case = _case()
    other = desk.cases[1]
    name = accounts_of_case(other)[0]
    first = Signal.objects.earliest("pk")
    world.mention(first, "account", f"{first.platform}:{first.actor}", role="actor")
    domain = world.mention(first, "domain", "pay.example").entity
    later = Signal.objects.latest("pk")
    world.mention(later, "domain", "pay.example")
    world.mention(later, "account", name, role="actor")
    found = reach_for(case, domain.pk, desk.reviewer)
    assert {one.value: list(one.refs) for one in found.things if one.refs} == {name: [other.ref]}
    Queue.objects.filter(pk=case.queue_id).update(roles=[Role.REVIEWER])
    hidden = Queue.objects.create(slug="hidden", title="Hidden", roles=[Role.LEAD], position=8)
    Case.objects.filter(pk=other.pk).update(queue=hidden)
    found = reach_for(Case.objects.get(pk=case.pk), domain.pk, desk.reviewer)
    assert not any(one.refs for one in found.things)
