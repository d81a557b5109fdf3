"""Ladders: after a refusal the same thing is asked in other words, again and again."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import msgspec

from detectors.base import MINUTE_S
from detectors.prompts.templates import SKETCH_SHARE, likeness
from detectors.prompts.trials import AFTER_S, Step

MIN_RUNGS = 2
ANSWER_S = 10 * MINUTE_S
"""A refusal told by a response belongs to the last request of at most so long before."""


class Rung(msgspec.Struct, array_like=True, frozen=True):
    """One prompt of a ladder. j: likeness to the refused one before it, 0 for the first."""

    at: float
    signal_id: int
    refused: bool
    j: float
    name: str
    space: str
    signature: bytes
    model: str


def requests(steps: Sequence[Step]) -> list[Step]:
    """Requests in order of time, those refused that a response says were refused.

    A response whose request is not known stands for it.
    """
    found: list[Step] = []
    for one in sorted(steps, key=lambda step: step.place):
        if not one.is_response:
            found.append(one)
            continue
        place = _asked(found, one)
        if place is None:
            found.append(one)
        else:
            found[place] = msgspec.structs.replace(found[place], refused=True)
    return found


def ladders(steps: Iterable[Step], low: float, high: float) -> list[list[Rung]]:
    """Runs of two or more prompts, each but the last refused and each like the one before.

    steps: requests in order of time. Alike: Jaccard in low..high, less for sketches. A prompt
    repeated word for word is no new rung; one about something else is passed over. A ladder ends
    when a rung is let through or nothing follows within an hour.
    """
    done: list[list[Rung]] = []
    current: list[Rung] = []
    last_at = 0.0
    for one in (step for step in steps if step.signature):
        if current and one.at - last_at > AFTER_S:
            done.append(current)
            current = []
        share = SKETCH_SHARE if one.space else 1.0
        j = _likeness(current[-1], one) if current else 0.0
        if current and j > high:
            last_at = one.at
        elif current and j >= low * share:
            current.append(_rung(one, round(j, 4)))
            last_at = one.at
            if not one.refused:
                done.append(current)
                current = []
        elif one.refused and len(current) < MIN_RUNGS:
            current, last_at = [_rung(one, 0.0)], one.at
    return [rungs for rungs in [*done, current] if len(rungs) >= MIN_RUNGS]


def _asked(found: Sequence[Step], answer: Step) -> int | None:
    """Place of the newest request of the same conversation that is not too old."""
    for place in range(len(found) - 1, -1, -1):
        if answer.at - found[place].at > ANSWER_S:
            return None
        if found[place].thread == answer.thread and not found[place].is_response:
            return place
    return None


def _rung(one: Step, j: float) -> Rung:
    return Rung(
        one.at, one.signal_id, one.refused, j, one.name, one.space, one.signature, one.model
    )


def _likeness(rung: Rung, one: Step) -> float:
    return likeness(rung.signature, one.signature) if rung.space == one.space else 0.0
