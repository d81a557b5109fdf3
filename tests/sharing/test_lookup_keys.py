"""Look-ups when a circle begins a new epoch: the key before is answered under for a while."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.test import Client

from abusedesk.core import clock, outbound, sealing
from abusedesk.core.models import User
from abusedesk.core.outbound import Reply
from cases.models import Case, CircleKey, HeldKey, LookupEntry
from cases.services import lookup
from cases.services.asking import ask_partners
from cases.services.circle import renew_key
from cases.services.feed import FeedText, save_feed
from cases.services.inbox import set_inbox
from cases.services.lookup import describe_lookups, index_lookups
from cases.services.partner import issue_partner_token
from cases.sharing import buckets, hmacs
from detectors.entities import digest_of
from detectors.models import Entity
from tests.sharing import desk
from tests.sharing.desk import Sharing


@pytest.fixture
def on(db: None) -> Sharing:
    made = desk.desk()
    set_inbox(
        actor=made.admin, circle=made.circle, mode="none", takes="hold", trust=0.5,
        lookups=True, contact="Ines",
    )  # fmt: skip
    return made


def _door(on: Sharing) -> Client:
    _, plain = issue_partner_token(actor=on.admin, partner=on.partners[0], name="T", days=9)
    return Client(headers={"Authorization": f"Bearer {plain}"})


def _person(on: Sharing) -> User:
    on.partners[0].refresh_from_db()
    assert on.partners[0].user is not None
    return on.partners[0].user


def test_the_key_before_is_answered_for_two_weeks_and_named_until_the_new_hashes_are_made(
    on: Sharing, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(lookup, "SETTLES", timedelta())
    door = _door(on)
    person = _person(on)
    index_lookups()
    old = on.circle.keys.get()
    new = renew_key(actor=on.admin, circle=on.circle)
    told = describe_lookups(actor=person, circle_slug="ring")
    assert (told["key_id"], told["keys"]) == (old.key_id, [new.key_id, old.key_id])
    index_lookups()
    assert describe_lookups(actor=person, circle_slug="ring")["key_id"] == new.key_id
    base = "/api/v1/sharing/lookup/ring/"
    for key in (old, new):
        mac = hmacs.mac_of(key.plain, "domain", desk.DOMAIN)
        about = door.get(f"{base}?key={key.key_id}").json()
        assert about["key_id"] == key.key_id
        answer = door.get(f"{base}domain/any/?key={key.key_id}")
        assert buckets.found_in(answer.content, mac, about["digits"]["domain"]) is not None
    other = door.get(f"{base}domain/any/?key=ring-9")
    assert (other.status_code, other.json()["errors"][0]["attr"]) == (422, "key")
    Case.objects.filter(pk=on.case.pk).update(updated_at=clock.now())
    index_lookups()
    assert LookupEntry.objects.filter(key=old, type="domain").exists(), "it is kept true"
    CircleKey.objects.filter(pk=new.pk).update(begins_at=clock.now() - lookup.OVERLAP)
    assert door.get(f"{base}?key={old.key_id}").status_code == 422
    assert describe_lookups(actor=person, circle_slug="ring")["keys"] == [new.key_id]


def test_a_desk_that_has_only_the_key_before_asks_under_that(
    on: Sharing, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(lookup, "SETTLES", timedelta())
    door = _door(on)
    key = on.circle.keys.get()
    said = FeedText(
        title="North", url="https://north.example/taxii2/ring/collections/1/",
        desk_url="https://north.example", circle="ring",
    )  # fmt: skip
    feed = save_feed(actor=on.admin, slug="north", said=said)
    kept = sealing.seal(key.plain.hex(), purpose="circle-key")
    HeldKey.objects.create(feed=feed, key_id=key.key_id, secret=kept, began_at=clock.now())
    renew_key(actor=on.admin, circle=on.circle)
    index_lookups()
    paths: list[str] = []

    def fetch(url: str, **_: Any) -> Reply:
        paths.append(url.partition("/api/v1/sharing/")[2])
        answer = door.get(f"/api/v1/sharing/{paths[-1]}")
        return Reply(answer.status_code, answer.content, {})

    monkeypatch.setattr(outbound, "fetch", fetch)
    entity = Entity.objects.create(
        type="domain", value=desk.DOMAIN, digest=digest_of("domain", desk.DOMAIN),
        first_seen_at=clock.now(), last_seen_at=clock.now(),
    )  # fmt: skip
    (asked,) = ask_partners(actor=on.admin, entity=entity)
    assert (asked.known, asked.contact, asked.fault) == ("decided as abuse", "Ines", "")
    assert paths[-1] == "lookup/ring/domain/any/?key=ring-1"
