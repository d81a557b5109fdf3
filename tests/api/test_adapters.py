"""POST /api/v1/ingest/<adapter>/: foreign payloads are stored as signals are, each once."""

from __future__ import annotations

import gzip
import json
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from typing import Any

import pytest
from django.db import connections
from django.test import Client
from time_machine import travel

from abusedesk.core.models import Scope
from detectors.adapters.registry import all_adapters, get
from detectors.ingest import foreign
from detectors.models import DeadLetter, Signal, Source
from tests import cast, make
from tests.adapters.reading import loaded, names, sample

pytestmark = pytest.mark.django_db
URL = "/api/v1/ingest/"
OCTETS = "application/octet-stream"
SAMPLES = [(slug, name) for slug in all_adapters() for name in names(slug)]
NOW = datetime(2026, 11, 1, 12, tzinfo=UTC)


@pytest.fixture(autouse=True)
def now() -> Iterator[None]:
    """The samples are of September 2026; the desk lives a little later."""
    with travel(NOW, tick=True):
        yield


@pytest.fixture
def door() -> dict[str, str]:
    return make.bearer(Scope.INGEST, Scope.READ, user=cast.admin())


def post(slug: str, body: Any, door: dict[str, str], media_type: str = "", **more: str) -> Any:
    raw = body if isinstance(body, bytes) else json.dumps(body).encode()
    kind = media_type or OCTETS
    return Client().post(f"{URL}{slug}/", raw, content_type=kind, headers={**door, **more})


@pytest.mark.parametrize(("slug", "name"), SAMPLES, ids=[f"{a}-{b}" for a, b in SAMPLES])
def test_a_sample_is_stored_and_again_adds_nothing(
    slug: str, name: str, door: dict[str, str]
) -> None:
    body = sample(slug, name)
    first = post(slug, body, door)
    said = first.json()
    assert first.status_code in {201, 207, 400}, said
    assert Signal.objects.count() == said["accepted"]
    assert DeadLetter.objects.count() == len(said["rejected"])
    again = post(slug, body, door)
    assert again.json()["accepted"] == 0
    assert again.json()["duplicates"] == said["accepted"] + said["duplicates"]
    assert again.status_code == {201: 200}.get(first.status_code, first.status_code)
    assert Signal.objects.count() == said["accepted"]


@pytest.mark.parametrize("slug", all_adapters())
def test_every_media_type_of_an_adapter_opens_its_door(slug: str, door: dict[str, str]) -> None:
    body = sample(slug, names(slug)[0])
    for media_type in get(slug).meta.media_types:
        assert post(slug, body, door, media_type).status_code != 415


def test_what_is_stored_is_what_the_table_says(door: dict[str, str]) -> None:
    answer = post("thehive", sample("thehive", "alert.json"), door, "application/json")
    assert (answer.status_code, answer.json()) == (
        201,
        {"accepted": 1, "duplicates": 0, "rejected": []},
    )
    assert answer["API-Version"] == "1"
    row = Signal.objects.get()
    assert (row.platform, row.kind, row.actor) == ("thehive", "report", "")
    assert row.occurred_at == datetime(2026, 9, 21, 14, 13, 20, tzinfo=UTC)
    assert row.payload["urls"] == ["https://parcel-fee.example/pay"]
    assert row.payload["attributes"]["thehive"]["externalLink"].startswith("https://gateway")
    assert Source.objects.get().slug == "acme"


def test_gzip_is_read(door: dict[str, str]) -> None:
    body = gzip.compress(sample("stix", "bundle.json"))
    answer = post("stix", body, door, "application/json", **{"Content-Encoding": "gzip"})
    assert answer.json()["accepted"] == 3


def test_some_refused_is_207_and_each_refusal_says_where(door: dict[str, str]) -> None:
    answer = post("eml", sample("eml", "two.mbox"), door, "application/mbox")
    said = answer.json()
    assert (answer.status_code, said["accepted"]) == (207, 2)
    (rejected,) = said["rejected"]
    assert (rejected["index"], rejected["errors"][0]["field"]) == (2, "message 3")
    assert "none is ever guessed" in rejected["errors"][0]["message"]


def test_all_refused_is_400_in_the_common_shape(door: dict[str, str]) -> None:
    answer = post("stix", sample("stix", "old.json"), door)
    said = answer.json()
    assert (answer.status_code, said["type"], said["accepted"]) == (400, "validation_error", 0)
    assert said["errors"][0] == {
        "code": "choice",
        "attr": "spec_version",
        "detail": "spec_version is 2.0; only STIX 2.1 is read, convert it first.",
    }


