"""Texts that are kept and compared: who wrote which words when."""

from __future__ import annotations

from functools import lru_cache
from hashlib import blake2b
from itertools import islice
from typing import NamedTuple

import msgspec

from detectors.base import DAY_S, Key, Signal
from detectors.comparables import has_tokens
from detectors.reworded.words import WIDTH, Words, words_of

EACH = 30
"""Different texts of one account and day that are kept, its earliest ones."""
MAX_DRAFTS = 20
"""Lines of one AI output that are compared."""
MAX_LINES = 60
"""Its first lines that are looked at: some say too little, some say the same."""
OUTPUT = "ai.response"
TEXTS, DRAFTS = "texts", "drafts"
"""Types of keys: what an account said, and what an AI service wrote for it."""
_CACHED = 4_096
Place = tuple[float, int]
"""Event time and signal id."""


class Text(NamedTuple):
    """What one account wrote. is_draft: an AI service wrote it for this account."""

    account: str
    at: float
    id: int
    words: Words
    is_draft: bool

    @property
    def mark(self) -> str:
        """16 hexadecimal digits that name it, whatever number the store gave its signal."""
        told = msgspec.msgpack.encode((self.account, self.at, self.words))
        return blake2b(told, digest_size=8).hexdigest()


def in_time(text: Text) -> tuple[float, int, Words]:
    """The order of texts, whatever order they came in."""
    return text.at, text.id, text.words


def key_of(signal: Signal) -> Key:
    """Under whom a text is kept; at an AI service that names nobody the key, else the firm."""
    if signal.kind != OUTPUT:
        return Key(TEXTS, signal.account)
    named = signal.ai.key or signal.ai.org if signal.ai else ""
    return Key(DRAFTS, signal.account or (f"{signal.platform}:{named}" if named else ""))


class Writer(msgspec.Struct, omit_defaults=True):
    """Texts of one account by day; of equal ones the first, so that any order gives the same."""

    days: dict[int, dict[Words, Place]] = {}

    def add(self, words: Words, place: Place, kept_days: int) -> None:
        """One more text."""
        number = int(place[0] // DAY_S)
        newest = max(self.days, default=number)
        if number < newest - kept_days:
            return
        for old in [one for one in self.days if one < number - kept_days]:
            del self.days[old]
        day = self.days.setdefault(number, {})
        day[words] = min(place, day.get(words, place))
        if len(day) > EACH:
            del day[max(day, key=lambda one: (day[one], one))]


def compared(signal: Signal, least: int) -> tuple[Words, ...]:
    """The words of a text, or of each line of an AI output, where there are enough of them."""
    if signal.kind != OUTPUT:
        return _told((signal.text,), least)
    if signal.ai is not None and signal.ai.refused:
        return ()
    return _told(tuple(signal.text.splitlines()[:MAX_LINES]), least)


@lru_cache(maxsize=_CACHED)
def _told(lines: tuple[str, ...], least: int) -> tuple[Words, ...]:
    told = (words_of(line) for line in lines if has_tokens(line, least))
    return tuple(
        islice((one for one in dict.fromkeys(told) if len(one) >= least * WIDTH), MAX_DRAFTS)
    )
