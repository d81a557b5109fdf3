"""What several sources together say of one value."""

from __future__ import annotations

from collections.abc import Collection

from detectors.choices import Opinion, Stance


def stance_of(opinions: Collection[str]) -> Stance:
    """POSITIVE with NEGATIVE is disputed; seeds alone are a seed, which only says where to look."""
    said = set(opinions)
    if Opinion.POSITIVE in said:
        return Stance.DISPUTED if Opinion.NEGATIVE in said else Stance.POSITIVE
    if Opinion.NEGATIVE in said:
        return Stance.NEGATIVE
    return Stance.SEED if Opinion.SEED in said else Stance.NOTHING
