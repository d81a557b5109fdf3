"""Mappings over REST: versions, the door that each opens, and replays by the right version."""

from __future__ import annotations

import gzip
import json
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import pytest
from django.test import Client
from time_machine import travel

from abusedesk.core.models import AuditEntry, Scope
from detectors.models import DeadLetter, SavedMapping, Signal
from tests import cast, make

pytestmark = [pytest.mark.django_db, pytest.mark.row(7)]
SAVED = "/api/v1/mappings/"
DOOR = "/api/v1/ingest/map:acme/"
NDJSON = "application/x-ndjson"
SPEC: dict[str, Any] = {
    "items": "$.data[*]",
    "fields": {
        "external_id": "$.id",
        "platform": {"const": "acme-shop"},
        "kind": {"path": "$.type", "table": {"posted": "post"}},
        "occurred_at": {"path": "$.ts", "steps": ["time:epoch-s"]},
        "actor": "$.user.id",
        "text": "$.body",
    },
}
ITEM = {
    "id": "e1",
    "type": "posted",
    "ts": 1790000000,
    "user": {"id": 5, "n": "Rosa"},
    "body": "hi",
}


@pytest.fixture(autouse=True)
def now() -> Iterator[None]:
    with travel(datetime(2026, 11, 1, 12, tzinfo=UTC), tick=True):
        yield


@pytest.fixture
def admin() -> dict[str, str]:
    return make.bearer(*Scope, user=cast.admin(), name="console")


def save(door: dict[str, str], spec: Any = None, **changes: Any) -> Any:
    body = {"slug": "acme", "spec": SPEC if spec is None else spec, "reason": "first", **changes}
    return Client().post(SAVED, body, content_type="application/json", headers=door)


def send(body: Any, door: dict[str, str], path: str = DOOR, kind: str = "application/json") -> Any:
    raw = body if isinstance(body, bytes) else json.dumps(body).encode()
    return Client().post(path, raw, content_type=kind, headers=door)


def without(name: str) -> dict[str, Any]:
    """SPEC with one field less."""
    return {**SPEC, "fields": {key: one for key, one in SPEC["fields"].items() if key != name}}


def test_each_save_is_a_new_version_and_the_old_ones_stay(admin: dict[str, str]) -> None:
    first = save(admin)
    assert first.status_code == 201
    said = first.json()
    assert (said["slug"], said["number"], said["address"]) == ("acme", 1, DOOR)
    assert said["spec"]["fields"]["external_id"] == {"path": "$.id"}
    assert save(admin, without("text"), reason="no texts").json()["number"] == 2
    (row,) = Client().get(SAVED, headers=admin).json()["results"]
    assert (row["number"], row["created_by"], row["reason"]) == (2, "admin", "no texts")
    old = Client().get(f"{SAVED}acme@1/", headers=admin).json()
    assert old["spec"] == said["spec"]
    assert "text" not in Client().get(f"{SAVED}acme/", headers=admin).json()["spec"]["fields"]
    assert [one.current for one in SavedMapping.objects.order_by("number")] == [False, True]


def test_a_save_is_audited(admin: dict[str, str]) -> None:
    save(admin)
    entry = AuditEntry.objects.get(verb="mapping.saved")
    assert (entry.target_type, entry.target_id) == ("mapping", "acme")
    assert entry.data == {"slug": "acme", "number": 1, "reason": "first"}


@pytest.mark.parametrize(
    ("changes", "status", "attr"),
    [
        ({"slug": "Acme"}, 422, "slug"),
        ({"slug": "new"}, 422, "slug"),
        ({"slug": "-a"}, 422, "slug"),
        ({"slug": "a" * 29}, 400, "slug"),
        ({"reason": ""}, 400, "reason"),
        ({"spec": {"items": "$..a"}}, 422, "items"),
        ({"spec": {"items": 5}}, 422, "items"),
        ({"spec": {"fields": {"nope": "$.a"}}}, 422, "fields.nope"),
        ({"spec": {"fields": {"text": {"steps": ["x"]}}}}, 422, "fields.text.steps"),
        ({"spec": 5}, 400, "spec"),
        ({"spec": {"fields": {"text": {"const": "a\0b"}}}}, 422, "spec"),
        ({"spec": {"fields": {"text": {"const": "\ud800"}}}}, 422, "spec"),
        ({"reason": "a\0b"}, 400, "reason"),
    ],
)
def test_what_cannot_be_saved_is_refused_at_its_place(
    changes: dict[str, Any], status: int, attr: str, admin: dict[str, str]
) -> None:
    answer = save(admin, **changes)
    assert (answer.status_code, answer.json()["errors"][0]["attr"]) == (status, attr)
    assert not SavedMapping.objects.exists()


