"""The markings that tags of other tools say."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from detectors.choices import Tlp

_OLD: Final = {"white": Tlp.CLEAR, "unclear": Tlp.AMBER_STRICT}
"""TLP 1, and the word for a marking that nobody knows."""


def marking_of(tags: Iterable[str]) -> Tlp | None:
    """The narrowest TLP of tags such as `tlp:amber`; a word that is no marking counts as strict."""
    found = [
        _marking(tag.partition(":")[2].strip()) for tag in tags if tag.casefold().startswith("tlp:")
    ]
    return Tlp.narrowest(*found) if found else None


def _marking(word: str) -> Tlp:
    name = word.casefold()
    if name in Tlp.values:
        return Tlp(name)
    return _OLD.get(name, Tlp.AMBER_STRICT)
