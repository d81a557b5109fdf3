"""Two versions of settings side by side, as pages and programs read them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Protocol

from detectors import registry
from detectors.choices import Mode
from detectors.forms import Difference, differences


class Said(Protocol):
    """A version or a draft."""

    slug: str
    mode: str
    params: Any


def compared(before: Said, after: Said) -> list[Difference]:
    """Mode first, then parameters that differ."""
    return [
        *mode_difference(before.mode, after.mode),
        *params_differences(after.slug, before.params, after.params),
    ]


def params_differences(
    slug: str, before: Mapping[str, Any], after: Mapping[str, Any]
) -> list[Difference]:
    """Parameters that differ."""
    return differences(registry.get(slug).Params, before, after)


def mode_difference(before: str, after: str) -> list[Difference]:
    """One line where the mode differs, none where it does not."""
    if before == after:
        return []
    return [Difference("Mode", "", Mode(before).label, Mode(after).label)]
