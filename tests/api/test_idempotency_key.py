"""Idempotency-Key: a post that is sent again hears the very answer that it missed."""

from __future__ import annotations

import gzip
import json
import threading
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

import pytest
import time_machine
from django.db import connection, connections, transaction
from django.test import Client
from django.test.utils import CaptureQueriesContext

from abusedesk.core import clock
from abusedesk.core.models import Scope
from detectors.models import DeadLetter, KeptAnswer, Signal, Source
from detectors.partitions import ensure_partitions
from detectors.services import answer as answers
from detectors.services.answer import Answer, Ticket, answer_once, forget_answers
from detectors.services.source import live_stream
from tests import make
from tests.api.test_concurrent_ingest import at_once

pytestmark = pytest.mark.django_db
URL = "/api/v1/signals/"
HIVE = "/api/v1/ingest/thehive/"
ALERT = {
    **dict.fromkeys(("type", "source", "sourceRef", "title", "description"), "tip"),
    "date": 1_790_000_000_000,
}
KEY = "order-7 of 2026"


@pytest.fixture
def door() -> dict[str, str]:
    return make.bearer(Scope.INGEST)


def post(body: Any, headers: dict[str, str], key: str = KEY, url: str = URL, **more: str) -> Any:
    raw = body if isinstance(body, bytes) else json.dumps(body).encode()
    sent = {**headers, "Idempotency-Key": key, **more}
    return Client().post(url, raw, content_type="application/json", headers=sent)


def same(first: Any, again: Any) -> bool:
    told = (again.status_code, again.content, again["Content-Type"], again["API-Version"])
    return told == (
        first.status_code, first.content, first["Content-Type"], first["API-Version"]
    )  # fmt: skip


BODIES: dict[str, tuple[int, Any]] = {
    "all new": (201, [make.item(1), make.item(2)]),
    "some refused": (207, [make.item(1), make.item(2, kind="shout"), make.item(3, text="\x00")]),
    "all refused": (400, [make.item(1, kind="shout")]),
}


@pytest.mark.parametrize(("status", "body"), BODIES.values(), ids=BODIES)
def test_the_same_again_is_answered_with_the_same_bytes(
    door: dict[str, str], status: int, body: Any
) -> None:
    first = post(body, door)
    assert (first.status_code, first.has_header("Idempotent-Replayed")) == (status, False)
    kept = Signal.objects.count(), DeadLetter.objects.count()
    again = post(body, door)
    assert same(first, again)
    assert again["Idempotent-Replayed"] == "true"
    assert (Signal.objects.count(), DeadLetter.objects.count()) == kept


def test_known_signals_under_a_key_of_their_own_are_told_as_known(door: dict[str, str]) -> None:
    post(make.item(), door)
    first = post(make.item(), door, key="another")
    assert (first.status_code, first.json()["duplicates"]) == (200, 1)
    assert same(first, post(make.item(), door, key="another"))


def test_an_adapter_honours_the_key(door: dict[str, str]) -> None:
    first = post(ALERT, door, url=HIVE)
    assert first.status_code == 201
    again = post(ALERT, door, url=HIVE)
    assert same(first, again)
    assert again["Idempotent-Replayed"] == "true"


def test_compressed_or_not_is_the_same_body(door: dict[str, str]) -> None:
    raw = json.dumps(make.item()).encode()
    first = post(raw, door)
    again = post(gzip.compress(raw), door, **{"Content-Encoding": "gzip"})
    assert same(first, again)


@pytest.mark.parametrize(
    ("body", "url"), [(make.item(2), URL), (ALERT, HIVE)], ids=["body", "address"]
)
def test_the_key_for_something_else_is_422_and_names_the_header(
    door: dict[str, str], body: Any, url: str
) -> None:
    assert post(make.item(1), door).status_code == 201
    refused = post(body, door, url=url)
    (error,) = refused.json()["errors"]
    assert (refused.status_code, error["attr"]) == (422, "Idempotency-Key")
    assert "Idempotency-Key" in error["detail"]
    assert Signal.objects.count() == 1


@pytest.mark.parametrize(
    "key", ["", " ", "k" * 201, "tab\there", "nul\x00", "ümlaut", "\u200b", "line\x7f"], ids=ascii
)
def test_a_key_that_can_be_none_is_400(door: dict[str, str], key: str) -> None:
    refused = post(make.item(), door, key=key)
    (error,) = refused.json()["errors"]
    assert (refused.status_code, error["attr"]) == (400, "Idempotency-Key")
    assert not Signal.objects.exists()


@pytest.mark.parametrize("key", ["k", "k" * 200, "3f2e-77", '"quoted"', "with a space", "~!"])
def test_any_printable_key_will_do(door: dict[str, str], key: str) -> None:
    assert post(make.item(), door, key=key).status_code == 201
    assert KeptAnswer.objects.get().key == key


