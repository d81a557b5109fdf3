"""Brands that sites pretend to be, with the domains that are their own."""

from __future__ import annotations

from functools import cache
from importlib.resources import files
from typing import Final, NamedTuple

from detectors.normalise import canonical_domain, skeleton

MIN_OWN_WORD: Final = 4
"""Shorter names are also parts of sentences: they count beside a word of a lure only."""


class Brand(NamedTuple):
    """label: as it stands in hosts. is_word: an ordinary word or very short, so that it counts only
    beside a word of a lure, and has no misspellings."""

    label: str
    domains: frozenset[str]
    is_word: bool


_TABLE: Final = "brands.txt"
_COUNTRY: Final = 2


@cache
def brands(own: tuple[str, ...] = ()) -> tuple[Brand, ...]:
    """All brands, first those of the organisation.

    own: domains of the organisation; the label of each is the brand. What is no domain is ignored.
    """
    told = (canonical_domain(domain) for domain in own)
    extra = [
        _brand([domain.partition(".")[0].replace("-", ""), domain]) for domain in told if domain
    ]
    return (*extra, *_listed())


@cache
def by_skeleton(own: tuple[str, ...] = ()) -> dict[str, Brand]:
    """Brands by the look-alike form of their label; the first one of a form counts."""
    found: dict[str, Brand] = {}
    for brand in brands(own):
        found.setdefault(skeleton(brand.label), brand)
    return found


@cache
def own_domains(own: tuple[str, ...] = ()) -> frozenset[str]:
    """Every domain that belongs to a brand."""
    return frozenset().union(*(brand.domains for brand in brands(own)))


def is_own(brand: Brand, domain: str) -> bool:
    """Whether `domain`, the one that somebody registered, is the brand's: listed or `label.cc`."""
    label, _, suffix = domain.partition(".")
    if domain in brand.domains:
        return True
    parts = suffix.split(".")
    return label == brand.label and len(parts[-1]) == _COUNTRY and len(parts) <= _COUNTRY


@cache
def _listed() -> tuple[Brand, ...]:
    lines = (files(__package__) / _TABLE).read_text(encoding="utf-8").splitlines()
    return tuple(_brand(line.split()) for line in lines if not line.startswith("#"))


def _brand(cells: list[str]) -> Brand:
    label = cells[0].lstrip("*")
    is_word = cells[0].startswith("*") or len(label) < MIN_OWN_WORD
    return Brand(label, frozenset(cells[1:]), is_word)
