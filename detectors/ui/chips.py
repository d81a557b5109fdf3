"""Reference lists as a page shows them: one chip for each meaning, the lists in its title."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from detectors.selectors.reference import Listed


@dataclass(frozen=True, slots=True)
class Chip:
    """What it means to stand on `lists` (names and dates)."""

    label: str
    lists: str


def chips(listed: Iterable[Listed]) -> list[Chip]:
    """One chip a category, in the order of the lists."""
    names: dict[str, list[str]] = {}
    for one in listed:
        names.setdefault(str(one.category.label), []).append(f"{one.name}, {one.age}")
    return [Chip(label, "; ".join(lists)) for label, lists in names.items()]
