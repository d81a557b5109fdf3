"""Cuts foreign values to what the contract takes, and says what was cut."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from hashlib import sha256
from typing import Any, Final

import msgspec

MAX_DEPTH: Final = 24
MAX_STRING: Final = 4_000
MAX_NAME: Final = 200
MAX_CUTS: Final = 50
MORE: Final = "\u2026"
OVERHEAD: Final = 4  # quotes, colon or comma of an entry
ESCAPED: Final = 6  # bytes of one character in JSON, at most


def clean(text: str) -> str:
    """Text without what no database of text takes: NUL and half surrogate pairs become U+FFFD."""
    text = text.replace("\0", "\ufffd")
    try:
        text.encode()
    except UnicodeEncodeError:
        return text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")
    return text


def one_line(text: str) -> str:
    """Clean text with every run of white space, line breaks too, as one space."""
    return " ".join(clean(text).split())


def shortened(text: str, limit: int) -> str:
    """At most `limit` characters; an ellipsis stands for the rest."""
    return text if len(text) <= limit else text[: limit - 1] + MORE


def within_bytes(text: str, limit: int) -> str:
    """The longest beginning of at most `limit` bytes in UTF-8."""
    raw = text.encode()
    return text if len(raw) <= limit else raw[:limit].decode("utf-8", "ignore")


def name_of(text: str, limit: int) -> str:
    """A name: as it is, or a digest where a cut would make it another's."""
    return text if len(text) <= limit else f"sha256-{sha256(text.encode()).hexdigest()}"


def digest(value: Any) -> str:
    """SHA-256 in hex: a name for content that has none."""
    raw = value if isinstance(value, bytes) else msgspec.json.encode(value, order="sorted")
    return sha256(raw).hexdigest()


class Budget:
    """Keeps JSON values while they fit into `left` bytes; `cuts` names what did not."""

    def __init__(self, size: int) -> None:
        self.left = size
        self.cuts: dict[str, None] = {}

    def fit(self, value: Any, path: str, depth: int = 0) -> Any:
        """The value, or as much of it as fits."""
        if isinstance(value, str):
            return self._text(clean(value), path)
        if isinstance(value, Mapping) or (isinstance(value, Sequence) and value):
            return self._nested(value, path, depth)
        self.left -= len(msgspec.json.encode(value)) + OVERHEAD
        return value

    def cut(self, path: str) -> None:
        """Note that something at `path` was cut."""
        if len(self.cuts) < MAX_CUTS:
            self.cuts[shortened(path, MAX_NAME)] = None

    def _text(self, text: str, path: str) -> str:
        kept = shortened(text, MAX_STRING)
        if len(msgspec.json.encode(kept)) > self.left:
            kept = shortened(kept, max(1, self.left // ESCAPED))
        if kept is not text:
            self.cut(path)
        self.left -= len(msgspec.json.encode(kept)) + OVERHEAD
        return kept

    def _nested(self, value: Mapping[str, Any] | Sequence[Any], path: str, depth: int) -> Any:
        if depth >= MAX_DEPTH:
            self.cut(path)
            return MORE
        self.left -= OVERHEAD
        if isinstance(value, Mapping):
            return self._map(value, path, depth)
        kept = []
        for index, one in enumerate(value):
            if self.left <= 0:
                self.cut(path)
                break
            kept.append(self.fit(one, f"{path}.{index}", depth + 1))
        return kept

    def _map(self, value: Mapping[str, Any], path: str, depth: int) -> dict[str, Any]:
        kept: dict[str, Any] = {}
        for name, one in value.items():
            key = shortened(clean(name), MAX_NAME)
            place = f"{path}.{key}" if path else key
            self.left -= len(msgspec.json.encode(key)) + OVERHEAD
            if self.left > 0 and key not in kept:  # two names may be one when they are cut
                kept[key] = self.fit(one, place, depth + 1)
                continue
            self.cut(place)
            if len(self.cuts) == MAX_CUTS:
                break
        return kept
