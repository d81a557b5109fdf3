"""What an import puts on the list: opinions, how long each lasts, and what hands put there."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any

import pytest
from time_machine import travel

from abusedesk.core import clock
from detectors.choices import Opinion, Tlp
from detectors.intel.decay import LIFETIMES_D, matching_d
from detectors.intel.terms import BatchTerms
from detectors.models import IndicatorBatch, WatchItem
from detectors.services.indicator_batch import accept_batch, read_batch
from detectors.services.watch import add_items
from detectors.services.watch_change import FADED, expire_items
from detectors.watching.lines import Line, Terms
from tests import cast

HOST = b"evil[.]example\n"


def _read(raw: bytes = HOST, source: str = "cert", **terms: Any) -> IndicatorBatch:
    return read_batch(actor=cast.admin(), raw=raw, terms=BatchTerms(source, **terms))


def _take(raw: bytes = HOST, source: str = "cert", **terms: Any) -> IndicatorBatch:
    return accept_batch(actor=cast.admin(), batch=_read(raw, source, **terms))


def _event(value: str = "evil.example", **more: Any) -> bytes:
    one = {"type": "domain", "value": value, "to_ids": True, **more}
    return json.dumps({"Event": {"info": "x", "Attribute": [one]}}).encode()


def _standing() -> set[tuple[str, str]]:
    rows = WatchItem.objects.filter(ended_at=None)
    return set(rows.values_list("source", "value"))


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("raw", "terms", "opinion", "confidence"),
    [
        (b"indicator,confidence\nevil.example,35\n", {}, Opinion.SEED, 29),
        (b"indicator,confidence\nevil.example,36\n", {}, Opinion.POSITIVE, 36),
        (b"indicator,confidence\nevil.example,90\n", {"opinion": "seed", "confidence": 10},
         Opinion.SEED, 29),
        (b"indicator,confidence\nevil.example,5\n", {"opinion": "negative"}, Opinion.NEGATIVE, 5),
        (_event(to_ids=False), {}, Opinion.SEED, 29),
        (_event(Sighting=[{"type": "1"}]), {}, Opinion.NEGATIVE, 80),
    ],
)  # fmt: skip
def test_a_row_speaks_before_its_import_and_what_matches_nothing_never_fades(
    raw: bytes, terms: dict[str, Any], opinion: str, confidence: int
) -> None:
    _take(raw, **terms)
    item = WatchItem.objects.get()
    assert (item.opinion, item.confidence) == (opinion, confidence)
    fades = opinion == Opinion.POSITIVE
    assert (item.fades_at is not None, item.lifetime_d is not None) == (fades, fades)


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("value", "kind"),
    [
        ("198.51.100.7", "ip"),
        ("https://evil.example/a", "url"),
        ("evil.example", "domain"),
        ("d41d8cd98f00b204e9800998ecf8427f", "hash"),
    ],
)
def test_each_type_fades_after_its_own_time(value: str, kind: str) -> None:
    with travel(clock.now(), tick=False):
        _take(value.encode(), trust=1.0, confidence=100)
        item = WatchItem.objects.get()
        life = LIFETIMES_D[kind]
        assert (item.lifetime_d, item.reach) == (life, timedelta(days=matching_d(100, life)))
        assert item.fades_at == clock.now() + timedelta(days=life * 0.75**2)
    end = item.fades_at
    with travel(end - timedelta(minutes=1), tick=False):
        expire_items()
        assert WatchItem.objects.get().is_in_force(clock.now())
        assert item.score >= 25
    with travel(end, tick=False):
        expire_items()
        item.refresh_from_db()
        assert (item.end_reason, item.score, item.pending) == (FADED, 0.0, True)


@pytest.mark.django_db
def test_putting_a_fading_value_on_the_list_by_hand_keeps_it_until_the_day_that_was_chosen() -> (
    None
):
    _take(b"198.51.100.7\n", tlp=Tlp.AMBER_STRICT)
    with travel(clock.now() + timedelta(days=3), tick=False):
        (told,) = add_items(
            actor=cast.admin(), lines=[Line("198.51.100.7")], terms=Terms("cert", 0.9, 30)
        )
        assert told.fate == "renewed"
    with travel(clock.now() + timedelta(days=32), tick=False):
        expire_items()
        item = WatchItem.objects.get()
        assert (item.is_in_force(clock.now()), item.score) == (True, 90.0)
        assert item.tlp == Tlp.AMBER_STRICT


@pytest.mark.django_db
@pytest.mark.parametrize("terms", [{"opinion": "negative"}, {"opinion": "seed", "confidence": 20}])
def test_a_source_that_warns_by_hand_no_longer_objects(terms: dict[str, Any]) -> None:
    _take(**terms)
    add_items(actor=cast.admin(), lines=[Line("evil.example")], terms=Terms("cert", 0.9))
    item = WatchItem.objects.get()
    assert (item.opinion, item.confidence, item.pending) == (Opinion.POSITIVE, 100, True)


@pytest.mark.django_db
def test_what_faded_since_the_preview_is_new_again_when_it_is_accepted() -> None:
    _take(b"198.51.100.7\n", days=5)
    batch = _read(b"198.51.100.7\n", "other")
    with travel(clock.now() + timedelta(days=6), tick=False):
        assert _read(b"198.51.100.7\n").outcomes == {"new": 1}
        accept_batch(actor=cast.admin(), batch=batch)
        assert _standing() == {("other", "198.51.100.7")}
        assert _take(b"198.51.100.7\n").added == 1
