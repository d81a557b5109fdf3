"""A MISP feed: a manifest, a table of hashes and one file for each event."""

from __future__ import annotations

import csv
import hashlib
import io
import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final

import msgspec

MANIFEST, HASHES = "manifest.json", "hashes.csv"
_KEPT: Final = ("info", "date", "Orgc", "Tag")
_NUMBERS: Final = ("analysis", "threat_level_id", "timestamp")
MAX_DIGITS: Final = 12
_PARTS: Final = "|"
UUID: Final = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")

Json = dict[str, Any]


def files_of(events: Sequence[Mapping[str, Any]]) -> dict[str, bytes]:
    """Name -> content of every file of a feed. events: as `event_of` makes them."""
    bodies = [one["Event"] for one in events]
    heads = {body["uuid"]: head_of(body) for body in bodies}
    digests = [(digest, body["uuid"]) for body in bodies for digest in digests_of(body)]
    files = {f"{body['uuid']}.json": _json({"Event": body}) for body in bodies}
    return {MANIFEST: manifest_of(heads), HASHES: hashes_of(digests), **files}


def head_of(body: Mapping[str, Any]) -> Json:
    """What the manifest says of an event."""
    numbers = {name: int(body[name]) for name in _NUMBERS}
    return {name: body[name] for name in _KEPT} | numbers


def digests_of(body: Mapping[str, Any]) -> list[str]:
    """MD5 of each value, of both parts of a composite one; MISP looks values up by it.

    Of deleted ones too, as other writers of feeds do: these say nothing any more.
    """
    inner = [part for one in body["Object"] for part in one["Attribute"]]
    parts = [part for one in (*body["Attribute"], *inner) for part in _parts(one)]
    return [hashlib.md5(part.encode(), usedforsecurity=False).hexdigest() for part in parts]


def manifest_of(heads: Mapping[str, Json]) -> bytes:
    """The manifest. heads: of each event, by its uuid."""
    return _json(heads)


def hashes_of(digests: Iterable[tuple[str, str]]) -> bytes:
    """The table of digests and the events that they lead to."""
    told = io.StringIO(newline="")
    csv.writer(told, lineterminator="\n").writerows(digests)
    return told.getvalue().encode()


def uuids_of(manifest: bytes) -> list[str]:
    """Events that a manifest names, oldest first. Raises ValueError for what is no manifest."""
    return [uuid for uuid, _ in sorted(stamps_of(manifest).items(), key=lambda one: one[1])]


def stamps_of(manifest: bytes) -> dict[str, int]:
    """Uuid -> seconds of its last change. Raises ValueError for what is no manifest."""
    try:
        said = msgspec.json.decode(manifest, type=dict[str, Json])
    except (msgspec.DecodeError, RecursionError) as error:
        message = f"The manifest cannot be read: {error}"
        raise ValueError(message) from None
    # A name of a file is made of it, so nothing else may pass.
    found = {uuid.lower(): seconds(body.get("timestamp")) for uuid, body in said.items()}
    return {uuid: at for uuid, at in sorted(found.items()) if UUID.fullmatch(uuid)}


def seconds(said: object) -> int:
    """A timestamp as MISP writes it, as a number or a text; 0 for what is none."""
    text = str(said) if isinstance(said, int | str) else ""
    return int(text) if text.isascii() and text.isdecimal() and len(text) <= MAX_DIGITS else 0


def _parts(attribute: Mapping[str, Any]) -> list[str]:
    value: str = attribute["value"]
    return value.split(_PARTS) if _PARTS in attribute["type"] else [value]


def _json(said: object) -> bytes:
    return msgspec.json.format(msgspec.json.encode(said), indent=2)
