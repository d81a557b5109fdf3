"""The signal contract for OpenAPI, taken from the msgspec structs that check it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, Final

import msgspec
from drf_spectacular.extensions import OpenApiSerializerExtension
from drf_spectacular.openapi import AutoSchema
from drf_spectacular.plumbing import ResolvedComponent
from drf_spectacular.utils import OpenApiParameter
from rest_framework import serializers

from detectors.adapters.base import Adapter
from detectors.api.serializers import IngestAnswerSerializer
from detectors.ingest.body import JSON, NDJSON
from detectors.ingest.rules import MAX_DEPTH
from detectors.models.answer import MAX_KEY
from detectors.schema import MAX_ATTRIBUTES_BYTES, MAX_BATCH, MAX_TEXT_BYTES, SignalIn
from detectors.services.answer import HEADER

PLACE: Final = "#/components/schemas/{name}"
SIGNAL: Final = {"$ref": PLACE.format(name="SignalIn")}
NOTES: Final[Mapping[str, str]] = {
    "external_id": "The sender's id. Unique with source and occurred_at: replay is harmless.",
    "platform": "Where it happened: x, telegram, openai-api, email, ... An open set.",
    "kind": "What happened.",
    "occurred_at": "Event time, RFC 3339 with offset, at most 10 minutes in the future.",
    "actor": "Account id on that platform; opaque, may be an HMAC.",
    "actor_profile": "What the platform shows of the account.",
    "text": f"The author's text, at most {MAX_TEXT_BYTES:,} bytes in UTF-8. No NUL.",
    "urls": "Links; more are extracted from the text, defanged forms too.",
    "objects": "What was acted on, as type:value: hashtag:, target:, repost:,"
    " media:pdq-<hex>, prompt:, ...",
    "identifiers": "Type -> value or values; a type matches ^[a-z0-9_]{1,40}$: ip, asn, device,"
    " email, phone, payment, ja4, wallet, cookie, ... Values may be HMACs.",
    "ai": "The AI service behind a request or response.",
    "fingerprints": "Keyed sketches of the text, where the sender does not share it:"
    " afp1:<key id>:<s>:<n>:<base64>, as detectors/sketches.py makes them (docs/sketches.md)."
    " Compared with sketches under the same key id.",
    "attributes": f"Anything else, at most {MAX_ATTRIBUTES_BYTES:,} bytes as JSON and"
    f" {MAX_DEPTH} levels deep.",
}
"""What each field means."""

INGEST_ANSWERS: Final = dict.fromkeys((201, 200, 207), IngestAnswerSerializer)
"""By status: stored, all known, some refused."""

INGEST_HEADERS: Final = [
    OpenApiParameter(
        "Content-Encoding",
        location=OpenApiParameter.HEADER,
        enum=["gzip"],
        description="gzip, when the body is compressed.",
    ),
    OpenApiParameter(
        HEADER,
        {
            "type": "string",
            "minLength": 1,
            "maxLength": MAX_KEY,
            "pattern": "^[!-~]([ -~]*[!-~])?$",
        },
        location=OpenApiParameter.HEADER,
        description="Chosen by the sender for one request. Sent again within 24 hours with the same"
        " body, it is answered as the first time.",
    ),
    OpenApiParameter(
        "Idempotent-Replayed",
        location=OpenApiParameter.HEADER,
        response=[200, 201, 207, 400],
        enum=["true"],
        description="true, when the answer was given before under the same key.",
    ),
    OpenApiParameter(
        "Retry-After",
        int,
        location=OpenApiParameter.HEADER,
        response=[409, 429],
        description="Seconds to wait before the same request is sent again.",
    ),
]

VERSION: Final = OpenApiParameter(
    "version",
    description="Of an item that a mapping refused: number of the version to read it by, or"
    " `current`; else the one that refused it.",
)


class IngestBodySerializer(serializers.Serializer[Any]):
    """Stands for the three ways to write a JSON body."""


INGEST_REQUEST: Final[dict[Any, Any]] = {
    JSON: IngestBodySerializer,
    NDJSON[0]: {
        "type": "string",
        "description": f"One signal a line, at most {MAX_BATCH:,} lines.",
    },
}


def foreign_request(default: str, adapters: Iterable[Adapter]) -> dict[str, Any]:
    """Bodies of adapters: any bytes, under the media type of one or the default."""
    types = dict.fromkeys(one for adapter in adapters for one in adapter.meta.media_types)
    return {one: {"type": "string", "format": "binary"} for one in (default, *types)}


REPLAY_REQUEST: Final[dict[Any, Any]] = {JSON: SIGNAL}


class BodyRequired(AutoSchema):
    """An operation makes no sense without its body."""

    def _get_request_body(self, direction: Any = "request") -> Any:
        body = super()._get_request_body(direction)  # type: ignore[no-untyped-call]  # untyped there
        if body:
            body["required"] = True
        return body


class IngestBodyExtension(OpenApiSerializerExtension):  # type: ignore[no-untyped-call] # registers itself
    """Component `IngestBody`, and `SignalIn` with what it refers to."""

    target_class = "detectors.api.schema.IngestBodySerializer"

    def get_name(self, auto_schema: Any, direction: Any) -> str:
        """Its name."""
        return "IngestBody"

    def map_serializer(self, auto_schema: Any, direction: Any) -> dict[str, Any]:
        """One signal, a list, or a list inside an object."""
        for name, schema in _components().items():
            _register(auto_schema, name, schema)
        many = {"type": "array", "items": SIGNAL, "maxItems": MAX_BATCH}
        envelope = {
            "type": "object",
            "properties": {"signals": many},
            "required": ["signals"],
            "additionalProperties": False,
        }
        return {"oneOf": [SIGNAL, envelope, many]}


def _register(auto_schema: Any, name: str, schema: dict[str, Any]) -> None:
    kind = ResolvedComponent.SCHEMA
    component = ResolvedComponent(name, kind, schema, name)  # type: ignore[no-untyped-call]  # untyped there
    auto_schema.registry.register_on_missing(component)


def _components() -> dict[str, dict[str, Any]]:
    _, found = msgspec.json.schema_components([SignalIn], ref_template=PLACE)
    components = {name: _as_openapi(schema) for name, schema in found.items()}
    properties = components["SignalIn"]["properties"]
    properties["text"]["maxLength"] = MAX_TEXT_BYTES
    for name, note in NOTES.items():
        properties[name] = _noted(properties[name], note)
    return components


def _noted(schema: dict[str, Any], note: str) -> dict[str, Any]:
    """OpenAPI 3.0 ignores what stands beside a reference, so that is wrapped."""
    wrapped = {"allOf": [schema]} if "$ref" in schema else schema
    return {**wrapped, "description": note}


def _as_openapi(schema: Any) -> Any:
    """JSON Schema 2020-12 in the dialect of OpenAPI 3.0: `nullable`, no `propertyNames`."""
    if isinstance(schema, list):
        return [_as_openapi(one) for one in schema]
    if not isinstance(schema, dict):
        return schema
    done = {
        key: _as_openapi(value)
        for key, value in schema.items()
        if key != "propertyNames" and not (key == "required" and not value)
    }
    if "enum" in done:
        done["type"] = "string"
    options = done.get("anyOf", [])
    if {"type": "null"} not in options:
        return done
    (option,) = [one for one in options if one != {"type": "null"}]
    kept = {"allOf": [option]} if "$ref" in option else option
    return {**kept, "nullable": True}
