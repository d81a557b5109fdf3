"""The words of a text as numbers, whatever their order."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from itertools import chain, islice
from struct import pack
from zlib import crc32

import numpy as np
import numpy.typing as npt

from detectors.comparables import UNSPACED, folded

Words = bytes
"""Distinct words of one text: their numbers, sorted, 4 bytes each."""
WIDTH = 4
MAX_WORDS = 200

_WORD = re.compile(r"[^\W\d_]{3,}")
_ASCII_WORD = re.compile(rb"[a-z]{3,}")  # the same where folded text is ASCII, in half the time
# Folding takes digits and exclamation marks for letters, which they are inside a word only. No two
# matches begin in one run of digits and marks, so that the time stays linear.
_NO_LETTER = re.compile(r"[\d!](?<![\w.,:]\d)[\d.,:]*(?!\w)")


def words_of(text: str) -> Words:
    """Of the first 200 distinct words of a text; links, @names and numbers are none.

    Scripts without spaces give pairs of neighbouring characters.
    """
    found = dict.fromkeys(_words(folded(_NO_LETTER.sub(" ", text))))
    numbers = sorted(set(map(crc32, islice(found, MAX_WORDS))))
    return pack(f"<{len(numbers)}I", *numbers)


def numbers_of(texts: Sequence[Words]) -> npt.NDArray[np.int64]:
    """All words of these texts, one after the other."""
    return np.frombuffer(b"".join(texts), dtype="<u4").astype(np.int64)


def _words(text: str) -> Iterable[bytes]:
    if text.isascii():
        return _ASCII_WORD.findall(text.encode())
    parts = chain.from_iterable(map(_parts, _WORD.findall(text)))
    return (part.encode("utf-8", "surrogatepass") for part in parts)


def _parts(run: str) -> Iterable[str]:
    if not UNSPACED.search(run):
        return (run,)
    return (run[place : place + 2] for place in range(len(run) - 1))
