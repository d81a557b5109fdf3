"""MISP feeds of others: what changed is read, kept, held or taken by the rule, and taken back."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any, Final
from uuid import UUID

import pytest
from django.test import Client
from hypothesis import given
from hypothesis import strategies as st
from pymisp import MISPEvent

from abusedesk.core import clock, outbound
from abusedesk.core.models import Role
from abusedesk.core.outbound import OutboundError, Reply, TooLargeError
from cases.choices import FeedKind, Pap
from cases.models import Case, EntityAction, Feed, FeedEvent, ImportedObject, ImportedValue
from cases.services.feed import FeedText, accept_feed, save_feed
from cases.services.partner import issue_partner_token
from cases.services.polling import poll_feed
from cases.services.recall import recall_share
from cases.taking.misp import EVENT, BadEventError, object_of, rows_in
from detectors.choices import BatchState, Opinion, Tlp
from detectors.intel.misp.feed import HASHES, MANIFEST, files_of
from detectors.models import IndicatorBatch, WatchItem
from tests.cases import build
from tests.sharing import desk
from tests.sharing.test_feed import fed, polled, standing

pytestmark = pytest.mark.django_db
FOLDER: Final = "https://misp.example/feed"
ORG: Final = {"name": "Bay", "uuid": str(UUID(int=99))}


def attribute(number: int, value: str, kind: str = "domain", **more: Any) -> dict[str, Any]:
    one = {"uuid": str(UUID(int=number)), "type": kind, "value": value, "to_ids": True}
    return {**one, "category": "Other", "deleted": False, **more}


def event(number: int, *attributes: dict[str, Any], at: int = 1_000, **more: Any) -> dict[str, Any]:
    base = {
        "uuid": str(UUID(int=number)),
        "info": f"event {number}",
        "date": "2026-11-01",
        "timestamp": str(at),
        "analysis": "2",
        "threat_level_id": "4",
        "Orgc": ORG,
        "Tag": [{"name": "tlp:green"}],
        "Attribute": list(attributes),
        "Object": [],
    }
    return base | more


class Folder:
    """What the other MISP serves; keeps what it was asked."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, *events: dict[str, Any]) -> None:
        self.asked: list[str] = []
        self.instead: dict[str, Reply | Exception] = {}
        self.serve(*events)
        monkeypatch.setattr(outbound, "fetch", self.fetch)

    def serve(self, *events: dict[str, Any]) -> None:
        self.files = files_of([{"Event": one} for one in events])

    def fetch(self, url: str, headers: dict[str, str], **said: Any) -> Reply:
        name = url.removeprefix(f"{FOLDER}/")
        self.asked.append(name)
        if name in self.instead:
            told = self.instead[name]
            if isinstance(told, Exception):
                raise told
            return told
        body = self.files.get(name)
        if body is None:
            return Reply(404, b"")
        etag = f'"{hash(body)}"'
        same = headers.get("If-None-Match") == etag
        return Reply(304 if same else 200, b"" if same else body, {"etag": etag})


def misp(**said: Any) -> Feed:
    return fed(**{"kind": "misp", "url": f"{FOLDER}/", "title": "Bay", "slug": "bay", **said})


