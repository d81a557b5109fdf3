"""Which of many names a word misspells: Damerau-Levenshtein with an index of deletions."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from itertools import combinations

MAX_WORD = 24
"""A longer word is no misspelling of a brand; it bounds the deletions that are tried."""

Index = Mapping[str, tuple[tuple[str, int], ...]]
"""What is left of a name after deletions -> names, with the changes each one allows."""


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
    found: dict[str, list[tuple[str, int]]] = {}
    for name, limit in names:
        for rest in _rests(name, limit):
            found.setdefault(rest, []).append((name, limit))
    return {rest: tuple(near) for rest, near in found.items()}


def nearest(word: str, index: Index, limit: int) -> tuple[str, int] | None:
    """The name that `word` misspells, and by how many changes; None for none. limit: the largest
    of the index, so that no more deletions than that are tried."""
    if len(word) > MAX_WORD:
        return None
    near = {one for rest in _rests(word, limit) for one in index.get(rest, ())}
    judged = sorted((distance(word, name), name, allowed) for name, allowed in near)
    return next(((name, far) for far, name, allowed in judged if far <= allowed), None)


def _rests(word: str, deletions: int) -> set[str]:
    """`word` without up to so many of its characters."""
    found = {word}
    for number in range(1, deletions + 1):
        for gone in combinations(range(len(word)), number):
            found.add("".join(char for place, char in enumerate(word) if place not in gone))
    return found
