"""The TAXII server: a real client reads it, and nobody reads more than the gate lets them."""

from __future__ import annotations

import base64
import json
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from pytest_django.live_server_helper import LiveServer
from taxii2client.common import TokenAuth
from taxii2client.v21 import Collection, Server, as_pages

from abusedesk.core import clock
from abusedesk.core.models import Scope
from cases.choices import WayOut
from cases.models import Case, Circle, Handover, Partner, Share, SharedObject
from cases.selectors.ledger import handovers_by_subject
from cases.services.partner import issue_partner_token
from cases.services.recall import recall_share
from cases.services.share import approve_share, ask_approval, change_share
from cases.sharing import tlp
from cases.taxii.answers import MEDIA
from tests import make
from tests.sharing import desk
from tests.sharing.desk import Sharing


@pytest.fixture
def on(db: None) -> Sharing:
    return desk.desk()


def _plain(on: Sharing, partner: int = 0) -> str:
    _, plain = issue_partner_token(
        actor=on.admin, partner=on.partners[partner], name="TAXII", days=9
    )
    return plain


def _door(on: Sharing, partner: int = 0) -> Client:
    return Client(headers={"Authorization": f"Bearer {_plain(on, partner)}", "Accept": MEDIA})


def _objects(door: Client, **query: Any) -> list[dict[str, Any]]:
    """All pages, as a client walks them."""
    found: list[dict[str, Any]] = []
    asked: dict[str, Any] = dict(query)
    while True:
        page = door.get("/taxii2/ring/collections/objects/objects/", asked).json()
        found += page.get("objects", [])
        if not page.get("more"):
            return found
        assert page["next"]
        asked = {"next": page["next"], "limit": query.get("limit", 1_000)}


@pytest.mark.row(59)
@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("basic", [True, False])
def test_a_real_client_finds_pages_filters_and_versions(
    live_server: LiveServer, basic: bool
) -> None:
    on = desk.desk()
    share = desk.shared(on)
    plain = _plain(on)
    auth = {"user": "any", "password": plain} if basic else {"auth": TokenAuth(plain)}
    server = Server(f"{live_server.url}/taxii2/", **auth)
    assert server.title == "Harbour desk"
    (root,) = server.api_roots
    read, patterns = root.collections
    assert (patterns.title, patterns.can_write) == ("Patterns", False)
    assert (read.title, read.can_read, read.can_write) == ("Objects", True, False)
    assert read.custom_properties["x_abusedesk_markings"] == [
        "clear", "green", "amber", "amber+strict",
    ]  # fmt: skip
    collection = Collection(f"{live_server.url}/taxii2/ring/collections/{read.id}/", **auth)
    paged = [
        one for page in as_pages(collection.get_objects, per_request=7) for one in page["objects"]
    ]
    bundle = json.loads(share.renditions.get().bundle)["objects"]
    assert sorted(one["id"] for one in paged) == sorted(one["id"] for one in bundle)
    assert {json.dumps(one, sort_keys=True) for one in paged} == {
        json.dumps(one, sort_keys=True) for one in bundle
    }
    listed = [
        one for page in as_pages(collection.get_manifest, per_request=5) for one in page["objects"]
    ]
    assert [one["id"] for one in listed] == [one["id"] for one in paged]
    campaigns = collection.get_objects(type="campaign")["objects"]
    assert [one["name"] for one in campaigns] == ["Refund scam, autumn"]
    told = collection.object_versions(campaigns[0]["id"])["versions"]
    assert len(told) == 1
    assert collection.get_object(campaigns[0]["id"])["objects"] == campaigns


def test_both_ways_of_paging_give_each_object_once(on: Sharing) -> None:
    desk.shared(on)
    door = _door(on)
    whole = [one["id"] for one in _objects(door)]
    assert len(whole) == len(set(whole)) > 20
    assert [one["id"] for one in _objects(door, limit=3)] == whole
    found: list[str] = []
    after = ""
    path = "/taxii2/ring/collections/objects/objects/"
    while True:
        query: dict[str, Any] = {"limit": 4, **({"added_after": after} if after else {})}
        answer = door.get(path, query)
        found += [one["id"] for one in answer.json().get("objects", [])]
        if not answer.json().get("more"):
            break
        after = answer["X-TAXII-Date-Added-Last"]
    assert found == whole


