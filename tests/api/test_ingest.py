"""POST and GET /api/v1/signals/: what is stored, what is answered, in every form a batch has."""

from __future__ import annotations

import gzip
import json
from datetime import UTC, datetime
from typing import Any

import pytest
from django.db import connection
from django.test import Client

from abusedesk.core.models import Scope
from detectors import stream
from detectors.models import DeadLetter, Signal, Source
from detectors.services.ingest import ingest_batch
from tests import cast, make

pytestmark = pytest.mark.django_db
URL = "/api/v1/signals/"
NDJSON = "application/x-ndjson"


@pytest.fixture
def door() -> dict[str, str]:
    return make.bearer(Scope.INGEST, Scope.READ, user=cast.admin())


def post(
    body: Any, headers: dict[str, str], media_type: str = "application/json", **more: str
) -> Any:
    raw = body if isinstance(body, bytes) else json.dumps(body).encode()
    return Client().post(URL, raw, content_type=media_type, headers={**headers, **more})


def answer(accepted: int = 0, duplicates: int = 0) -> dict[str, Any]:
    return {"accepted": accepted, "duplicates": duplicates, "rejected": []}


@pytest.mark.row(1)
def test_one_call_stores_a_signal_that_can_be_read_at_once(door: dict[str, str]) -> None:
    response = post(make.item(text="look", urls=["https://a.example/1"]), door)
    assert (response.status_code, response.json()) == (201, answer(accepted=1))
    assert response["API-Version"] == "1"
    (row,) = Client().get(URL, headers=door).json()["results"]
    assert (row["external_id"], row["text"], row["source"]) == ("s-0", "look", "acme")
    one = Client().get(f"{URL}{row['id']}/", headers=door).json()
    assert one["payload"]["urls"] == ["https://a.example/1"]


@pytest.mark.row(1)
def test_what_was_posted_is_visible_in_the_console(door: dict[str, str]) -> None:
    post(make.item(text="seen by people"), door)
    browser = Client()
    browser.force_login(cast.reviewer())
    assert "seen by people" in browser.get("/signals/").content.decode()


@pytest.mark.row(2)
def test_500_signals_go_in_one_call(door: dict[str, str]) -> None:
    response = post({"signals": [make.item(number) for number in range(500)]}, door)
    assert (response.status_code, response.json()) == (201, answer(accepted=500))
    assert Signal.objects.count() == 500


@pytest.mark.row(3)
def test_one_bad_of_ten_is_named_and_nine_are_stored(door: dict[str, str]) -> None:
    batch = [make.item(number) for number in range(10)]
    batch[4]["kind"] = "shout"
    response = post({"signals": batch}, door)
    said = response.json()
    assert (response.status_code, said["accepted"], said["duplicates"]) == (207, 9, 0)
    (rejected,) = said["rejected"]
    assert (rejected["index"], rejected["external_id"]) == (4, "s-4")
    assert (rejected["errors"][0]["field"], rejected["errors"][0]["code"]) == ("kind", "choice")
    assert "shout" not in Signal.objects.values_list("kind", flat=True)


@pytest.mark.row(4)
def test_the_same_body_again_changes_nothing_and_is_200(door: dict[str, str]) -> None:
    body = {"signals": [make.item(number) for number in range(20)]}
    assert post(body, door).status_code == 201
    again = post(body, door)
    assert (again.status_code, again.json()) == (200, answer(duplicates=20))
    assert Signal.objects.count() == 20


def test_some_known_and_some_new_is_201_with_both_counts(door: dict[str, str]) -> None:
    post([make.item(1), make.item(2)], door)
    response = post([make.item(2), make.item(3), make.item(1)], door)
    assert (response.status_code, response.json()) == (201, answer(accepted=1, duplicates=2))


def test_a_source_that_resends_is_served_right_ever_after(door: dict[str, str]) -> None:
    post([make.item(1)], door)
    for number in range(2, 6):
        assert post([make.item(number - 1), make.item(number)], door).json() == answer(1, 1)
    assert post([make.item(9)], door).json() == answer(accepted=1)


def test_twice_in_one_batch_is_stored_once_and_the_first_counts(door: dict[str, str]) -> None:
    batch = [make.item(1, text="first"), make.item(1, text="second"), make.item(2)]
    assert post(batch, door).json() == answer(accepted=2, duplicates=1)
    assert Signal.objects.get(external_id="s-1").text == "first"


def test_the_same_moment_in_another_time_zone_is_the_same_signal(door: dict[str, str]) -> None:
    post(make.item(occurred_at="2026-09-21T12:00:00Z"), door)
    again = post(make.item(occurred_at="2026-09-21T14:00:00+02:00"), door)
    assert again.json() == answer(duplicates=1)


def test_the_same_id_of_two_sources_is_two_signals() -> None:
    for name in ("one", "two"):
        assert post(make.item(), make.bearer(name=name)).status_code == 201
    assert set(Source.objects.values_list("slug", flat=True)) == {"one", "two"}


