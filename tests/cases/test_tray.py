"""The tray: what people put aside, what it has in common, how it is saved and filled again."""

from __future__ import annotations

import json

import pytest
from django.test import Client
from hypothesis import given
from hypothesis import strategies as st

from abusedesk.core.errors import ForbiddenError, InvalidError
from abusedesk.core.models import AuditEntry, Scope, User
from cases.choices import State
from cases.involved import accounts_of_case
from cases.models import Case, CaseAddition, TrayItem
from cases.selectors.tray import common_of, tray_of
from cases.services import tray as services
from cases.services.tray import put_in_tray, put_lines_in_tray, take_out_of_tray
from cases.tray import Line, lines_in
from detectors.models import Entity, Signal, SignalEntity
from tests import make
from tests.cases import build
from tests.ui import world

pytestmark = pytest.mark.django_db
HOSTILE = '=cmd|"/c calc"!a1.<script>alert(1)</script>'


def _entity(kind: str = "domain", value: str = "bad.example") -> Entity:
    return world.mention(Signal.objects.earliest("pk"), kind, value).entity


def _browser(who: User) -> Client:
    browser = Client()
    browser.force_login(who)
    return browser


def test_what_is_put_in_twice_is_there_once_and_belongs_to_one_person() -> None:
    desk = world.desk(2)
    thing = _entity()
    first = put_in_tray(actor=desk.reviewer, cases=desk.cases[:1], entities=[thing])
    again = put_in_tray(actor=desk.reviewer, cases=desk.cases, entities=[thing, thing])
    assert (first.added, first.known) == (2, 0)
    assert again.added == 1
    assert tray_of(desk.reviewer).cases == desk.cases[:2]
    assert tray_of(desk.reviewer).entities == [thing]
    assert len(tray_of(desk.lead)) == 0
    assert AuditEntry.objects.filter(verb="tray.filled").count() == 2


def test_eight_tabs_that_put_in_the_same_thing_leave_it_there_once(
    transactional_db: None,
) -> None:
    desk = world.desk(2)
    done = build.at_once(8, lambda _: put_in_tray(actor=desk.reviewer, cases=desk.cases))
    assert sum(one.added for one in done) == 2
    assert TrayItem.objects.count() == 2


