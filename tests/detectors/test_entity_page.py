"""One entity: where it was seen, with what, and which accounts on other platforms it joins."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import pytest
from django.db import connection, transaction
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from abusedesk.core.models import Scope
from detectors import stream
from detectors.choices import StreamKind
from detectors.models import Entity, Finding, Signal, Stream
from detectors.partitions import ensure_partitions
from detectors.schema import ActorProfile, SignalIn
from detectors.selectors.actor import CROWD, same_actors_of
from detectors.selectors.entity import (
    entity_by_value,
    findings_by_entity,
    links_of,
    platforms_of,
    recent_of,
)
from detectors.services import link
from detectors.services.ingest import ingest_batch
from detectors.services.reference import load_reference_lists
from tests import cast, desk, make
from tests.ui import world

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def live() -> Iterator[Stream]:
    stream.forget_pages()
    ensure_partitions([make.MOMENT])
    yield make.stream(kind=StreamKind.LIVE)
    stream.forget_pages()


def _store(*signals: SignalIn) -> None:
    """Store and link."""
    ingest_batch(source=world.source_of(), signals=list(signals))
    desk.await_horizon()
    for one in Stream.objects.all():
        link.link_stream(stream_id=one.pk)


def _seen(number: int, account: str, **fields: Any) -> SignalIn:
    platform, _, name = account.partition(":")
    return make.signal(number, platform=platform, actor=name, **fields)


def _entity(kind: str, value: str) -> Entity:
    return entity_by_value(kind, value, cast.reviewer())


def _page(entity: Entity) -> str:
    browser = Client()
    browser.force_login(cast.lead())
    answer = browser.get(reverse("detectors:entity-detail", args=[entity.type, entity.pk]))
    assert answer.status_code == 200
    return answer.content.decode()


def _others(account: str) -> dict[str, list[tuple[str, str]]]:
    """Account on another platform -> what it shares with this one."""
    entity = _entity("account", account)
    recent = recent_of(entity)
    found = same_actors_of(entity, recent, findings_by_entity(entity, recent, cast.reviewer()))
    return {one.account: [(key.type, key.value) for key in one.shared] for one in found}


def _finding(*accounts: str) -> Finding:
    """A finding on these accounts, citing every stored signal."""
    signals = list(Signal.objects.order_by("-occurred_at"))
    return world.finding("coaction-synchrony", "timing", "acted as one", 1, [*accounts], signals)


@pytest.mark.row(11)
def test_two_accounts_on_two_platforms_with_one_payment_are_on_one_page() -> None:
    _store(
        _seen(1, "x:rosa", identifiers={"payment": "iban-1"}),
        _seen(2, "telegram:rosa_pays", identifiers={"payment": "iban-1"}),
        _seen(3, "telegram:somebody", identifiers={"payment": "iban-2"}),
    )
    assert _others("x:rosa") == {"telegram:rosa_pays": [("payment", "iban-1")]}
    assert _others("telegram:rosa_pays") == {"x:rosa": [("payment", "iban-1")]}
    page = _page(_entity("account", "x:rosa"))
    other = _entity("account", "telegram:rosa_pays")
    assert f'href="/entities/account/{other.pk}/"' in page
    assert f'href="/entities/payment/{_entity("payment", "iban-1").pk}/"' in page
    assert "in 1 signal" in page
    assert "somebody" not in page


@pytest.mark.row(11)
def test_the_same_handle_joins_only_beside_a_finding_that_names_both() -> None:
    profile = ActorProfile(handle="@Rosa_Pays")
    _store(
        _seen(1, "x:100", actor_profile=profile),
        _seen(2, "telegram:200", actor_profile=profile),
        _seen(3, "telegram:300", actor_profile=profile),
    )
    assert _others("x:100") == {}
    _finding("x:100", "telegram:200")
    assert _others("x:100") == {"telegram:200": [("handle", "rosa_pays")]}
    assert "acted as one" in _page(_entity("account", "x:100"))


def test_an_account_on_the_same_platform_is_no_account_on_another() -> None:
    _store(
        _seen(1, "x:rosa", identifiers={"device": "d1"}),
        _seen(2, "x:rosa2", identifiers={"device": "d1"}),
    )
    assert _others("x:rosa") == {}


def test_soft_identifiers_and_what_a_text_names_join_nobody() -> None:
    text = "pay bc1qar0srrr7xfkvy5l643lydnw9re59gtzzwf5mdq or a@evil.example"
    _store(
        _seen(1, "x:rosa", identifiers={"ip": "192.0.2.1"}, text=text),
        _seen(2, "telegram:tom", identifiers={"ip": "192.0.2.1"}, text=text),
    )
    assert _others("x:rosa") == {}


@pytest.mark.parametrize(("users", "joined"), [(CROWD - 1, CROWD - 1), (CROWD, 0)])
def test_an_identifier_of_a_crowd_joins_nobody(users: int, joined: int) -> None:
    device = {"device": "kiosk"}
    others = [_seen(n, f"telegram:u{n}", identifiers=device) for n in range(users)]
    _store(_seen(99, "x:rosa", identifiers=device), *others)
    assert len(_others("x:rosa")) == joined


def test_who_reported_an_account_does_not_lend_it_identifiers() -> None:
    _store(
        _seen(1, "x:witness", objects=("account:x:rosa",), identifiers={"device": "d1"}),
        _seen(2, "telegram:witness", identifiers={"device": "d1"}),
        _seen(3, "x:rosa"),
    )
    assert _others("x:rosa") == {}
    assert list(_others("x:witness")) == ["telegram:witness"]


def test_the_page_of_a_domain_tells_where_with_what_and_how_often_it_was_seen() -> None:
    _store(
        _seen(1, "x:a", text="https://sho.rt/1 #win"),
        _seen(2, "telegram:b", text="hxxps://sho[.]rt/2 #win"),
        _seen(3, "telegram:b", text="#win alone"),
    )
    entity = _entity("domain", "sho[.]rt")
    recent = recent_of(entity)
    assert [(one.name, one.signals) for one in platforms_of(recent)] == [
        ("telegram", 1),
        ("x", 1),
    ]
    linked = {(one.type, one.value): (one.signals, one.reason) for one in links_of(recent, entity)}
    assert linked == {
        ("hashtag", "win"): (2, "named in the text"),
        ("account", "x:a"): (1, "acts in them"),
        ("account", "telegram:b"): (1, "acts in them"),
        ("url", "https://sho.rt/1"): (1, "named in the text"),
        ("url", "https://sho.rt/2"): (1, "named in the text"),
    }
    page = _page(entity)
    assert "https://sho.rt" not in page, "addresses are defanged"
    assert "alone" not in page


def test_cases_and_findings_that_rest_on_it_are_on_its_page() -> None:
    seeded = world.desk(2)
    first, second = (case.campaign_links.get().campaign for case in seeded.cases)
    member = first.members.earliest("account").account
    others = set(second.members.values_list("account", flat=True))
    account = world.mention(Signal.objects.latest("pk"), "account", member).entity
    page = _page(account)
    assert "4 accounts shared the same 6 links" in page
    assert seeded.cases[0].ref in page
    assert (seeded.cases[1].ref in page) == (member in others)
    domain = Entity.objects.get(value="truth-report-2.example")
    assert seeded.cases[1].ref in _page(domain)
    assert seeded.cases[0].ref not in _page(domain)


def test_reference_lists_stand_on_the_pages_of_the_entity_its_signal_and_its_neighbours() -> None:
    load_reference_lists(actor=None, slugs=["url-shortener"])
    _store(_seen(1, "x:a", text="https://bit.ly/abc"))
    said = "List of known URL Shorteners domains"
    for kind, value in (("domain", "bit.ly"), ("account", "x:a")):
        page = _page(_entity(kind, value))
        assert said in page
        assert "URL shortener" in page
    browser = Client()
    browser.force_login(cast.lead())
    signal = Signal.objects.get()
    page = browser.get(reverse("detectors:signal-detail", args=[signal.pk])).content.decode()
    assert said in page
    assert f'href="/entities/domain/{_entity("domain", "bit.ly").pk}/"' in page


def test_a_value_in_any_spelling_leads_to_its_entity_and_an_unknown_one_says_so() -> None:
    _store(_seen(1, "x:a", text="https://evil.example/a"))
    browser = Client()
    browser.force_login(cast.lead())
    found = browser.get("/entities/", {"type": "url", "value": "hxxps://EVIL[.]example/a#x"})
    url = _entity("url", "https://evil.example/a")
    assert (found.status_code, found["Location"]) == (302, f"/entities/url/{url.pk}/")
    missing = browser.get("/entities/", {"type": "url", "value": "https://<b>nowhere</b>.example"})
    assert missing.status_code == 404
    assert "No signal mentions it" in missing.content.decode()
    assert "<b>nowhere" not in missing.content.decode()
    assert browser.get(f"/entities/domain/{url.pk}/").status_code == 404


def test_rest_finds_an_entity_by_a_spelling_of_its_value() -> None:
    load_reference_lists(actor=None, slugs=["url-shortener"])
    _store(
        _seen(1, "x:rosa", text="bit.ly/1", identifiers={"phone": "+34612345678"}),
        _seen(2, "telegram:rosa", identifiers={"phone": "+34 612 345 678"}),
    )
    program = Client(headers=make.bearer(Scope.READ, user=cast.lead()))
    found = program.get("/api/v1/entities/", {"type": "domain", "value": "BIT[.]ly"}).json()
    assert [(one["type"], one["value"]) for one in found["results"]] == [("domain", "bit.ly")]
    one = program.get(f"/api/v1/entities/{found['results'][0]['id']}/").json()
    assert [row["slug"] for row in one["reference_lists"]] == ["url-shortener"]
    assert [row["name"] for row in one["platforms"]] == ["x"]
    account = _entity("account", "x:rosa")
    answer = program.get(f"/api/v1/entities/{account.pk}/").json()
    assert [row["account"] for row in answer["accounts"]] == ["telegram:rosa"]
    assert answer["accounts"][0]["shared"][0]["type"] == "phone"
    assert {row["type"] for row in answer["linked"]} == {"url", "domain", "phone"}


@pytest.mark.parametrize("given", [{"type": "domain"}, {"value": "bit.ly"}])
def test_rest_asks_for_type_and_value_together(given: dict[str, str]) -> None:
    program = Client(headers=make.bearer(Scope.READ, user=cast.lead()))
    assert program.get("/api/v1/entities/", given).status_code == 400


def test_every_query_of_the_page_looks_up_an_index() -> None:
    """Planned as if each table held a million rows, whatever other tests left in them."""
    _store(*(_seen(n, f"x:u{n}", text=f"https://s{n}.example/") for n in range(20)))
    browser = Client()
    browser.force_login(cast.lead())
    entity = _entity("account", "x:u7")
    with CaptureQueriesContext(connection) as queries:
        browser.get(reverse("detectors:entity-detail", args=[entity.type, entity.pk]))
    asked = [query["sql"] for query in queries.captured_queries]
    ours = [sql for sql in asked if re.search("detectors_(signal|entity)", sql)]
    assert len(ours) == 8
    for plan in _plans_of_large_tables(ours):
        assert re.findall(r"Seq Scan on detectors_(?:signal|entity)\w*", plan) == [], plan
        assert len(re.findall(r"Index (?:Only )?Scan", plan)) == plan.count("Index Cond"), plan


def _plans_of_large_tables(queries: list[str]) -> list[str]:
    """Without partitions that hold nothing: no plan of theirs costs more than another."""
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(
            """SELECT oid::regclass::text FROM pg_class
               WHERE relispartition AND relkind = 'r' AND pg_relation_size(oid) = 0"""
        )
        for (empty,) in cursor.fetchall():
            cursor.execute(f"DROP TABLE {empty}")
        cursor.execute(
            """SELECT pg_restore_relation_stats(
                   'schemaname', 'public', 'relname', relname::text, 'relpages',
                   greatest(pg_relation_size(oid) / 8192, 1)::integer, 'reltuples', 1e6::real)
               FROM pg_class WHERE relkind = 'r' AND relname ~ '^detectors_(signal|entity)'"""
        )
        plans = []
        for sql in queries:
            cursor.execute(f"EXPLAIN {sql}")
            plans.append("\n".join(row[0] for row in cursor.fetchall()))
        transaction.set_rollback(True)
    return plans
