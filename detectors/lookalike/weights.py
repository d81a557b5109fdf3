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
    "depth": (1.88, 2.56),
    "digits": (1.57, 3.46, 6.03),
    "domain-inside": (3.79,),
    "double-hyphen": (1.52,),
    "free-hosting": (1.9,),
    "hyphens": (0.33,),
    "inside-hosting": (2.79,),
    "inside-name": (3.86,),
    "inside-subdomain": (2.97,),
    "long-label": (1.97, 2.13, 2.66, 2.98),
    "look-alike-hosting": (2.6,),
    "look-alike-name": (4.69,),
    "look-alike-subdomain": (3.53,),
    "named-hosting": (2.82,),
    "named-name": (5.32,),
    "named-path": (3.78,),
    "named-subdomain": (4.52,),
    "odd-letters": (1.56, 1.95, 2.32, 3.04, 4.44),
    "program-folder": (3.56,),
    "punycode": (3.22,),
    "raw-address": (0.32,),
    "words-host": (5.45, 6.62),
    "words-misspelt": (3.0,),
    "words-path": (3.89, 4.56),
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
