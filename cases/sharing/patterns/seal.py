"""What is signed of a pattern: the same bytes after any tool has rewritten the object around it."""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Mapping
from hashlib import sha256
from typing import Any, Final

import rfc8785

from cases.sharing import signing, tlp
from cases.sharing.patterns.wire import UnreadableError, extension_of
from cases.sharing.stix import EXTENSION, Object

FORMAT: Final = "abusedesk-sig/1"
MOMENT: Final = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,6})?Z", re.ASCII)
UNSIGNED: Final = frozenset({"signature", "evidence"})
"""Members of the extension that a signature leaves out."""


def told(indicator: Mapping[str, Any]) -> bytes:
    """The bytes that a signature of this pattern is over. Raises UnreadableError."""
    extension = extension_of(dict(indicator)) or {}
    try:
        said = {
            "format": FORMAT,
            "id": str(indicator["id"]),
            "created_by_ref": str(indicator["created_by_ref"]),
            "revision": extension["revision"],
            "pattern_type": str(indicator["pattern_type"]),
            "pattern_sha256": digest_of_text(str(indicator["pattern"])),
            "ext_sha256": digest_of_extension(extension),
            "valid_until": whole_seconds(str(indicator["valid_until"])),
            "tlp": tlp.foreign_level_of(indicator),
        }
        return rfc8785.dumps(said)
    except (KeyError, ValueError, TypeError, rfc8785.CanonicalizationError) as error:
        message = f"The pattern lacks a part that is signed, or it cannot be written: {error}"
        raise UnreadableError(message) from error


def digest_of_text(pattern: str) -> str:
    """SHA-256 of a pattern, whatever ends its lines and stands behind its last one."""
    return sha256(pattern.replace("\r\n", "\n").rstrip().encode()).hexdigest()


def digest_of_extension(extension: Mapping[str, Any]) -> str:
    """SHA-256 of the canonical extension, without what is not signed."""
    kept = {name: value for name, value in extension.items() if name not in UNSIGNED}
    return sha256(rfc8785.dumps(kept)).hexdigest()


def whole_seconds(moment: str) -> str:
    """A moment as it is signed: without a fraction. Raises ValueError."""
    if not MOMENT.fullmatch(moment):
        message = "a moment that is not written as STIX does"
        raise ValueError(message)
    return f"{moment[:19]}Z"


def signed(indicator: Object, secret: bytes) -> Object:
    """The same pattern with its signature."""
    value = base64.b64encode(signing.signature(secret, told(indicator))).decode()
    key_id = signing.key_id(signing.public_of(secret))
    seal = {"key_id": key_id, "alg": "Ed25519", "value": value}
    extension = {**indicator["extensions"][EXTENSION], "signature": seal}
    return {**indicator, "extensions": {**indicator["extensions"], EXTENSION: extension}}


def holds(indicator: Mapping[str, Any], public: bytes) -> bool:
    """Whether this key signed this pattern."""
    extension = extension_of(dict(indicator)) or {}
    seal = extension.get("signature")
    if not isinstance(seal, dict):
        return False
    try:
        value = base64.b64decode(str(seal.get("value", "")), validate=True)
        said = told(indicator)
    except (binascii.Error, ValueError, UnreadableError):
        return False
    return signing.holds(public, said, value)


def key_of(indicator: Mapping[str, Any]) -> str:
    """Id of the key that is said to have signed it; empty without a signature."""
    seal = (extension_of(dict(indicator)) or {}).get("signature")
    return str(seal.get("key_id", "")) if isinstance(seal, dict) else ""
