"""The watch list from the browser and over REST to findings, and back when an item leaves it."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.test import Client
from time_machine import travel

from abusedesk.core import clock
from abusedesk.core.models import AuditEntry, Scope
from detectors.choices import FindingStatus, ReferenceCategory, ReferenceKind
from detectors.engine import WATCH
from detectors.models import Finding, ReferenceEntry, ReferenceList, Signal, WatchItem
from detectors.services.heartbeat import end_stream
from detectors.services.ingest import ingest_batch
from detectors.services.source import history_stream
from detectors.services.watch import add_items, remove_item
from detectors.services.watch_change import settle_items
from detectors.watching.lines import Line, Terms
from tests import cast, desk, make

pytestmark = pytest.mark.django_db(transaction=True)
URL = "/api/v1/watch-items/"
BATCH: dict[str, Any] = {"source": "cert", "trust": 0.9, "items": [{"value": "evil[.]example"}]}


@pytest.fixture(autouse=True)
def fresh_worker() -> Iterator[None]:
    desk.forget()
    yield
    desk.forget()


@pytest.fixture
def start() -> datetime:
    """Long enough ago that everything a test tells has happened."""
    return clock.now() - timedelta(hours=2)


@pytest.fixture
def door() -> dict[str, str]:
    return make.bearer(Scope.READ, Scope.ADMIN, user=cast.admin())


def _post(start: datetime, numbers: range, link: str = "https://www.evil.example/a") -> None:
    ingest_batch(
        source=make.source(f"s{numbers.start}"),
        signals=[
            make.signal(n, urls=(link,), occurred_at=start + timedelta(minutes=n)) for n in numbers
        ],
    )


def _list(value: str = "evil.example", source: str = "cert", trust: float = 0.9) -> WatchItem:
    (told,) = add_items(actor=cast.admin(), lines=[Line(value)], terms=Terms(source, trust))
    assert told.item is not None, told.message
    return told.item


def _finding() -> Finding:
    return Finding.objects.get(detector="watch-list")


def test_who_uses_a_listed_value_is_named_once_and_the_hits_are_counted(start: datetime) -> None:
    item = _list()
    _post(start, range(4))
    desk.work()
    desk.work()
    finding = _finding()
    assert finding.subjects == [f"x:a{n}" for n in range(4)]
    assert (finding.anchor_type, finding.anchor_value) == ("domain", "evil.example")
    links = Signal.objects.filter(pk__in=finding.signal_ids)
    assert set(links.values_list("kind", flat=True)) == {"post"}
    item.refresh_from_db()
    assert (item.hits, item.last_hit_at) == (4, start + timedelta(minutes=3))
    assert Signal.objects.filter(kind=WATCH).count() == 4


def test_an_item_that_is_added_later_finds_who_used_it_before(start: datetime) -> None:
    _post(start, range(3))
    _post(start, range(5, 6), "https://other.example/")
    desk.work()
    assert not Finding.objects.filter(detector="watch-list").exists()
    item = _list("www.evil.example")
    desk.work()
    assert _finding().subjects == ["x:a0", "x:a1", "x:a2"]
    item.refresh_from_db()
    assert item.hits == 3


def test_a_second_source_makes_a_doubtful_value_believed(start: datetime) -> None:
    _list(trust=0.5)
    _post(start, range(3))
    desk.work()
    assert not Finding.objects.filter(detector="watch-list").exists()
    _list(source="forum", trust=0.5)
    desk.work()
    assert (_finding().llr, len(_finding().subjects)) == (3.25, 3)


def test_what_is_removed_lapses_and_later_use_is_not_counted(start: datetime) -> None:
    item = _list()
    _post(start, range(3))
    desk.work()
    assert _finding().status == FindingStatus.CURRENT
    remove_item(actor=cast.admin(), item=item, reason="sold to a bakery")
    desk.work()
    assert _finding().status == FindingStatus.LAPSED
    _post(start, range(10, 13))
    desk.work()
    assert _finding().status == FindingStatus.LAPSED
    item.refresh_from_db()
    assert (item.hits, item.end_reason) == (3, "sold to a bakery")


def test_an_expired_item_does_nothing(start: datetime) -> None:
    item = _list()
    _post(start, range(3))
    desk.work()
    with travel(item.expires_at + timedelta(minutes=1), tick=False):
        settle_items()
        desk.work()
    assert _finding().status == FindingStatus.LAPSED
    item.refresh_from_db()
    assert (item.end_reason, item.pending) == ("Its time is over.", False)
    assert AuditEntry.objects.filter(verb="watch.expired").get().data == {"count": 1}


def test_a_file_that_was_imported_before_is_compared_too() -> None:
    _list()
    old = history_stream(slug="old", title="Old", tick_floor_s=0)
    signals = [make.signal(n, urls=("https://evil.example/",)) for n in range(3)]
    ingest_batch(source=make.source(), signals=signals, stream=old)
    end_stream(stream=old)
    desk.work()
    desk.work()
    finding = _finding()
    assert (finding.stream, len(finding.subjects)) == (old, 3)
    later = history_stream(slug="live-not", title="Other", tick_floor_s=0)
    assert not Signal.objects.filter(stream=later).exists()


def test_the_rows_of_the_list_are_no_signals_for_people(start: datetime) -> None:
    _list()
    _post(start, range(3))
    desk.work()
    client = Client()
    client.force_login(cast.admin())
    assert "engine.watch" not in client.get("/signals/").content.decode()
    row = Signal.objects.filter(kind=WATCH).earliest("pk")
    assert client.get(f"/signals/{row.pk}/").status_code == 404


def test_a_batch_over_rest_has_one_outcome_a_line(door: dict[str, str]) -> None:
    _popular("bank.example")
    items = [
        {"value": "hxxps://Evil[.]example/a"},
        {"value": "what is this"},
        {"value": "ada", "type": "handle"},
        {"value": "not an address", "type": "ip"},
        {"value": "bank.example"},
        {"value": "red", "type": "colour"},
        {"value": "https://evil.example/a"},
    ]
    answer = Client().post(
        URL, BATCH | {"items": items}, content_type="application/json", headers=door
    )
    assert answer.status_code == 200, answer.content
    told = answer.json()["outcomes"]
    assert [(one["fate"], one["type"], one["value"]) for one in told] == [
        ("added", "url", "https://evil.example/a"),
        ("refused", "", ""),
        ("added", "handle", "ada"),
        ("refused", "ip", ""),
        ("held", "domain", "bank.example"),
        ("refused", "colour", ""),
        ("renewed", "url", "https://evil.example/a"),
    ]
    assert told[1]["message"] == "Not clear what this is: choose its type."
    assert told[4]["message"] == "Well known (Top sites): confirm it, or leave it out."
    listed = Client().get(URL, headers=door).json()["results"]
    assert [one["value"] for one in listed] == ["ada", "https://evil.example/a"]
    entry = AuditEntry.objects.get(verb="watch.added")
    assert (entry.data["count"], entry.data["source"]) == (3, "cert")


def _popular(host: str) -> None:
    known = ReferenceList.objects.create(
        slug="top-sites",
        name="Top sites",
        category=ReferenceCategory.KNOWN,
        kind=ReferenceKind.HOSTNAME,
        version=1,
        count=1,
        source="a test",
    )
    ReferenceEntry.objects.create(list=known, value=host)


def test_a_well_known_value_is_listed_when_it_is_confirmed_and_says_so(
    door: dict[str, str],
) -> None:
    _popular("bank.example")
    sent = BATCH | {"items": [{"value": "bank.example"}], "confirm": True}
    answer = Client().post(URL, sent, content_type="application/json", headers=door)
    assert [one["fate"] for one in answer.json()["outcomes"]] == ["added"]
    (item,) = Client().get(URL, headers=door).json()["results"]
    assert item["warned"] == ["top-sites"]
    client = Client()
    client.force_login(cast.admin())
    assert "well known: top-sites" in client.get("/settings/watch/").content.decode()


@pytest.mark.parametrize(
    ("changes", "attr"),
    [
        ({"source": ""}, "source"),
        ({"trust": 1.1}, "trust"),
        ({"days": 29}, "days"),
        ({"days": 91}, "days"),
        ({"note": "n" * 301}, "note"),
        ({"items": []}, "items"),
        ({"items": [{"type": "domain"}]}, "items"),
    ],
)
def test_terms_that_cannot_be_used_are_refused_at_their_field(
    door: dict[str, str], changes: dict[str, Any], attr: str
) -> None:
    answer = Client().post(URL, BATCH | changes, content_type="application/json", headers=door)
    assert answer.status_code in {400, 422}
    assert answer.json()["errors"][0]["attr"].startswith(attr)
    assert not WatchItem.objects.exists()


def test_an_item_is_taken_off_over_rest_once_with_a_reason(door: dict[str, str]) -> None:
    item = _list()
    where = f"{URL}{item.pk}/"

    def answer(body: dict[str, str]) -> Any:
        return Client().delete(where, body, content_type="application/json", headers=door)

    assert answer({}).status_code in {400, 422}
    assert answer({"reason": "stale"}).json()["end_reason"] == "stale"
    assert answer({"reason": "stale"}).status_code == 409
    ended = Client().get(f"{URL}?state=ended&value=EVIL[.]example", headers=door).json()["results"]
    assert [one["id"] for one in ended] == [item.pk]
    assert Client().get(URL, headers=door).json()["results"] == []
    assert AuditEntry.objects.get(verb="watch.removed").data["reason"] == "stale"


def test_an_admin_pastes_many_values_and_sees_what_became_of_each() -> None:
    client = Client()
    client.force_login(cast.admin())
    form = {
        "values": "evil[.]example\n\n<b>?</b>\n",
        "source": "cert",
        "trust": "0.9",
        "days": "30",
    }
    page = client.post("/settings/watch/", form)
    text = page.content.decode()
    assert page.status_code == 200
    assert "1 added, 1 refused" in text
    assert "&lt;b&gt;?&lt;/b&gt;" in text
    assert "<b>?</b>" not in text
    item = WatchItem.objects.get()
    assert (item.value, item.added_by) == ("evil.example", cast.admin())
    done = client.post(f"/settings/watch/{item.pk}/remove/", {"reason": "wrong"})
    assert done.status_code == 302
    assert f'id="watch-{item.pk}"' not in client.get("/settings/watch/").content.decode()
    ended = client.get("/settings/watch/?state=ended&type=domain").content.decode()
    assert "wrong" in ended
    assert client.post("/settings/watch/", form | {"days": "5"}).status_code == 422


def test_only_an_admin_changes_the_list_and_a_partner_does_not_see_it() -> None:
    item = _list()
    lead = Client()
    lead.force_login(cast.lead())
    page = lead.get("/settings/watch/").content.decode()
    assert "evil[.]example" in page
    assert "Put on the list" not in page
    assert lead.post("/settings/watch/", {"values": "b.example"}).status_code == 404
    assert lead.post(f"/settings/watch/{item.pk}/remove/", {"reason": "x"}).status_code == 404
    token = make.bearer(*Scope, user=cast.lead())
    sent = Client().post(URL, BATCH, content_type="application/json", headers=token)
    assert sent.status_code == 403
    assert WatchItem.objects.filter(ended_at=None).count() == 1
