"""Which lists of well-known things keep a value off the watch list, and which are only told."""

from __future__ import annotations

from typing import Final
from urllib.parse import urlsplit

from detectors.choices import ReferenceCategory
from detectors.watching.things import Thing

BLOCKING: Final = frozenset({ReferenceCategory.KNOWN, ReferenceCategory.SHORTENER})
"""Banks, providers, top sites, private networks, shorteners, link pages, harmless hashes."""
INFORMING: Final = frozenset({"tranco", "google-chrome-crux-1million"})
"""Lists of a million hosts: many a phishing site stands on them for a week."""


def blocks(thing: Thing, category: ReferenceCategory, slug: str) -> bool:
    """Whether a value must not be alerted on, because a list names its host or what is above it.

    A host that is everybody's is meant, and its front page; one page on it may well be abusive.
    """
    if category not in BLOCKING or slug in INFORMING:
        return False
    kind, value = thing
    if kind == "email":
        return False
    return kind != "url" or _is_front_page(value)


def _is_front_page(url: str) -> bool:
    parts = urlsplit(url)
    return parts.path in {"", "/"} and not parts.query
