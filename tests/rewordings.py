"""Made-up texts: stories of made-up words, and wordings of them in which some are others."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from random import Random

import numpy as np

from detectors.base import Key
from detectors.reworded.gathered import Texts, gather, merge
from detectors.reworded.texts import DRAFTS, TEXTS, Text, Writer
from detectors.reworded.words import words_of

LETTERS = "abdefghkmopstuz"
LENGTH = 16
ALIKE = 0.45
"""What these tests ask of wordings; below the default, so that few changed words tell apart."""


@cache
def made_up(place: int) -> str:
    """One word for each number, ten letters long."""
    return "".join(Random(place).choices(LETTERS, k=10))


def story(number: int, length: int = LENGTH) -> list[str]:
    """The words of one story; no other one has any of them."""
    return [made_up(number * 1_000 + place) for place in range(length)]


def wording(number: int, teller: int, *, changed: int = 2, length: int = LENGTH) -> str:
    """How one teller tells a story: in an order of its own, some words replaced by own ones."""
    dice = Random(f"{number} {teller}")
    words = story(number, length)
    for place in dice.sample(range(length), changed):
        words[place] = made_up(1_000_000 + number * 100_000 + teller * 100 + place)
    dice.shuffle(words)
    return " ".join(words)


def gathered(texts: Sequence[Text], shards: int = 1) -> Texts:
    """Texts as a tick reads them, whoever kept them."""
    parts: list[dict[Key, Writer]] = [{} for _ in range(shards)]
    for text in texts:
        key = Key(DRAFTS if text.is_draft else TEXTS, text.account)
        writer = parts[key.digest() % shards].setdefault(key, Writer())
        writer.add(text.words, (text.at, text.id), 10_000)
    return merge([gather(part, -1) for part in parts])


def said(number: int, account: str, line: str, *, at: float | None = None) -> Text:
    """A text that an account wrote, a minute after the one before it."""
    return Text(account, 60.0 * number if at is None else at, number, words_of(line), False)


def bystanders(count: int = 4_000) -> list[Text]:
    """People who say one word each: among many accounts the words of a crowd are rare."""
    return [said(10_000_000 + n, f"x:by{n}", made_up(20_000_000 + n)) for n in range(count)]


def random_texts(seed: int, count: int, vocabulary: int = 60) -> list[Text]:
    """Texts of words that some use often, so that many pairs share some of them."""
    dice = np.random.default_rng(seed)
    share = 1 / np.arange(1, vocabulary + 1)
    found = []
    for number in range(count):
        size = int(dice.integers(5, 20))
        chosen = dice.choice(vocabulary, size=size, replace=False, p=share / share.sum())
        line = " ".join(made_up(int(word)) for word in chosen)
        found.append(said(number, f"x:u{int(dice.integers(0, count))}", line))
    return found
