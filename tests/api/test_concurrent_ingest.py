"""Twenty clients at once: every signal once, exactly one of them is told that it was new."""

from __future__ import annotations

import json
import threading
from collections import Counter
from collections.abc import Callable
from typing import Any

import pytest
from django.db import connection, connections, transaction
from django.test import Client

from abusedesk.core.models import Scope
from detectors.models import Signal, Source
from detectors.partitions import ensure_partitions
from detectors.services.ingest import ingest_batch
from detectors.services.source import live_stream
from tests import make

pytestmark = pytest.mark.django_db(transaction=True)
CLIENTS = 20
URL = "/api/v1/signals/"


def at_once(work: Callable[[int], Any], count: int = CLIENTS) -> list[Any]:
    """What `work` answers in `count` threads that start together, each with a connection."""
    gate, answers = threading.Barrier(count), [None] * count

    def run(number: int) -> None:
        gate.wait(30)
        try:
            answers[number] = work(number)
        finally:
            connections.close_all()

    threads = [threading.Thread(target=run, args=(number,)) for number in range(count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    return answers


@pytest.mark.row(4)
def test_the_same_batch_from_twenty_clients_is_stored_once() -> None:
    header = make.bearer(Scope.INGEST)
    body = json.dumps({"signals": [make.item(number) for number in range(50)]})

    def post(_: int) -> tuple[int, int, int]:
        response = Client().post(URL, body, content_type="application/json", headers=header)
        said = response.json()
        return response.status_code, said["accepted"], said["duplicates"]

    assert Counter(at_once(post)) == {(201, 50, 0): 1, (200, 0, 50): CLIENTS - 1}
    assert Signal.objects.count() == 50
    assert Source.objects.count() == 1


def test_one_signal_from_twenty_clients_is_stored_once() -> None:
    source = make.source()
    results = at_once(lambda _: ingest_batch(source=source, signals=[make.signal()]).accepted)
    assert sorted(results) == [0] * (CLIENTS - 1) + [1]


def test_overlapping_batches_in_any_order_never_deadlock_for_good() -> None:
    source = make.source()
    numbers = list(range(400))

    def store(client: int) -> int:
        turned = numbers[50 * client :] + numbers[: 50 * client]
        batch = turned if client % 2 else turned[::-1]
        return ingest_batch(source=source, signals=[make.signal(n) for n in batch]).accepted

    assert sum(at_once(store, 8)) == 400
    assert Signal.objects.count() == 400


def test_different_batches_of_one_source_do_not_wait_for_each_other() -> None:
    """A batch that holds its transaction open, source row included, lets another one pass."""
    source = make.source()
    live_stream()
    ensure_partitions([make.MOMENT])
    from_first, may_end = threading.Event(), threading.Event()

    def slow() -> None:
        with transaction.atomic():
            ingest_batch(source=source, signals=[make.signal(1)])
            from_first.set()
            may_end.wait(30)
        connections.close_all()

    thread = threading.Thread(target=slow)
    thread.start()
    assert from_first.wait(30)
    try:
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute("SET LOCAL lock_timeout = '5s'")
            assert ingest_batch(source=source, signals=[make.signal(2)]).accepted == 1
    finally:
        may_end.set()
        thread.join(30)


def test_a_first_use_at_twenty_places_makes_one_source() -> None:
    header = make.bearer(Scope.INGEST, name="new shop")

    def post(number: int) -> int:
        send: dict[str, Any] = {"content_type": "application/json", "headers": header}
        return Client().post(URL, make.item(number), **send).status_code

    assert at_once(post) == [201] * CLIENTS
    assert Source.objects.get().slug == "new-shop"
