"""One thing told in different words: which words most tellers use, and which are their own."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Collection, Sequence
from typing import Final

from django.utils.safestring import SafeString

from cases.ui.marks import marked_words
from detectors.models import Signal
from detectors.reworded.texts import OUTPUT
from detectors.reworded.words import numbers_of, words_of

CHARS: Final = 2_000
LINES: Final = 60
_WORDS: Final = re.compile(r"\s+|\S+")


def wordings(signals: Sequence[Signal]) -> list[tuple[Signal, SafeString]]:
    """Different wordings first, each with the words marked that most of them do without.

    Words are those that the detector compares, so case, links and numbers make no difference. Of
    what an AI service wrote stands the line that was told.
    """
    told = _lines(signals)
    common = _common([text for _, text in told])
    first = {words_of(text): place for place, (_, text) in reversed([*enumerate(told)])}
    order = sorted(range(len(told)), key=lambda place: (place not in first.values(), place))
    return [(told[place][0], _view(told[place][1], common)) for place in order]


def _lines(signals: Sequence[Signal]) -> list[tuple[Signal, str]]:
    posts = [one.text[:CHARS] for one in signals if one.kind != OUTPUT]
    known = _common(posts)
    return [
        (one, _told(one.text, known) if one.kind == OUTPUT and posts else one.text[:CHARS])
        for one in signals
    ]


def _told(output: str, known: Collection[int]) -> str:
    """The line of an output with the most words of those who told it."""
    lines = [line[:CHARS] for line in output.splitlines()[:LINES]]
    return max(lines, key=lambda line: len(_numbers(line).intersection(known)), default="")


def _common(texts: Sequence[str]) -> set[int]:
    """Words of more than half of the different wordings."""
    different = {words_of(text): text for text in texts}.values()
    counts = Counter(number for text in different for number in _numbers(text))
    return {number for number, count in counts.items() if 2 * count > len(different)}


def _view(text: str, common: Collection[int]) -> SafeString:
    return marked_words((_is_common(word, common), word) for word in _WORDS.findall(text))


def _is_common(word: str, common: Collection[int]) -> bool:
    """Scripts without spaces have several words in one: most of them decide."""
    numbers = _numbers(word)
    return 2 * len(numbers.intersection(common)) >= len(numbers)


def _numbers(text: str) -> set[int]:
    return set(numbers_of([words_of(text)]).tolist())
