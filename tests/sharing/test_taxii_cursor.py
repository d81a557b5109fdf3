"""Filters and cursors of TAXII: what they mean, what is refused, what hostile ones do."""

from __future__ import annotations

import base64
import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.test import Client
from hypothesis import given
from hypothesis import strategies as st

from abusedesk.core import clock
from abusedesk.core.models import Scope
from abusedesk.core.tokens import issue_token
from cases.models import Case, Circle, Handover, Partner, Share, SharedObject
from cases.selectors.taxii import (
    circles_by_partner,
    is_partner_by_user,
    levels_by_partner,
    objects_by_partner,
)
from cases.services.partner import issue_partner_token
from cases.services.share import approve_share, ask_approval, change_share
from cases.taxii import paging
from cases.taxii.answers import MEDIA
from cases.taxii.paging import Asked, WrongError
from tests.sharing import desk
from tests.sharing.desk import Sharing

KEY, PLACE = "k" * 32, "objects 1 "
OBJECTS = "/taxii2/ring/collections/objects/objects/"
filters = st.dictionaries(
    st.sampled_from(("match[id]", "match[type]", "added_after")),
    st.sampled_from(("2026-11-01T00:00:00Z", "2026-11-02T00:00:00.123456+02:00")),
    max_size=3,
)


def _lists(query: dict[str, str]) -> dict[str, list[str]]:
    return {name: [value] for name, value in query.items()}


@given(query=filters, seq=st.integers(0, 2**62), limit=st.integers(1, 5_000))
def test_a_cursor_goes_on_with_the_same_filters_whether_they_are_repeated_or_not(
    query: dict[str, str], seq: int, limit: int
) -> None:
    first = paging.read(_lists(query), place=PLACE, key=KEY)
    following = paging.cursor(_lists(query), first, place=PLACE, seq=seq, key=KEY)
    for said in ({}, query):
        asked = {**said, "next": following, "limit": str(limit)}
        went = paging.read(_lists(asked), place=PLACE, key=KEY)
        assert went == Asked(first.match, first.after, min(limit, 1_000), seq)
        again = paging.cursor(_lists(asked), went, place=PLACE, seq=seq, key=KEY)
        assert again == following, "the same place has one cursor, however it was come to"


@given(
    st.text(max_size=200) | st.binary(max_size=200).map(lambda raw: base64.b64encode(raw).decode())
)
def test_what_is_no_cursor_is_refused_in_one_sentence(text: str) -> None:
    if text:
        with pytest.raises(WrongError, match=r"^next (is not one that|holds a NUL)"):
            paging.read({"next": [text]}, place=PLACE, key=KEY)


@pytest.mark.parametrize(
    ("place", "key"), [("manifest 1 ", KEY), ("objects 2 ", KEY), (PLACE, "other")]
)
def test_a_cursor_is_good_for_its_place_and_its_desk_alone(place: str, key: str) -> None:
    following = paging.cursor({}, Asked(), place=PLACE, seq=7, key=KEY)
    with pytest.raises(WrongError):
        paging.read({"next": [following]}, place=place, key=key)


def test_a_cursor_whose_place_was_moved_by_hand_is_refused() -> None:
    following = paging.cursor({}, Asked(), place=PLACE, seq=7, key=KEY)
    raw = base64.urlsafe_b64decode(following + "=" * (-len(following) % 4)).decode()
    moved = raw[:64] + json.dumps(json.loads(raw[64:]) | {"seq": 0}, sort_keys=True)
    forged = base64.urlsafe_b64encode(moved.encode()).decode().rstrip("=")
    assert paging.read({"next": [following]}, place=PLACE, key=KEY).since == 7
    with pytest.raises(WrongError):
        paging.read({"next": [forged]}, place=PLACE, key=KEY)


