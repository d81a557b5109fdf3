"""YAML of a rule as plain data, with the line of every value; what could hurt is refused first."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final, NamedTuple

import yaml
from yaml.events import (
    AliasEvent,
    CollectionEndEvent,
    CollectionStartEvent,
    DocumentStartEvent,
    Event,
    NodeEvent,
)
from yaml.nodes import MappingNode, Node, ScalarNode, SequenceNode

MAX_BYTES: Final = 32 * 1024
MAX_DOCUMENTS: Final = 10
MAX_DEPTH: Final = 6
MAX_ITEMS: Final = 2_000
"""Values, keys and lists of all documents together."""
MAX_DIGITS: Final = 300
_HARMFUL: Final = re.compile("[\x00\ud800-\udfff]")
_TAGS: Final = frozenset(
    f"tag:yaml.org,2002:{name}" for name in ("str", "int", "float", "bool", "null", "timestamp")
)

Path = tuple[str | int, ...]


class Fault(NamedTuple):
    """One thing that is wrong. line: from 1. field: what it is about; empty: the whole."""

    line: int
    field: str
    message: str

    def __str__(self) -> str:
        where = f"{self.field}: " if self.field else ""
        return f"Line {self.line}: {where}{self.message}"


class SigmaFaultError(Exception):
    """The text is no rule that can run here; `faults` says why, in order of lines."""

    def __init__(self, faults: list[Fault]) -> None:
        super().__init__(" ".join(map(str, faults)))
        self.faults = sorted(faults)


@dataclass(frozen=True, slots=True)
class Document:
    """One document: its data, and the line of what stands at a path."""

    data: dict[str, Any]
    lines: dict[Path, int]

    def line(self, *path: str | int) -> int:
        """The line of the value at a path, or of the nearest one around it."""
        while path and path not in self.lines:
            path = path[:-1]
        return self.lines[path]


def read_documents(text: str) -> list[Document]:
    """The documents of a text. Raises SigmaFaultError."""
    if len(text.encode("utf-8", "surrogatepass")) > MAX_BYTES:
        raise SigmaFaultError([Fault(1, "", f"The text is longer than {MAX_BYTES // 1024} KiB.")])
    try:
        _refuse_harmful(yaml.parse(text, Loader=yaml.SafeLoader))
        nodes = list(yaml.compose_all(text, Loader=yaml.SafeLoader))
    except yaml.MarkedYAMLError as error:
        line = getattr(error.problem_mark or error.context_mark, "line", 0) + 1
        raise SigmaFaultError([Fault(line, "", f"No YAML: {error.problem}.")]) from error
    except yaml.YAMLError as error:
        line = text[: getattr(error, "position", 0)].count("\n") + 1
        message = "There is a character that YAML does not allow."
        raise SigmaFaultError([Fault(line, "", message)]) from error
    documents = [_document(node) for node in nodes]
    if not documents:
        raise SigmaFaultError([Fault(1, "", "There is no rule here.")])
    return documents


def _refuse_harmful(events: Iterator[Event]) -> None:
    """Aliases can make small texts huge, tags can make objects, depth can exhaust the stack."""
    depth = documents = items = 0
    for event in events:
        line = getattr(event.start_mark, "line", 0) + 1
        items += isinstance(event, NodeEvent)
        documents += isinstance(event, DocumentStartEvent)
        depth += isinstance(event, CollectionStartEvent)
        depth -= isinstance(event, CollectionEndEvent)
        checks = (
            (isinstance(event, AliasEvent) or getattr(event, "anchor", None),
             "Aliases and anchors (& and *) are not allowed; quote a value that begins so."),
            (getattr(event, "tag", None), "Tags (!) are not allowed; quote what begins so."),
            (depth > MAX_DEPTH, f"Nested deeper than {MAX_DEPTH} levels."),
            (documents > MAX_DOCUMENTS, f"More than {MAX_DOCUMENTS} documents."),
            (items > MAX_ITEMS, f"More than {MAX_ITEMS:,} values."),
        )  # fmt: skip
        for is_wrong, message in checks:
            if is_wrong:
                raise SigmaFaultError([Fault(line, "", message)])


def _document(node: Node) -> Document:
    line = node.start_mark.line + 1
    if not isinstance(node, MappingNode):
        raise SigmaFaultError([Fault(line, "", "A rule is a list of `name: value` lines.")])
    lines: dict[Path, int] = {}
    return Document(_plain(node, (), lines), lines)


def _plain(node: Node, path: Path, lines: dict[Path, int]) -> Any:
    lines[path] = node.start_mark.line + 1
    if isinstance(node, MappingNode):
        return _mapping(node, path, lines)
    if isinstance(node, SequenceNode):
        return [_plain(one, (*path, place), lines) for place, one in enumerate(node.value)]
    if isinstance(node, ScalarNode):
        return _scalar(node)
    raise SigmaFaultError([Fault(lines[path], "", "This value cannot be read.")])


def _mapping(node: MappingNode, path: Path, lines: dict[Path, int]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for key, value in node.value:
        line = key.start_mark.line + 1
        if not isinstance(key, ScalarNode) or _HARMFUL.search(key.value):
            raise SigmaFaultError([Fault(line, "", "A name must be plain text.")])
        if key.value in found:
            raise SigmaFaultError([Fault(line, key.value, "This name stands here twice.")])
        found[key.value] = _plain(value, (*path, key.value), lines)
        lines[(*path, key.value)] = line
    return found


def _scalar(node: ScalarNode) -> str | int | float | bool | None:
    """A date stays the text that it was written as."""
    line = node.start_mark.line + 1
    if node.tag not in _TAGS:
        raise SigmaFaultError([Fault(line, "", "This value cannot be read; quote it.")])
    if _HARMFUL.search(node.value):
        raise SigmaFaultError([Fault(line, "", "There is a character that cannot be stored.")])
    if node.tag.endswith(("str", "timestamp")):
        return str(node.value)
    if len(node.value) > MAX_DIGITS:
        raise SigmaFaultError([Fault(line, "", "This number is too long.")])
    try:
        value: str | int | float | bool | None = yaml.SafeLoader("").construct_object(node)
    except ValueError as error:
        raise SigmaFaultError([Fault(line, "", "This number cannot be read.")]) from error
    if isinstance(value, float) and not abs(value) < float("inf"):
        raise SigmaFaultError([Fault(line, "", "This number has no end.")])
    return value
