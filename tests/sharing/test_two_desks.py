"""Two desks, each with its database: what one shares the other reads, uses, answers, forgets."""

from __future__ import annotations

import json
from ipaddress import ip_network
from typing import Any

import pytest
import structlog
from django.db import connection
from django.test import Client
from pytest_django import Settings
from pytest_django.live_server_helper import LiveServer

from cases.models import LookupEntry, PartnerOutcome, PostedObject, ShareTarget
from cases.selectors.feed import outcomes_of
from cases.services import lookup
from cases.services.inbox import set_inbox
from cases.services.lookup import index_lookups
from cases.services.partner import issue_partner_token
from cases.services.recall import recall_share
from cases.sharing import buckets, hmacs
from tests.sharing import desk
from tests.sharing.desk import Sharing
from tests.sharing.other_desk import OtherDesk, other

__all__ = ["other"]

pytestmark = pytest.mark.django_db(transaction=True)
UNKNOWN = "never-seen-by-harbour.example"


@pytest.fixture
def on(settings: Settings) -> Sharing:
    settings.OUTBOUND_ALLOW = (ip_network("127.0.0.0/8"), ip_network("::1/128"))
    made = desk.desk()
    said: dict[str, Any] = {"mode": "inbox", "takes": "hold", "trust": 0.8}
    set_inbox(
        actor=made.admin,
        circle=made.circle,
        **said,
        lookups=True,
        contact="Ines, +49 30 1234",
    )
    return made


def _joined(other: OtherDesk, on: Sharing, server: str, **said: Any) -> str:
    """The other desk is the first partner: keys pinned, a token, a feed. Returns the token."""
    for one in other("begin"):
        desk.pinned(on.admin, on.partners[0], bytes.fromhex(one["hex"]), one["use"])
    _, plain = issue_partner_token(actor=on.admin, partner=on.partners[0], name="T", days=9)
    url = f"{server}/taxii2/ring/collections/{on.circle.collection}/"
    other("feed", url=url, secret=plain, desk_url=server, circle="ring", **said)
    return plain


@pytest.mark.row(59)
@pytest.mark.row(65)
@pytest.mark.row(97)
def test_a_campaign_goes_there_a_sighting_comes_back_and_a_recall_makes_it_dark(
    live_server: LiveServer, other: OtherDesk, on: Sharing
) -> None:
    share = desk.shared(on)
    _joined(other, on, live_server.url)

    assert other("poll")["fault"] == ""
    held = other("state")
    assert held["standing"] == [], "nothing counts before a person accepts it"
    assert held["waiting"] == 1
    assert {"campaign", "report", "indicator", "sighting"} <= {*held["live"]}
    assert "Refund scam, autumn" in held["names"]
    assert held["keys"] == ["ring-1"], "sealed to this desk alone, and opened"

    other("seen", accounts=1, text=f"write to {desk.MAIL}")
    other("poll")
    assert "user-account" in other("told", type="email", value=desk.MAIL), "compared by hash"

    assert other("accept") == 1
    assert ["domain", desk.DOMAIN, "positive"] in other("state")["standing"]

    link = f"https://www.{desk.DOMAIN}/pay"
    other("seen", accounts=4, urls=[link])
    assert other("answer") == 0, "under five accounts nothing is told"
    other("seen", accounts=7, urls=[link])
    assert other("answer") == 1
    assert other("answer") == 0, "no window is told twice"
    sighting = json.loads(PostedObject.objects.get(type="sighting").body)
    assert sighting["count"] == 5, "the floor of a step, not seven"
    (heard,) = outcomes_of(share, on.reviewer)
    assert (heard.partner, heard.kind, heard.times) == ("Cert-North", "sighting", 5)

    recall_share(actor=on.lead, share=share, reason="one is a victim")
    other("poll")
    dark = other("state")
    assert (dark["live"], dark["standing"], dark["waiting"]) == ([], [], 0)
    target = ShareTarget.objects.get(share=share, partner=on.partners[0])
    assert target.recall_state == "acknowledged", "its receipt is signed with the pinned key"
    assert target.disabled
    assert target.disabled > 5


