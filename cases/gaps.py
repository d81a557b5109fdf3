"""Gaps in texts, such as `{case}`: which there are, and the text with all of them filled."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

MOST: Final = 20  # different ones in one template

_GAP: Final = re.compile(r"\{([a-z][a-z0-9_]{0,39})\}")


@dataclass(frozen=True, slots=True)
class Filled:
    """A text as it is read. missing: names of gaps that nothing fills; then nobody may send it."""

    subject: str
    body: str
    missing: tuple[str, ...]


def gaps_in(*texts: str) -> list[str]:
    """Names of the gaps, each once, in their order; other braces are just braces."""
    return list(dict.fromkeys(name for text in texts for name in _GAP.findall(text)))


def fill(subject: str, body: str, values: Mapping[str, str]) -> Filled:
    """Each gap takes its value. What stands in a value is no gap, unless it looks like one: then
    somebody pasted an unfilled text, and it is missing too."""

    def value(found: re.Match[str]) -> str:
        return values.get(found[1], "").strip() or found[0]

    filled = _GAP.sub(value, subject), _GAP.sub(value, body)
    return Filled(*filled, missing=tuple(gaps_in(*filled)))
