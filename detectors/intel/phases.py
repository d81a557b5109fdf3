"""Phases of the online operations kill chain: found by name, then by number."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Final, NamedTuple

from detectors.lookalike.distances import distance

CHAIN: Final = "online-operations-kill-chain"
PHASES: Final = (
    "acquiring assets",
    "disguising assets",
    "gathering information",
    "coordinating and planning",
    "testing defenses",
    "evading detection",
    "indiscriminate engagement",
    "targeted engagement",
    "compromising assets",
    "enabling longevity",
)
"""By their number, from 0."""
MOST_EDITS: Final = 3
_NUMBERED: Final = re.compile(
    r"\s*(?:(?:phase|tactic)\s+)?(\d{1,2})?\s*[.):\-\u2013]*\s*(.*?)\s*", re.I | re.S
)


class How(NamedTuple):
    """The phase, empty where none fits, and how it was found: exact, name, spelling, number, ""."""

    phase: str
    how: str


@lru_cache(maxsize=1_024)
def phase_of(said: str) -> How:
    """The phase that a cell names.

    exact: number and name agree. name: the number is missing or another one. spelling: a few
    letters are wrong. number: it says nothing but the number.
    """
    found = _NUMBERED.fullmatch(said[:200])
    if found is None:
        return How("", "")
    number, name = found[1], " ".join(found[2].casefold().replace("defences", "defenses").split())
    by_number = PHASES[int(number)] if number and int(number) < len(PHASES) else ""
    if name in PHASES:
        return How(name, "exact" if name == by_number else "name")
    if name:
        near = min(PHASES, key=lambda one: distance(name[:60], one))
        return How(near, "spelling") if distance(name[:60], near) <= MOST_EDITS else How("", "")
    return How(by_number, "number") if by_number else How("", "")