def test_a_sighting_stands_on_the_page_of_the_share_and_on_the_timeline_of_the_case(
    live_server: LiveServer, other: OtherDesk, on: Sharing
) -> None:
    share = desk.shared(on)
    _joined(other, on, live_server.url, mode="opinion")
    other("poll")
    other("seen", accounts=25, urls=[f"https://www.{desk.DOMAIN}/pay"])
    other("answer")
    assert PartnerOutcome.objects.get().count == 20
    browser = Client()
    browser.force_login(on.reviewer)
    page = browser.get(f"/sharing/shares/{share.pk}/").content.decode()
    assert "What partners say of it" in page
    lines = browser.get(f"/cases/{on.case.ref}/?tab=timeline").content.decode()
    assert "heard from Cert-North of what the circle Ring got: seen, at least 20 times" in lines
    told = browser.get(f"/api/v1/sharing/shares/{share.pk}/").json()["outcomes"]
    assert [(one["kind"], one["times"]) for one in told] == [("sighting", 20)]


@pytest.mark.row(98)
def test_a_desk_asks_for_a_domain_the_other_has_and_one_it_has_not(
    live_server: LiveServer, other: OtherDesk, on: Sharing, monkeypatch: pytest.MonkeyPatch
) -> None:
    plain = _joined(other, on, live_server.url)
    other("poll")
    monkeypatch.setattr(lookup, "SETTLES", lookup.SETTLES * 0)
    index_lookups()
    key = on.circle.keys.get()
    # so many hashes that a prefix says something: 20 real ones a bucket, and not all in one
    secret = key.plain
    more = [hmacs.mac_of(secret, "domain", f"d{n}.example") for n in range(400)]
    LookupEntry.objects.bulk_create(
        LookupEntry(key=key, case=on.case, type="domain", mac=mac) for mac in more
    )
    other("seen", accounts=1, urls=[f"https://{desk.DOMAIN}/a", f"https://{UNKNOWN}/a"])

    asked: list[str] = []
    real = lookup.answer_lookup

    def noted(**said: Any) -> bytes:
        asked.append(said["prefix"])
        return real(**said)

    monkeypatch.setattr("cases.api.exchange.answer_lookup", noted)
    with structlog.testing.capture_logs() as logs:
        yes = other("ask", type="domain", value=desk.DOMAIN)
        no = other("ask", type="domain", value=UNKNOWN)
    assert yes == {"known": "decided as abuse", "contact": "Ines, +49 30 1234", "fault": ""}
    assert no == {"known": "", "contact": "", "fault": ""}
    macs = [hmacs.mac_of(secret, "domain", one) for one in (desk.DOMAIN, UNKNOWN)]
    assert asked == [mac[:1] for mac in macs], "one digit of the hash is all that is sent"

    assert _tables_that_hold(UNKNOWN) == _tables_that_hold(macs[1]) == []
    for text in (json.dumps(logs, default=str), other.log.read_text()):
        assert UNKNOWN not in text
        assert desk.DOMAIN not in text
        assert not any(mac in text for mac in macs)

    door = Client(headers={"Authorization": f"Bearer {plain}"})
    answers = [door.get(f"/api/v1/sharing/lookup/ring/domain/{mac[:1]}/") for mac in macs]
    hit, miss = (answer.content for answer in answers)
    assert len(hit) == len(miss), "hit and miss have one length"
    told = [json.loads(one) for one in (hit, miss)]
    assert all(len(one["entries"]) == buckets.SIZE >= 20 for one in told)
    assert hit == door.get(f"/api/v1/sharing/lookup/ring/domain/{macs[0][:1]}/").content

    monkeypatch.setattr(lookup, "A_DAY", 6)
    path = f"/api/v1/sharing/lookup/ring/domain/{macs[0][:1]}/"
    statuses = [door.get(path).status_code for _ in range(3)]
    assert statuses == [200, 429, 429], "five were asked before"
    assert door.get(path)["Retry-After"]


def _tables_that_hold(value: str) -> list[str]:
    """Tables of this desk with a row that tells a value anywhere."""
    found = []
    with connection.cursor() as cursor:
        for table in connection.introspection.table_names(cursor):
            cursor.execute(
                f'SELECT 1 FROM "{table}" t WHERE t::text LIKE %s LIMIT 1', [f"%{value}%"]
            )
            found += [table] if cursor.fetchone() else []
    return found
