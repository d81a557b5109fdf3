"""From an AI output to the posts that came out of it, as the evidence tab shows them."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from django.utils.safestring import SafeString

from abusedesk.core.models import User
from abusedesk.core.templatetags.ui import span
from cases.selectors.evidence import cited_of
from cases.ui.marks import marked_words
from detectors.models import Finding, Signal
from detectors.sketches import SHINGLE_WORDS

DETECTOR: Final = "output-reappearance"
CHAINS = 3
STEPS = 24
TEXT_CHARS = 2_000
_WORDS = re.compile(r"\s+|\S+")
_BARE = re.compile(r"\W+")


@dataclass(frozen=True, slots=True)
class Step:
    """One text of a chain. role: what it is; after: how long after its output, in words.

    signal: None when it was purged. containment: share of it that stands in the output. shown: its
    text with the words marked that are its own; empty where the sender kept the text.
    """

    role: str
    account: str
    signal: Signal | None
    after: str = ""
    containment: float | None = None
    shown: SafeString | str = ""


@dataclass(frozen=True, slots=True)
class Shown:
    """One chain. total: its texts, of which the first few are shown."""

    finding: Finding
    steps: list[Step]
    total: int


def chains(findings: Iterable[Finding], viewer: User) -> list[Shown]:
    """The first chains among these findings, each in order of time."""
    found = [finding for finding in findings if finding.detector == DETECTOR]
    return [_shown(finding, viewer) for finding in found[:CHAINS]]


def own_words_marked(output: str, text: str) -> SafeString:
    """`text` in the safe view; marked is what stands in no run of 4 words that `output` has too."""
    words = _WORDS.findall(text[:TEXT_CHARS])
    places = [place for place, word in enumerate(words) if _bare(word)]
    known = _runs([_bare(word) for word in _WORDS.findall(output) if _bare(word)])
    shared: set[int] = set()
    for start, run in enumerate(_runs([_bare(words[place]) for place in places])):
        if run in known:
            shared.update(places[start : start + SHINGLE_WORDS])
    own = set(places) - shared
    return marked_words((place not in own, word) for place, word in enumerate(words))


def _shown(finding: Finding, viewer: User) -> Shown:
    told: Mapping[str, Any] = finding.values
    rows = [("output", one, one["at"]) for one in told["outputs"]]
    moments = {one["signal"]: one["at"] for one in told["outputs"]}
    for role, name in (("given to another AI service", "prompts"), ("post", "posts")):
        rows += [
            (role, one, moments.get(one["output"], 0.0) + one["after_s"]) for one in told[name]
        ]
    rows.sort(key=lambda row: (row[2], row[1]["signal"]))
    chosen = rows[:STEPS]
    ids = {one[name] for _, one, _ in chosen for name in ("signal", "output") if name in one}
    signals = cited_of(finding, ids, viewer)
    return Shown(finding, [_step(role, one, signals) for role, one, _ in chosen], len(rows))


def _step(role: str, told: Mapping[str, Any], signals: Mapping[int, Signal]) -> Step:
    signal, output = signals.get(told["signal"]), signals.get(told.get("output", 0))
    text = signal.text if signal is not None else ""
    if output is None:
        return Step(role, told["account"], signal, shown=marked_words([(True, text[:TEXT_CHARS])]))
    return Step(
        role,
        told["account"],
        signal,
        after=f"+{span(told['after_s'])}",
        containment=told["containment"],
        shown=own_words_marked(output.text or text, text),
    )


def _bare(word: str) -> str:
    return _BARE.sub("", word).casefold()


def _runs(words: Sequence[str]) -> list[tuple[str, ...]]:
    count = len(words) - SHINGLE_WORDS + 1
    return [tuple(words[start : start + SHINGLE_WORDS]) for start in range(max(0, count))]
