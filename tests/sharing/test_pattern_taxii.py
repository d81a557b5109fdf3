"""Patterns over TAXII: their own collection, the ledger, and a feed that hears of revocations."""

from __future__ import annotations

import json
from urllib.parse import urlsplit

import pytest
from django.test import Client

from abusedesk.core import clock, outbound
from abusedesk.core.outbound import Reply
from cases import catalogue
from cases.choices import PatternState, ReceivedState, WayOut
from cases.models import Feed, Organisation, PartnerKey, Pattern, PatternHandover, ReceivedPattern
from cases.services.feed import FeedText, save_feed
from cases.services.partner import issue_partner_token
from cases.services.pattern_out import revoke_pattern
from cases.services.polling import poll_feed
from cases.services.received import accept_pattern
from tests.sharing import packs
from tests.sharing.packs import Author

pytestmark = pytest.mark.django_db
OBJECTS = "/taxii2/ring/collections/patterns/objects/"
RED = "marking-definition--e828b379-4e03-4974-9ac4-e53a884c97c1"


@pytest.fixture
def author() -> Author:
    return Author()


def out(author: Author) -> Pattern:
    row = author.drafted()
    catalogue.release(row, author.partners, author.second)
    row.state, row.live = PatternState.SHARED, row.revision
    row.save()
    return row


def door(author: Author, place: int = 0) -> Client:
    partner = author.partners[place]
    _, plain = issue_partner_token(actor=author.admin, partner=partner, name="t", days=9)
    return Client(headers={"Authorization": f"Bearer {plain}"})


@pytest.mark.row(89)
def test_patterns_are_a_collection_of_their_own_and_the_ledger_keeps_who_read_it(
    author: Author,
) -> None:
    row, client = out(author), door(author)
    told = client.get("/taxii2/ring/collections/").json()["collections"]
    (named,) = [one for one in told if one["title"] == "Patterns"]
    assert named["id"][14] == "4"
    assert (named["can_read"], named["can_write"]) == (True, False)
    for place in (named["id"], "patterns"):
        answer = client.get(f"/taxii2/ring/collections/{place}/objects/")
        assert answer.content.decode().count(row.releases.get().body) == 1
    (line, _) = PatternHandover.objects.all()
    assert (line.way, line.partner, line.tlp) == (WayOut.TAXII, author.partners[0], "green")
    assert line.token is not None
    body = client.get(f"/taxii2/ring/collections/patterns/objects/{row.stix_id}/").json()
    assert body["objects"][0]["pattern_type"] == "sigma"
    assert client.get("/taxii2/ring/collections/objects/objects/").json() == {}


def test_who_is_not_named_reads_nothing_and_posts_nothing(author: Author) -> None:
    row = out(author)
    row.partners.remove(author.partners[1])
    client = door(author, 1)
    assert client.get(OBJECTS).json() == {}
    assert client.get(f"{OBJECTS}{row.stix_id}/").status_code == 404
    assert client.post(OBJECTS, b"{}", "application/taxii+json;version=2.1").status_code >= 400
    assert not PatternHandover.objects.exists()


@pytest.mark.row(90)
def test_a_feed_takes_patterns_into_quarantine_and_the_next_poll_pauses_what_was_revoked(
    author: Author, monkeypatch: pytest.MonkeyPatch
) -> None:
    row, client = out(author), door(author)
    own = Organisation.objects.values().get()

    def fetch(url: str, **said: object) -> Reply:
        parts = urlsplit(url)
        answer = client.get(f"{parts.path}?{parts.query}")
        return Reply(answer.status_code, answer.content, dict(answer.headers))

    monkeypatch.setattr(outbound, "fetch", fetch)
    on = packs.Importer(author.keys(), author.admin)
    Organisation.objects.filter(pk=own["id"]).update(**own)  # both desks are one database here
    said = FeedText(
        title="Harbour", url=f"https://harbour.example{OBJECTS.removesuffix('objects/')}",
        secret="x", mode="hold", partner="harbour",
    )  # fmt: skip
    feed = save_feed(actor=author.admin, slug="harbour", said=said)
    _poll(feed)
    received = ReceivedPattern.objects.get()
    assert (received.state, received.verified) == (ReceivedState.QUARANTINED, True)
    assert PartnerKey.objects.get().identity == received.indicator["created_by_ref"]
    received = accept_pattern(actor=on.lead, received=received)
    _poll(feed)
    received.refresh_from_db()
    assert received.state == ReceivedState.ACCEPTED, "the same once more is nothing new"
    revoke_pattern(actor=author.lead, pattern=row, reason="it hits a campus")
    _poll(feed)
    received.refresh_from_db()
    assert (received.state, received.paused, received.final) == ("paused", "revoked", True)


def test_a_pattern_that_nobody_may_keep_and_objects_that_are_none_stop_at_the_door(
    author: Author, monkeypatch: pytest.MonkeyPatch
) -> None:
    out(author)
    told = door(author).get(OBJECTS).json()
    for one in told["objects"]:
        if one["type"] == "indicator":
            one["object_marking_refs"] = [RED]
    told["objects"] += [7, {"type": "indicator"}, {"type": ["x"], "extensions": {"a": None}}]
    reply = Reply(200, json.dumps(told).encode(), {})
    monkeypatch.setattr(outbound, "fetch", lambda *_, **__: reply)
    packs.Importer(author.keys(), author.admin)
    url = f"https://harbour.example{OBJECTS.removesuffix('objects/')}"
    said = FeedText(title="Harbour", url=url, secret="x", mode="hold", partner="harbour")
    _poll(save_feed(actor=author.admin, slug="harbour", said=said))
    assert not ReceivedPattern.objects.exists()


def _poll(feed: Feed) -> None:
    Feed.objects.filter(pk=feed.pk).update(due_at=clock.now())
    poll_feed(feed_id=feed.pk)
    feed.refresh_from_db()
    assert feed.fault == ""
