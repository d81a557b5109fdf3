"""Texts as sets of hashed runs of words, whether the desk has the text or only a sketch of it."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from functools import lru_cache
from hashlib import blake2b
from typing import NamedTuple

import numpy as np

from detectors import minhash, sketches
from detectors.base import Signal
from detectors.comparables import readable

MIN_SKETCH_COMMON = 4
"""Common hashes that two thinned sketches need: each stands for a run of four words."""

_LINK_OR_NAME = r"(?:https?|h[x*]{2}ps?)://\S+|(?<![\w@])@[\w.]+"
# What stands between words. Marks are no punctuation, although \W has them: Indic vowels are marks.
_BETWEEN = (
    r"[!-/:-@\[-`{-~\u00a1-\u00bf\u055a-\u055f\u0589\u05be\u060c\u061b\u061f\u06d4\u0964\u0965"
    r"\u2010-\u205e\u2190-\u2bff\u3001-\u3003\u3008-\u3020\U0001f000-\U0001faff]+"
)
_NO_WORD = re.compile(f"{_LINK_OR_NAME}|{_BETWEEN}")
_CACHED = 4_096
_CACHED_ALONE = 256
_SHORT = 4_096
"""Characters of a text that is hashed with others and may be kept in great numbers."""
_TOGETHER = 256
_POWERS = 4_096
_SPACE = ord(" ")
_NONE: minhash.Hashes = np.empty(0, dtype=np.uint64)


class Runs(NamedTuple):
    """One content as the hashes of its runs of 4 words, or of 8 characters without spaces.

    circle: key id of a sketch, empty for what the desk hashed itself; only within one circle can
    hashes be compared. step: hashes that are no multiple of it are left out. total: their number
    before that. hashes: sorted, each once.
    """

    circle: str
    step: int
    total: int
    hashes: minhash.Hashes

    @property
    def name(self) -> str:
        """Equal for equal contents."""
        raw = self.circle.encode() + self.hashes.astype(">u8").tobytes()
        return blake2b(raw, digest_size=8).hexdigest()


class Overlap(NamedTuple):
    """How much of a content stands in another. common: runs, an estimate between sketches."""

    share: float
    common: int


class _Asked(NamedTuple):
    text: str
    least: int
    secret: bytes


_known: dict[_Asked, minhash.Hashes] = {}


def runs_of(signal: Signal, least: int, secret: bytes) -> Iterator[Runs]:
    """The text and up to two sketches of a signal, those of at least `least` runs.

    A manual share (`RT @name ...`) is the platform's own copy: it has none.
    """
    if signal.text and not signal.match_text.startswith("rt @"):
        found = _hashed(_Asked(signal.match_text[: sketches.MAX_CHARS], least, secret))
        if len(found) >= least:
            yield Runs("", 1, len(found), found)
    if signal.fingerprints:
        for one in readable(signal.fingerprints, MIN_SKETCH_COMMON):
            sketch = sketches.parse(one)
            if sketch.total >= least:
                hashes = np.array(sketch.hashes, dtype=np.uint64)
                yield Runs(sketch.key_id, sketch.step, sketch.total, hashes)


def prepare_runs(signals: Iterable[Signal], least: int, secret: bytes) -> None:
    """Have `runs_of` ready for many texts: together they take half the time."""
    texts = dict.fromkeys(one.match_text for one in signals)
    asked = (_Asked(text, least, secret) for text in texts if len(text) <= _SHORT)
    _known.update(_hashed_together([one for one in asked if one not in _known]))
    while len(_known) > _CACHED:
        del _known[next(iter(_known))]


def leading(runs: Runs, count: int) -> list[str]:
    """Names of at most `count` hashes, the same ones first in every content that has them.

    Of sketches those that thinning leaves, of texts the least.
    """
    hashes = runs.hashes
    chosen = minhash.survivors(hashes, count) if runs.circle else hashes[:count]
    return [f"{runs.circle}:{one:x}" for one in chosen.tolist()]


def without(runs: Runs, known: list[Runs]) -> Runs:
    """What of it was not known before, as far as the thinnest of `known` tells."""
    same = [one for one in known if one.circle == runs.circle]
    if not same:
        return runs
    step = max(runs.step, *(one.step for one in same))
    told = np.concatenate([one.hashes for one in same])
    return runs._replace(step=step, hashes=np.setdiff1d(_thinned(runs, step), told))


def overlap(part: Runs, whole: Runs) -> Overlap:
    """How much of `part` stands in `whole`; nothing across circles."""
    if part.circle != whole.circle:
        return Overlap(0.0, 0)
    step = max(part.step, whole.step)
    one, two = (_thinned(runs, step) for runs in (part, whole))
    common = minhash.common(one, two)
    if not len(one) or (step > 1 and common < MIN_SKETCH_COMMON):
        return Overlap(0.0, 0)
    return Overlap(common / len(one), common * step)


def _thinned(runs: Runs, step: int) -> minhash.Hashes:
    return runs.hashes if runs.step == step else runs.hashes[runs.hashes % np.uint64(step) == 0]


def _hashed(asked: _Asked) -> minhash.Hashes:
    known = _known.get(asked)
    return _hashed_alone(asked) if known is None else known


@lru_cache(maxsize=_CACHED_ALONE)
def _hashed_alone(asked: _Asked) -> minhash.Hashes:
    return _hashed_together([asked])[asked]


def _hashed_together(asked: Sequence[_Asked]) -> dict[_Asked, minhash.Hashes]:
    """Hashes of the runs of texts under one secret: sorted, each once; none of a text so short that
    it has fewer than `least`, where two characters without spaces count as one word."""
    found: dict[_Asked, minhash.Hashes] = {}
    worded: dict[_Asked, str] = {}
    for one in asked:
        words = _NO_WORD.sub(" ", one.text).split()
        joined, least = "".join(words), one.least + sketches.SHINGLE_WORDS - 1
        if len(words) < least and one.text.isascii():
            found[one] = _NONE
        elif not sketches.is_unspaced(joined):
            worded[one] = " ".join(words)
        else:
            found[one] = _of_characters(joined, one.secret) if len(joined) >= 2 * least else _NONE
    names = list(worded)
    for start in range(0, len(names), _TOGETHER):
        some = names[start : start + _TOGETHER]
        hashes = _of_words([worded[one] for one in some], some[0].secret)
        found.update(zip(some, hashes, strict=True))
    return found


def _of_characters(text: str, secret: bytes) -> minhash.Hashes:
    places = np.arange(len(text))
    first, last = places[: 1 - sketches.SHINGLE_CHARS], places[sketches.SHINGLE_CHARS - 1 :]
    return minhash.distinct(_hashes(_points(text), places, first, last + 1, secret))


def _of_words(texts: Sequence[str], secret: bytes) -> list[minhash.Hashes]:
    """The runs of each text of words with one space between them."""
    points = _points(" ".join(texts))
    lengths = np.array([len(text) + 1 for text in texts])
    begins = np.cumsum(lengths) - lengths
    places = np.arange(len(points)) - np.repeat(begins, lengths)[: len(points)]
    spaces = np.flatnonzero(points == _SPACE)
    starts, ends = np.append(-1, spaces) + 1, np.append(spaces, len(points))
    owner = np.searchsorted(begins, starts, side="right") - 1
    more = sketches.SHINGLE_WORDS - 1
    inside = np.flatnonzero(owner[:-more] == owner[more:])
    hashes = _hashes(points, places, starts[inside], ends[inside + more], secret)
    counts = np.bincount(owner[inside], minlength=len(texts))
    return [minhash.distinct(part) for part in np.split(hashes, np.cumsum(counts)[:-1])]


def _hashes(
    points: minhash.Points,
    places: minhash.Places,
    first: minhash.Places,
    last: minhash.Places,
    secret: bytes,
) -> minhash.Hashes:
    """Hashes of the runs of code points from each of `first` up to `last`. places: in their text.

    A polynomial of the code points at an odd base that is secret, from differences of one running
    sum: the texts cost one pass, however many runs they have.
    """
    powers, inverse = _powers(secret, (int(places.max(initial=0)) // _POWERS + 1) * _POWERS)
    sums = np.zeros(len(points) + 1, dtype=np.uint64)
    np.cumsum(points * powers[places], out=sums[1:])
    return minhash.mixed((sums[last] - sums[first]) * inverse[places[first]])


def _points(text: str) -> minhash.Points:
    return np.frombuffer(text.encode("utf-32-le", "surrogatepass"), dtype="<u4")


@lru_cache(maxsize=2 * sketches.MAX_CHARS // _POWERS)
def _powers(secret: bytes, count: int) -> tuple[minhash.Hashes, minhash.Hashes]:
    """Powers of the secret base, and of its inverse modulo 2^64."""
    key = secret[: blake2b.MAX_KEY_SIZE]
    base = int.from_bytes(blake2b(b"runs", digest_size=8, key=key).digest(), "big") | 1
    inverse = pow(base, -1, 1 << 64)
    tables = (np.full(count, one, dtype=np.uint64) for one in (base, inverse))
    powers, inverses = (np.cumprod(one) for one in tables)
    return powers, inverses
