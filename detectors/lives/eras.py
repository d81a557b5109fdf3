"""Times in which an account wrote, apart by long rests: the same for any order of its signals."""

from __future__ import annotations

from collections import Counter
from zlib import crc32

import msgspec

from detectors.base import Signal
from detectors.lives.tongue import MAX_TEXT, tongue_of, topic_of

MAX_ERAS = 3
"""One more than are compared: a late signal may join the last two."""
MAX_MARKS = 6
MAJORITY = 2 / 3


class Mark(msgspec.Struct, array_like=True, frozen=True):
    """One post of the sample: tongue and topic."""

    signal_id: int
    tongue: str
    words: tuple[int, ...]


class Era(msgspec.Struct, array_like=True):
    """marks: posts with the smallest hashes, a random sample; writing the same twice adds none."""

    first: float
    last: float
    marks: dict[int, Mark] = {}


def live(eras: list[Era], signal: Signal, rest_s: float) -> None:
    """Take in one post; eras stay in order of time and at least `rest_s` apart."""
    at = signal.at
    if not eras or not eras[-1].first <= at < eras[-1].last + rest_s:
        eras.append(Era(at, at))
        eras.sort(key=lambda era: era.first)
        _join(eras, rest_s)
        del eras[:-MAX_ERAS]
    era = next((era for era in reversed(eras) if era.first <= at < era.last + rest_s), None)
    if era is not None:
        era.last = max(era.last, at)
        _mark(era, signal)


def main_tongue(era: Era) -> str:
    """The tongue of at least two thirds of the sample; empty where it is mixed."""
    counts = Counter(mark.tongue for mark in era.marks.values())
    best, number = min(counts.items(), key=lambda one: (-one[1], one[0]), default=("", 0))
    return best if number >= MAJORITY * len(era.marks) else ""


def words_of(era: Era) -> frozenset[int]:
    """Hashes of the words of the sample."""
    return frozenset(word for mark in era.marks.values() for word in mark.words)


def overlap(one: frozenset[int], two: frozenset[int]) -> float:
    """Share of the smaller set that is in the other; 0 where one is empty."""
    least = min(len(one), len(two))
    return len(one & two) / least if least else 0.0


def _join(eras: list[Era], rest_s: float) -> None:
    place = 1
    while place < len(eras):
        before, after = eras[place - 1], eras[place]
        if after.first - before.last >= rest_s:
            place += 1
            continue
        before.last = max(before.last, after.last)
        before.marks |= after.marks
        _trim(before)
        del eras[place]


def _mark(era: Era, signal: Signal) -> None:
    """Put a post into the sample if it belongs there; its language is only looked at then."""
    head = f"{signal.at}\x1f{signal.text[:MAX_TEXT]}"
    name = crc32(head.encode("utf-8", "surrogatepass"))
    known = era.marks.get(name)
    if known is not None:
        if signal.id >= known.signal_id:
            return
    elif len(era.marks) >= MAX_MARKS and name > max(era.marks):
        return
    era.marks[name] = Mark(signal.id, tongue_of(signal), topic_of(signal.text))
    _trim(era)


def _trim(era: Era) -> None:
    if len(era.marks) > MAX_MARKS:
        era.marks = {name: era.marks[name] for name in sorted(era.marks)[:MAX_MARKS]}
