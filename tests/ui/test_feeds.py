"""What others share, in a browser: a feed, what waits of it, an object, a file, a question."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import expect
from pytest_django.live_server_helper import LiveServer

from abusedesk.core import clock, outbound
from abusedesk.core.outbound import Reply
from cases.models import Feed, ImportedObject, Inbox, Override, PartnerKey, PartnerOutcome
from cases.services.polling import poll_feed
from cases.sharing import signing, stix
from cases.taking.taxii import LAST
from detectors.entities import digest_of
from detectors.models import Entity, WatchItem
from tests.sharing import desk as sharing
from tests.sharing import objects
from tests.ui import world
from tests.ui.conftest import Visitor
from tests.ui.looks import is_accessible, shoot

Enter = Callable[..., Visitor]
EVIL = "<b>Refund crew</b>"


def _entity(value: str) -> Entity:
    now = clock.now()
    return Entity.objects.create(
        type="domain",
        value=value,
        digest=digest_of("domain", value),
        first_seen_at=now,
        last_seen_at=now,
    )


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> list[Reply]:
    """What the other server answers, in turn."""
    one = objects.of_domain(1, "refund-desk.example")
    campaign = objects.made("campaign", 1, name=EVIL)
    tie = objects.made(
        "relationship",
        1,
        relationship_type="indicates",
        source_ref=one["id"],
        target_ref=campaign["id"],
    )
    body = json.dumps({"objects": [one, campaign, tie]}).encode()
    replies = [Reply(200, body, {LAST: objects.moment()}), Reply(503, b"")]
    monkeypatch.setattr(outbound, "fetch", lambda *_, **__: replies.pop(0))
    return replies


@pytest.mark.ui
@pytest.mark.row(59)
def test_an_admin_reads_a_feed_looks_and_accepts(
    enter: Enter, desk: world.Desk, server: list[Reply]
) -> None:
    entity, ada = _entity("refund-desk.example"), enter("ada")
    ada.go("/sharing/feeds/")
    form = ada.page.locator("section:has(#new)")
    form.get_by_label("Short name").fill("harbour")
    form.get_by_label("Name", exact=True).fill("Harbour desk")
    form.get_by_label("Address of the collection").fill("http://10.0.0.1/taxii2/x/")
    form.get_by_role("button", name="Save and read").click()
    ada.page.wait_for_selector("text=is not a public address")
    ada.ready()
    assert form.get_by_label("Name", exact=True).input_value() == "Harbour desk", "nothing is lost"
    form.get_by_label("Address of the collection").fill("https://harbour.example/taxii2/c/1/")
    form.get_by_label("Token or password").fill("s3cret")
    shoot(ada, "feeds")
    is_accessible(ada)
    form.get_by_role("button", name="Save and read").click()
    ada.page.wait_for_url(re.compile(r"/sharing/feeds/harbour/$"))
    feed = Feed.objects.get()
    poll_feed(feed_id=feed.pk)

    ada.go("/sharing/feeds/harbour/")
    expect(ada.page.get_by_text("1 import", exact=True)).to_be_visible()
    shoot(ada, "feed")
    is_accessible(ada)
    assert "s3cret" not in ada.page.content()
    ada.page.get_by_role("button", name="Accept all that wait").click()
    ada.page.wait_for_selector("text=One import is accepted.")
    ada.ready()
    assert WatchItem.objects.get().value == "refund-desk.example"

    _look(ada, entity)
    Feed.objects.update(due_at=clock.now())
    poll_feed(feed_id=feed.pk)
    ada.go("/sharing/feeds/harbour/")
    expect(ada.page.get_by_text("The server answered 503.")).to_be_visible()
    shoot(ada, "feed-fault")


def _look(ada: Visitor, entity: Entity) -> None:
    """At the campaign that came, and at the page of a thing of the desk's own."""
    ada.page.get_by_role("link", name="campaign").click()
    ada.page.wait_for_url(re.compile(r"/sharing/imported/\?"))
    ada.ready()
    shoot(ada, "imported-list")
    is_accessible(ada)
    ada.page.get_by_role("link", name=EVIL).click()
    ada.page.wait_for_url(re.compile(r"/sharing/imported/\d+/$"))
    ada.ready()
    expect(ada.page.get_by_text("is led to by")).to_be_visible()
    shoot(ada, "imported")
    is_accessible(ada)

    ada.go(f"/entities/domain/{entity.pk}/")
    expect(ada.page.get_by_role("heading", name="Other desks")).to_be_visible()
    shoot(ada, "entity")
    is_accessible(ada)
    ada.page.get_by_role("button", name="Has anyone seen this?").click()
    ada.page.wait_for_selector("text=No feed is of a desk that can be asked")
    ada.ready()
    shoot(ada, "asked")
    is_accessible(ada)


