"""Linking signals to entities: what is found, under which canonical value, exactly once."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from detectors import stream
from detectors.choices import StreamKind
from detectors.models import Cursor, Entity, Signal, SignalEntity, Source, Stream
from detectors.partitions import ensure_partitions
from detectors.services import link
from tests import desk

pytestmark = pytest.mark.django_db(transaction=True)
START = datetime(2026, 3, 1, tzinfo=UTC)


@pytest.fixture
def live() -> Iterator[Stream]:
    stream.forget_pages()
    ensure_partitions([START])
    yield Stream.objects.create(slug="test", title="Test", kind=StreamKind.LIVE)
    stream.forget_pages()


def _store(one: Stream, name: str, at: int = 0, **values: Any) -> Signal:
    source, _ = Source.objects.get_or_create(slug="test", defaults={"title": "Test"})
    given = {"actor": "a", "text": "", "payload": {}, **values}
    return Signal.objects.create(
        stream=one,
        source=source,
        external_id=name,
        platform="x",
        kind="post",
        occurred_at=START + timedelta(seconds=at),
        received_at=START + timedelta(days=1),
        epoch=0,
        **given,
    )


def _entities(signal: Signal) -> set[tuple[str, str, str]]:
    rows = SignalEntity.objects.filter(signal_id=signal.pk).select_related("entity")
    return {(row.role, row.entity.type, row.entity.value) for row in rows}


def test_every_part_of_a_signal_gives_its_entities(live: Stream) -> None:
    signal = _store(
        live,
        "all",
        text="see hxxps://login.evil[.]example/a?utm_source=x and 192[.]0[.]2[.]7 @someone",
        payload={
            "urls": ["https://Shop.Example/Offer"],
            "objects": ["hashtag:Win", "target:acct-9"],
            "identifiers": {"device": "hmac:77", "email": ["A.B+c@Example.com"]},
            "actor_profile": {"handle": "@Rosa"},
        },
    )
    desk.await_horizon()
    link.link_stream(stream_id=live.pk)
    found = _entities(signal)
    assert {
        ("actor", "account", "x:a"),
        ("text", "url", "https://login.evil.example/a"),
        ("text", "ip", "192.0.2.7"),
        ("link", "url", "https://shop.example/Offer"),
        ("identifier", "device", "hmac:77"),
        ("identifier", "email", "a.b@example.com"),
        ("object", "hashtag", "win"),
        ("object", "target", "acct-9"),
    } <= found


def test_linking_again_adds_nothing(live: Stream) -> None:
    _store(live, "one", text="https://a.example/1")
    desk.await_horizon()
    link.link_stream(stream_id=live.pk)
    before = (Entity.objects.count(), SignalEntity.objects.count())
    Cursor.objects.all().delete()
    desk.await_horizon()
    link.link_stream(stream_id=live.pk)
    assert (Entity.objects.count(), SignalEntity.objects.count()) == before


def test_an_entity_knows_when_it_was_first_and_last_seen(live: Stream) -> None:
    for name, at in (("b", 50), ("a", 10), ("c", 90)):
        _store(live, name, at, payload={"urls": ["https://a.example/1"]})
    desk.await_horizon()
    link.link_stream(stream_id=live.pk)
    entity = Entity.objects.get(type="url")
    assert entity.first_seen_at == START + timedelta(seconds=10)
    assert entity.last_seen_at == START + timedelta(seconds=90)


def test_the_text_itself_is_never_changed(live: Stream) -> None:
    text = "hxxps://a[.]example\u200b\u202e and A(dot)example"
    signal = _store(live, "one", text=text)
    desk.await_horizon()
    link.link_stream(stream_id=live.pk)
    signal.refresh_from_db()
    assert signal.text == text


def test_the_same_account_name_on_two_platforms_is_two_entities(live: Stream) -> None:
    _store(live, "one")
    Signal.objects.filter(external_id="one").update(platform="telegram")
    _store(live, "two")
    desk.await_horizon()
    link.link_stream(stream_id=live.pk)
    accounts = Entity.objects.filter(type="account").values_list("value", flat=True)
    assert sorted(accounts) == ["telegram:a", "x:a"]