@pytest.mark.parametrize(
    ("body", "media_type", "count"),
    [
        (json.dumps(make.item()).encode(), "application/json", 1),
        (json.dumps([make.item(1), make.item(2)]).encode(), "application/json", 2),
        (json.dumps({"signals": [make.item(1)]}, indent=2).encode(), "application/json", 1),
        (b"\xef\xbb\xbf" + json.dumps(make.item()).encode(), "application/json; charset=utf-8", 1),
        (b"\n".join(json.dumps(make.item(n)).encode() for n in range(3)), NDJSON, 3),
        (b"\r\n\r\n".join(json.dumps(make.item(n)).encode() for n in range(3)), NDJSON, 3),
        (b"\n".join(json.dumps(make.item(n)).encode() for n in range(3)), "application/json", 3),
        (json.dumps(make.item()).encode() + b"\n", "application/ndjson", 1),
    ],
    ids=["object", "list", "envelope", "BOM", "ndjson", "blank lines", "lines as json", "one line"],
)  # fmt: skip
def test_every_way_to_write_a_batch_is_read(
    door: dict[str, str], body: bytes, media_type: str, count: int
) -> None:
    assert post(body, door, media_type).json() == answer(accepted=count)


@pytest.mark.parametrize("parts", [1, 3])
def test_gzip_is_read_also_in_several_members(door: dict[str, str], parts: int) -> None:
    lines = [json.dumps(make.item(number)).encode() + b"\n" for number in range(parts)]
    body = b"".join(gzip.compress(line) for line in lines)
    response = post(body, door, NDJSON, **{"Content-Encoding": "gzip"})
    assert response.json() == answer(accepted=parts)


def test_an_empty_list_is_harmless(door: dict[str, str]) -> None:
    response = post({"signals": []}, door)
    assert (response.status_code, response.json()) == (200, answer())


def test_every_field_of_the_contract_comes_back_as_it_was_sent(door: dict[str, str]) -> None:
    rest: dict[str, Any] = {
        "actor_profile": {"handle": "h", "created_at": "2020-01-01T00:00:00Z", "followers": 0},
        "urls": ["hxxp://a[.]example/"],
        "objects": ["hashtag:x", "repost:y:1"],
        "identifiers": {"ip": "2001:db8::1", "phone": ["+1", "+2"]},
        "ai": {"provider": "p", "model": "m", "refused": False},
        "fingerprints": ["afp1:acme-2026:1:1:AAAAAAAAAAE="],
        "attributes": {"deep": [{"a": 1.5}], "emoji": "😀", "big": 2**70},
    }
    post(make.item(text="é\\u0000 is only four letters", **rest), door)
    assert Signal.objects.get().payload == rest
    read = stream.signals_by_id([Signal.objects.get().pk])[0]
    assert (read.raw_urls, read.identifier_map) == (("hxxp://a[.]example/",), rest["identifiers"])


def test_ids_ascend_in_the_order_of_the_batch_on_both_ways_of_writing() -> None:
    source = make.source()
    ingest_batch(source=source, signals=[make.signal(number) for number in (5, 3, 9)])
    ingest_batch(source=source, signals=[make.signal(number) for number in (9, 8, 2, 7)])
    order = Signal.objects.order_by("pk").values_list("external_id", flat=True)
    assert list(order) == ["s-5", "s-3", "s-9", "s-8", "s-2", "s-7"]


def test_signals_of_several_months_find_their_partitions(door: dict[str, str]) -> None:
    months = [make.item(n, occurred_at=f"20{n:02}-{n:02}-01T00:00:00Z") for n in range(1, 13)]
    assert post(months, door).json() == answer(accepted=12)


def test_nothing_is_committed_when_the_write_fails(
    door: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: object) -> None:
        raise RuntimeError

    monkeypatch.setattr("detectors.services.ingest._note_seen", broken)
    response = Client(raise_request_exception=False).post(
        URL, json.dumps(make.item()), content_type="application/json", headers=door
    )
    assert (response.status_code, response.json()["type"]) == (500, "server_error")
    assert not Signal.objects.exists()


def test_the_source_is_made_from_the_token_and_remembers_when_it_was_heard(
    door: dict[str, str],
) -> None:
    post(make.item(), door)
    source = Source.objects.get()
    assert (source.slug, source.title, source.token is not None) == ("acme", "acme", True)
    assert source.last_seen_at is not None
    assert (datetime.now(UTC) - source.last_seen_at).total_seconds() < 60


def test_a_new_token_of_the_same_name_goes_on_with_the_source_of_the_old_one() -> None:
    old, plain = make.token()
    post(make.item(), {"Authorization": f"Bearer {plain}"})
    old.revoked_at = old.created_at
    old.save()
    assert post(make.item(), make.bearer()).json() == answer(duplicates=1)


def test_two_living_tokens_of_one_name_have_two_sources() -> None:
    for _ in range(2):
        assert post(make.item(), make.bearer()).status_code == 201
    assert Source.objects.count() == 2


