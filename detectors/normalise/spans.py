"""Edited text that still knows which part of its source each of its own parts came from."""

from __future__ import annotations

import re
import unicodedata
from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import lru_cache
from itertools import chain
from typing import NamedTuple

from detectors.normalise.text import INVISIBLE, REFANG, needs_refang, refanged

# Blocks whose characters NFKC turns into ASCII, and the stops that IDNA reads as dots.
_FOLDABLE = re.compile(
    f"[{INVISIBLE}\u00aa\u00b2\u00b3\u00b9\u00ba\u017f\u02b0-\u02e3\u1d2c-\u1d6a\u2024"
    "\u2070-\u209c\u2100-\u214f\u2160-\u217f\u2460-\u24ff\u3002\ufb00-\ufb06\ufe52\ufe5f-\ufe6b"
    "\uff03\uff0b\uff0d-\uff1a\uff20-\uff3a\uff3f\uff41-\uff5a\uff61"
    "\U0001d400-\U0001d7ff\U0001f100-\U0001f1ff]+"
)
_INVISIBLE_CHAR = re.compile(f"[{INVISIBLE}]")
_IDEOGRAPHIC_STOPS = "\u3002\uff61"
_KEPT_PUNCTUATION = frozenset(".:/@#-_+")


# Start and end in the source, and what stands there instead; a text can have 64k of them.
Edit = tuple[int, int, str]


class _Part(NamedTuple):
    """Where an edit stands in the edited text and in the source."""

    at: int
    at_end: int
    source: int
    source_end: int


@dataclass(frozen=True, slots=True)
class Edited:
    """A text after edits. `source_span` leads back to the text before them."""

    text: str
    starts: list[int]
    parts: list[_Part]

    def source_span(self, start: int, end: int) -> tuple[int, int]:
        """The source span of a non-empty span; a replaced part counts as a whole."""
        if not self.parts:
            return start, end
        return self._source_of(start)[0], self._source_of(end - 1)[1]

    def touches(self, start: int, end: int) -> bool:
        """Whether an edit lies in the span."""
        return bisect_left(self.starts, end) > bisect_left(self.starts, start)

    def _source_of(self, position: int) -> tuple[int, int]:
        index = bisect_right(self.starts, position) - 1
        if index < 0:
            return position, position + 1
        part = self.parts[index]
        if position >= part.at_end:
            source = part.source_end + position - part.at_end
        elif part.at_end - part.at == part.source_end - part.source:
            source = part.source + position - part.at
        else:
            return part.source, part.source_end
        return source, source + 1


def fold_text(text: str) -> Edited:
    """`text` without invisible characters and with ASCII look-alike widths as ASCII."""
    if text.isascii():
        return Edited(text, [], [])
    return _apply(text, chain.from_iterable(_fold_run(run) for run in _FOLDABLE.finditer(text)))


def refang_text(text: str) -> Edited:
    """`text` with defanged parts made real."""
    if not needs_refang(text):
        return Edited(text, [], [])
    return _apply(
        text, ((match.start(), match.end(), refanged(match)) for match in REFANG.finditer(text))
    )


def _apply(text: str, edits: Iterable[Edit]) -> Edited:
    pieces: list[str] = []
    parts: list[_Part] = []
    done = length = 0
    for start, end, new in edits:
        kept = text[done:start]
        at = length + len(kept)
        length = at + len(new)
        pieces += (kept, new)
        parts.append(_Part(at, length, start, end))
        done = end
    pieces.append(text[done:])
    return Edited("".join(pieces), [part.at for part in parts], parts)


def _fold_run(run: re.Match[str]) -> Iterator[Edit]:
    """One edit for the run when lengths allow, else one for each character."""
    start, end = run.span()
    source = run[0]
    folded = [_fold_char(char) for char in source]
    for index, char in enumerate(source):
        if char in _IDEOGRAPHIC_STOPS and _joins_host(run.string, start + index):
            folded[index] = "."
    joined = "".join(folded)
    if joined == source:
        return
    if not joined or len(joined) == len(source):
        yield start, end, joined
        return
    for index, new in enumerate(folded):
        yield start + index, start + index + 1, new


@lru_cache(maxsize=4096)
def _fold_char(char: str) -> str:
    if char in _IDEOGRAPHIC_STOPS:
        return char
    folded = unicodedata.normalize("NFKC", char)
    # Ligatures stay: IDNA maps them, and pairs of one length keep the runs cheap.
    if len(folded) == 1 and folded.isascii():
        return folded if folded.isalnum() or folded in _KEPT_PUNCTUATION else char
    return "" if _INVISIBLE_CHAR.match(char) else char


def _joins_host(text: str, index: int) -> bool:
    """An ideographic stop is a dot beside Latin letters; elsewhere it ends a sentence."""
    around = text[max(0, index - 1) : index] + text[index + 1 : index + 2]
    return any(part.isascii() and part.isalnum() for part in unicodedata.normalize("NFKC", around))