@pytest.mark.row(60)
def test_only_what_changed_is_fetched_and_values_stand_on_the_watch_list(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    one, two = event(1, attribute(11, "a.example")), event(2, attribute(12, "b.example"))
    there = Folder(monkeypatch, one, two)
    feed = polled(misp(url=f"{FOLDER}/{MANIFEST}"))
    assert (feed.fault, feed.taken, feed.paused) == ("", 2, "")
    assert standing() == {("a.example", Opinion.POSITIVE), ("b.example", Opinion.POSITIVE)}
    assert there.asked == [MANIFEST, f"{UUID(int=1)}.json", f"{UUID(int=2)}.json"]
    there.asked.clear()
    polled(feed)
    assert there.asked == [MANIFEST], "the manifest had not changed"
    there.serve(one, event(2, attribute(13, "c.example"), at=2_000))
    there.asked.clear()
    assert polled(feed).taken == 3
    assert there.asked == [MANIFEST, f"{UUID(int=2)}.json"]
    assert standing() == {("a.example", Opinion.POSITIVE), ("c.example", Opinion.POSITIVE)}
    assert Case.objects.count() == EntityAction.objects.count() == 0


def test_held_values_wait_and_seeds_only_say_where_to_look(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    harmless = attribute(12, "b.example", Sighting=[{"type": "1"}])
    Folder(monkeypatch, event(1, attribute(11, "a.example"), harmless))
    held = polled(misp(mode="hold"))
    assert standing() == set()
    assert IndicatorBatch.objects.get().state == BatchState.PREVIEW
    assert accept_feed(actor=held.owner, feed=held) == 1
    assert standing() == {("a.example", Opinion.POSITIVE), ("b.example", Opinion.NEGATIVE)}
    polled(misp(mode="seed", slug="bight"))
    seeds = WatchItem.objects.filter(source="bight")
    assert [(one.value, one.opinion, one.confidence) for one in seeds] == [
        ("a.example", Opinion.SEED, 29)
    ]


@pytest.mark.row(60)
def test_what_an_event_says_no_more_is_ended_at_the_next_poll_and_nothing_else(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    kept, gone, lost = (attribute(10 + at, f"{at}.example") for at in range(3))
    twin = event(2, attribute(31, "1.example"))
    there = Folder(monkeypatch, event(1, kept, gone, lost), twin)
    feed = polled(misp())
    other = polled(misp(slug="bight"))
    assert len(WatchItem.objects.filter(ended_at=None)) == 6
    there.serve(event(1, kept, gone | {"deleted": True}, at=2_000), twin)
    polled(feed)
    mine = WatchItem.objects.filter(source="bay", ended_at=None)
    assert {one.value for one in mine} == {"0.example", "1.example"}, "another event says 1"
    assert WatchItem.objects.filter(source="bight", ended_at=None).count() == 3
    assert WatchItem.objects.get(source="bay", value="0.example").ended_at is None
    assert other.slug == "bight"
    there.serve(event(1, *(one | {"deleted": True} for one in (kept, gone)), at=3_000), twin)
    polled(feed)
    row = ImportedObject.objects.get(source="bay", stix_id=f"{EVENT}--{UUID(int=1)}")
    assert row.revoked
    assert not ImportedValue.objects.filter(imported=row).exists()


def test_an_event_is_kept_whole_with_its_marks_and_can_be_looked_at(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    mac = "ab" * 32
    tags = [{"name": "tlp:amber"}, {"name": "PAP:RED"}]
    hidden = attribute(
        12, f"hmac:ring-1:{mac}", "text", comment="email, hashed with the key of a circle"
    )
    Folder(monkeypatch, event(1, attribute(11, "a.example"), hidden, Tag=tags))
    feed = polled(misp(licence="CC-BY-NC-4.0"))
    row = ImportedObject.objects.get()
    assert (row.type, row.name, row.tlp, row.pap) == (EVENT, "event 1", Tlp.AMBER, Pap.RED)
    assert (row.feed, row.licence, row.source) == (feed, "CC-BY-NC-4.0", "bay")
    told = ImportedValue.objects.filter(imported=row).values_list("type", "key_id", "mac")
    assert set(told) == {("domain", "", ""), ("email", "ring-1", mac)}
    client = Client()
    client.force_login(feed.owner)
    page = client.get(f"/sharing/imported/{row.pk}/")
    assert page.status_code == 200
    assert b"a.example" in page.content


@pytest.mark.row(61)
def test_what_is_red_is_not_kept_whatever_part_is_marked(monkeypatch: pytest.MonkeyPatch) -> None:
    red = [{"name": "tlp:red"}]
    whole = event(1, attribute(11, "a.example"), Tag=red)
    part = event(2, attribute(12, "b.example"), attribute(13, "c.example", Tag=red))
    unmarked = event(3, attribute(14, "d.example"), Tag=[])
    Folder(monkeypatch, whole, part, unmarked)
    polled(misp())
    assert standing() == {("b.example", Opinion.POSITIVE), ("d.example", Opinion.POSITIVE)}
    bodies = json.dumps(list(ImportedObject.objects.values_list("body", flat=True)))
    assert "a.example" not in bodies
    assert "c.example" not in bodies
    assert "named people" in FeedEvent.objects.get(uuid=UUID(int=1)).fault
    assert WatchItem.objects.get(value="d.example").tlp == Tlp.AMBER


@pytest.mark.parametrize(
    ("answer", "why"),
    [
        (Reply(404, b""), "does not have it"),
        (Reply(200, b"no json"), "no JSON"),
        (Reply(200, b"[]"), "no MISP event"),
        (Reply(200, b"[" * 3_000), "no JSON"),
        (Reply(200, json.dumps({"Event": event(7)}).encode()), "another event"),
        (TooLargeError("x"), "larger than 10 MiB"),
        (
            Reply(200, json.dumps({"Event": event(1, attribute(9, "x" * 70_000))}).encode()),
            "longer than 64 KiB",
        ),
    ],
)
def test_an_event_that_cannot_be_kept_is_told_and_costs_no_other(
    monkeypatch: pytest.MonkeyPatch, answer: Reply | Exception, why: str
) -> None:
    there = Folder(monkeypatch, event(1, at=1), event(2, attribute(12, "b.example"), at=2))
    there.instead[f"{UUID(int=1)}.json"] = answer
    feed = polled(misp())
    assert (feed.fault, feed.paused, feed.failures) == ("", "", 0)
    assert standing() == {("b.example", Opinion.POSITIVE)}
    assert why in FeedEvent.objects.get(uuid=UUID(int=1)).fault
    client = Client()
    client.force_login(feed.owner)
    page = client.get("/sharing/feeds/bay/").content.decode()
    assert "1 not kept" in page
    assert why in page
    there.asked.clear()
    polled(feed)
    assert there.asked == [MANIFEST], "it is not asked for again until it changes"


def test_a_worker_that_died_goes_on_where_it_was(monkeypatch: pytest.MonkeyPatch) -> None:
    there = Folder(monkeypatch, *(event(at, attribute(10 + at, f"{at}.example")) for at in (1, 2)))
    there.instead[f"{UUID(int=2)}.json"] = OutboundError("cut off")
    feed = polled(misp())
    assert (feed.failures, feed.fault) == (1, "cut off")
    assert standing() == {("1.example", Opinion.POSITIVE)}
    there.instead.clear()
    there.asked.clear()
    feed = polled(feed)
    assert there.asked == [f"{UUID(int=2)}.json"]
    assert (feed.failures, feed.taken) == (0, 2)


@pytest.mark.parametrize(
    ("reply", "state"),
    [
        (Reply(429, b"", {"retry-after": "120"}), "asked to wait"),
        (Reply(500, b""), "answered 500"),
        (Reply(200, b"{"), "manifest cannot be read"),
    ],
)
def test_trouble_with_the_manifest_is_told(
    monkeypatch: pytest.MonkeyPatch, reply: Reply, state: str
) -> None:
    there = Folder(monkeypatch)
    there.instead[MANIFEST] = reply
    feed = polled(misp())
    assert state in feed.fault
    assert bool(feed.paused) is (reply.status == 200), "no time mends a broken manifest"


def test_another_address_begins_at_its_beginning(monkeypatch: pytest.MonkeyPatch) -> None:
    there = Folder(monkeypatch, event(1, attribute(11, "a.example")))
    feed = polled(misp())
    assert feed.cursor
    text = FeedText("Bay", f"{FOLDER}/x/", kind=FeedKind.MISP.value)
    save_feed(actor=feed.owner, said=text, feed=feed)
    feed.refresh_from_db()
    assert (feed.cursor, FeedEvent.objects.count()) == ("", 0)
    assert there.asked


def test_only_its_maker_makes_new_versions_of_an_event(monkeypatch: pytest.MonkeyPatch) -> None:
    there = Folder(monkeypatch, event(1, attribute(11, "a.example")))
    feed = polled(misp())
    other = {"name": "Eve", "uuid": str(UUID(int=66))}
    there.serve(event(1, attribute(12, "b.example"), at=2_000, Orgc=other))
    polled(feed)
    assert standing() == {("a.example", Opinion.POSITIVE)}
    assert "Only its maker" in FeedEvent.objects.get().fault


@pytest.mark.row(60)
def test_a_desk_reads_the_misp_feed_of_a_desk_and_a_recall_makes_it_dark(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    on = desk.desk(tlp="clear")
    share = desk.shared(on)
    _, plain = issue_partner_token(actor=on.admin, partner=on.partners[0], name="t", days=9)
    monkeypatch.setattr(outbound, "fetch", _asks(Client()))
    url = "https://harbour.example/misp/ring/"
    feed = polled(misp(url=url, secret=plain, slug="harbour"))
    assert feed.fault == ""
    assert {("refund-desk.example", "positive"), ("198.51.100.77", "positive")} <= standing()
    assert len(standing()) == 10, "eight accounts beside them"
    until = WatchItem.objects.filter(value=desk.DOMAIN).get().expires_at
    assert until is not None
    assert until <= share.valid_until, "the end that the desk gave holds here as well"
    hidden = ImportedValue.objects.exclude(key_id="").get()
    assert (hidden.type, hidden.key_id) == ("email", "ring-1")
    recall_share(actor=on.lead, share=share, reason="wrong crew")
    polled(feed)
    assert standing() == set()
    assert ImportedObject.objects.get().revoked
    assert share.targets.get(partner=on.partners[0]).recall_state == "unconfirmed"


def _asks(door: Client) -> Callable[..., Reply]:
    def fetch(url: str, headers: dict[str, str], **said: Any) -> Reply:
        answer = door.get(url.removeprefix("https://harbour.example"), headers=headers)
        return Reply(answer.status_code, answer.content, {"etag": answer["ETag"]})

    return fetch


@pytest.mark.row(60)
def test_an_event_file_is_imported_row_by_row_and_its_recall_takes_it_off_the_list() -> None:
    on = desk.desk(tlp="clear")
    share = desk.shared(on)
    body = share.renditions.get().misp.body
    client = Client()
    client.force_login(build.user(Role.ADMIN, "bea"))
    said = {"text": body, "source": "harbour", "trust": 0.9, "confidence": 90, "tlp": "clear"}
    said |= {"days": 90}
    made = client.post("/api/v1/indicator-imports/", said, content_type="application/json")
    assert made.status_code == 201, made.content
    batch = IndicatorBatch.objects.latest("pk")
    told = json.loads(body)["Event"]
    inner = sum(len(one["Attribute"]) for one in told["Object"])
    assert batch.rows == len(told["Attribute"]) + inner, "rows in are rows reported"
    assert batch.outcomes["new"] == 10
    accept = f"/api/v1/indicator-imports/{batch.pk}/accept/"
    assert client.post(accept, {}, content_type="application/json").status_code == 200
    assert len(standing()) == 10
    recall_share(actor=on.lead, share=share, reason="wrong crew")
    again = share.renditions.get().misp.taken_back
    client.post(
        "/api/v1/indicator-imports/", said | {"text": again}, content_type="application/json"
    )
    batch = IndicatorBatch.objects.latest("pk")
    assert batch.outcomes["withdraws"] == 10
    accept = f"/api/v1/indicator-imports/{batch.pk}/accept/"
    client.post(accept, {}, content_type="application/json")
    assert standing() == set()


@pytest.mark.row(60)
def test_export_import_export_gives_the_same_bytes() -> None:
    """What PyMISP loaded and wrote again says the same rows; what we write of it is stable."""
    on = desk.desk(tlp="clear")
    share = desk.shared(on)
    body = share.renditions.get().misp.body.encode()
    uuid = json.loads(body)["Event"]["uuid"]
    theirs = MISPEvent()
    theirs.load(body.decode())
    fed = json.dumps(theirs.to_feed(with_distribution=True), default=str).encode()
    ours, back = object_of(body, uuid), object_of(fed, uuid)
    assert rows_in(ours) == rows_in(back)
    assert ours["modified"] == back["modified"]
    files = files_of([json.loads(body)])
    again = files_of([json.loads(files[f"{uuid}.json"])])
    assert files == again
    assert files[HASHES]


@given(
    st.binary(max_size=300)
    | st.recursive(st.none() | st.integers() | st.text(), st.lists).map(
        lambda one: json.dumps(
            {"Event": {"info": "x", "uuid": str(UUID(int=1)), "Attribute": one}}
        ).encode("utf-8", "replace")
    )
)
def test_no_bytes_make_the_reading_give_up(body: bytes) -> None:
    try:
        one = object_of(body, str(UUID(int=1)))
    except BadEventError:
        return
    assert rows_in(one) == rows_in(one)


def test_a_poll_of_a_feed_that_is_off_asks_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    there = Folder(monkeypatch, event(1))
    feed = misp(active=False)
    Feed.objects.filter(pk=feed.pk).update(due_at=clock.now())
    assert poll_feed(feed_id=feed.pk) == 0
    assert there.asked == []
