"""What is compared for near copies: folded texts, and sketches of texts the desk has not seen."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable
from functools import lru_cache
from hashlib import blake2b
from itertools import islice
from typing import NamedTuple, NewType

import numpy as np

from detectors import minhash, normalise, sketches

Content = NewType("Content", str)
"""A folded text, or a sketch in its text form; `is_sketch` knows which."""

MAX_SKETCHES = 2
SKETCH_ROWS = 3
BANDED = 64

_CACHED = 4_096
_MEASURED_TOGETHER = 256
_LISTS_CACHED = 16  # one list may hold 400 kB
_SKETCH = f"{sketches.VERSION}:"
_LINK_OR_NAME = re.compile(r"(?:https?|h[x*]{2}ps?)://\S+|(?<![\w@])@[\w.]+")
# Scripts written without spaces: two characters are about one word.
UNSPACED = re.compile("[\u0e00-\u0eff\u1780-\u17ff\u3040-\u30ff\u3400-\u9fff]")


class Measured(NamedTuple):
    """Content as numbers. hashes: of its shingles, sorted, each once, all multiples of `step`.

    numbers: one per LSH band; two contents that share one, and `key_id`, agree in all rows of that
    band. key_id: of a sketch, empty for a text.
    """

    hashes: minhash.Hashes
    numbers: minhash.Hashes
    step: int = 1
    key_id: str = ""

    @property
    def bands(self) -> tuple[str, ...]:
        """A name for each band; no two contents under different keys share one."""
        names = minhash.digits(self.numbers)
        return tuple(f"{self.key_id}:{name}" for name in names) if self.key_id else names


_known: dict[Content, Measured] = {}


@lru_cache(maxsize=_CACHED)
def folded(text: str) -> Content:
    """The text that is compared: no links, no @names, look-alike letters made one.

    A manual share (`RT @name ...`) is the platform's own copy and becomes empty.
    """
    return folded_plain(normalise.match_text(text))


@lru_cache(maxsize=_CACHED)
def folded_plain(plain: str) -> Content:
    """The same of a text that is folded for comparison already."""
    if plain.startswith("rt @"):
        return Content("")
    if "@" in plain or "://" in plain:
        words = " ".join(_LINK_OR_NAME.sub(" ", plain).split())
        plain = normalise.match_text(words)
    return Content(normalise.look_alike(plain)[: minhash.MAX_CHARS])


def has_tokens(text: str, least: int) -> bool:
    """Whether a text has at least so many words."""
    spaced = text.count(" ") + 1
    return spaced >= least or spaced + len(UNSPACED.findall(text)) // 2 >= least


@lru_cache(maxsize=_LISTS_CACHED)
def readable(fingerprints: tuple[str, ...], least: int) -> tuple[Content, ...]:
    """The first sketches under two different keys, of those that hold at least so many hashes.

    Two keys, because the old and the new one overlap; three would make one text look like three.
    What is no sketch is passed over.
    """
    found: dict[str, Content] = {}
    for one in fingerprints:
        try:
            sketch = sketches.parse(one)
        except ValueError:
            continue
        if len(sketch.hashes) >= least:
            found.setdefault(sketch.key_id, Content(one))
            if len(found) == MAX_SKETCHES:
                break
    return tuple(found.values())


def is_sketch(content: Content) -> bool:
    """Whether this is a sketch: folding leaves no digit 1, so that no text can pass for one."""
    return content.startswith(_SKETCH)


def measured(content: Content) -> Measured:
    """Hashes and bands of a text, of which the first 4,096 characters count, or of a sketch."""
    if content not in _known:
        measure([content])
    return _known[content]


def measure(contents: Iterable[Content]) -> None:
    """Have `measured` ready for many contents: together they take a third of the time."""
    new = list(dict.fromkeys(one for one in contents if one not in _known))
    texts = [one for one in new if not is_sketch(one)]
    for start in range(0, len(texts), _MEASURED_TOGETHER):
        some = texts[start : start + _MEASURED_TOGETHER]
        hashes = minhash.shingle_sets(some)
        numbers = minhash.bands(minhash.signatures(hashes))
        _known.update(zip(some, map(Measured, hashes, numbers), strict=True))
    _known.update((one, _measured_sketch(one)) for one in new if is_sketch(one))
    for one in [*islice(_known, max(0, len(_known) - _CACHED))]:
        del _known[one]


@lru_cache(maxsize=_CACHED)
def similarity(content: Content, other: Content) -> float:
    """Exact Jaccard of two texts, or of two sketches under one key at the larger step; 0..1."""
    one, two = measured(content), measured(other)
    step = max(one.step, two.step)
    return minhash.jaccard(_thinned(one, step), _thinned(two, step))


@lru_cache(maxsize=_CACHED)
def lowest_shared(content: Content, other: Content) -> str:
    """The first band in which both agree; empty when there is none."""
    one, two = measured(content), measured(other)
    shared = np.flatnonzero(one.numbers == two.numbers)
    return one.bands[shared[0]] if len(shared) and one.key_id == two.key_id else ""


def words_changed(content: Content, other: Content) -> int:
    """Words to put in or to take out, whichever is more; the order of words does not count.

    0 between sketches, whose words nobody here knows.
    """
    if is_sketch(content):
        return 0
    one, two = Counter(content.split()), Counter(other.split())
    return max((one - two).total(), (two - one).total())


def group_name(content: Content) -> str:
    """A name that near copies mostly share, with a chance of about J^2, and other texts do not."""
    last = minhash.survivors(measured(content).hashes, 2)
    return blake2b(last.astype(">u8").tobytes(), digest_size=8).hexdigest()


def _measured_sketch(content: Content) -> Measured:
    """The bands come from the hashes that every step keeps, so that steps do not hide copies.

    Runs of 4 words change faster than 5 characters do, so that 3 rows make a band here: two
    sketches share one of 21 with a chance of 0.998 at J 0.65, 0.994 at 0.6, 0.43 at 0.3.
    """
    sketch = sketches.parse(content)
    hashes = np.array(sketch.hashes, dtype=np.uint64)
    values = minhash.signature(minhash.survivors(hashes, BANDED))
    numbers = minhash.bands(values[np.newaxis], rows=SKETCH_ROWS)[0]
    return Measured(hashes, numbers, sketch.step, sketch.key_id)


def _thinned(one: Measured, step: int) -> minhash.Hashes:
    return one.hashes if one.step == step else one.hashes[one.hashes % step == 0]