def test_twenty_alerts_are_twenty_signals_with_all_their_observables(door: dict[str, str]) -> None:
    alert = loaded("thehive", "alert.json")
    many = [alert | {"sourceRef": f"ref-{n}"} for n in range(20)]
    assert post("thehive", many, door).json()["accepted"] == 20
    assert post("thehive", many, door).json()["duplicates"] == 20
    for row in Signal.objects.all():
        assert len(row.payload["urls"]) + len(row.payload["objects"]) == 7


@pytest.mark.parametrize(("slug", "name"), [("thehive", "undated.json"), ("github", "member.json")])
def test_what_says_no_time_bears_that_of_its_receipt_and_says_so(
    slug: str, name: str, door: dict[str, str]
) -> None:
    assert post(slug, sample(slug, name), door).status_code == 201
    row = Signal.objects.get()
    assert (row.occurred_at - NOW).total_seconds() < 60
    assert row.payload["attributes"]["dated"] == "on receipt"


def test_an_undated_alert_sent_again_later_is_known(door: dict[str, str]) -> None:
    body = sample("thehive", "undated.json")
    assert post("thehive", body, door).status_code == 201
    first = Signal.objects.get().occurred_at
    with travel(datetime(2026, 12, 24, tzinfo=UTC)):
        assert post("thehive", body, door).json()["duplicates"] == 1
        dated = loaded("thehive", "undated.json") | {"date": 1790000000000}
        assert post("thehive", dated, door).json()["duplicates"] == 1
    assert Signal.objects.get().occurred_at == first


def test_the_same_alert_twice_in_one_body_is_stored_once(door: dict[str, str]) -> None:
    alert = loaded("thehive", "alert.json")
    said = post("thehive", [alert, alert | {"date": 1790000009000}], door).json()
    assert (said["accepted"], said["duplicates"]) == (1, 1)


def test_the_same_alert_of_two_sources_is_two_signals() -> None:
    for name in ("one", "two"):
        answer = post("thehive", sample("thehive", "undated.json"), make.bearer(name=name))
        assert answer.status_code == 201
    assert Signal.objects.count() == 2


@pytest.mark.django_db(transaction=True)
def test_an_undated_alert_ten_times_at_once_is_stored_once() -> None:
    door = make.bearer()
    body = sample("thehive", "undated.json")
    assert post("intelmq", sample("intelmq", "events.ndjson"), door).status_code == 201

    def send(_: int) -> int:
        try:
            return int(post("thehive", body, door).json()["accepted"])
        finally:
            connections.close_all()

    with ThreadPoolExecutor(5) as pool:
        assert sum(pool.map(send, range(10))) == 1
    assert Signal.objects.filter(platform="thehive").count() == 1


@pytest.mark.parametrize(
    ("slug", "media_type", "status", "attr"),
    [
        ("nothing", OCTETS, 404, "adapter"),
        ("thehive", "text/plain", 415, "body"),
        ("thehive", "application/json; charset=latin-1", 415, "body"),
        ("eml", "application/json", 415, "body"),
    ],
)
def test_a_wrong_door_is_refused_in_words(
    slug: str, media_type: str, status: int, attr: str, door: dict[str, str]
) -> None:
    answer = post(slug, b"{}", door, media_type)
    assert (answer.status_code, answer.json()["errors"][0]["attr"]) == (status, attr)
    assert not DeadLetter.objects.exists()


def test_an_unknown_adapter_is_told_which_there_are(door: dict[str, str]) -> None:
    (error,) = post("nothing", b"{}", door).json()["errors"]
    assert all(slug in error["detail"] for slug in all_adapters())


def test_an_empty_body_and_one_without_length_are_refused(door: dict[str, str]) -> None:
    assert post("eml", b"", door).status_code == 400
    headers = {**door, "Transfer-Encoding": "chunked"}
    answer = Client().generic("POST", f"{URL}eml/", b"", OCTETS, headers=headers)
    assert answer.status_code == 411


def test_more_signals_than_a_request_may_hold_are_413_and_nothing_is_stored(
    door: dict[str, str],
) -> None:
    event = {"classification.type": "spam", "time.source": "2026-09-21T12:00:00Z"}
    lines = b"\n".join(json.dumps(event | {"extra.n": n}).encode() for n in range(5_001))
    answer = post("intelmq", lines, door)
    assert (answer.status_code, answer.json()["errors"][0]["attr"]) == (413, "body")
    assert not Signal.objects.exists()
    assert not DeadLetter.objects.exists()