@pytest.mark.parametrize(
    ("query", "sentence"),
    [
        ({"limit": ["1", "1"]}, "limit is given more than once."),
        ({"match[type]": ["a", "b"]}, "match[type] is given more than once."),
        ({"match[colour]": ["a"]}, "There is no filter match[colour]."),
        ({"match[]": ["a"]}, "There is no filter match[]."),
        ({"limit": ["01"]}, "limit is a positive whole number."),
        ({"limit": ["1.0"]}, "limit is a positive whole number."),
        ({"limit": [""]}, "limit is a positive whole number."),
        ({"limit": ["\u0663"]}, "limit is a positive whole number."),
        ({"limit": ["9" * 30]}, "limit is a positive whole number."),
        ({"added_after": ["2026-11-01"]}, "2026-11-01 is no timestamp."),
        ({"added_after": ["2026-11-01T00:00:00"]}, "2026-11-01T00:00:00 is no timestamp."),
        ({"added_after": ["2026-13-01T00:00:00Z"]}, "2026-13-01T00:00:00Z is no timestamp."),
        ({"match[id]": ["a\x00"]}, "match[id] holds a NUL."),
        ({"match[version]": ["all,first"]}, "all stands alone in match[version]."),
        ({"match[version]": ["first,x"]}, "x is no timestamp."),
    ],
)
def test_a_filter_that_cannot_be_meant_is_named(query: dict[str, list[str]], sentence: str) -> None:
    with pytest.raises(WrongError) as refused:
        paging.read(query, place=PLACE, key=KEY)
    assert str(refused.value) == sentence


def test_filters_are_read_as_lists_and_unknown_words_are_passed_over() -> None:
    said = {
        "match[type]": ["campaign,,note"], "match[version]": ["first,last"],
        "limit": ["5000"], "added_after": ["2026-11-01T01:00:00+01:00"], "utm_source": ["x"],
    }  # fmt: skip
    asked = paging.read(said, place=PLACE, key=KEY)
    assert asked.match == {"type": ("campaign", "note"), "version": ("first", "last")}
    assert (asked.limit, asked.since) == (1_000, 0)
    assert asked.after == datetime(2026, 11, 1, tzinfo=UTC)
    assert Asked().versions == ("last",)


@pytest.fixture
def on(db: None) -> Sharing:
    return desk.desk()


def _door(on: Sharing, partner: int = 0) -> Client:
    row = on.partners[partner]
    _, plain = issue_partner_token(actor=on.admin, partner=row, name="TAXII", days=9)
    return Client(headers={"Authorization": f"Bearer {plain}", "Accept": MEDIA})


def _revised(on: Sharing, share: Share, **changes: Any) -> Share:
    row = change_share(actor=on.reviewer, share=share, said=desk.said(on, **changes))
    ask_approval(actor=on.reviewer, share=row)
    return approve_share(actor=on.lead, share=row, digest=row.digest)


@pytest.mark.parametrize(
    "query",
    [
        {"match[id]": "x\x00y"},
        {"match[type]": "\x00"},
        {"match[type]": "' or 1=1 --"},
        {"match[id]": "%" * 500},
        {"match[spec_version]": "\x00"},
        {"added_after": "0001-01-01T00:00:00+14:00"},
        {"added_after": "9999-12-31T23:59:59.999999-14:00"},
        {"match[version]": "0001-01-01T00:00:00+14:00"},
        {"next": "\u00e9\x00"},
        {"limit": "999999999"},
    ],
)
def test_hostile_filters_get_an_answer_and_never_more_than_is_asked_for(
    on: Sharing, query: dict[str, str]
) -> None:
    desk.shared(on)
    door = _door(on)
    for path in (OBJECTS, OBJECTS.replace("objects/objects", "objects/manifest")):
        answer = door.get(path, query)
        assert answer.status_code in (200, 400), query
        assert answer["Content-Type"] == MEDIA
        if any(name.startswith("match") for name in query):
            assert answer.json().get("objects", []) == []


