"""A pasted sample: what it is, its items as trees of values, and the paths that one can choose."""

from __future__ import annotations

import io
import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import islice
from typing import Any, Final, NamedTuple

from detectors.adapters.base import Refusal
from detectors.adapters.kit import documents
from detectors.mapping.paths import ALL, MAX_LENGTH, MAX_PARTS, All, written
from detectors.mapping.plan import Plan
from detectors.mapping.reader import MappedAdapter, Piece
from detectors.mapping.spec import CSV, JSON, Delimiter, Format

MAX_BYTES: Final = 256 * 1024
MAX_ITEMS: Final = 200
MAX_NODES: Final = 400
MAX_CHOICES: Final = 400
MAX_EXAMPLES: Final = 20
LEVELS: Final = 4  # how deep a list of items is looked for
DELIMITERS: Final[tuple[Delimiter, ...]] = (",", ";", "\t", "|")


class Node(NamedTuple):
    """One value of an item. path: as a field would name it; value: None for objects and lists."""

    depth: int
    name: str
    path: str
    value: str | None
    size: int = 0


@dataclass(slots=True)
class Choice:
    """A path that leads to values of the sample, with some of them."""

    path: str
    examples: list[Any] = field(default_factory=list)


def format_of(sample: str) -> tuple[Format, Delimiter]:
    """Format and delimiter by the looks: JSON begins with a bracket, all else is CSV."""
    text = sample.lstrip("\ufeff \t\r\n")
    if not text or text[0] in "{[":
        return JSON, ","
    first = text.partition("\n")[0]
    return CSV, max(DELIMITERS, key=first.count)


def pieces_of(plan: Plan, sample: str) -> list[Piece | Refusal]:
    """The first items of the sample, and what of it is none."""
    pieces = MappedAdapter(plan, plan.name).pieces(_file(sample))
    return list(islice(pieces, MAX_ITEMS))


def lists_of(sample: str) -> list[str]:
    """Paths of lists of objects in the first document: where items may sit."""
    first = next(documents.documents(_file(sample)), None)
    if first is None or isinstance(first, Refusal) or not isinstance(first.value, dict):
        return []
    found: list[str] = []
    level: list[tuple[tuple[str | int | All, ...], Any]] = [((), first.value)]
    for _ in range(LEVELS):
        below = []
        for parts, node in level:
            for name, value in node.items():
                if isinstance(value, dict):
                    below.append(((*parts, name), value))
                elif isinstance(value, list) and value and isinstance(value[0], dict):
                    found.append(written((*parts, name, ALL)))
        level = below[:MAX_NODES]
    return found[:MAX_EXAMPLES]


def nodes_of(item: Any, limit: int = MAX_NODES) -> list[Node]:
    """The values of an item in reading order, at most `limit`."""
    return list(islice(_walk(item), limit))


def choices_of(items: list[Any]) -> list[Choice]:
    """Every path that leads somewhere in these items; an element of a list is `[*]`."""
    found: dict[str, Choice] = {}
    for item in items:
        for parts, value in islice(_general(item), MAX_NODES):
            path = written(parts)
            if len(path) > MAX_LENGTH or (path not in found and len(found) == MAX_CHOICES):
                continue
            examples = found.setdefault(path, Choice(path)).examples
            if len(examples) < MAX_EXAMPLES and value not in examples:
                examples.append(value)
    return list(found.values())


def _file(sample: str) -> io.BufferedReader:
    return io.BufferedReader(io.BytesIO(sample.encode("utf-8", "replace")))


def _walk(item: Any) -> Iterator[Node]:
    stack: list[tuple[str, tuple[str | int | All, ...], Any]] = [("", (), item)]
    while stack:
        name, parts, value = stack.pop()
        depth, path = max(0, len(parts) - 1), written(parts)[:MAX_LENGTH]
        inside = _inside(value)
        if parts or not inside:
            shown = None if inside else _shown(value)
            yield Node(depth, name[:MAX_LENGTH], path, shown, len(inside))
        if len(parts) < MAX_PARTS:
            is_list = isinstance(value, list)
            stack += [
                (str(key), (*parts, ALL if is_list else key), one)
                for key, one in reversed(inside[:MAX_NODES])
            ]


def _general(item: Any) -> Iterator[tuple[tuple[str | int | All, ...], Any]]:
    """Paths to single values, elements of lists taken together."""
    stack: list[tuple[tuple[str | int | All, ...], Any]] = [((), item)]
    while stack:
        parts, value = stack.pop()
        inside = _inside(value)
        if not inside:
            if parts and value is not None and value not in ("", [], {}):
                yield parts, value
            continue
        if len(parts) < MAX_PARTS:
            is_list = isinstance(value, list)
            stack += [
                ((*parts, ALL if is_list else key), one)
                for key, one in reversed(inside[:MAX_NODES])
            ]


def _inside(value: Any) -> list[tuple[Any, Any]]:
    if isinstance(value, dict):
        return list(value.items())
    return list(enumerate(value)) if isinstance(value, list) else []


def _shown(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value)
