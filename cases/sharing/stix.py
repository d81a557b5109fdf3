"""STIX 2.1 objects as plain dicts: deterministic ids, timestamps, what every object bears."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any, Final
from uuid import UUID

import rfc8785

from abusedesk.core import ids
from cases.sharing import tlp

Object = dict[str, Any]
NAMESPACE: Final = UUID("00abedb4-aa42-466c-9c01-fed23315a9b7")
EXTENSION: Final = "extension-definition--c2dd8fb8-df69-4b2e-81b9-2755afc7c12d"
MAKER: Final = "identity--158e2081-72ed-4d5d-9fec-b8effc092407"
SCHEMA: Final = "https://abusedesk.example/schemas/stix-extension-1.json"
BEGAN: Final = "2026-11-01T00:00:00.000Z"
# Observable -> properties that make its id.
CONTRIBUTING: Final[dict[str, tuple[str, ...]]] = {
    "domain-name": ("value",),
    "email-addr": ("value",),
    "file": ("hashes", "name", "extensions", "parent_directory_ref"),
    "ipv4-addr": ("value",),
    "ipv6-addr": ("value",),
    "url": ("value",),
    "user-account": ("account_type", "user_id", "account_login"),
}
# The one hash of several that counts for an id.
PREFERRED: Final = ("MD5", "SHA-1", "SHA-256", "SHA-512")
HASH_OF_LENGTH: Final = {32: "MD5", 40: "SHA-1", 64: "SHA-256", 128: "SHA-512"}


def canonical(thing: Mapping[str, Any]) -> bytes:
    """RFC 8785: the same object is the same bytes for everybody."""
    return rfc8785.dumps(dict(thing))


def moment(at: datetime) -> str:
    """As STIX writes it, in milliseconds."""
    return at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.") + f"{at.microsecond // 1000:03d}Z"


def observable_id(type: str, properties: Mapping[str, Any]) -> str:
    """The id that everybody computes for these properties of an observable."""
    named = {name: properties[name] for name in CONTRIBUTING[type] if name in properties}
    if "hashes" in named:
        named["hashes"] = _one_hash(named["hashes"])
    return f"{type}--{ids.named_uuid(NAMESPACE, canonical(named).decode())}"


def observable(type: str, level: str, **properties: Any) -> Object:
    """An observable marked with `level`. Its id is computed over what it says, so over what leaves.

    Never over what is withheld: such an id is a hash of the value, and a word list finds it.
    """
    return {
        "type": type,
        "spec_version": "2.1",
        "id": observable_id(type, properties),
        "object_marking_refs": [tlp.MARKING[level]],
        **properties,
    }


def identity(*, id: str, name: str, at: datetime) -> Object:
    """An organisation; who it is, is no secret, and its bytes are the same for everybody."""
    return {
        "type": "identity",
        "spec_version": "2.1",
        "id": id,
        "created": moment(at),
        "modified": moment(at),
        "object_marking_refs": [tlp.MARKING[tlp.CLEAR]],
        "name": name,
        "identity_class": "organization",
    }


def extension() -> tuple[Object, Object]:
    """The definition of the desk's own fields and who made it, the same in every install."""
    maker = {
        "type": "identity",
        "spec_version": "2.1",
        "id": MAKER,
        "created": BEGAN,
        "modified": BEGAN,
        "object_marking_refs": [tlp.MARKING[tlp.CLEAR]],
        "name": "abusedesk",
        "identity_class": "organization",
    }
    definition = {
        "type": "extension-definition",
        "spec_version": "2.1",
        "id": EXTENSION,
        "created": BEGAN,
        "modified": BEGAN,
        "created_by_ref": MAKER,
        "object_marking_refs": [tlp.MARKING[tlp.CLEAR]],
        "name": "abusedesk",
        "description": "How a detector came to an observation, and how far it may be acted on.",
        "schema": SCHEMA,
        "version": "1.0.0",
        "extension_types": ["property-extension"],
    }
    return maker, definition


def own_fields(**fields: Any) -> dict[str, Any]:
    """The desk's own fields of an object, which makes sense without them."""
    return {EXTENSION: {"extension_type": "property-extension", **fields}}


def pattern(type: str, name: str, value: str, compare: str = "=") -> str:
    """A comparison in the pattern language; the value is quoted."""
    quoted = value.replace("\\", "\\\\").replace("'", "\\'")
    return f"[{type}:{name} {compare} '{quoted}']"


def _one_hash(hashes: Mapping[str, str]) -> dict[str, str]:
    for name in PREFERRED:
        if name in hashes:
            return {name: hashes[name]}
    name = min(hashes)
    return {name: hashes[name]}


def named(source: str) -> str:
    """An id that is always the same for this source, for bundles that are made again."""
    return str(ids.named_uuid(NAMESPACE, source))