@pytest.mark.parametrize(
    "id", ["%00", "x", "..%2f..", "campaign--%00", "a" * 3_000, "%F0%9F%92%A9"]
)
def test_an_object_that_nobody_may_name_is_not_found(on: Sharing, id: str) -> None:
    desk.shared(on)
    door = _door(on)
    for path in (f"{OBJECTS}{id}/", f"{OBJECTS}{id}/versions/"):
        answer = door.get(path)
        assert answer.status_code == 404
        assert answer.json()["http_status"] == "404"


def test_a_name_of_an_object_that_is_there_for_others_is_as_unknown_as_none(on: Sharing) -> None:
    desk.shared(on, partners=["cert-north"])
    id = SharedObject.objects.filter(type="campaign").values_list("stix_id", flat=True)[0]
    north, south = _door(on, 0), _door(on, 1)
    assert north.get(f"{OBJECTS}{id}/").status_code == 200
    theirs, none = south.get(f"{OBJECTS}{id}/"), south.get(f"{OBJECTS}campaign--x/")
    assert theirs.status_code == none.status_code == 404
    told = [one.json() | {"error_id": ""} for one in (theirs, none)]
    assert told[0] == told[1]


def test_versions_of_an_object_are_told_in_order_and_the_words_choose_among_them(
    on: Sharing,
) -> None:
    share = desk.shared(on)
    share = _revised(on, share, title="Refund scam, winter")
    _revised(on, share, title="Refund scam, spring")
    door = _door(on)
    id = SharedObject.objects.filter(type="campaign").values_list("stix_id", flat=True)[0]
    versions = door.get(f"{OBJECTS}{id}/versions/").json()["versions"]
    assert len(versions) == 3
    assert versions == sorted(versions)

    def names(version: str) -> list[str]:
        asked = {"match[version]": version} if version else {}
        return [one["name"][13:] for one in door.get(f"{OBJECTS}{id}/", asked).json()["objects"]]

    assert names("") == names("last") == ["spring"]
    assert names("first") == ["autumn"]
    assert names("first,last") == ["autumn", "spring"]
    assert names("all") == ["autumn", "winter", "spring"]
    assert names(versions[1]) == ["winter"]
    assert names(f"{versions[0]},last") == ["autumn", "spring"]


def test_a_page_of_one_walks_all_versions_once_and_in_the_order_they_came_out(on: Sharing) -> None:
    share = desk.shared(on)
    _revised(on, share, title="Refund scam, winter")
    viewer = on.partners[0]
    door = _door(on)
    viewer.refresh_from_db()
    assert viewer.user is not None
    wanted = objects_by_partner(on.circle, viewer.user, Asked({"version": ("all",)}))
    ids = [(one.stix_id, one.version) for one in wanted]
    assert len(ids) == len(set(ids))
    found, query = [], {"limit": "1", "match[version]": "all", "match[type]": "campaign,note"}
    while True:
        page = door.get(OBJECTS, query).json()
        found += [one["id"] for one in page["objects"]]
        assert len(page["objects"]) == 1
        if not page["more"]:
            break
        query = {"limit": "1", "next": page["next"]}
    assert found == [id for id, _ in ids if id.startswith(("campaign", "note"))]


def test_what_was_let_out_after_a_page_was_read_comes_on_the_next_one(on: Sharing) -> None:
    share = desk.shared(on)
    door = _door(on)
    first = door.get(OBJECTS)
    assert first.json()["more"] is False
    last = first["X-TAXII-Date-Added-Last"]
    assert door.get(OBJECTS, {"added_after": last}).content == b"{}"
    _revised(on, share, title="Refund scam, winter")
    told = door.get(OBJECTS, {"added_after": last}).json()["objects"]
    assert "Refund scam, winter" in [one.get("name") for one in told]
    before = {(one["id"], one.get("modified")): one for one in first.json()["objects"]}
    same = [one for one in told if (one["id"], one.get("modified")) in before]
    assert {one["type"] for one in same}.isdisjoint({"campaign", "report", "note", "indicator"})
    assert all(before[one["id"], one.get("modified")] == one for one in same)