def test_only_an_admin_saves_whatever_the_token_says(admin: dict[str, str]) -> None:
    assert save(make.bearer(Scope.ADMIN, user=cast.lead(), name="lead")).status_code == 403
    assert save(make.bearer(Scope.INGEST, name="shop")).status_code == 403
    assert not SavedMapping.objects.exists()


def test_a_payload_becomes_signals(admin: dict[str, str]) -> None:
    save(admin)
    door = make.bearer(Scope.INGEST)
    answer = send({"cursor": "c", "data": [ITEM, ITEM | {"id": "e2"}]}, door)
    assert (answer.status_code, answer.json()["accepted"]) == (201, 2)
    row = Signal.objects.get(external_id="e1")
    assert (row.platform, row.kind, row.actor, row.text) == ("acme-shop", "post", "5", "hi")
    assert row.payload["attributes"] == {"acme": {"user": {"n": "Rosa"}, "$": {"cursor": "c"}}}
    assert send({"data": [ITEM]}, door).status_code == 200
    assert Signal.objects.count() == 2


def test_one_a_line_and_gzip_are_read(admin: dict[str, str]) -> None:
    save(admin, {**SPEC, "items": "$"})
    lines = b"\n".join(json.dumps(ITEM | {"id": n}).encode() for n in range(20))
    assert send(lines, admin, kind=NDJSON).json()["accepted"] == 20
    packed = {**admin, "Content-Encoding": "gzip"}
    assert send(gzip.compress(lines), packed, kind=NDJSON).json()["duplicates"] == 20


def test_csv_is_read_by_a_mapping_of_csv_alone(admin: dict[str, str]) -> None:
    fields = {**SPEC["fields"], "actor": "user name", "external_id": "id", "text": "body"}
    save(admin, {"format": "csv", "fields": fields})
    rows = b"id,type,ts,user name,body,extra\n1,posted,1790000000,rosa,hello,x\n"
    assert send(rows, admin, kind="text/csv").json()["accepted"] == 1
    row = Signal.objects.get()
    assert (row.actor, row.payload["attributes"]) == ("rosa", {"acme": {"extra": "x"}})
    refused = send(ITEM, admin)
    assert (refused.status_code, refused.json()["errors"][0]["attr"]) == (415, "body")
    assert "text/csv" in refused.json()["errors"][0]["detail"]


def test_a_version_can_be_named(admin: dict[str, str]) -> None:
    save(admin)
    save(admin, without("text"))
    assert send({"data": [ITEM]}, admin, "/api/v1/ingest/map:acme@1/").status_code == 201
    assert send({"data": [ITEM | {"id": "e2"}]}, admin).status_code == 201
    texts = Signal.objects.order_by("external_id").values_list("text", flat=True)
    assert list(texts) == ["hi", ""]


@pytest.mark.parametrize("name", ["nope", "acme@9", "acme@x", "acme@", "acme@99999999999", "@1"])
def test_a_mapping_that_is_none_is_404(name: str, admin: dict[str, str]) -> None:
    save(admin)
    answer = send({"data": [ITEM]}, admin, f"/api/v1/ingest/map:{name}/")
    assert (answer.status_code, answer.json()["errors"][0]["attr"]) == (404, "mapping")
    assert Client().get(f"{SAVED}{name}/", headers=admin).status_code == 404


