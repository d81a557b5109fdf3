"""Which texts that met say the same: stories, each around its first text."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple

import numpy as np

from detectors.base import Signal
from detectors.comparables import has_tokens
from detectors.embeddings import Encoder, Steps, cosines, steps_of
from detectors.lives.tongue import is_other
from detectors.normalise.text import clean
from detectors.paraphrase.meeting import Met, Post

MAX_CHARS = 300
MAX_DRAFTS = 8
OUTPUT = "ai.response"

# What both have in common anyway, or they had not met.
_NAMES = re.compile(r"(?:https?|h[x*]{2}ps?)://\S+|(?<!\w)[@#][\w.]+")
_NUMBER = re.compile(r"^\s*(?:\d{1,2}[.)]|[-*\u2022])\s+")


class Told(NamedTuple):
    """A text of a story, and how near it is to the first one."""

    post: Post
    cosine: float


class Story(NamedTuple):
    """Texts that say the same, one of each account, the first one first. keys: where they met."""

    told: list[Told]
    keys: list[str]


def stories(
    met: Met,
    signals: Mapping[int, Signal],
    encoder: Encoder,
    cosine: float,
    min_accounts: int,
    min_words: int,
) -> list[Story]:
    """The stories of at least `min_accounts` people in two tongues or more, by first text."""
    order = sorted(met.posts.values(), key=lambda post: (post.at, post.id))
    known = [post for post in order if post.id in signals]
    texts = Texts([signals[post.id] for post in known], encoder, min_words)
    found: list[Story] = []
    taken: set[int] = set()
    for first in known:
        if first.id in taken:
            continue
        later = [post for post in known if post.id in met.later[first.id] and post.id not in taken]
        near = [Told(first, 1.0), *_near(first, later, texts, cosine)]
        if _is_story(near, min_accounts):
            taken.update(one.post.id for one in near)
            found.append(Story(_one_each(near), _shared(met, near)))
    return found


class Texts:
    """The vectors of signals. min_words: shorter texts have none."""

    def __init__(self, signals: Sequence[Signal], encoder: Encoder, min_words: int) -> None:
        pieces = {signal.id: list(pieces_of(signal, min_words)) for signal in signals}
        every = list(dict.fromkeys(text for texts in pieces.values() for text in texts))
        place = {text: number for number, text in enumerate(every)}
        self._rows = {id_: [place[text] for text in texts] for id_, texts in pieces.items()}
        self._steps = steps_of(encoder.encode(every)) if every else np.empty((0, 1))

    def nearness(self, id_: int, others: Sequence[int]) -> list[float]:
        """Of each other signal the largest cosine of its texts to those of one; -1 with none."""
        mine = self._rows.get(id_, [])
        rows = [row for other in others for row in self._rows.get(other, [])]
        if not mine or not rows:
            return [-1.0] * len(others)
        best = iter(_best(self._steps[mine], self._steps[rows]))
        return [max((next(best) for _ in self._rows.get(o, [])), default=-1.0) for o in others]


def pieces_of(signal: Signal, min_words: int) -> Iterator[str]:
    """The texts of a signal that are compared: of an AI output its first drafts, each a line."""
    if signal.kind != OUTPUT:
        lines = [signal.text[: 2 * MAX_CHARS]]
    else:
        lines = signal.text[: 4 * MAX_DRAFTS * MAX_CHARS].splitlines()
    told = 0
    for line in lines:
        text = readable(line)
        if has_tokens(text, min_words):
            yield text
            told += 1
            if told == MAX_DRAFTS:
                return


def readable(text: str) -> str:
    """What a text says, without links, names and hashtags; all capitals say nothing more."""
    bare = " ".join(_NUMBER.sub("", _NAMES.sub(" ", clean(text))).split())[:MAX_CHARS]
    return bare.lower() if bare.isupper() else bare


def _best(mine: Steps, others: Steps) -> list[float]:
    found: list[float] = cosines(mine, others).max(axis=0).tolist()
    return found


def _near(first: Post, later: Sequence[Post], texts: Texts, cosine: float) -> Iterator[Told]:
    nearness = texts.nearness(first.id, [post.id for post in later])
    for post, near in zip(later, nearness, strict=True):
        if near >= cosine:
            yield Told(post, near)


def _is_story(told: Sequence[Told], min_accounts: int) -> bool:
    if len({one.post.person for one in told}) < min_accounts:
        return False
    return any(is_other(told[0].post.tongue, one.post.tongue) for one in told)


def _shared(met: Met, told: Sequence[Told]) -> list[str]:
    """The keys under which the others met the first one."""
    mine, *others = (met.keys[one.post.id] for one in told)
    return sorted(set().union(*(mine & keys for keys in others)))


def _one_each(told: Sequence[Told]) -> list[Told]:
    first: dict[str, Told] = {}
    for one in told:
        first.setdefault(one.post.account, one)
    return list(first.values())