def test_a_manifest_leaves_no_line_in_the_ledger_and_objects_leave_one_a_page(on: Sharing) -> None:
    desk.shared(on)
    door = _door(on)
    door.get(OBJECTS.replace("objects/objects", "objects/manifest"))
    door.head(OBJECTS, {"match[type]": "nothing"})
    assert Handover.objects.count() == 0
    page = door.get(OBJECTS, {"limit": 2}).json()
    row = Handover.objects.get()
    assert row.objects_sent == [one["id"] for one in page["objects"]]
    assert (row.way, row.partner_id, row.revision) == ("taxii", on.partners[0].pk, 1)
    door.get(OBJECTS, {"limit": 2, "next": page["next"]})
    assert Handover.objects.count() == 2


@pytest.mark.parametrize("why", ["expired", "scope", "off", "person"])
def test_a_token_that_is_good_no_more_opens_nothing(on: Sharing, why: str) -> None:
    desk.shared(on)
    door = _door(on)
    assert door.get(OBJECTS).status_code == 200
    partner = Partner.objects.select_related("user").get(pk=on.partners[0].pk)
    assert partner.user is not None
    if why == "scope":
        _, plain = issue_token(
            user=partner.user, name="x", scopes=[Scope.READ], expires_at=clock.now() + timedelta(1)
        )
        door = Client(headers={"Authorization": f"Bearer {plain}", "Accept": MEDIA})
    elif why == "expired":
        partner.user.tokens.update(expires_at=clock.now())
    elif why == "off":
        Partner.objects.filter(pk=partner.pk).update(active=False)
    else:
        type(partner.user).objects.filter(pk=partner.user.pk).update(is_active=False)
    answer = door.get(OBJECTS)
    assert answer.status_code == 401
    assert "objects" not in answer.json()


def test_people_of_the_desk_read_nothing_as_a_partner_does(on: Sharing) -> None:
    desk.shared(on)
    for person in (on.reviewer, on.lead, on.admin):
        assert not is_partner_by_user(person)
        assert circles_by_partner(person) == []
        assert levels_by_partner(on.circle, person) == []
        assert not objects_by_partner(on.circle, person, Asked()).exists()


@pytest.mark.parametrize(
    ("change", "levels"),
    [
        ({}, ["clear", "green", "amber", "amber+strict"]),
        ({"tlp_cap": "amber"}, ["clear", "green", "amber"]),
        ({"tlp_cap": "clear"}, ["clear"]),
        ({"knows_tlp_2": False}, ["clear", "green", "amber"]),
        ({"purpose": ""}, []),
        ({"legal_basis": ""}, []),
        ({"ends_on": datetime(2020, 1, 1, tzinfo=UTC).date()}, []),
    ],
)
def test_the_marks_of_a_collection_are_those_that_the_agreement_covers(
    on: Sharing, change: dict[str, Any], levels: list[str]
) -> None:
    door = _door(on)
    Partner.objects.filter(pk=on.partners[0].pk).update(**change)
    told = door.get("/taxii2/ring/collections/").json()["collections"]
    assert [one["x_abusedesk_markings"] for one in told] == [levels, levels]
    Circle.objects.filter(pk=on.circle.pk).update(community=False)
    told = door.get("/taxii2/ring/collections/objects/").json()
    assert told["x_abusedesk_markings"] == [one for one in levels if one != "green"]


def test_a_case_that_is_wide_again_is_served_again(on: Sharing) -> None:
    desk.shared(on)
    door = _door(on)
    whole = door.get(OBJECTS).content
    Case.objects.filter(pk=on.case.pk).update(tlp="amber+strict")
    assert door.get(OBJECTS).content == b"{}"
    Case.objects.filter(pk=on.case.pk).update(tlp="green")
    assert door.get(OBJECTS).content == whole