def test_a_tray_takes_no_more_than_a_person_can_look_at(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(services, "MOST", 2)
    desk = world.desk(3)
    with pytest.raises(InvalidError, match="at most 2 things"):
        put_in_tray(actor=desk.reviewer, cases=desk.cases)
    assert not TrayItem.objects.exists()


def test_who_reviews_nothing_has_no_tray() -> None:
    desk = world.desk(1)
    with pytest.raises(ForbiddenError):
        put_in_tray(actor=desk.partner, cases=desk.cases)
    assert _browser(desk.partner).get("/tray/").status_code == 404


def test_what_is_purged_or_out_of_sight_is_not_in_it_any_more() -> None:
    desk = world.desk(2)
    thing = _entity()
    put_in_tray(actor=desk.reviewer, cases=desk.cases, entities=[thing])
    Case.objects.filter(pk=desk.cases[1].pk).update(state=State.MERGED)
    SignalEntity.objects.filter(entity=thing).delete()
    Entity.objects.filter(pk=thing.pk).delete()
    assert tray_of(desk.reviewer).cases == desk.cases[:1]
    assert tray_of(desk.reviewer).entities == []
    assert b"bad.example" not in b"".join(
        bytes(one.digest or b"") for one in TrayItem.objects.exclude(digest=None)
    )


def test_two_cases_and_an_account_are_told_what_they_share() -> None:
    first, second = (_case_with(number, "shared.example") for number in (10, 50))
    signal = build.signal(90, actor="a90")
    world.mention(signal, "domain", "shared.example")
    alone = world.mention(signal, "account", "x:a90", role="actor").entity
    viewer = build.user()
    put_in_tray(actor=viewer, cases=[first, second], entities=[alone])
    (found, *rest) = common_of(tray_of(viewer), viewer)
    assert (found.entity.value, found.count) == ("shared.example", 3)
    assert set(found.cases) == {first, second}
    assert found.entities == [alone]
    assert all(one.count < 3 for one in rest)
    assert common_of(tray_of(build.user(name="other")), viewer) == []


def test_two_cases_share_an_account_that_only_one_of_them_cites() -> None:
    first = _case_with(10, "a.example")
    again = build.campaign(members=["x:a10", "x:z1"], waiting=False)
    second = build.case()
    second.campaign_links.create(campaign=again, revision=1)
    signal = Signal.objects.get(actor="a10")
    world.mention(signal, "account", "x:a10", role="actor")
    viewer = build.user()
    put_in_tray(actor=viewer, cases=[first, second])
    assert [one.entity.value for one in common_of(tray_of(viewer), viewer)] == ["x:a10"]


def test_a_saved_tray_fills_another_one_and_no_cell_is_a_formula() -> None:
    desk = world.desk(2)
    things = [_entity(), _entity("email", "mail@bad.example"), _entity("device", HOSTILE)]
    put_in_tray(actor=desk.reviewer, cases=desk.cases[:1], entities=things)
    answer = _browser(desk.reviewer).post("/tray/export/")
    table = answer.content.decode()
    assert answer["Content-Type"].startswith("text/csv")
    assert not any(line.split(",")[1].startswith(("=", '"=')) for line in table.splitlines()[1:])
    put = put_lines_in_tray(actor=desk.lead, text=table)
    assert put.unknown == []
    assert tray_of(desk.lead).cases == desk.cases[:1]
    assert set(tray_of(desk.lead).entities) == set(things)
    assert AuditEntry.objects.filter(verb="tray.exported", actor=desk.reviewer).count() == 1


def test_a_pasted_list_is_read_in_any_spelling_and_what_it_does_not_name_is_told() -> None:
    desk = world.desk(1)
    thing = _entity()
    text = f"{desk.cases[0].ref.lower()}\n\n bad[.]example \nnowhere.example\n"
    put = put_lines_in_tray(actor=desk.reviewer, text=text)
    assert (put.added, put.unknown) == (2, [Line(4, "", "nowhere.example")])
    assert tray_of(desk.reviewer).entities == [thing]


def test_lines_that_name_nothing_stay_in_the_box() -> None:
    desk = world.desk(1)
    lines = f"{desk.cases[0].ref}\nnowhere.example"
    answer = _browser(desk.reviewer).post("/tray/lines/", {"lines": lines})
    assert answer.status_code == 422
    shown = answer.content.decode()
    assert "Nothing that you may see has this name: nowhere[.]example." in shown
    assert ">\nnowhere.example</textarea>" in shown
    assert tray_of(desk.reviewer).cases == desk.cases


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "Paste a line, or choose a file."),
        ('type,value\ncase,"AD-1', "cannot be read"),
        ("x\n" * 501, "the list has 501 lines"),
    ],
)
def test_a_list_that_cannot_be_taken_says_why(text: str, said: str) -> None:
    desk = world.desk(1)
    answer = _browser(desk.reviewer).post("/tray/lines/", {"lines": text})
    assert answer.status_code == 422
    assert said in answer.content.decode()
    assert not TrayItem.objects.exists()


def test_ticked_things_are_added_to_one_case_all_or_none() -> None:
    desk = world.desk(2)
    account = _entity("account", "x:helper")
    things = [account, _entity()]
    put_in_tray(actor=desk.reviewer, entities=things)
    browser = _browser(desk.reviewer)
    said = {"entity": [one.pk for one in things], "case": desk.cases[0].ref, "reason": "one crew"}
    assert browser.post("/tray/add/", said).status_code == 302
    assert "x:helper" in accounts_of_case(desk.cases[0])
    member = _entity("account", accounts_of_case(desk.cases[1])[0])
    said |= {"entity": [_entity("domain", "new.example").pk, member.pk], "case": desk.cases[1].ref}
    answer = browser.post("/tray/add/", said)
    assert answer.status_code == 422
    assert "is in AD-" in answer.content.decode()
    assert CaseAddition.objects.count() == 2


def test_an_act_on_nothing_or_on_a_case_out_of_sight_says_so_and_keeps_what_was_typed() -> None:
    desk = world.desk(1)
    thing = _entity()
    put_in_tray(actor=desk.reviewer, entities=[thing])
    browser = _browser(desk.reviewer)
    bare = browser.post("/tray/add/", {"case": "AD-1", "reason": "my reason"})
    assert "Tick what is to be added." in bare.content.decode()
    assert 'value="my reason"' in bare.content.decode()
    away = browser.post("/tray/add/", {"entity": thing.pk, "case": "AD-999", "reason": "r"})
    assert "There is no such case." in away.content.decode()


