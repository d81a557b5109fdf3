"""The words of a text as numbers, whatever their order."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from functools import lru_cache
from zlib import crc32

import numpy as np
import numpy.typing as npt

from detectors.comparables import UNSPACED, folded

Words = bytes
"""Distinct words of one text: their numbers, sorted, 4 bytes each."""
WIDTH = 4
MAX_WORDS = 200

_WORD = re.compile(r"[^\W\d_]{3,}")
_CACHED = 4_096


@lru_cache(maxsize=_CACHED)
def words_of(text: str) -> Words:
    """Of the first 200 distinct words of a text; links, @names and numbers are none.

    Scripts without spaces give pairs of neighbouring characters.
    """
    found = dict.fromkeys(_words(folded(text)))
    numbers = {crc32(word.encode("utf-8", "surrogatepass")) for word in [*found][:MAX_WORDS]}
    return np.array(sorted(numbers), dtype="<u4").tobytes()


def numbers_of(texts: Sequence[Words]) -> npt.NDArray[np.int64]:
    """All words of these texts, one after the other."""
    return np.frombuffer(b"".join(texts), dtype="<u4").astype(np.int64)


def _words(text: str) -> Iterator[str]:
    for run in _WORD.findall(text):
        if UNSPACED.search(run):
            yield from (run[place : place + 2] for place in range(len(run) - 1))
        else:
            yield run