def test_an_admin_can_try_it_from_the_browser() -> None:
    browser = Client()
    browser.force_login(cast.admin())
    assert browser.post(URL, make.item(), content_type="application/json").status_code == 201
    assert Source.objects.get().slug == "console"


def test_the_list_goes_page_by_page_newest_first_without_gap(door: dict[str, str]) -> None:
    post([make.item(number) for number in range(25)], door)
    seen: list[str] = []
    url: str | None = f"{URL}?page_size=10"
    while url:
        page = Client().get(url, headers=door).json()
        seen += [row["external_id"] for row in page["results"]]
        url = page["next"]
        post(make.item(1_000 + len(seen)), door)
    assert seen == [f"s-{number}" for number in reversed(range(25))]


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("platform=x", {"s-0", "s-1"}),
        ("platform=telegram", {"s-2"}),
        ("kind=login", {"s-1"}),
        ("actor=a2", {"s-2"}),
        ("source=acme", {"s-0", "s-1", "s-2"}),
        ("source=other", set()),
        ("platform=x&kind=post", {"s-0"}),
    ],
)
def test_the_list_is_filtered(door: dict[str, str], query: str, found: set[str]) -> None:
    post([make.item(0), make.item(1, kind="login"), make.item(2, platform="telegram")], door)
    rows = Client().get(f"{URL}?{query}", headers=door).json()["results"]
    assert {row["external_id"] for row in rows} == found


def test_partners_see_no_signals(door: dict[str, str]) -> None:
    post(make.item(), door)
    partner = make.bearer(Scope.READ, user=cast.partner())
    assert Client().get(URL, headers=partner).json()["results"] == []
    one = Signal.objects.get().pk
    assert Client().get(f"{URL}{one}/", headers=partner).status_code == 404


def test_a_batch_costs_few_queries(
    door: dict[str, str], django_assert_max_num_queries: Any
) -> None:
    post(make.item(), door)
    with django_assert_max_num_queries(12):
        post([make.item(number) for number in range(1, 400)], door)


def test_refused_items_are_kept_whole_with_their_reasons(door: dict[str, str]) -> None:
    post([make.item(1), make.item(2, actor=5)], door)
    letter = DeadLetter.objects.get()
    assert json.loads(bytes(letter.raw)) == make.item(2, actor=5)
    assert (letter.position, letter.external_id, letter.state) == (1, "s-2", "open")
    assert letter.errors[0]["field"] == "actor"


def test_only_the_start_of_a_huge_refused_item_is_kept(door: dict[str, str]) -> None:
    post([make.item(1), make.item(2, text="x" * 100_000)], door)
    letter = DeadLetter.objects.get()
    assert (len(bytes(letter.raw)), letter.truncated) == (65_536, True)


def test_a_refused_item_is_fixed_and_replayed(door: dict[str, str]) -> None:
    post([make.item(1), make.item(2, kind="shout")], door)
    (row,) = Client().get("/api/v1/dead-letters/?state=open", headers=door).json()["results"]
    replay = f"/api/v1/dead-letters/{row['id']}/replay/"
    send: dict[str, Any] = {"content_type": "application/json", "headers": door}
    assert Client().post(replay, **send).status_code == 400
    fixed = Client().post(replay, make.item(2), **send)
    assert (fixed.status_code, fixed.json()) == (201, answer(accepted=1))
    assert Client().post(replay, make.item(2), **send).status_code == 409
    one = Client().get(f"/api/v1/dead-letters/{row['id']}/", headers=door).json()
    assert one["state"] == "replayed"


def test_a_refused_item_is_set_aside(door: dict[str, str]) -> None:
    post(make.item(kind="shout"), door)
    letter = DeadLetter.objects.get()
    url = f"/api/v1/dead-letters/{letter.pk}/discard/"
    assert Client().post(url, headers=door).json()["state"] == "discarded"
    assert Client().post(url, headers=door).status_code == 409


def test_an_integration_sees_the_refused_items_of_its_own_sources_only() -> None:
    mine = make.bearer(Scope.INGEST, Scope.READ)
    other = make.bearer(Scope.INGEST, Scope.READ, user=cast.admin(), name="other")
    post(make.item(kind="shout"), mine)
    post(make.item(kind="shout"), other)
    letters = "/api/v1/dead-letters/"
    assert len(Client().get(letters, headers=mine).json()["results"]) == 1
    assert len(Client().get(letters, headers=other).json()["results"]) == 2
    hidden = DeadLetter.objects.get(source__slug="other").pk
    assert Client().post(f"{letters}{hidden}/replay/", headers=mine).status_code == 404


def test_a_partition_that_somebody_dropped_is_made_again(transactional_db: None) -> None:
    source = make.source()
    ingest_batch(source=source, signals=[make.signal(1)])
    with connection.cursor() as cursor:
        cursor.execute("DROP TABLE detectors_signal_2026_09, detectors_signalentity_2026_09")
    assert ingest_batch(source=source, signals=[make.signal(1)]).accepted == 1
