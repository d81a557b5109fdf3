"""The published contract: complete, valid, reviewed when it changes, readable without Internet."""

from __future__ import annotations

import json
from io import StringIO
from pathlib import Path
from typing import Any

import msgspec
import pytest
from django.core.management import call_command
from django.test import Client
from jsonschema_rs import Draft4Validator

from detectors.schema import Kind, SignalIn
from tests import make

SNAPSHOT = Path(__file__).with_name("openapi.json")


@pytest.fixture(scope="module")
def schema() -> Any:
    out = StringIO()
    call_command(
        "spectacular", "--validate", "--fail-on-warn", "--format", "openapi-json", stdout=out
    )
    return json.loads(out.getvalue())


@pytest.mark.row(5)
def test_the_schema_is_made_without_warnings_and_is_what_was_reviewed(schema: Any) -> None:
    assert schema == json.loads(SNAPSHOT.read_text(encoding="utf-8")), (
        "Run `make openapi` and review the diff."
    )


@pytest.mark.row(5)
def test_the_schema_describes_the_whole_signal(schema: Any) -> None:
    parts = schema["components"]["schemas"]
    assert set(parts["SignalIn"]["properties"]) == set(SignalIn.__struct_fields__)
    assert parts["SignalIn"]["required"] == ["external_id", "platform", "kind", "occurred_at"]
    assert parts["SignalIn"]["additionalProperties"] is False
    assert set(parts["Kind"]["enum"]) == set(Kind)
    assert all("description" in field for field in parts["SignalIn"]["properties"].values())
    body = schema["paths"]["/api/v1/signals/"]["post"]["requestBody"]
    assert body["required"] is True
    assert set(body["content"]) == {"application/json", "application/x-ndjson"}


@pytest.mark.parametrize(
    ("fields", "valid"),
    [
        ({}, True),
        ({"actor_profile": None}, True),
        ({"identifiers": {"ip": ["a", "b"]}}, True),
        ({"colour": "red"}, False),
        ({"urls": [""]}, False),
        ({"kind": "shout"}, False),
        ({"ai": {"tokens_in": -1}}, False),
    ],
)
def test_the_published_signal_accepts_what_the_struct_accepts(
    schema: Any, fields: dict[str, Any], valid: bool
) -> None:
    raw = json.dumps(make.item(**fields)).encode()
    try:
        msgspec.json.decode(raw, type=SignalIn)
        accepted = True
    except msgspec.ValidationError:
        accepted = False
    rules = {"$ref": "#/components/schemas/SignalIn", "components": schema["components"]}
    fields = {key: value for key, value in fields.items() if value is not None}
    published = bool(Draft4Validator(rules).is_valid(make.item(**fields)))
    assert (accepted, published) == (valid, valid)


def test_the_schema_is_served_as_json_and_yaml(db: None) -> None:
    answer = Client().get("/api/v1/schema/")
    assert answer.json()["openapi"].startswith("3.")
    assert answer["API-Version"] == "1"
    yaml = Client().get("/api/v1/schema/?format=yaml").content
    assert yaml.startswith(b"openapi: 3.")


def test_the_page_for_people_loads_only_our_own_files(db: None) -> None:
    answer = Client().get("/api/v1/docs/")
    page = answer.content.decode()
    assert "swagger-ui-bundle.js" in page
    assert "//" not in page.replace("<!doctype", "").replace("</", "<")
    assert "script-src 'self'" in answer["Content-Security-Policy"]
