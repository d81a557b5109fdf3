"""What steps are, and how any value becomes text."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from detectors.adapters.base import UnfitError
from detectors.adapters.kit.bounds import clean

Step = Callable[[Any, str], Any]
"""From a value and its place to another. Raises UnfitError."""


class StepError(ValueError):
    """There is no such step; the message is a sentence."""


def as_text(value: Any, place: str) -> str:
    """Text, the digits of a number, true or false. Raises UnfitError for anything else."""
    if isinstance(value, str):
        return clean(value)
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int | float):
        return f"{value:.0f}" if isinstance(value, float) and value.is_integer() else str(value)
    kind = "a list" if isinstance(value, list) else "an object"
    raise UnfitError(place, "type", f"must be text, not {kind}")