def test_a_refused_item_is_kept_with_the_version_that_refused_it(admin: dict[str, str]) -> None:
    save(admin)
    answer = send({"data": [ITEM, ITEM | {"id": "e2", "type": "shouted"}]}, admin)
    assert answer.status_code == 207
    (rejected,) = answer.json()["rejected"]
    assert rejected["errors"] == [
        {
            "field": "$.data[1].type",
            "code": "choice",
            "message": "$.data[1].type is 'shouted', which the table does not name.",
        }
    ]
    letter = DeadLetter.objects.get()
    assert letter.adapter == "map:acme@1"
    assert json.loads(bytes(letter.raw)) == ITEM | {"id": "e2", "type": "shouted"}


def replay(letter: DeadLetter, door: dict[str, str], body: Any = None, query: str = "") -> Any:
    path = f"/api/v1/dead-letters/{letter.pk}/replay/{query}"
    if body is None:
        return Client().generic("POST", path, headers=door)
    return send(body, door, path)


def test_a_corrected_item_is_replayed_by_the_version_that_refused_it(
    admin: dict[str, str],
) -> None:
    save(admin)
    send({"data": [ITEM | {"type": "shouted"}]}, admin)
    save(admin, without("text"))
    letter = DeadLetter.objects.get()
    assert replay(letter, admin).status_code == 400
    letter.refresh_from_db()
    assert letter.state == "open"
    fixed = replay(letter, admin, ITEM)
    assert (fixed.status_code, fixed.json()["accepted"]) == (201, 1)
    assert Signal.objects.get().text == "hi"
    letter.refresh_from_db()
    assert letter.state == "replayed"
    assert replay(letter, admin, ITEM).status_code == 409


@pytest.mark.parametrize("version", ["current", "2"])
def test_an_item_is_replayed_as_it_came_by_a_better_version(
    version: str, admin: dict[str, str]
) -> None:
    save(admin)
    send({"data": [ITEM | {"type": "shouted"}]}, admin)
    table = {"path": "$.type", "table": {"*": "post"}}
    save(admin, {**SPEC, "fields": {**SPEC["fields"], "kind": table}})
    letter = DeadLetter.objects.get()
    assert replay(letter, admin, query="?version=9").status_code == 404
    assert replay(letter, admin, query=f"?version={version}").status_code == 201
    assert Signal.objects.get().kind == "post"


def test_a_document_without_items_is_replayed_as_a_document(admin: dict[str, str]) -> None:
    save(admin)
    assert send({"rows": [ITEM]}, admin).status_code == 400
    letter = DeadLetter.objects.get()
    assert replay(letter, admin).status_code == 400
    assert replay(letter, admin, {"data": [ITEM]}).json()["accepted"] == 1


def test_a_row_of_csv_is_replayed_as_an_object_of_its_columns(admin: dict[str, str]) -> None:
    fields = {**SPEC["fields"], "actor": "user name", "external_id": "id", "text": "body"}
    save(admin, {"format": "csv", "fields": fields})
    send(b"id,type,ts,user name,body\n1,shouted,1790000000,rosa,hello\n", admin, kind="text/csv")
    letter = DeadLetter.objects.get()
    row = json.loads(bytes(letter.raw))
    assert row["type"] == "shouted"
    assert replay(letter, admin, row | {"type": "posted"}).status_code == 201
    assert Signal.objects.get().actor == "rosa"


def test_a_signal_that_the_rules_refuse_is_kept_as_one(admin: dict[str, str]) -> None:
    save(admin)
    send({"data": [ITEM | {"ts": 4_000_000_000}]}, admin)
    letter = DeadLetter.objects.get()
    assert letter.adapter == ""
    kept = json.loads(bytes(letter.raw))
    assert replay(letter, admin, kept | {"occurred_at": "2026-09-21T12:00:00Z"}).status_code == 201


def test_a_batch_costs_few_queries(
    admin: dict[str, str], django_assert_max_num_queries: Any
) -> None:
    save(admin)
    send({"data": [ITEM]}, admin)
    with django_assert_max_num_queries(15):
        send({"data": [ITEM | {"id": f"m{n}"} for n in range(300)]}, admin)