def test_a_body_above_the_limit_is_413(door: dict[str, str]) -> None:
    assert post("eml", b"X: y\n\n" + b"a" * (11 * 1024 * 1024), door).status_code == 413
    bomb = gzip.compress(b"X: y\n\n" + b"a" * (11 * 1024 * 1024))
    assert post("eml", bomb, door, **{"Content-Encoding": "gzip"}).status_code == 413


def test_a_payload_that_becomes_far_more_than_it_is_is_413(
    door: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(foreign, "MAX_WRITTEN", 2 * 1024 * 1024)
    mail = {"type": "email-message", "id": "m", "body": "x" * 60_000}
    seen = {"type": "observed-data", "first_observed": "2026-09-21T12:00:00Z", "object_refs": ["m"]}
    many = [seen | {"id": f"o{n}"} for n in range(100)]
    answer = post("stix", {"objects": [mail, *many]}, door)
    assert answer.status_code == 413
    assert "becomes more than 2 MiB" in answer.json()["errors"][0]["detail"]


def test_an_integration_needs_the_scope_ingest() -> None:
    reading = make.bearer(Scope.READ, user=cast.admin())
    assert post("eml", sample("eml", "phish.eml"), reading).status_code == 403
    assert post("eml", sample("eml", "phish.eml"), {}).status_code == 401


@pytest.mark.parametrize("scope", list(Scope))
def test_any_token_is_told_which_adapters_there_are(scope: Scope) -> None:
    answer = Client().get(URL, headers=make.bearer(scope, user=cast.admin()))
    assert [one["slug"] for one in answer.json()] == list(all_adapters())
    assert set(answer.json()[0]) == {"slug", "title", "doc", "media_types"}


def test_a_session_is_told_too_and_nobody_else() -> None:
    browser = Client()
    browser.force_login(cast.reviewer())
    assert browser.get(URL).status_code == 200
    assert Client().get(URL).status_code == 401


def test_a_signal_that_failed_is_fixed_and_replayed_as_any_other(door: dict[str, str]) -> None:
    alert = loaded("thehive", "alert.json") | {"date": 4_000_000_000_000}
    (rejected,) = post("thehive", alert, door).json()["rejected"]
    assert rejected["errors"][0]["field"] == "occurred_at"
    letter = DeadLetter.objects.get()
    assert letter.adapter == ""
    kept = json.loads(bytes(letter.raw))
    assert kept["platform"] == "thehive"
    kept["occurred_at"] = "2026-09-21T12:00:00Z"
    replay = f"/api/v1/dead-letters/{letter.pk}/replay/"
    fixed = Client().post(replay, kept, content_type="application/json", headers=door)
    assert (fixed.status_code, fixed.json()["accepted"]) == (201, 1)
    assert Signal.objects.get().external_id == rejected["external_id"]


def test_a_piece_that_became_no_signal_is_kept_as_it_came_and_sent_again_by_its_adapter(
    door: dict[str, str],
) -> None:
    broken = loaded("thehive", "alert.json")
    del broken["title"]
    assert post("thehive", broken, door).status_code == 400
    letter = DeadLetter.objects.get()
    assert (letter.adapter, json.loads(bytes(letter.raw))) == ("thehive", broken)
    one = Client().get(f"/api/v1/dead-letters/{letter.pk}/", headers=door).json()
    assert one["adapter"] == "thehive"
    replay = f"/api/v1/dead-letters/{letter.pk}/replay/"
    answer = Client().generic("POST", replay, headers=door)
    assert answer.status_code == 422
    assert "/api/v1/ingest/thehive/" in answer.json()["errors"][0]["detail"]
    assert post("thehive", broken | {"title": "Now it has one"}, door).status_code == 201
    discard = f"/api/v1/dead-letters/{letter.pk}/discard/"
    assert Client().post(discard, headers=door).json()["state"] == "discarded"


def test_a_piece_that_is_no_text_can_be_looked_at(door: dict[str, str]) -> None:
    post("eml", b"\xff\xfe\x00 no mail", door)
    letter = DeadLetter.objects.get()
    assert bytes(letter.raw) == b"\xff\xfe\x00 no mail"
    answer = Client().get(f"/api/v1/dead-letters/{letter.pk}/", headers=door)
    assert "no mail" in answer.json()["raw"]


def test_a_batch_costs_few_queries(
    door: dict[str, str], django_assert_max_num_queries: Any
) -> None:
    alert = loaded("thehive", "alert.json")
    post("thehive", alert, door)
    with django_assert_max_num_queries(14):
        post("thehive", [alert | {"sourceRef": f"r{n}"} for n in range(300)], door)
