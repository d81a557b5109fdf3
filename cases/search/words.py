"""Words that are looked for in everything: how they are read, and the place where they stand."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Final, NamedTuple

from abusedesk.core.errors import InvalidError
from abusedesk.core.text import visible
from detectors.normalise import refang

SHORTEST: Final = 3  # characters; shorter ones are in no index, and everywhere
SHORTEST_WIDE: Final = 2  # where a character is a word or half of one
LONGEST: Final = 100
MOST: Final = 8
AROUND: Final = 90  # characters shown before the place and behind it

_WORD: Final = re.compile(r'"([^"]*)"?|(\S+)')


class Piece(NamedTuple):
    """A stretch of text; found: it is what was looked for."""

    text: str
    found: bool


def words_in(typed: str) -> list[str]:
    """Words and "exact words", each of which must be there. Raises InvalidError."""
    typed = typed.replace("\x00", "").encode("utf-8", "replace").decode()
    found = [" ".join((one[1] or one[2] or "").split()) for one in _WORD.finditer(typed)]
    words = list(dict.fromkeys(filter(None, found)))
    if not words:
        return []
    if len(words) > MOST:
        message = f"Look for {MOST} words at once, or fewer."
        raise InvalidError(message, field="q")
    for word in words:
        if len(word) < (SHORTEST if word.isascii() else SHORTEST_WIDE):
            message = f"{word} is too short: a word has {SHORTEST} characters or more."
            raise InvalidError(message, field="q")
        if len(word) > LONGEST:
            message = f"A word has at most {LONGEST} characters."
            raise InvalidError(message, field="q")
    return words


def forms_of(word: str) -> set[str]:
    """The word, and as it reads when `evil[.]example` is an address again."""
    return {word, refang(word)} - {""}


def place_of(text: str, words: Sequence[str]) -> list[Piece]:
    """The text around the first place, defanged, with all words in it marked."""
    shown = " ".join(visible(text).split())
    marks = _marks(words)
    first = marks.search(shown)
    start = max(0, first.start() - AROUND) if first else 0
    end = (first.end() if first else 0) + AROUND
    cut = f"{'…' if start else ''}{shown[start:end]}{'…' if end < len(shown) else ''}"
    return list(_pieces(cut, marks))


def _marks(words: Sequence[str]) -> re.Pattern[str]:
    """Longer words first: one may begin with another."""
    shown = sorted({visible(form) for one in words for form in forms_of(one)}, key=len)[::-1]
    return re.compile("|".join(map(re.escape, shown)), re.IGNORECASE)


def _pieces(text: str, marks: re.Pattern[str]) -> list[Piece]:
    pieces, done = [], 0
    for found in marks.finditer(text):
        pieces += [Piece(text=text[done : found.start()], found=False)]
        pieces += [Piece(text=found[0], found=True)]
        done = found.end()
    pieces.append(Piece(text=text[done:], found=False))
    return [one for one in pieces if one.text]
