"""Personal data in a text that will be public."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Final

from detectors import normalise

# What the desk finds in texts, and how it is called where it is refused.
PERSONAL: Final = {
    "email": "an e-mail address",
    "phone": "a phone number",
    "handle": "a handle",
    "ip": "an IP address",
    "wallet": "a wallet",
    "url": "a link",
}
SHORTEST_NAME: Final = 4
"""Characters; shorter names are words too often."""


def personal_in(text: str, names: Iterable[str]) -> list[str]:
    """What of a person stands in `text`, in words; names: of accounts, without their platform."""
    found = {PERSONAL[one.type] for one in normalise.extract(text) if one.type in PERSONAL}
    folded = text.casefold()
    if any(_stands_in(name.casefold(), folded) for name in names if len(name) >= SHORTEST_NAME):
        found.add("the name of an account")
    return sorted(found)


def _stands_in(name: str, text: str) -> bool:
    return name in text and bool(re.search(rf"(?<!\w){re.escape(name)}(?!\w)", text))
