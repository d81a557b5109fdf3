"""Weights of sub-signals in natural-log odds; `python -m bench.urls --fit` prints the table."""

from __future__ import annotations

from typing import Final

LADDERS: Final[dict[str, tuple[float, ...]]] = {
    "depth": (3, 4),
    "digits": (2, 4, 6),
    "hyphens": (2,),
    "long-label": (14, 16, 20, 26),
    "odd-letters": (4.25, 4.5, 4.75, 5.25, 6),
    "words-host": (1, 2),
    "words-path": (1, 2),
}
"""Values from which a sub-signal counts, and from which it counts more; (1,) for all others."""

FITTED: Final[dict[str, tuple[float, ...]]] = {
    "depth": (1.85, 2.52),
    "digits": (1.54, 3.41, 5.98),
    "domain-inside": (3.76,),
    "double-hyphen": (1.6,),
    "free-hosting": (1.89,),
    "hyphens": (0.32,),
    "inside-hosting": (2.71,),
    "inside-name": (3.61,),
    "inside-subdomain": (2.93,),
    "long-label": (2.01, 2.17, 2.7, 3.05),
    "look-alike-hosting": (2.4,),
    "look-alike-name": (4.17,),
    "look-alike-subdomain": (3.48,),
    "named-hosting": (2.7,),
    "named-name": (4.86,),
    "named-path": (3.76,),
    "named-subdomain": (4.48,),
    "odd-letters": (1.55, 1.95, 2.33, 3.04, 4.4),
    "program-folder": (3.52,),
    "punycode": (3.52,),
    "raw-address": (0.29,),
    "words-host": (5.43, 6.59),
    "words-path": (3.85, 4.53),
}
ASSUMED: Final = {"young": 2.0, "kit": 2.5}
"""No labelled sample tells the age of a domain or the neighbours of a kit."""


def steps_of(code: str) -> tuple[float, ...]:
    """The values at which a sub-signal gains weight."""
    return LADDERS.get(code, (1.0,))


def weight_of(code: str, value: float) -> float:
    """Weight of a sub-signal of this strength; 0 below its first step."""
    if code in ASSUMED:
        return ASSUMED[code] if value >= 1 else 0.0
    reached = sum(1 for step in steps_of(code) if value >= step)
    known = FITTED.get(code, ())
    return known[min(reached, len(known)) - 1] if reached and known else 0.0
