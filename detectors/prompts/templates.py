"""The template of a prompt: its wording without what a program fills in, and how like two are."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from functools import lru_cache
from hashlib import blake2b
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from detectors import minhash, sketches
from detectors.base import Signal
from detectors.comparables import BANDED, Content, folded, has_tokens, is_sketch, measured, readable

MIN_CHARS = 40
MIN_TOKENS = 6
MIN_HASHES = 10
SIGNATURE_BYTES = 2 * minhash.VALUES
SKETCH_SHARE = 0.75
"""Runs of 4 words change faster than 5 characters do: J of sketches that means the same J."""

_CACHED = 4_096
_NAMED_TOGETHER = 256
_LOOKED_AT = 2 * minhash.MAX_CHARS
_BLANK = "#"
_SHIFT = np.uint64(20)  # a sketch keeps multiples of its step, so the lowest bits say nothing
_CLOSE_J = 0.6
_ROWS_CLOSE, _ROWS_LOOSE = 4, 2
_COMPARED_ALL = 32
_UPPER = "[A-Z\u00c0-\u00de\u0410-\u042f]"
# Links, @names, quotations, numbers, and capitalised names inside a sentence.
_FILLED_IN = re.compile(
    r"h(?:tt|xx)ps?://\S+|(?<![\w@])@[\w.]+"
    r"|\"[^\"\n]{1,500}\"|\u201c[^\u201c\u201d]{1,500}\u201d|\u00ab[^\u00ab\u00bb]{1,500}\u00bb"
    r"|`[^`]{1,500}`|(?<!\w)'[^'\n]{1,200}'(?!\w)"
    r"|\d+(?:[.,:/-]\d+)*"
    rf"|(?<=[a-z,;:)] ){_UPPER}[\w-]+(?: {_UPPER}[\w-]*)*"
)


class Template(NamedTuple):
    """One wording. name: equal for equal wordings. space: only templates of one are comparable.

    signature: 128 numbers of 16 bits; the share of equal ones estimates Jaccard, with a standard
    deviation of at most 0.045.
    """

    name: str
    space: str
    signature: bytes


_known: dict[Content, Template] = {}


def template_of(signal: Signal) -> Template | None:
    """The template of the text, else of the first readable sketch; None of too little."""
    found = of_text(signal.text) if signal.text else None
    if found is None and signal.fingerprints:
        readables = readable(signal.fingerprints, MIN_HASHES)
        return _named(readables[0]) if readables else None
    return found


def of_text(text: str) -> Template | None:
    """The template of the beginning of a text; None when it is short or all filled in."""
    plain = _telling(text)
    return _named(plain) if plain else None


def prepare_templates(signals: Iterable[Signal]) -> None:
    """Have `template_of` ready for many texts: together they take a fraction of the time."""
    plain = dict.fromkeys(_telling(signal.text) for signal in signals if signal.text)
    _name([one for one in plain if one and one not in _known])


def wording(text: str) -> Content:
    """The folded text with `#` for each number, quotation, name and link; at most 4,096 long."""
    return folded(_FILLED_IN.sub(_BLANK, text[:_LOOKED_AT]))


def likeness(one: bytes, two: bytes) -> float:
    """Estimated Jaccard of two signatures, 0..1."""
    table = _table([one, two])
    return float((table[0] == table[1]).mean())


def families(templates: Sequence[Template], j: float) -> list[list[int]]:
    """Places of the templates that hang together: a chain of neighbours, each at Jaccard >= j.

    Ordered by their first place. LSH bands propose the neighbours: a pair at J 0.7 is missed with a
    chance of 2e-4, one at 0.3 with 2e-3. Of a band that many share the neighbours are compared that
    lie side by side, and each with the first; others meet in another band.
    """
    if not templates:
        return []
    table = _table([one.signature for one in templates])
    spaces: dict[str, int] = {}
    space = np.array([spaces.setdefault(one.space, len(spaces)) for one in templates])
    left, right = _proposed(table, space, _ROWS_CLOSE if j >= _CLOSE_J else _ROWS_LOOSE)
    limit = np.array([j * SKETCH_SHARE if name else j for name in spaces])
    alike = (table[left] == table[right]).mean(axis=1) >= limit[space[left]]
    left, right = left[alike], right[alike]
    size = len(templates)
    graph = coo_array((np.ones(len(left), dtype=np.int8), (left, right)), shape=(size, size))
    _, label = connected_components(graph, directed=False)
    groups: dict[int, list[int]] = {}
    for place, name in enumerate(label.tolist()):
        groups.setdefault(name, []).append(place)
    return list(groups.values())


@lru_cache(maxsize=_CACHED)
def _telling(text: str) -> Content:
    """The wording of a text, empty where too little is left of it."""
    plain = wording(text)
    kept = len(plain) - 2 * plain.count(_BLANK)
    return plain if kept >= MIN_CHARS and has_tokens(plain, MIN_TOKENS) else Content("")


def _named(content: Content) -> Template:
    if content not in _known:
        _name([content])
    return _known[content]


def _name(contents: Sequence[Content]) -> None:
    """Keep the templates of wordings or sketches."""
    for start in range(0, len(contents), _NAMED_TOGETHER):
        some = contents[start : start + _NAMED_TOGETHER]
        texts = iter(minhash.shingle_sets([one for one in some if not is_sketch(one)]))
        hashes = [_kept(one) if is_sketch(one) else next(texts) for one in some]
        rows = (minhash.signatures(hashes) >> _SHIFT).astype("<u2")
        for content, row in zip(some, rows, strict=True):
            name = blake2b(content.encode("utf-8", "surrogatepass"), digest_size=10).hexdigest()
            space = sketches.parse(content).key_id if is_sketch(content) else ""
            _known[content] = Template(name, space, row.tobytes())
    while len(_known) > _CACHED:
        del _known[next(iter(_known))]


def _kept(sketch: Content) -> minhash.Hashes:
    return minhash.survivors(measured(sketch).hashes, BANDED)


def _table(signatures: Sequence[bytes]) -> NDArray[np.uint16]:
    """Shape (signatures, 128)."""
    return np.frombuffer(b"".join(signatures), dtype="<u2").reshape(-1, minhash.VALUES)


def _proposed(
    table: NDArray[np.uint16], space: NDArray[np.int64], rows: int
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Pairs that agree in all rows of some band, each once."""
    pairs: list[NDArray[np.int64]] = []
    size = len(table)
    for start in range(0, minhash.VALUES, rows):
        word = space.astype(np.uint64)
        for row in range(start, start + rows):
            word = (word << np.uint64(16)) ^ (word >> np.uint64(48)) ^ table[:, row]
        order = np.argsort(word, kind="stable")
        ordered = word[order]
        edges = np.concatenate(([0], np.flatnonzero(np.diff(ordered)) + 1, [size]))
        sharing = np.diff(edges)
        for number in np.unique(sharing[sharing > 1]).tolist():
            begin = edges[:-1][sharing == number]
            pairs.append(_within(order[begin[:, None] + np.arange(number)]))
    if not pairs:
        return np.empty(0, dtype=np.int64), np.empty(0, dtype=np.int64)
    found = np.concatenate(pairs)
    found = found[space[found[:, 0]] == space[found[:, 1]]]
    codes = np.unique(found[:, 0] * size + found[:, 1])
    return codes // size, codes % size


def _within(groups: NDArray[np.int64]) -> NDArray[np.int64]:
    """Pairs inside bands of one size, shape (pairs, 2), the lower place first.

    groups: (bands, size) places, each band in order.
    """
    size = groups.shape[1]
    low, high = np.triu_indices(size, 1) if size <= _COMPARED_ALL else _beside(size)
    return np.column_stack((groups[:, low].ravel(), groups[:, high].ravel()))


def _beside(size: int) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """The first with each other one, and each with the next."""
    later = np.arange(1, size)
    return np.append(np.zeros_like(later), later - 1), np.append(later, later)
