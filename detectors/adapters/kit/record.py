"""Reads a foreign JSON object by its fields; what nobody took is the rest, and nothing is lost."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import msgspec

from detectors.adapters.base import UnfitError
from detectors.adapters.kit.bounds import clean


class Record:
    """A JSON object and where it stands.

    A reader takes a field only when it has the type asked for; a value of another type stays in
    the rest, where people still find it.
    """

    # A payload can hold hundreds of thousands of them: no more bytes each than there must be.
    __slots__ = ("_children", "_taken", "data", "place")

    def __init__(self, data: Mapping[str, Any], place: str = "") -> None:
        self.data = data
        self.place = place
        self._taken: tuple[str, ...] = ()
        self._children: dict[str, list[Record]] = {}

    def __contains__(self, name: str) -> bool:
        return self.data.get(name) is not None

    def at(self, name: str) -> str:
        """The place of a field."""
        return f"{self.place}.{name}" if self.place else name

    def raw(self) -> bytes:
        """The object as JSON."""
        return msgspec.json.encode(self.data)

    def take(self, name: str) -> Any:
        """A field, whatever it is; None without one."""
        self.drop(name)
        return self.data.get(name)

    def drop(self, *names: str) -> None:
        """Leave fields out of the rest."""
        self._taken += tuple(name for name in names if name not in self._taken)

    def text(self, *names: str) -> str:
        """The first of these fields that is text; a number counts as its digits. Else empty."""
        for name in names:
            value = self.data.get(name)
            if isinstance(value, str) and value:
                self.drop(name)
                return clean(value)
            if isinstance(value, int) and not isinstance(value, bool):
                self.drop(name)
                return str(value)
        return ""

    def need(self, *names: str) -> str:
        """As `text`. Raises UnfitError without one."""
        found = self.text(*names)
        if found:
            return found
        wrong = next((name for name in names if name in self), "")
        if wrong:
            raise UnfitError(self.at(wrong), "type", "must be text")
        raise UnfitError(self.at(names[0]), "required", "is required")

    def integer(self, *names: str) -> int | None:
        """The first of these fields that is a whole number."""
        for name in names:
            value = self.data.get(name)
            if isinstance(value, int) and not isinstance(value, bool):
                self.drop(name)
                return value
        return None

    def texts(self, name: str) -> list[str]:
        """A field that is a list of texts, or one text."""
        value = self.data.get(name)
        values = value if isinstance(value, list) else [value]
        if not all(isinstance(one, str) for one in values):
            return []
        self.drop(name)
        return [clean(one) for one in values if one]

    def child(self, name: str) -> Record:
        """The object in a field; an empty one when there is none."""
        value = self.data.get(name)
        if not isinstance(value, dict):
            return Record({}, self.at(name))
        if name not in self._children:
            self._children[name] = [Record(value, self.at(name))]
        return self._children[name][0]

    def children(self, name: str) -> list[Record]:
        """The objects in a list, in order; empty when something else is in it or it is none."""
        value = self.data.get(name)
        if not isinstance(value, list) or not all(isinstance(one, dict) for one in value):
            return []
        if name not in self._children:
            place = self.at(name)
            self._children[name] = [
                Record(one, f"{place}.{index}") for index, one in enumerate(value)
            ]
        return self._children[name]

    def need_children(self, name: str) -> list[Record]:
        """As `children`. Raises UnfitError when there is something else."""
        found = self.children(name)
        if not found and self.data.get(name) not in (None, []):
            raise UnfitError(self.at(name), "type", "must be a list of objects")
        return found

    def rest(self) -> dict[str, Any]:
        """What nobody took, without empty values."""
        found: dict[str, Any] = {}
        for name, value in self.data.items():
            kept = self._rest_of(name, value)
            if kept is not None and kept not in ("", [], {}):
                found[name] = kept
        return found

    def _rest_of(self, name: str, value: Any) -> Any:
        if name in self._taken:
            return None
        if name not in self._children:
            return value
        rests = [child.rest() for child in self._children[name]]
        return (rests if any(rests) else None) if isinstance(value, list) else rests[0]
