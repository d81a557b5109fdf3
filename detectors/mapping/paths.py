"""Paths into JSON: the names, indexes and `[*]` of RFC 9535, and nothing that searches."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice
from typing import Any, Final

MAX_LENGTH: Final = 500
MAX_PARTS: Final = 16
MAX_FOUND: Final = 1_000
"""Values that one path finds in one item; what lies behind stays unread."""

Place = tuple[str | int, ...]
"""A concrete place: names and indexes from the root."""

_NAME = re.compile(r"[A-Za-z_\u0080-\U0010ffff][\w\u0080-\U0010ffff]*", re.ASCII)
_INDEX = re.compile(r"0|[1-9]\d{0,6}", re.ASCII)
_ESCAPES: Final = {"\\": "\\", "'": "'", '"': '"', "/": "/", "n": "\n", "t": "\t", "r": "\r"}
_WRITTEN: Final = str.maketrans({"\\": "\\\\", "'": "\\'", "\n": "\\n", "\t": "\\t", "\r": "\\r"})


class PathError(ValueError):
    """The text is no path; the message goes on after it: `$.a-b: ...`."""


class All:
    """`[*]`: every element of a list, every value of an object."""


ALL: Final = All()


@dataclass(frozen=True, slots=True)
class Path:
    """A parsed path. `parts` are names, indexes and ALL; none means the item itself."""

    parts: tuple[str | int | All, ...]

    def __str__(self) -> str:
        return written(self.parts)

    def find(self, root: Any, limit: int | None = MAX_FOUND) -> list[tuple[Place, Any]]:
        """Every value it leads to, with its place, in order; none where it leads nowhere."""
        found: list[tuple[Place, Any]] = [((), root)]
        for part in self.parts:
            inside = (
                ((*place, key), value)
                for place, node in found
                for key, value in _inside(node, part)
            )
            found = list(islice(inside, limit))
        return found


def parse(text: str) -> Path:
    """One path: `$.a.b[0]`, `$.a[*].b`, `$['odd key']`; without `$` the name of a column or field.

    Raises PathError.
    """
    if not text.startswith("$"):
        _check_length(text)
        if not text.strip():
            message = "is empty"
            raise PathError(message)
        return Path((text.strip(),))
    path, end = _scan(text, 0)
    if end < len(text):
        raise PathError(_unexpected(text, end))
    return path


def parse_many(text: str) -> list[Path]:
    """Paths separated by commas; text that does not begin with `$` is one name, commas and all."""
    if not text.startswith("$"):
        return [parse(text)] if text.strip() else []
    paths, at = [], 0
    while True:
        path, at = _scan(text, at)
        paths.append(path)
        if at == len(text):
            return paths
        rest = text[at:].lstrip()
        if not rest.startswith(",") or not rest[1:].lstrip().startswith("$"):
            raise PathError(_unexpected(text, at))
        at = text.index("$", at + 1)


def written(parts: tuple[str | int | All, ...]) -> str:
    """The path as text, in the form that `parse` reads."""
    return "$" + "".join(map(_part, parts))


def _inside(node: Any, part: str | int | All) -> Iterator[tuple[str | int, Any]]:
    if isinstance(node, dict):
        if isinstance(part, All):
            yield from node.items()
        elif isinstance(part, str) and part in node:
            yield part, node[part]
    elif isinstance(node, list):
        if isinstance(part, All):
            yield from enumerate(node)
        elif isinstance(part, int) and part < len(node):
            yield part, node[part]


def _scan(text: str, at: int) -> tuple[Path, int]:
    """The path that begins with `$` at `at`, and where it ends."""
    _check_length(text)
    parts: list[str | int | All] = []
    at += 1
    while at < len(text) and text[at] in ".[":
        part, at = _name(text, at + 1) if text[at] == "." else _bracket(text, at + 1)
        parts.append(part)
    if len(parts) > MAX_PARTS:
        message = f"has more than {MAX_PARTS} steps"
        raise PathError(message)
    return Path(tuple(parts)), at


def _name(text: str, at: int) -> tuple[str, int]:
    found = _NAME.match(text, at)
    if found is None:
        raise PathError(_unexpected(text, at))
    return found[0], found.end()


def _bracket(text: str, at: int) -> tuple[str | int | All, int]:
    part: str | int | All
    if text[at : at + 1] == "*":
        part, at = ALL, at + 1
    elif text[at : at + 1] in ("'", '"'):
        part, at = _quoted(text, at)
    elif found := _INDEX.match(text, at):
        part, at = int(found[0]), found.end()
    else:
        raise PathError(_unexpected(text, at))
    if text[at : at + 1] != "]":
        raise PathError(_unexpected(text, at))
    return part, at + 1


def _quoted(text: str, at: int) -> tuple[str, int]:
    quote, name = text[at], []
    at += 1
    while at < len(text) and text[at] != quote:
        if text[at] == "\\":
            at += 1
            if text[at : at + 1] not in _ESCAPES or at == len(text):
                raise PathError(_unexpected(text, at))
            name.append(_ESCAPES[text[at]])
        else:
            name.append(text[at])
        at += 1
    if at == len(text):
        message = f"has a {quote} that never closes"
        raise PathError(message)
    return "".join(name), at + 1


def _part(part: str | int | All) -> str:
    if isinstance(part, All):
        return "[*]"
    if isinstance(part, int):
        return f"[{part}]"
    return f".{part}" if _NAME.fullmatch(part) else f"['{part.translate(_WRITTEN)}']"


def _check_length(text: str) -> None:
    if len(text) > MAX_LENGTH:
        message = f"has more than {MAX_LENGTH} characters"
        raise PathError(message)


def _unexpected(text: str, at: int) -> str:
    what = repr(text[at]) if at < len(text) else "its end"
    return f"is no path: {what} at {at + 1}; write $.a.b[0], $.a[*].b or $['odd key']"
