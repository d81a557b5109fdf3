"""Numbers of things: "7,700 accounts" is an aggregate, never an entity."""

from __future__ import annotations

import re
from typing import Final

_COUNT: Final = re.compile(
    r"\W*(?:\d{1,3}(?:[,.\u00a0\u202f' ]\d{3})+|\d+(?:[.,]\d+)?)\s?(?:k|m|bn|thousand|million)?\+?"
    r"\s+[^\W\d_]",
    re.IGNORECASE,
)
_COUNTED: Final = re.compile(
    r"\b(?:accounts?|pages?|groups?|events?|followers?|profiles?|channels?|users?|members?|posts?"
    r"|videos?|ads?|personas?|websites?|domains?|assets?|bots?|comments?|subscribers?|messages?"
    r"|handles?|apps?|konten|comptes|cuentas)\b",
    re.IGNORECASE,
)
_REACH: Final = 60
"""Characters behind the number in which the word for what is counted stands."""
_FEW_WORDS: Final = 3
"""A number and so few words in all count something, however it is spelt."""


def is_count(text: str) -> bool:
    """Whether a text begins with a number and says of what."""
    found = _COUNT.match(text)
    if found is None:
        return False
    return len(text.split()) <= _FEW_WORDS or bool(
        _COUNTED.search(text, found.start(), found.end() + _REACH)
    )