def test_keys_of_two_senders_have_nothing_to_do_with_each_other() -> None:
    for name in ("one", "two"):
        response = post(make.item(len(name)), make.bearer(name=name))
        assert (response.status_code, response.has_header("Idempotent-Replayed")) == (201, False)
    other = post(make.item(9), make.bearer(name="three"))
    assert other.status_code == 201


def test_a_body_that_cannot_be_read_keeps_nothing_and_leaves_the_key_free(
    door: dict[str, str],
) -> None:
    assert post(b"{", door).status_code == 400
    assert not KeptAnswer.objects.exists()
    assert post(make.item(), door).status_code == 201


def test_a_day_later_the_key_is_free_and_the_clock_cleans_up(door: dict[str, str]) -> None:
    first = post(make.item(1), door)
    almost = clock.now() + timedelta(hours=23, minutes=59)
    with time_machine.travel(almost, tick=False):
        assert forget_answers() == 0
        assert same(first, post(make.item(1), door))
    with time_machine.travel(almost + timedelta(minutes=2), tick=False):
        other = post(make.item(2), door)
        assert (other.status_code, other.has_header("Idempotent-Replayed")) == (201, False)
        assert forget_answers() == 0, "it was renewed"
    with time_machine.travel(almost + timedelta(hours=25), tick=False):
        assert forget_answers() == 1
    assert not KeptAnswer.objects.exists()


def test_the_clean_up_takes_a_bounded_bite(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(answers, "FORGET_AT_ONCE", 3)
    source, old = make.source(), clock.now() - timedelta(days=2)
    KeptAnswer.objects.bulk_create(
        KeptAnswer(source=source, key=str(n), digest="", status=201, body=b"{}", kept_at=old)
        for n in range(5)
    )
    assert [forget_answers(), forget_answers(), forget_answers()] == [3, 2, 0]


def test_without_the_header_a_post_asks_the_database_nothing_more(door: dict[str, str]) -> None:
    def queries(number: int, **headers: str) -> list[str]:
        raw = json.dumps(make.item(number)).encode()
        with CaptureQueriesContext(connection) as asked:
            Client().post(URL, raw, content_type="application/json", headers=door | headers)
        return [one["sql"] for one in asked.captured_queries]

    queries(1)
    plain = queries(2)
    assert [one for one in plain if "keptanswer" in one or "try_advisory" in one] == []
    assert len(queries(3, **{"Idempotency-Key": KEY})) == len(plain) + 4


@contextmanager
def first_that_runs(ticket: Ticket) -> Iterator[None]:
    """Somebody else does the work under this ticket, in an open transaction."""
    begun, may_end = threading.Event(), threading.Event()

    def run() -> None:
        def work() -> Answer:
            begun.set()
            may_end.wait(30)
            return Answer(201, b"{}")

        with transaction.atomic():
            answer_once(ticket=ticket, work=work)
        connections.close_all()

    thread = threading.Thread(target=run)
    thread.start()
    assert begun.wait(30)
    try:
        yield
    finally:
        may_end.set()
        thread.join(30)


@pytest.mark.django_db(transaction=True)
def test_while_the_first_runs_the_second_is_409_and_told_when_to_ask_again() -> None:
    token, plain = make.token(Scope.INGEST)
    door = {"Authorization": f"Bearer {plain}"}
    source = make.source(token=token)
    live_stream()
    ensure_partitions([make.MOMENT])
    body = json.dumps(make.item()).encode()
    with first_that_runs(Ticket.of(source, KEY, URL, body)):
        waiting = post(body, door)
        assert (waiting.status_code, waiting["Retry-After"]) == (409, "1")
        assert waiting.json()["errors"][0]["attr"] == "Idempotency-Key"
        assert post(make.item(5), door, key="another").status_code == 201
    after = post(body, door)
    assert (after.status_code, after.content, after["Idempotent-Replayed"]) == (201, b"{}", "true")


@pytest.mark.row(4)
@pytest.mark.django_db(transaction=True)
def test_of_twenty_at_once_under_one_key_one_works_and_all_hear_the_same() -> None:
    door = make.bearer(Scope.INGEST)
    body = json.dumps([make.item(n) for n in range(20)] + [make.item(99, kind="shout")]).encode()

    def ask(_: int) -> tuple[int, bytes]:
        while (response := post(body, door)).status_code == 409:
            threading.Event().wait(0.05)
        return response.status_code, response.content

    assert len(Counter(at_once(ask))) == 1
    assert (Signal.objects.count(), DeadLetter.objects.count()) == (20, 1)
    assert Source.objects.count() == 1


@pytest.mark.django_db(transaction=True)
def test_signals_refusals_and_answer_are_kept_together_or_not_at_all(
    door: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(**_: Any) -> None:
        raise ZeroDivisionError

    body = [make.item(1), make.item(2, kind="shout")]
    with monkeypatch.context() as patched:
        patched.setattr("detectors.services.ingest.keep_rejected", broken)
        with pytest.raises(ZeroDivisionError):
            post(body, door)
    tables = Signal, DeadLetter, KeptAnswer
    assert [table._default_manager.count() for table in tables] == [0, 0, 0]
    assert post(body, door).status_code == 207
