"""Which of many names a word misspells: Damerau-Levenshtein behind a filter of letters."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import NamedTuple

MAX_WORD = 24
"""A longer word is no misspelling of a brand."""


class Name(NamedTuple):
    """letters: one bit for each character that occurs; limit: changes up to which a word is it."""

    text: str
    letters: int
    limit: int


Index = Mapping[int, tuple[Name, ...]]
"""Length of a word -> names that it may misspell."""


def distance(one: str, other: str) -> int:
    """Insertions, deletions, substitutions and swaps of neighbours that make one the other.

    No part is edited twice (optimal string alignment).
    """
    before: list[int] = []
    row = list(range(len(other) + 1))
    for i, left in enumerate(one, 1):
        earlier, before, row = before, row, [i]
        for j, right in enumerate(other, 1):
            least = min(row[-1] + 1, before[j] + 1, before[j - 1] + (left != right))
            if i > 1 and j > 1 and left == other[j - 2] and one[i - 2] == right:
                least = min(least, earlier[j - 2] + 1)
            row.append(least)
    return row[-1]


def index_of(names: Iterable[tuple[str, int]]) -> Index:
    """names: each with the number of changes up to which a word counts as its misspelling."""
    found: dict[int, list[Name]] = {}
    for text, limit in names:
        name = Name(text, _letters(text), limit)
        for length in range(len(text) - limit, len(text) + limit + 1):
            found.setdefault(length, []).append(name)
    return {length: tuple(near) for length, near in found.items()}


def nearest(word: str, index: Index) -> tuple[str, int] | None:
    """The name that `word` misspells, and by how many changes; None for none."""
    if len(word) > MAX_WORD:
        return None
    letters = _letters(word)
    # One change adds a letter and takes one away at most.
    near = [
        name
        for name in index.get(len(word), ())
        if (name.letters ^ letters).bit_count() <= 2 * name.limit
    ]
    judged = sorted((distance(word, name.text), name.text, name.limit) for name in near)
    return next(((text, far) for far, text, limit in judged if far <= limit), None)


def _letters(word: str) -> int:
    bits = 0
    for char in word:
        bits |= 1 << (ord(char) & 127)
    return bits
