"""A MISP feed: a manifest, a table of hashes and one file for each event."""

from __future__ import annotations

import csv
import hashlib
import io
import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

import msgspec

MANIFEST, HASHES = "manifest.json", "hashes.csv"
_KEPT: Final = ("info", "date", "analysis", "threat_level_id", "timestamp", "Orgc", "Tag")
_PARTS: Final = "|"
_UUID: Final = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")

Json = dict[str, Any]


def files_of(events: Sequence[Mapping[str, Any]]) -> dict[str, bytes]:
    """Name -> content of every file of a feed. events: as `event_of` makes them."""
    bodies = [one["Event"] for one in events]
    manifest = {body["uuid"]: {name: body[name] for name in _KEPT} for body in bodies}
    hashes = io.StringIO(newline="")
    writer = csv.writer(hashes, lineterminator="\n")
    for body in bodies:
        writer.writerows((digest, body["uuid"]) for digest in _digests(body))
    files = {f"{body['uuid']}.json": _json({"Event": body}) for body in bodies}
    return {MANIFEST: _json(manifest), HASHES: hashes.getvalue().encode(), **files}


def uuids_of(manifest: bytes) -> list[str]:
    """Events that a manifest names, oldest first. Raises ValueError for what is no manifest."""
    try:
        said = msgspec.json.decode(manifest, type=dict[str, Json])
    except (msgspec.DecodeError, RecursionError) as error:
        message = f"The manifest cannot be read: {error}"
        raise ValueError(message) from None
    # A name of a file is made of it, so nothing else may pass.
    found = [(str(body.get("timestamp", "")), uuid.lower()) for uuid, body in said.items()]
    return [uuid for _, uuid in sorted(found) if _UUID.fullmatch(uuid)]


def _digests(body: Json) -> Iterator[str]:
    """MD5 of each value, of both parts of a composite one; MISP looks values up by it."""
    inner = [part for one in body["Object"] for part in one["Attribute"]]
    for attribute in (*body["Attribute"], *inner):
        if attribute["deleted"]:
            continue
        parts = (
            attribute["value"].split(_PARTS)
            if _PARTS in attribute["type"]
            else [attribute["value"]]
        )
        for part in parts:
            yield hashlib.md5(part.encode(), usedforsecurity=False).hexdigest()


def _json(said: object) -> bytes:
    return msgspec.json.format(msgspec.json.encode(said), indent=2)
