"""How a customer uses an AI service, day by day, in six numbers."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from functools import lru_cache
from hashlib import blake2b
from typing import NamedTuple

import msgspec

from detectors.base import DAY_S, Signal
from detectors.prompts.askers import number_in
from detectors.prompts.entropy import entropy
from detectors.prompts.templates import Template, template_of
from detectors.prompts.trials import model_of

KEPT_DAYS = 9
TOPICS = 256
TOPIC_WORDS = 6
MAX_MODELS = 16
MAX_ACCOUNTS = 20
KEPT_TEMPLATES = 3
MAX_TURN = 10_000
HUNDREDTHS = 100
_LOOKED_AT = 4_096
_CACHED = 1_024
_SUMS = (
    "requests", "responses", "marked", "tokens_in", "tokens_out", "turns", "turned", "warmth",
    "warmed",
)  # fmt: skip
_WORD = re.compile(r"[^\W\d_]{4,40}")
# What makes a model write down how it thinks, in the languages that ask for it most.
_MARKERS = re.compile(
    r"step[- ]by[- ]step|chain[- ]of[- ]thought"
    r"|(?:show|explain|write (?:out|down)) (?:all )?(?:of )?"
    r"your (?:reasoning|thinking|thought process|work)|think (?:aloud|out loud|carefully)"
    r"|let'?s think|<think(?:ing)?>|<reasoning>|paso a paso|schritt f\u00fcr schritt"
    r"|\u00e9tape par \u00e9tape|\u0448\u0430\u0433 \u0437\u0430 \u0448\u0430\u0433\u043e\u043c"
    r"|\u4e00\u6b65\u4e00\u6b65|\u9010\u6b65"
)


class Day(msgspec.Struct, array_like=True, gc=False):
    """Whole numbers of one UTC day, so that any order of signals gives the same sums.

    topics: the longest words of each prompt, by bucket. models: calls by model. turns: sum of the
    turns of `turned` calls. warmth: sum of hundredths of a degree of `warmed` calls. templates:
    those with the smallest names.
    """

    requests: int = 0
    responses: int = 0
    marked: int = 0
    tokens_in: int = 0
    tokens_out: int = 0
    turns: int = 0
    turned: int = 0
    warmth: int = 0
    warmed: int = 0
    topics: dict[int, int] = {}
    models: dict[str, int] = {}
    first_id: int = 0
    first_at: float = math.inf
    last_at: float = 0.0
    templates: dict[str, tuple[str, bytes]] = {}

    @property
    def calls(self) -> int:
        """Requests, or responses where only those are sent."""
        return max(self.requests, self.responses)

    def join(self, other: Day) -> None:
        """Add the numbers of another customer; templates stay with whom they belong to."""
        for name in _SUMS:
            setattr(self, name, getattr(self, name) + getattr(other, name))
        for topic, count in other.topics.items():
            self.topics[topic] = self.topics.get(topic, 0) + count
        for model, count in other.models.items():
            self.models[model] = self.models.get(model, 0) + count
        first = (other.first_at, other.first_id)
        self.first_at, self.first_id = min((self.first_at, self.first_id), first)
        self.last_at = max(self.last_at, other.last_at)

    def keep(self, template: Template) -> None:
        """Remember a template, if it is one of those with the smallest names."""
        self.templates[template.name] = (template.space, template.signature)
        if len(self.templates) > KEPT_TEMPLATES:
            del self.templates[max(self.templates)]


class Habits(msgspec.Struct, omit_defaults=True):
    """State of one customer (days, accounts), or of one model (first_at)."""

    days: dict[int, Day] = {}
    accounts: list[str] = []
    first_at: float = math.inf

    def add(self, signal: Signal) -> None:
        """Count one request or response."""
        number = int(signal.at // DAY_S)
        day = self.days.get(number)
        if day is None:
            day = self.days[number] = Day()
            if len(self.days) > KEPT_DAYS:
                del self.days[min(self.days)]
        _count(day, signal)
        if signal.account not in self.accounts:
            self.accounts = sorted([*self.accounts, signal.account])[:MAX_ACCOUNTS]


class Measures(NamedTuple):
    """Six numbers of one customer and day; None where the sender does not tell.

    Share of prompts that ask for reasoning; entropy of topics, 0..1; mean turn; binary logarithm
    of tokens out over tokens in; share of calls on models younger than a week; mean temperature.
    """

    markers: float | None
    topics: float | None
    depth: float | None
    output: float | None
    pivot: float | None
    temperature: float | None


def measures(day: Day, number: int, born: Mapping[str, float], young_s: float) -> Measures:
    """The six numbers of a day. born: when each model was first seen; empty when not known."""
    end = (number + 1) * DAY_S
    young = sum(calls for name, calls in day.models.items() if end - born.get(name, 0) <= young_s)
    known = sum(day.models.values())
    return Measures(
        day.marked / day.requests if day.requests else None,
        entropy(day.topics.values(), TOPICS) if day.topics else None,
        day.turns / day.turned if day.turned else None,
        math.log2(day.tokens_out / day.tokens_in) if day.tokens_in and day.tokens_out else None,
        young / known if born and known else None,
        day.warmth / HUNDREDTHS / day.warmed if day.warmed else None,
    )


def _count(day: Day, signal: Signal) -> None:
    day.first_at, day.first_id = min((day.first_at, day.first_id), (signal.at, signal.id))
    day.last_at = max(day.last_at, signal.at)
    ai = signal.ai
    if ai is not None:
        day.tokens_in += ai.tokens_in or 0
        day.tokens_out += ai.tokens_out or 0
    if signal.kind != "ai.request":
        day.responses += 1
        return
    day.requests += 1
    if (template := template_of(signal)) is not None:
        day.keep(template)
    marked, topics = _read(signal.text)
    day.marked += marked
    for topic in topics:
        day.topics[topic] = day.topics.get(topic, 0) + 1
    model = model_of(signal)
    day.models[model] = day.models.get(model, 0) + 1
    if len(day.models) > MAX_MODELS:
        del day.models[max(day.models)]
    if turn := number_in(signal.attributes, "turn"):
        day.turns += min(MAX_TURN, round(turn))
        day.turned += 1
    if warm := number_in(signal.attributes, "temperature"):
        day.warmth += min(10 * HUNDREDTHS, round(warm * HUNDREDTHS))
        day.warmed += 1


@lru_cache(maxsize=_CACHED)
def _read(text: str) -> tuple[bool, tuple[int, ...]]:
    """Whether a prompt asks for reasoning, and the buckets of its longest other words."""
    plain = text[:_LOOKED_AT].casefold()
    rest = _MARKERS.sub(" ", plain)
    words = sorted(set(_WORD.findall(rest)), key=lambda word: (-len(word), word))
    return rest != plain, tuple(_bucket(word) for word in words[:TOPIC_WORDS])


def _bucket(word: str) -> int:
    digest = blake2b(word.encode("utf-8", "surrogatepass"), digest_size=2).digest()
    return int.from_bytes(digest, "big") % TOPICS
