"""An imported indicator from its first match to its end: sightings, opinions, decay, precision."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from time_machine import travel

from abusedesk.core import clock
from abusedesk.core.models import Scope
from cases.models import Case
from detectors.choices import FindingStatus, Opinion, Outcome, Tlp
from detectors.intel.terms import BatchTerms
from detectors.models import Finding, WatchItem
from detectors.selectors.indicator_source import indicator_sources_for
from detectors.services.indicator_batch import accept_batch, read_batch, undo_batch
from detectors.services.ingest import ingest_batch
from detectors.services.verdict import record_verdict
from detectors.services.watch import remove_item
from detectors.services.watch_change import FADED, settle_items
from tests import cast, desk, make
from tests.cases import build

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def fresh_worker() -> Iterator[None]:
    desk.forget()
    yield
    desk.forget()


def _import(raw: bytes = b"evil[.]example\n", source: str = "cert", **terms: Any) -> WatchItem:
    """Accept a report, and give its newest assertion."""
    said = BatchTerms(source, **{"trust": 0.9, "confidence": 100, **terms})
    batch = read_batch(actor=cast.admin(), raw=raw, terms=said)
    accept_batch(actor=cast.admin(), batch=batch)
    return WatchItem.objects.filter(batch=batch).latest("pk")


def _use(numbers: range, host: str = "evil.example") -> None:
    ingest_batch(
        source=make.source(f"s{numbers.start}"),
        signals=[
            make.signal(
                n,
                urls=(f"https://{host}/a",),
                occurred_at=clock.now() - timedelta(minutes=30 - n % 30),
            )
            for n in numbers
        ],
    )


def _findings() -> list[Finding]:
    return list(Finding.objects.filter(detector="watch-list", status=FindingStatus.CURRENT))


def test_an_accepted_value_is_met_in_signals_and_counted() -> None:
    item = _import()
    _use(range(4))
    desk.work()
    desk.work()
    assert [one.anchor_value for one in _findings()] == ["evil.example"]
    item.refresh_from_db()
    assert item.hits == 4


def test_a_large_import_is_settled_at_once_but_for_what_was_used() -> None:
    _use(range(3))
    desk.work()
    hosts = b"".join(b"host-%d[.]example\n" % number for number in range(300))
    _import(hosts + b"www.evil[.]example\nevil[.]example\n")
    assert WatchItem.objects.filter(pending=True).count() == 302
    with CaptureQueriesContext(connection) as asked:
        settle_items()
    assert len(asked) < 60
    assert not WatchItem.objects.filter(pending=True).exists()
    desk.work()
    assert [(one.anchor_value, len(one.subjects)) for one in _findings()] == [("evil.example", 3)]


@pytest.mark.row(66)
def test_the_score_falls_a_sighting_resets_it_and_it_expires_from_the_list() -> None:
    item = _import(trust=0.8)
    assert (round(item.score), item.lifetime_d) == (80, 90)
    with travel(clock.now() + timedelta(days=20), tick=True):
        later = item.score
        assert round(later) == 42
        _use(range(3))
        desk.work()
        item.refresh_from_db()
        assert item.hits == 3
        assert item.score > 78
        assert item.fades_at is not None
        assert item.fades_at > clock.now() + timedelta(days=40)
    with travel(clock.now() + timedelta(days=58), tick=True):
        item.refresh_from_db()
        assert item.score > 25
        settle_items()
        item.refresh_from_db()
        assert item.ended_at is None
    with travel(clock.now() + timedelta(days=65), tick=True):
        assert item.score < 25
        assert not item.is_in_force(clock.now())
        settle_items()
        item.refresh_from_db()
        assert (item.end_reason, item.score) == (FADED, 0)


@pytest.mark.row(66)
def test_what_has_faded_does_not_match_even_before_it_is_swept() -> None:
    item = _import()
    with travel(clock.now() + timedelta(days=89), tick=True):
        _use(range(3))
        desk.work()
        item.refresh_from_db()
        assert (item.hits, _findings()) == (0, [])


@pytest.mark.row(66)
def test_the_end_that_was_given_is_hard() -> None:
    item = _import(days=5)
    with travel(clock.now() + timedelta(days=4), tick=True):
        _use(range(3))
        desk.work()
    with travel(clock.now() + timedelta(days=6), tick=True):
        settle_items()
        item.refresh_from_db()
        assert item.hits == 3
        assert item.end_reason == "Its time is over."


@pytest.mark.row(71)
def test_lists_of_what_is_always_and_never_told_end_and_count_their_hits() -> None:
    never = _import(b"quiet[.]example\n", source="owner", opinion=Opinion.NEGATIVE, days=5)
    _import(b"quiet[.]example\n")
    always = _import(b"evil[.]example\n", days=5)
    _use(range(3), "quiet.example")
    _use(range(20, 24))
    desk.work()
    desk.work()
    assert [one.anchor_value for one in _findings()] == ["evil.example"]
    for item, hits in ((never, 3), (always, 4)):
        item.refresh_from_db()
        assert (item.hits, item.ended_at) == (hits, None)
    with travel(clock.now() + timedelta(days=6), tick=True):
        desk.work()
        assert [one.anchor_value for one in _findings()] == ["quiet.example"]
        ended = WatchItem.objects.exclude(ended_at=None).order_by("pk")
        assert [one.pk for one in ended] == [never.pk, always.pk]


def test_five_sources_say_it_and_one_that_goes_leaves_four() -> None:
    for name in ("a", "b", "c", "d", "e"):
        _import(source=name)
    item = WatchItem.objects.get(source="c")
    client = Client(headers=make.bearer(Scope.READ, Scope.ADMIN, user=cast.admin()))
    url = f"/api/v1/watch-items/{item.pk}/"
    assert [one["source"] for one in client.get(url).json()["assertions"]] == list("edcba")
    assert client.delete(url, {"reason": "no"}, content_type="application/json").status_code == 200
    answer = client.get(url).json()
    standing = [one["source"] for one in answer["assertions"] if one["ended_at"] is None]
    assert (standing, answer["stance"]) == (list("edba"), "positive")


def test_a_disputed_value_opens_nothing_and_speaks_again_when_the_objection_ends() -> None:
    _import()
    _use(range(3))
    desk.work()
    assert len(_findings()) == 1
    objection = _import(source="owner", opinion=Opinion.NEGATIVE)
    desk.work()
    assert _findings() == []
    _use(range(40, 43))
    desk.work()
    assert _findings() == []
    remove_item(actor=cast.admin(), item=objection, reason="sold")
    desk.work()
    assert [len(one.subjects) for one in _findings()] == [6]


def test_a_seed_is_counted_and_opens_nothing() -> None:
    item = _import(opinion=Opinion.SEED, confidence=20)
    _use(range(5))
    desk.work()
    desk.work()
    item.refresh_from_db()
    assert (item.hits, _findings(), Case.objects.count()) == (5, [], 0)


def test_undo_takes_back_what_was_found() -> None:
    item = _import()
    _use(range(3))
    desk.work()
    assert len(_findings()) == 1
    assert item.batch is not None
    undo_batch(actor=cast.admin(), batch=item.batch, reason="wrong file")
    desk.work()
    assert _findings() == []


def test_misp_takes_back_only_what_its_own_source_said() -> None:
    def event(*, deleted: bool) -> bytes:
        one = {"type": "domain", "value": "evil.example", "to_ids": True, "deleted": deleted}
        return json.dumps({"Event": {"info": "x", "Attribute": [one]}}).encode()

    _import(event(deleted=False), source="misp")
    _import(source="cert")
    batch = read_batch(actor=cast.admin(), raw=event(deleted=True), terms=BatchTerms("misp"))
    assert batch.outcomes == {"withdraws": 1}
    assert accept_batch(actor=cast.admin(), batch=batch).withdrawn == 1
    assert [one.source for one in WatchItem.objects.filter(ended_at=None)] == ["cert"]


def test_a_marking_is_never_widened_and_red_is_not_taken() -> None:
    def event(tag: str) -> bytes:
        one = {"type": "domain", "value": f"{tag[4:6]}.example", "to_ids": True}
        return json.dumps(
            {"Event": {"info": "x", "Tag": [{"name": tag}], "Attribute": [one]}}
        ).encode()

    assert _import(event("tlp:white"), tlp=Tlp.GREEN).tlp == Tlp.GREEN
    assert _import(event("tlp:amber+strict"), tlp=Tlp.GREEN).tlp == Tlp.AMBER_STRICT
    assert _import(event("tlp:unheard"), tlp=Tlp.GREEN).tlp == Tlp.AMBER_STRICT
    batch = read_batch(actor=cast.admin(), raw=event("tlp:red"), terms=BatchTerms("misp"))
    assert batch.outcomes == {"held": 1}


def test_a_source_is_judged_by_what_became_of_what_it_led_to() -> None:
    _import(b"evil[.]example\n")
    _import(b"quiet[.]example\n", source="forum")
    _use(range(4))
    desk.work()
    (finding,) = _findings()
    campaign = build.campaign(members=finding.subjects, findings=[finding], waiting=False)
    record_verdict(campaigns=[campaign], outcome=Outcome.ABUSE, decision_ref="d-1", expires_at=None)
    fares = {one.source: one for one in indicator_sources_for(cast.reviewer())}
    assert (fares["cert"].met, fares["cert"].hits, fares["cert"].precision.n) == (1, 4, 1)
    assert fares["cert"].precision.value > 0.5
    assert (fares["forum"].standing, fares["forum"].precision.n) == (1, 0)


def test_the_page_of_a_value_draws_its_curve_and_shows_what_sources_say() -> None:
    item = _import(b"indicator,note\nevil[.]example,<b>bold</b>\n", licence="CC0-1.0")
    _import(source="forum", opinion=Opinion.NEGATIVE)
    client = Client()
    client.force_login(cast.reviewer())
    page = client.get(f"/settings/watch/{item.pk}/").content.decode()
    assert "Disputed" in page
    assert "<polyline points=" in page
    assert "CC0-1.0" in page
    assert "<b>bold" not in page
    client.force_login(cast.partner())
    assert client.get(f"/settings/watch/{item.pk}/").status_code == 404