@pytest.mark.ui
def test_a_reviewer_reads_feeds_and_changes_none(enter: Enter, desk: world.Desk) -> None:
    rita = enter()
    rita.go("/sharing/feeds/")
    expect(rita.page.get_by_role("heading", name="New feed")).to_have_count(0)
    rita.go("/sharing/imported/")
    expect(rita.page.get_by_role("heading", name="Read a STIX file")).to_have_count(0)


@pytest.mark.ui
@pytest.mark.row(65)
def test_inbox_keys_overrides_and_outcomes_have_their_places(
    enter: Enter, desk: world.Desk, live_server: LiveServer, tmp_path: Path
) -> None:
    on = sharing.desk(people=(desk.reviewer, desk.lead, desk.admin))
    ada = enter("ada")
    file = tmp_path / "bundle.json"
    narrow = objects.of_domain(1, sharing.DOMAIN, extensions=stix.own_fields(pap="red"))
    file.write_text(json.dumps({"type": "bundle", "objects": [narrow]}))
    ada.go("/sharing/imported/")
    ada.page.locator("#id_file").set_input_files(file)
    ada.page.locator("section:has(#file)").get_by_label("Source", exact=True).fill("the post")
    ada.page.get_by_role("button", name="Read", exact=True).click()
    ada.page.wait_for_selector("text=1 objects are kept, 0 refused; not signed.")
    ada.ready()
    assert ImportedObject.objects.count() == 1

    _open_circle(ada)
    _weigh(enter("lena"), on)


def _open_circle(ada: Visitor) -> None:
    """Its inbox and look-ups; the keys of a partner."""
    ada.go("/sharing/circles/ring/")
    box = ada.page.locator("section:has(#inbox)")
    box.get_by_label("Members", exact=True).select_option("inbox")
    box.get_by_label("Members may ask by hash").check()
    box.get_by_role("button", name="Save").click()
    ada.page.wait_for_selector("text=It counts from the next post on.")
    ada.ready()
    assert Inbox.objects.get().lookups
    shoot(ada, "circle-inbox")
    is_accessible(ada)
    ada.go("/sharing/partners/cert-north/")
    ada.page.get_by_text("Pin a key").click()
    ada.page.get_by_label("What it is for").select_option("seal")
    ada.page.get_by_label("Key, or the file").fill("ab" * 32)
    ada.page.get_by_label("Fingerprint").fill(signing.fingerprint(bytes.fromhex("ab" * 32)))
    ada.page.get_by_role("button", name="Compare and pin").click()
    ada.page.wait_for_selector("text=Keys of circles are sealed to it")
    ada.ready()
    assert (PartnerKey.objects.get().use, PartnerKey.objects.get().public) == ("seal", "ab" * 32)
    shoot(ada, "partner-keys")
    is_accessible(ada)


def _weigh(lena: Visitor, on: sharing.Sharing) -> None:
    """A conflict that a lead leaves out of account; then what a partner says."""
    share = sharing.drafted(on)
    lena.go(f"/sharing/shares/{share.pk}/")
    lena.page.get_by_text("Share in spite of it").click()
    lena.page.get_by_label("Reason", exact=True).fill("agreed by mail")
    shoot(lena, "share-override")
    is_accessible(lena)
    lena.page.get_by_role("button", name="Leave it out of account").click()
    lena.page.wait_for_selector("text=made anew without this conflict")
    lena.ready()
    assert Override.objects.get().rule == "pap"
    PartnerOutcome.objects.create(
        share=share, partner=on.partners[0], stix_id="sighting--1", about="campaign--1",
        kind="sighting", count=20, tlp="amber",
    )  # fmt: skip
    lena.go(f"/sharing/shares/{share.pk}/")
    expect(lena.page.get_by_role("heading", name="What partners say of it")).to_be_visible()
    shoot(lena, "share-outcomes")
    is_accessible(lena)
