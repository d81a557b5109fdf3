"""Files of patterns: written around a bundle with two signatures, opened only where both hold."""

from __future__ import annotations

import base64
import binascii
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import rfc8785

from cases.sharing import signing
from cases.sharing.patterns.wire import UnreadableError, parsed

FORMAT: Final = "abusedesk-bundle/1"
MAX_OBJECTS: Final = 500
SIGNATURES: Final = 2
_BUNDLE: Final = frozenset({"keyid", "sig"})
_FILE: Final = _BUNDLE | {"over"}


@dataclass(frozen=True, slots=True)
class Opened:
    """Objects of a file. key_id: of the key that signed the file; empty: a plain bundle."""

    objects: list[dict[str, Any]]
    key_id: str = ""
    is_known: bool = False


def written(bundle: bytes, *, recipient: str, share: str, secret: bytes) -> bytes:
    """A signed file: over the bundle alone, so that any tool can check it, and over the whole."""
    one = json.loads(
        signing.signed_bundle(bundle, recipients=[recipient], share=share, secret=secret)
    )
    whole = base64.b64encode(signing.signature(secret, _whole(one))).decode()
    one["signatures"].append({**one["signatures"][0], "over": "file", "sig": whole})
    return _dumped(one)


def opened(file: bytes, keys: Mapping[str, bytes]) -> Opened:
    """The objects of a signed file or of a bundle. keys: those that were pinned, by their id.

    Raises UnreadableError for what is no such file, or where a signature does not hold.
    """
    told = parsed(file)
    if not isinstance(told, dict):
        message = "The file holds no bundle."
        raise UnreadableError(message)
    if told.get("type") == "bundle":
        return Opened(objects_of(told))
    if told.get("format") != FORMAT:
        message = f"This is neither a STIX bundle nor a signed file ({FORMAT})."
        raise UnreadableError(message)
    inner, over_file = _signatures(told)
    body = _base64(told.get("payload"), "payload")
    public = keys.get(str(inner.get("keyid")))
    if public is None:
        return Opened(objects_of(parsed(body)), str(inner.get("keyid")))
    is_same = _dumped(told) == file and inner.get("keyid") == over_file.get("keyid")
    is_plain = inner.keys() == _BUNDLE and over_file.keys() == _FILE
    if not (
        is_same
        and is_plain
        and over_file["over"] == "file"
        and signing.holds(public, body, _base64(inner.get("sig"), "signature"))
        and signing.holds(public, _whole(told), _base64(over_file.get("sig"), "signature"))
    ):
        message = "The signature of the file does not hold: it was changed after it was signed."
        raise UnreadableError(message)
    return Opened(objects_of(parsed(body)), str(inner["keyid"]), is_known=True)


def objects_of(bundle: Any) -> list[dict[str, Any]]:
    """The objects of a bundle. Raises UnreadableError."""
    found = bundle.get("objects") if isinstance(bundle, dict) else None
    if not isinstance(found, list) or not all(isinstance(one, dict) for one in found):
        message = "The bundle has no list of objects."
        raise UnreadableError(message)
    if len(found) > MAX_OBJECTS:
        message = f"A file of patterns has at most {MAX_OBJECTS} objects."
        raise UnreadableError(message)
    return found


def _whole(file: Mapping[str, Any]) -> bytes:
    return rfc8785.dumps({name: one for name, one in file.items() if name != "signatures"})


def _dumped(file: Mapping[str, Any]) -> bytes:
    return json.dumps(file, indent=2, ensure_ascii=True).encode() + b"\n"


def _signatures(file: Mapping[str, Any]) -> tuple[dict[str, Any], dict[str, Any]]:
    found: Sequence[Any] = file.get("signatures") or ()
    if (
        not isinstance(found, list)
        or len(found) != SIGNATURES
        or not all(isinstance(one, dict) for one in found)
    ):
        message = "The file bears two signatures: over the bundle, and over the whole file."
        raise UnreadableError(message)
    return found[0], found[1]


def _base64(value: Any, what: str) -> bytes:
    try:
        return base64.b64decode(str(value), validate=True)
    except (binascii.Error, ValueError) as error:
        message = f"The {what} of the file is no base64."
        raise UnreadableError(message) from error
