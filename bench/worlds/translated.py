"""Translated campaigns: invented sentences in six languages, who posts them, and what is true."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from random import Random

from detectors.base import HOUR_S, Signal

TABLE = Path(__file__).with_name("translated.txt")
LANGUAGES = ("en", "es", "fr", "de", "pt", "ru")
CLAIMS = (0, 1, 2)
"""Which sentences of a topic a campaign spreads."""
ANSWER = 5
"""The sentence that answers the first claim."""
T0 = 1_790_000_000.0


@dataclass(frozen=True, slots=True)
class Sentence:
    """One text. place: of the sentence in its topic, the same in every language."""

    topic: str
    place: int
    language: str
    text: str


@dataclass(frozen=True, slots=True)
class World:
    """Posts on several topics. campaigns: the accounts that spread one claim together."""

    signals: list[Signal]
    campaigns: list[frozenset[str]]


def sentences() -> tuple[list[Sentence], list[Sentence]]:
    """The table in two halves: to tune with, and to report on."""
    halves: tuple[list[Sentence], list[Sentence]] = ([], [])
    topics = TABLE.read_text(encoding="utf-8").split("\n= ")[1:]
    for number, topic in enumerate(topics):
        name, *blocks = topic.strip().split("\n\n")
        head, _, first = name.partition("\n")
        for place, block in enumerate([first, *blocks]):
            pairs = (line.split(" ", 1) for line in block.splitlines())
            halves[number % 2].extend(Sentence(head, place, *pair) for pair in pairs)
    return halves


def world(half: list[Sentence], seed: int) -> World:
    """Under one hashtag a topic: each claim by one account a language, the rest by people.

    People write each other sentence in one language only, so that no two of them say the same.
    """
    draw = Random(seed)
    signals: list[Signal] = []
    campaigns: dict[tuple[str, int], set[str]] = {}
    chosen = {(one.topic, one.place): draw.choice(LANGUAGES) for one in half}
    for one in half:
        is_claim = one.place in CLAIMS
        if not is_claim and one.language != chosen[one.topic, one.place]:
            continue
        actor = f"u{len(signals)}"
        if is_claim:
            campaigns.setdefault((one.topic, one.place), set()).add(f"x:{actor}")
        at = T0 + draw.uniform(0, 20 * HOUR_S)
        text = f"{one.text} #{one.topic}"
        signals.append(Signal(len(signals) + 1, at, "x", "post", actor, text))
    signals.sort(key=lambda signal: signal.place)
    return World(signals, [frozenset(accounts) for accounts in campaigns.values()])
