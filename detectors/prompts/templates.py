"""The template of a prompt: its wording without what a program fills in, and how like two are."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from functools import lru_cache
from hashlib import blake2b
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

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
    table = table_of([one, two])
    return float((table[0] == table[1]).mean())


def table_of(signatures: Sequence[bytes]) -> NDArray[np.uint16]:
    """Shape (signatures, 128)."""
    return np.frombuffer(b"".join(signatures), dtype="<u2").reshape(-1, minhash.VALUES)


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
