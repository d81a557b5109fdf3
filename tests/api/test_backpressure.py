"""A flood is told when to come back: 429 above a limit of lag, 201 when the readers caught up."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from pytest_django import Settings

from abusedesk.core import clock
from abusedesk.core.models import Scope
from detectors import backpressure
from detectors.engine import HEARTBEAT
from detectors.models import DetectorConfig, Shard, Signal
from detectors.selectors.lag import lag_for
from detectors.services.config import save_config
from detectors.services.ingest import ingest_batch
from detectors.services.source import history_stream, live_stream
from tests import cast, desk, make

pytestmark = pytest.mark.django_db(transaction=True)
URL = "/api/v1/signals/"
MOST = 60
BATCH = 20
TILE = re.compile(
    r'class="tile"[^>]*><span class="value">([^<]*)</span><span class="label">([^<]*)<'
)


@pytest.fixture(autouse=True)
def small(settings: Settings) -> Iterator[None]:
    """A desk that is full soon."""
    settings.MAX_LAG_SIGNALS, settings.MAX_LAG_S = MOST, 0
    desk.forget()
    backpressure.forget_lag()
    yield
    desk.forget()
    backpressure.forget_lag()


@pytest.fixture
def door() -> dict[str, str]:
    return make.bearer(Scope.INGEST)


def post(first: int, door: dict[str, str], count: int = BATCH) -> Any:
    body = json.dumps([make.item(number) for number in range(first, first + count)])
    return Client().post(URL, body, content_type="application/json", headers=door)


def flood(door: dict[str, str], most: int = 10) -> Any:
    """Post until it is refused; measured anew each time, as a second later."""
    for number in range(most):
        desk.await_horizon()
        backpressure.forget_lag()
        response = post(number * BATCH, door)
        if response.status_code != 201:
            return response
    raise AssertionError


def lag_tile() -> tuple[str, str]:
    """Value and label on the operations page."""
    browser = Client()
    browser.force_login(cast.lead())
    page = browser.get("/dashboards/operations/").content.decode()
    (*_, (value, label)) = TILE.findall(page)
    return value, label


def caught_up() -> None:
    desk.work()
    backpressure.forget_lag()


@pytest.mark.row(12)
def test_a_flood_is_refused_with_the_lag_shown_and_let_in_when_it_is_worked_off(
    door: dict[str, str],
) -> None:
    refused = flood(door)
    (error,) = refused.json()["errors"]
    assert (refused.status_code, refused["Retry-After"]) == (429, "5")
    assert (refused.json()["type"], error["code"], error["attr"]) == ("client_error", "busy", None)
    # Everything that got a 201 was stored, nothing of what got a 429.
    assert Signal.objects.count() == MOST + BATCH
    assert "entity linker has 80 stored signals before it" in error["detail"]
    assert "the limit is 60 signals" in error["detail"]
    _, label = lag_tile()
    assert label == "behind: 80 signals wait for entity linker; senders get 429"
    caught_up()
    assert lag_tile() == ("0 s", "no stored signal waits")
    assert post(1_000, door).status_code == 201


@pytest.mark.row(12)
def test_the_tile_is_newest_stored_minus_newest_read_in_seconds(door: dict[str, str]) -> None:
    assert post(0, door, 1).status_code == 201
    caught_up()
    post(1, door, 2)
    seen, first, newest = Signal.objects.exclude(kind=HEARTBEAT).order_by("id")
    now = clock.now()
    for signal, minutes in ((seen, 50), (first, 44), (newest, 30)):
        at = now - timedelta(minutes=minutes)
        Signal.objects.filter(pk=signal.pk).update(received_at=at)
    Signal.objects.filter(kind=HEARTBEAT).update(received_at=now - timedelta(minutes=50))
    desk.await_horizon()
    assert lag_tile() == ("20 min", "behind: 2 signals wait for entity linker")


def test_seconds_have_a_limit_of_their_own(door: dict[str, str], settings: Settings) -> None:
    settings.MAX_LAG_SIGNALS, settings.MAX_LAG_S = 0, 600
    post(0, door, 2)
    Signal.objects.filter(external_id="s-0").update(
        received_at=clock.now() - timedelta(seconds=601)
    )
    desk.await_horizon()
    backpressure.forget_lag()
    refused = post(5, door)
    assert refused.status_code == 429
    assert "600 s" in refused.json()["errors"][0]["detail"]


def test_after_a_quiet_night_the_first_signal_closes_no_door(
    door: dict[str, str], settings: Settings
) -> None:
    settings.MAX_LAG_S = 60
    post(0, door, 1)
    caught_up()
    Signal.objects.update(received_at=clock.now() - timedelta(hours=8))
    post(1, door, 1)
    desk.await_horizon()
    backpressure.forget_lag()
    assert post(2, door, 1).status_code == 201


def test_no_limit_means_that_nothing_is_measured(door: dict[str, str], settings: Settings) -> None:
    settings.MAX_LAG_SIGNALS = settings.MAX_LAG_S = 0
    post(0, door, 200)
    with CaptureQueriesContext(connection) as asked:
        assert post(200, door, 1).status_code == 201
    assert not [one for one in asked.captured_queries if "detectors_shard" in one["sql"]]


def test_within_a_second_a_process_measures_once(door: dict[str, str]) -> None:
    post(0, door, 1)
    backpressure.forget_lag()
    with CaptureQueriesContext(connection) as asked:
        for number in range(1, 6):
            post(number, door, 1)
    assert len([one for one in asked.captured_queries if "detectors_shard" in one["sql"]]) == 1


def test_an_adapter_is_a_door_like_any_other(door: dict[str, str]) -> None:
    flood(door)
    refused = Client().post(
        "/api/v1/ingest/thehive/", "{}", content_type="application/json", headers=door
    )
    assert (refused.status_code, refused["Retry-After"]) == (429, "5")


def test_an_answer_that_was_missed_is_given_in_a_flood_too(door: dict[str, str]) -> None:
    first = post(500, door | {"Idempotency-Key": "k"})
    flood(door)
    again = post(500, door | {"Idempotency-Key": "k"})
    assert (again.status_code, again.content) == (201, first.content)
    assert post(500, door | {"Idempotency-Key": "other"}).status_code == 429


def test_files_are_history_and_hold_no_sender_up(door: dict[str, str]) -> None:
    old = history_stream(slug="old", title="Old", tick_floor_s=0)
    source = make.source("file")
    ingest_batch(source=source, signals=[make.signal(n) for n in range(5 * MOST)], stream=old)
    desk.await_horizon()
    backpressure.forget_lag()
    assert post(0, door).status_code == 201


def test_a_detector_that_stands_still_counts_though_the_others_go_on(
    door: dict[str, str],
) -> None:
    post(0, door, 1)
    caught_up()
    DetectorConfig.objects.update(created_at=clock.now() - timedelta(days=1))
    behind = Shard.objects.filter(config__slug="velocity").values("epoch", "tx", "signal_id").get()
    post(1, door, MOST + 5)
    caught_up()
    Shard.objects.filter(config__slug="velocity").update(**behind)
    refused = post(1_000, door)
    assert refused.status_code == 429
    unread = Signal.objects.filter(pk__gt=behind["signal_id"]).count()
    assert f"velocity has {unread} stored signals" in refused.json()["errors"][0]["detail"]
    DetectorConfig.objects.filter(slug="velocity").update(mode="off")
    backpressure.forget_lag()
    assert post(1_000, door).status_code == 201


def test_a_detector_that_reads_again_after_a_change_holds_no_sender_up(
    door: dict[str, str],
) -> None:
    post(0, door, BATCH)
    post(BATCH, door, 3 * BATCH)
    caught_up()
    save_config(actor=cast.admin(), slug="velocity", mode="live", params={}, reason="try")
    fresh = DetectorConfig.objects.get(slug="velocity", current=True)
    Shard.objects.create(config=fresh, stream=live_stream(), number=0, of=1)
    lag = lag_for(cast.reviewer())
    assert (lag.reader, lag.rereads) == ("velocity", True)
    assert lag.signals > MOST
    backpressure.forget_lag()
    assert post(1_000, door).status_code == 201
