"""What an object of somebody else may be; the sentence says why one is not taken."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from typing import Any, Final

Object = dict[str, Any]
MAX_OBJECTS: Final = 5_000
MAX_STRING: Final = 64 * 1024
MAX_DEPTH: Final = 20
MAX_REFS: Final = 1_000
MAX_NUMBER: Final = 2**53
_ID: Final = re.compile(
    r"([a-z0-9][a-z0-9-]{1,48}[a-z0-9])--[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}"
)
_MOMENT: Final = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d{1,9})?Z")
_TIMES: Final = ("created", "modified", "valid_from", "valid_until", "first_seen", "last_seen")


def fault_of(one: object) -> str:
    """What is wrong with an object, in a sentence; empty when it can be taken."""
    if not isinstance(one, dict) or not isinstance(one.get("type"), str):
        return "It is no STIX object."
    found = _ID.fullmatch(str(one.get("id", "")))
    if found is None or found[1] != one["type"]:
        return "Its id is not one of its type."
    if one.get("spec_version", "2.1") != "2.1":
        return "It is not STIX 2.1."
    for name in _TIMES:
        if name in one and moment_of(one[name]) is None:
            return f"{name} is no moment."
    return _size(one) or _refs(one)


def moment_of(said: object) -> datetime | None:
    """A moment as STIX writes it."""
    if not isinstance(said, str) or not _MOMENT.fullmatch(said):
        return None
    try:
        return datetime.fromisoformat(said).astimezone(UTC)
    except ValueError:
        return None


def version_of(one: Object) -> datetime | None:
    """Which version it is; observables have none."""
    return moment_of(one.get("modified")) or moment_of(one.get("created"))


def refs_of(one: Object) -> list[str]:
    """Ids of the objects that it leads to, each once, markings and makers left out."""
    found: dict[str, None] = {}
    for name, value in one.items():
        if name in ("created_by_ref", "object_marking_refs"):
            continue
        some = value if name.endswith("_refs") and isinstance(value, list) else [value]
        if name.endswith(("_ref", "_refs")):
            found |= {one: None for one in some if isinstance(one, str) and _ID.fullmatch(one)}
    return list(found)


def text_of(one: Object, name: str, most: int) -> str:
    """A text of an object as the database can hold it."""
    said = one.get(name)
    return said.replace("\x00", "\ufffd").strip()[:most] if isinstance(said, str) else ""


def cleaned(one: Any) -> Any:
    """The object without what jsonb cannot hold: NUL, and halves of surrogate pairs."""
    if isinstance(one, str):
        return one.replace("\x00", "\ufffd").encode("utf-8", "replace").decode()
    if isinstance(one, dict):
        return {cleaned(name): cleaned(value) for name, value in one.items()}
    if isinstance(one, list):
        return [cleaned(value) for value in one]
    return one


def _size(one: Object) -> str:
    """Walks without recursion: depth is one of the things that may be wrong."""
    todo: list[tuple[Any, int]] = [(one, 1)]
    while todo:
        part, depth = todo.pop()
        if isinstance(part, str) and len(part.encode("utf-8", "replace")) > MAX_STRING:
            return f"A text in it is longer than {MAX_STRING // 1024} KiB."
        if isinstance(part, int | float) and not abs(part) <= MAX_NUMBER:
            return "A number in it is out of range."
        if isinstance(part, dict | list) and depth > MAX_DEPTH:
            return f"It is nested more than {MAX_DEPTH} deep."
        if isinstance(part, dict):
            todo += [(name, depth) for name in part]
            todo += [(value, depth + 1) for value in part.values()]
        elif isinstance(part, list):
            todo += [(value, depth + 1) for value in part]
    return ""


def _refs(one: Object) -> str:
    for name, value in one.items():
        if name.endswith("_refs") and isinstance(value, list) and len(value) > MAX_REFS:
            return f"{name} has more than {MAX_REFS:,} references."
    return ""