def test_all_that_a_filter_finds_is_put_in_and_taken_out_again() -> None:
    desk = world.desk(3)
    browser = _browser(desk.reviewer)
    browser.post("/tray/put/", {"all": "1", "q": "is:open", "back": "/cases/"})
    assert len(tray_of(desk.reviewer)) == 3
    browser.post("/tray/take/", {"ref": desk.cases[0].ref})
    assert len(tray_of(desk.reviewer)) == 2
    browser.post("/tray/take/", {"everything": "1"})
    assert not TrayItem.objects.exists()


def test_the_way_back_leads_to_no_other_site() -> None:
    desk = world.desk(1)
    said = {"ref": desk.cases[0].ref, "back": "https://evil.example/"}
    assert _browser(desk.reviewer).post("/tray/put/", said)["Location"] == "/tray/"


def test_the_same_over_rest() -> None:
    desk = world.desk(1)
    _entity()
    program = Client(headers=make.bearer(Scope.READ, Scope.REVIEW, user=desk.reviewer))
    items = [
        {"type": "case", "value": desk.cases[0].ref},
        {"type": "domain", "value": "BAD.example"},
    ]
    put = program.post("/api/v1/tray/", json.dumps({"items": items}), "application/json")
    assert put.json() == {"added": 2, "known": 0}
    items[1]["value"] = "bad.example"
    assert program.get("/api/v1/tray/").json() == items
    unknown = {"items": [items[0], {"type": "domain", "value": "nowhere.example"}]}
    refused = program.post("/api/v1/tray/", json.dumps(unknown), "application/json")
    assert refused.status_code == 422
    assert "items.1" in refused.content.decode()
    taken = program.post("/api/v1/tray/take/", json.dumps({"items": items}), "application/json")
    assert taken.status_code == 204
    assert program.get("/api/v1/tray/").json() == []
    assert program.get("/api/v1/tray/common/").json() == []


def test_only_what_has_the_words_is_shown_and_compared() -> None:
    desk = world.desk(1)
    put_in_tray(actor=desk.reviewer, cases=desk.cases, entities=[_entity()])
    found = tray_of(desk.reviewer).holding("BAD domain")
    assert (found.cases, [one.value for one in found.entities]) == ([], ["bad.example"])
    shown = _browser(desk.reviewer).get("/tray/?q=bad&common=1").content.decode()
    assert "No two of them touch the same thing." in shown
    assert desk.cases[0].title not in shown


def test_hostile_values_are_shown_as_text() -> None:
    desk = world.desk(1)
    put_in_tray(actor=desk.reviewer, entities=[_entity("device", HOSTILE)])
    assert "<script>alert" not in _browser(desk.reviewer).get("/tray/").content.decode()


def test_what_is_not_in_it_is_taken_out_without_harm() -> None:
    desk = world.desk(1)
    assert take_out_of_tray(actor=desk.reviewer, cases=desk.cases, entities=[_entity()]) == 0
    assert not AuditEntry.objects.filter(verb="tray.emptied").exists()


@given(st.lists(st.text(st.characters(exclude_categories=["Cs"]), max_size=40), max_size=12))
def test_a_list_of_any_letters_is_read_line_by_line(values: list[str]) -> None:
    whole = "\n".join(values)
    if whole.split("\n")[0].casefold().replace(" ", "").startswith("type,value"):
        return
    read = [one.value for one in lines_in(whole)]
    wanted = [
        line.strip() for line in whole.removeprefix("\ufeff").replace("\x00", "").splitlines()
    ]
    assert read == [line for line in wanted if line]


def _case_with(first: int, domain: str) -> Case:
    """A case that cites a signal which mentions the domain."""
    signals = [build.signal(first + place, actor=f"a{first + place}") for place in range(3)]
    for signal in signals:
        world.mention(signal, "domain", domain)
    ids = [signal.pk for signal in signals]
    names = build.accounts(3, first=first)
    finding = build.finding(subjects=names, signal_ids=ids, anchor=("device", f"d{first}"))
    return build.opened(members=names, findings=[finding])[1]
