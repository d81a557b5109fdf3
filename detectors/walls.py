"""Comments under one target: their words, what they begin with, and what chance would repeat."""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from functools import lru_cache
from typing import Final, NamedTuple

import msgspec

from detectors.base import Signal
from detectors.comparables import folded

MAX_WORDS: Final = 40
"""Words of one comment that are counted; of a long one the first say enough."""
MAX_VOCABULARY: Final = 2_000
MAX_COMMENTS: Final = 20_000
MAX_BEGINNINGS: Final = 1_000
RARE_SHARE: Final = 0.1
"""A word that at most so many of the other comments hold is rare."""
TOLD_SHARE: Final = 0.7
"""Of what a word tells, so much is new beside the other words: words of a phrase go together."""

_CACHED: Final = 4_096
_WORD: Final = re.compile(r"\w+")
_LEAST_SHARE: Final = 0.6
_HALF: Final = 2


class Chance(NamedTuple):
    """What is compared of one beginning. bits: what its words tell, where all others write them as
    often as on this wall. rare: words of it that hardly anybody else writes.

    comments: on the wall, itself included.
    """

    comments: int
    bits: float
    rare: int

    def exponent(self, accounts: int) -> float:
        """Decimal exponent of the groups of so many accounts that would write it by chance."""
        groups = accounts * math.log(self.comments) - math.lgamma(accounts + 1)
        alike = (accounts - 1) * TOLD_SHARE * self.bits * math.log(2)
        return (groups - alike) / math.log(10)


class Beginning(msgspec.Struct, array_like=True):
    """The same first words. accounts: the first comment of each, time and signal.

    copies: comments, also those of one account. said: accounts at the last emission. common: so
    widespread that it means nothing.
    """

    accounts: dict[str, tuple[float, int]]
    last_at: float
    copies: int = 0
    said: int = 0
    common: bool = False


class Wall(msgspec.Struct):
    """What is written under one target. words: comments that hold each, of the commonest ones.

    truncated: some words or beginnings were dropped.
    """

    comments: int = 0
    words: dict[str, int] = {}
    beginnings: dict[str, Beginning] = {}
    truncated: bool = False


def wall_of(signal: Signal) -> str:
    """What a signal comments on; empty for nothing."""
    return next((one for one in signal.objects if one.startswith(("target:", "reply-to:"))), "")


@lru_cache(maxsize=_CACHED)
def words_of(text: str) -> tuple[str, ...]:
    """The first words of a text as they are compared, without links and names."""
    # folding takes an exclamation mark for the letter that it looks like
    return tuple(_WORD.findall(folded(text.replace("!", " ")))[:MAX_WORDS])


def beginning_of(text: str, words: int, chars: int) -> str:
    """The first words of a text that is hardly longer; empty where they are few or short."""
    found = words_of(text)
    if len(found) < words:
        return ""
    start = " ".join(found[:words])
    return start if len(start) >= max(chars, _LEAST_SHARE * len(" ".join(found))) else ""


def note(wall: Wall, words: Sequence[str]) -> None:
    """Count a comment and each of its words once; old ones fade as new ones come."""
    wall.comments += 1
    for word in dict.fromkeys(words):
        wall.words[word] = wall.words.get(word, 0) + 1
    if wall.comments >= MAX_COMMENTS:
        wall.comments //= _HALF
        for one in wall.beginnings.values():
            one.copies //= _HALF
        wall.words = {word: count // _HALF for word, count in wall.words.items() if count > 1}
    least = 1
    while len(wall.words) > MAX_VOCABULARY:
        wall.words = {word: count for word, count in wall.words.items() if count > least}
        wall.truncated = True
        least *= 2


def repeat(wall: Wall, start: str, signal: Signal, horizon: float) -> Beginning:
    """Put a comment where its beginning stands; what rested since before `horizon` begins anew."""
    one = wall.beginnings.pop(start, None)
    if one is None or one.last_at < horizon:
        one = Beginning({}, signal.at)
    wall.beginnings[start] = one  # the last in the order of rest
    one.last_at = max(one.last_at, signal.at)
    one.copies += 1
    if not one.common:
        one.accounts.setdefault(signal.account, (signal.at, signal.id))
    if len(wall.beginnings) > MAX_BEGINNINGS:
        # one that was never repeated goes first, of these the one that rests longest
        gone = min(wall.beginnings, key=lambda name: len(wall.beginnings[name].accounts))
        del wall.beginnings[gone]
        wall.truncated = True
    return one


def forget_before(one: Beginning, horizon: float) -> None:
    """Drop accounts whose comment is older than `horizon`."""
    if any(at < horizon for at, _ in one.accounts.values()):
        one.accounts = {name: seen for name, seen in one.accounts.items() if seen[0] >= horizon}


def chance_of(wall: Wall, start: str, copies: int) -> Chance:
    """How likely others are to begin like that, from how often they write its words.

    Its own copies are left out, so that a ring does not make its words common; every word counts
    as written once more, so that a young wall knows of nothing rare.
    """
    others = max(0, wall.comments - copies)
    shares = [
        (max(0, wall.words.get(word, 0) - copies) + 1) / (others + 2)
        for word in dict.fromkeys(start.split())
    ]
    bits = math.fsum(-math.log2(min(1.0, share)) for share in shares)
    rare = sum(share <= RARE_SHARE for share in shares)
    return Chance(max(1, wall.comments), round(bits, 4), rare)
