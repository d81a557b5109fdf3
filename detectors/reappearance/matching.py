"""Compares whole texts that share runs of words: which post came out of which output."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import NamedTuple

from detectors.base import Signal
from detectors.reappearance.meeting import Meetings, Told
from detectors.reappearance.runs import Overlap, Runs, overlap, without

Reader = Callable[[Signal], list[Runs]]


class Limits(NamedTuple):
    """From when a text counts as taken from another, and how many make a chain."""

    share: float
    common: int
    accounts: int
    texts: int
    service: int


class Match(NamedTuple):
    """A text that came from an output."""

    output: Told
    text: Told
    share: float
    common: int
    name: str
    person: str
    circle: str

    @property
    def after_s(self) -> float:
        """Seconds after the output."""
        return self.text[1] - self.output[1]


def matches(
    met: Meetings, signals: Mapping[int, Signal], read: Reader, limits: Limits
) -> list[Match]:
    """For each text the output that holds most of it, the earliest of several.

    What an earlier post says too does not count: a public text went through the AI service. Texts
    whose signals were purged are passed over.
    """
    runs = {id_: read(signals[id_]) for id_ in sorted(met.signal_ids()) if id_ in signals}
    fresh: dict[int, list[Runs]] = {}
    for output in {output for output, _ in met.pairs}:
        earlier = [one for text in met.known.get(output, ()) for one in runs.get(text, ())]
        fresh[output] = [without(one, earlier) for one in runs.get(output, ())]
    best: dict[int, tuple[Overlap, Runs, int]] = {}
    order = sorted(met.pairs, key=lambda pair: (met.outputs[pair[0]][1:], pair))
    for output, text in order:
        either_way = text in met.prompts
        found = _compare(runs.get(text, []), fresh[output], either_way=either_way)
        if found is None or found[0].share < limits.share or found[0].common < limits.common:
            continue
        if text not in best or found[0].share > best[text][0].share:
            best[text] = (*found, output)
    return [
        Match(
            met.outputs[output],
            met.texts[text],
            round(found.share, 4),
            found.common,
            one.name,
            _person(signals[text]),
            one.circle,
        )
        for text, (found, one, output) in sorted(best.items())
    ]


def _compare(
    text: Sequence[Runs], output: Sequence[Runs], *, either_way: bool
) -> tuple[Overlap, Runs] | None:
    """The largest overlap, by text or by sketch; a prompt may also hold the whole output."""
    found = [(overlap(one, two), one) for one in text for two in output]
    if either_way:
        found += [(overlap(two, one), one) for one in text for two in output]
    return max(found, key=lambda one: (one[0], not one[1].circle), default=None)


def _person(signal: Signal) -> str:
    """Who posts: one name on several platforms counts once."""
    handle = signal.profile.handle if signal.profile is not None else ""
    return (handle or signal.actor).lstrip("@").casefold()
