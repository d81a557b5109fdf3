"""How the score of an indicator falls with its age, and when it stops matching."""

from __future__ import annotations

from typing import Final

SPEED: Final = 2.0
LEAST: Final = 25.0
"""Under this score, of 100, an indicator does not match any more."""
LIFETIMES_D: Final[dict[str, int]] = {
    "ip": 14,
    "url": 30,
    "domain": 90,
    "phone": 90,
    "account": 180,
    "app": 180,
    "email": 180,
    "fingerprint": 180,
    "handle": 180,
    "hash": 365,
    "wallet": 365,
}
"""Days after which nothing is left of a score, by type."""


def base_of(trust: float, confidence: float) -> float:
    """The score at first, 0..100. trust: of the source, 0..1; confidence: its own, 0..100."""
    return 100.0 * trust * confidence / 100.0


def score_at(base: float, age_d: float, lifetime_d: float, speed: float = SPEED) -> float:
    """What is left of a score, 0..base, so many days after the last sighting.

    base * (1 - (age / lifetime) ** (1 / speed)), as MISP's decaying models have it.
    """
    if age_d <= 0:
        return base
    if age_d >= lifetime_d:
        return 0.0
    share: float = (age_d / lifetime_d) ** (1.0 / speed)
    return base * (1.0 - share)


def matching_d(base: float, lifetime_d: float, speed: float = SPEED) -> float:
    """Days after a sighting for which the score is LEAST or more; 0 where it never is."""
    if base < LEAST:
        return 0.0
    kept: float = (1.0 - LEAST / base) ** speed
    return lifetime_d * kept


def curve(base: float, lifetime_d: float, points: int = 60) -> list[tuple[float, float]]:
    """Age in days and score, from the sighting to the end; closer together where it is steep."""
    ages = [lifetime_d * (place / points) ** 2 for place in range(points + 1)]
    return [(age, score_at(base, age, lifetime_d)) for age in ages]
