"""Sentences in six languages, and an encoder that knows their meanings without any model."""

from __future__ import annotations

from collections.abc import Sequence
from hashlib import blake2b
from itertools import count
from typing import Any

import numpy as np

from bench.worlds.translated import sentences
from detectors.base import Signal
from detectors.embeddings import Vectors
from detectors.paraphrase.stories import readable
from tests.harness import T0

SIZE = 64
_ids = count(1)
_TABLE = [one for half in sentences() for one in half]
_MEANINGS = {readable(one.text): f"{one.topic}{one.place}" for one in _TABLE}


class Dictionary:
    """Equal meanings point the same way, others nowhere near; a text it does not know is its own.

    asked: the texts of each call. nearness: meanings that are something between the same and not.
    """

    def __init__(self, nearness: dict[str, float] | None = None) -> None:
        self.asked: list[list[str]] = []
        self._nearness = nearness or {}

    def encode(self, texts: Sequence[str]) -> Vectors:
        self.asked.append(list(texts))
        return np.stack([self._vector(text) for text in texts]).astype(np.float32)

    def _vector(self, text: str) -> Vectors:
        meaning = _direction(_MEANINGS.get(text, text))
        cosine = self._nearness.get(text, 1.0)
        aside = _direction(f"aside {text}")
        aside -= (aside @ meaning) * meaning
        aside /= np.linalg.norm(aside)
        turned: Vectors = cosine * meaning + np.sqrt(1.0 - cosine * cosine) * aside
        return turned


def said(topic: str, place: int, language: str) -> str:
    """One sentence of the table."""
    return next(
        one.text
        for one in _TABLE
        if (one.topic, one.place, one.language) == (topic, place, language)
    )


def told(account: str, text: str, at: float = 0.0, **more: Any) -> Signal:
    """One post of `platform:actor` with a hashtag, `at` seconds into the story."""
    platform, _, actor = account.partition(":")
    fields: dict[str, Any] = {"kind": "post", **more}
    return Signal(id=next(_ids), at=T0 + at, platform=platform, actor=actor, text=text, **fields)


def _direction(name: str) -> Vectors:
    seed = int.from_bytes(blake2b(name.encode(), digest_size=8).digest(), "big")
    drawn = np.random.default_rng(seed).standard_normal(SIZE)
    found: Vectors = drawn / np.linalg.norm(drawn)
    return found