def test_a_cursor_holds_its_filters_and_is_good_for_nobody_elses_place(on: Sharing) -> None:
    desk.shared(on)
    door = _door(on)
    path = "/taxii2/ring/collections/objects/objects/"
    begin: dict[str, Any] = {"limit": 1, "match[type]": "relationship,sighting"}
    first = door.get(path, begin).json()
    kinds = set()
    following = first["next"]
    while following:
        page = door.get(path, {"next": following, "limit": 2}).json()
        kinds |= {one["type"] for one in page["objects"]}
        following = page.get("next")
    assert kinds == {"relationship", "sighting"}
    wrong = [
        {"next": first["next"], "match[type]": "campaign"},
        {"next": first["next"][:-4] + "AAAA"},
        {"next": "nonsense"},
    ]
    for said in wrong:
        assert door.get(path, said).status_code == 400
    other = door.get("/taxii2/ring/collections/objects/manifest/", {"next": first["next"]})
    assert other.status_code == 400
    again = Client(headers={"Authorization": f"Token {_plain(on)}", "Accept": MEDIA})
    kept = again.get(path, {"next": first["next"], "limit": 2})
    assert kept.status_code == 200, "another token of the same partner goes on"


@pytest.mark.parametrize(
    ("query", "status"),
    [
        ("limit=0", 400),
        ("limit=-1", 400),
        ("limit=ten", 400),
        ("added_after=yesterday", 400),
        ("added_after=2026-01-01", 400),
        ("match[colour]=red", 400),
        ("match[version]=all,last", 400),
        ("match[version]=soon", 400),
        ("limit=1&limit=2", 400),
        ("match[spec_version]=2.0", 200),
        ("match[id]=campaign--00000000-0000-4000-8000-000000000000", 200),
        ("added_after=2999-01-01T00:00:00Z", 200),
    ],
)
def test_filters_are_checked_and_nothing_left_is_an_empty_object(
    on: Sharing, query: str, status: int
) -> None:
    desk.shared(on)
    answer = _door(on).get(f"/taxii2/ring/collections/objects/objects/?{query}")
    assert answer.status_code == status
    if status == 200:
        assert answer.content == b"{}"
    else:
        assert answer.json()["http_status"] == "400"
        assert answer.json()["title"] == "ProcessingError"


@pytest.mark.parametrize(
    ("accept", "status"),
    [
        (MEDIA, 200),
        ("application/taxii+json", 200),
        ("*/*", 200),
        ("application/*", 200),
        ("", 200),
        ("text/html, application/taxii+json; version=2.1", 200),
        ("application/json", 406),
        ("text/html", 406),
        ("application/taxii+json;version=2.0", 406),
    ],
)
def test_media_types_are_negotiated(on: Sharing, accept: str, status: int) -> None:
    headers = {"Authorization": f"Bearer {_plain(on)}"}
    answer = Client(headers=headers | ({"Accept": accept} if accept else {})).get("/taxii2/")
    assert answer.status_code == status
    assert answer["Content-Type"] == MEDIA


def test_who_is_no_partner_gets_401_and_learns_nothing(on: Sharing) -> None:
    desk.shared(on)
    wrong = base64.b64encode(b"any:ad_x_y").decode()
    doors: list[dict[str, str]] = [
        {},
        {"Authorization": "Bearer ad_nothing"},
        {"Authorization": f"Basic {wrong}"},
        {"Authorization": "Basic !!!"},
        make.bearer(*Scope, user=on.admin),
        make.bearer(Scope.READ),
    ]
    for headers in doors:
        for path in ("/taxii2/", "/taxii2/ring/", "/taxii2/nothing/", "/taxii2/ring/collections/"):
            answer = Client(headers=headers).get(path)
            assert answer.status_code == 401, (headers, path)
            assert "WWW-Authenticate" in answer
    browser = Client()
    browser.force_login(on.admin)
    assert browser.get("/taxii2/").status_code == 401, "a session opens nothing here"


def test_a_missing_slash_is_added_and_other_methods_are_refused(on: Sharing) -> None:
    door = _door(on)
    moved = door.get("/taxii2/ring?x=1")
    assert (moved.status_code, moved["Location"]) == (308, "/taxii2/ring/?x=1")
    path = "/taxii2/ring/collections/objects/objects/"
    for method in (door.put, door.patch, door.delete):
        refused = method(path)
        assert (refused.status_code, refused["Allow"]) == (405, "GET, HEAD, POST")
    assert door.post(path).status_code == 403, "what is shared is only read"
    for path in ("/taxii2/other/", "/taxii2/ring/collections/none/", "/taxii2/ring/status/x/"):
        assert door.get(path).status_code == 404


@pytest.mark.row(64)
def test_what_is_for_one_circle_is_not_there_for_who_is_in_another(on: Sharing) -> None:
    desk.shared(on, partners=["cert-north"])
    north, south = _door(on, 0), _door(on, 1)
    assert _objects(north)
    assert _objects(south) == [], "in the circle, but not named"
    on.circle.members.filter(partner=on.partners[1]).delete()
    assert south.get("/taxii2/").json() == {"title": "Harbour desk", "api_roots": []}
    assert south.get("/taxii2/ring/").status_code == 404


