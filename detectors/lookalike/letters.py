"""How much the letters of a name surprise somebody who knows the names of the most used sites."""

from __future__ import annotations

from collections import Counter
from functools import cache, lru_cache
from math import log2

from detectors.lookalike.hosting import well_known

MIN_TOKEN = 7
"""A shorter word surprises by chance."""
_EDGE = "^"
_ALPHABET = 38  # letters, digits, hyphen and the edge
_BACKOFF = 3.0  # weight of pairs of letters where triples are rare
_CACHED = 16_384


@lru_cache(maxsize=_CACHED)
def surprise(token: str) -> float:
    """Mean bits by which each character of `token` surprises after the two before it; 0 for a token
    that is short, a number or in another script.

    Words of several languages stay below 4.5, keys pressed at random are above 5.
    """
    if len(token) < MIN_TOKEN or token.isdigit() or not token.isascii():
        return 0.0
    triples, pairs, singles = _counts()
    word = f"{_EDGE}{token}{_EDGE}"
    bits = 0.0
    for end in range(3, len(word) + 1):
        triple = word[end - 3 : end]
        pair = (pairs[triple[1:]] + 0.5) / (singles[triple[1]] + _ALPHABET / 2)
        bits -= log2((triples[triple] + _BACKOFF * pair) / (pairs[triple[:2]] + _BACKOFF))
    return round(bits / (len(word) - 2), 2)


@cache
def _counts() -> tuple[Counter[str], Counter[str], Counter[str]]:
    """Triples, pairs and single characters in the first labels of well-known sites."""
    triples, pairs, singles = Counter[str](), Counter[str](), Counter[str]()
    for domain in sorted(well_known()):
        word = f"{_EDGE}{domain.partition('.')[0]}{_EDGE}"
        singles.update(word[:-1])
        pairs.update(word[at : at + 2] for at in range(len(word) - 1))
        triples.update(word[at : at + 3] for at in range(len(word) - 2))
    return triples, pairs, singles