@pytest.mark.row(61)
@pytest.mark.row(97)
def test_a_partner_that_a_revision_leaves_out_is_served_no_more_and_hears_of_the_recall(
    on: Sharing,
) -> None:
    share = desk.shared(on)
    south = _door(on, 1)
    assert _objects(south)
    only = desk.said(on, partners=["cert-north"])
    share = change_share(actor=on.reviewer, share=share, said=only)
    ask_approval(actor=on.reviewer, share=share)
    approve_share(actor=on.lead, share=share, digest=share.digest)
    assert _objects(south) == []
    target = share.targets.get(partner=on.partners[1])
    assert target.recall_state == "not reached"
    recall_share(actor=on.lead, share=share, reason="one is a victim")
    told = _objects(south)
    assert told
    assert all(one["revoked"] for one in told)
    target.refresh_from_db()
    assert target.recall_state == "delivered"


@pytest.mark.row(61)
@pytest.mark.parametrize("level", ["clear", "green", "amber", "amber+strict"])
@pytest.mark.parametrize("cap", ["clear", "green", "amber", "amber+strict"])
def test_a_partner_reads_what_its_clearance_covers_at_this_moment(
    on: Sharing, level: str, cap: str
) -> None:
    share = desk.shared(on, tlp=level) if level != "clear" else _clear(on)
    door = _door(on)
    assert _objects(door)
    Partner.objects.filter(pk=on.partners[0].pk).update(tlp_cap=cap)
    told = {tlp.level_of(one) or "clear" for one in _objects(door)}
    allowed = tlp.up_to(cap)
    assert told <= set(allowed)
    assert (level in told) == (level in allowed)
    path = "/taxii2/ring/collections/objects/"
    count = len(door.get(f"{path}manifest/").json().get("objects", []))
    assert count == len(_objects(door)), "counts tell nothing either"
    campaign = SharedObject.objects.get(type="campaign", rendition__share=share).stix_id
    expected = 200 if level in allowed else 404
    assert door.get(f"{path}objects/{campaign}/").status_code == expected
    assert door.get(f"{path}objects/{campaign}/versions/").status_code == expected


def _clear(on: Sharing) -> Share:
    Case.objects.filter(pk=on.case.pk).update(tlp="clear")
    on.case.refresh_from_db()
    return desk.shared(on, tlp="clear")


@pytest.mark.row(61)
@pytest.mark.parametrize("why", ["red", "over", "ended", "off", "circle"])
def test_what_may_not_leave_any_more_is_not_served_any_more(on: Sharing, why: str) -> None:
    share = desk.shared(on)
    door = _door(on)
    before = len(_objects(door))
    match why:
        case "red":
            Case.objects.filter(pk=on.case.pk).update(tlp="red")
        case "over":
            Share.objects.filter(pk=share.pk).update(valid_until=clock.now())
        case "ended":
            yesterday = clock.now().date() - timedelta(days=1)
            Partner.objects.update(ends_on=yesterday)
        case "off":
            Partner.objects.update(active=False)
        case _:
            Circle.objects.update(active=False)
    answer = door.get("/taxii2/ring/collections/objects/objects/")
    assert before > 0
    assert "objects" not in answer.json()


@pytest.mark.row(97)
def test_a_recall_reaches_a_poller_and_is_then_delivered(on: Sharing) -> None:
    share = desk.shared(on)
    door = _door(on)
    seen = {one["id"]: one for one in _objects(door)}
    target = share.targets.get(partner=on.partners[0])
    assert target.recall_state == "not reached"
    recall_share(actor=on.lead, share=share, reason="one is a victim")
    told = _objects(door)
    assert told
    assert all(one["revoked"] for one in told)
    assert {one["id"] for one in told} <= set(seen)
    assert all(one["modified"] > seen[one["id"]]["modified"] for one in told)
    assert not [one for one in told if one["type"] in ("user-account", "domain-name")]
    target.refresh_from_db()
    assert target.recall_state == "delivered"
    other = share.targets.get(partner=on.partners[1])
    assert other.recall_state == "not reached"


@pytest.mark.row(109)
def test_what_is_fetched_stands_in_the_ledger_with_its_token(on: Sharing) -> None:
    desk.shared(on)
    _objects(_door(on))
    row = Handover.objects.get()
    assert row.way == WayOut.TAXII
    assert row.token is not None
    assert row.token.prefix
    (found,) = handovers_by_subject("email", desk.MAIL, on.lead)
    assert [how for _, how in found.objects] == ["hmac"]


def test_the_key_of_signed_files_is_public(on: Sharing) -> None:
    told = Client().get("/.well-known/abusedesk-keys.json").json()
    assert [one["alg"] for one in told["keys"]] == ["Ed25519", "X25519"]
