"""Finds a brand in one label of a host: named, misspelt, in look-alike letters or inside a word."""

from __future__ import annotations

import re
from functools import cache, lru_cache
from itertools import groupby, pairwise
from typing import Final, NamedTuple

from detectors import normalise
from detectors.lookalike import distances
from detectors.lookalike.brands import Brand, brands, by_skeleton
from detectors.lookalike.words import LURES, ORDINARY, TOKENS

SHORT: Final = 5
LONG: Final = 8
"""Brands below SHORT characters have no misspellings; above LONG they may differ by more."""
MIN_INSIDE: Final = 6
_CACHED = 16_384
_JOINTS: Final = re.compile(r"[-_]+")
_DIGITS: Final = re.compile(r"[0-9]+")


class Known(NamedTuple):
    """Whose names are looked for, and how many changes make a misspelling.

    own: domains of the organisation. middle: changes in brands of 5 to 8 characters; long: in
    longer ones.
    """

    own: tuple[str, ...] = ()
    middle: int = 1
    long: int = 2


class Named(NamedTuple):
    """A brand in a label. how: named, inside or look-alike; changes: letters that differ."""

    brand: Brand
    how: str
    changes: int
    limit: int


def readable(label: str) -> str:
    """A label as a browser may show it: punycode decoded, where it can be."""
    if not label.startswith("xn--"):
        return label
    try:
        return label[4:].encode("ascii").decode("punycode")
    except UnicodeError:
        return label


def tokens_of(label: str) -> list[str]:
    """The parts between hyphens, in lower case, without empty ones."""
    return [part for part in _JOINTS.split(label.lower()) if part]


@lru_cache(maxsize=_CACHED)
def brand_in(label: str, known: Known) -> Named | None:
    """The brand that a readable label shows or imitates; the plainest way counts."""
    tokens = tokens_of(label[: distances.MAX_WORD * 3])
    for look in (_named, _in_disguise, _with_words, _misspelt, _inside):
        if found := look(tokens, known):
            return found
    return None


def _named(tokens: list[str], known: Known) -> Named | None:
    """The name itself as a token, or several tokens that make it."""
    labels = _by_label(known.own)
    pressed = any(token in LURES for token in tokens)
    for token in [*tokens, *(a + b for a, b in pairwise(tokens))]:
        brand = labels.get(token)
        if brand and (pressed or not brand.is_word):
            return Named(brand, "named", 0, 0)
    return None


def _in_disguise(tokens: list[str], known: Known) -> Named | None:
    """Another spelling that reads like the name: other scripts, digits for letters, rn for m."""
    forms = by_skeleton(known.own)
    for token in tokens:
        form = normalise.skeleton(token)
        brand = forms.get(form)
        if brand and token != brand.label and len(form) >= SHORT and token not in ORDINARY:
            return Named(brand, "look-alike", 0, 0)
    return None


def _with_words(tokens: list[str], known: Known) -> Named | None:
    """The name and words of a lure, written together: `paypallogin`."""
    for token in tokens:
        for label, brand in _by_label(known.own).items():
            if label in token and len(label) < len(token):
                head, _, tail = token.partition(label)
                least = LURES if brand.is_word else TOKENS
                if _is_made_of(head, least) and _is_made_of(tail, least):
                    return Named(brand, "named", 0, 0)
    return None


def _misspelt(tokens: list[str], known: Known) -> Named | None:
    for token in tokens:
        if token in ORDINARY or _DIGITS.fullmatch(token):
            continue
        near = distances.nearest(normalise.skeleton(token), _index(known), known.long)
        if near:
            return _misspelling(near, known)
    return None


def _inside(tokens: list[str], known: Known) -> Named | None:
    """A long name anywhere in the label, however often its letters are doubled."""
    joined = "".join(tokens)
    for word in ORDINARY:
        joined = joined.replace(word, "")
    joined = _squeezed(normalise.skeleton(joined))
    for form, brand in _long_forms(known.own):
        if form in joined:
            return Named(brand, "inside", 0, 0)
    return None


def _squeezed(text: str) -> str:
    """`text` with every run of one character as one."""
    return "".join(char for char, _ in groupby(text))


def _misspelling(near: tuple[str, int], known: Known) -> Named:
    name, changes = near
    return Named(by_skeleton(known.own)[name], "look-alike", changes, _limit(len(name), known))


def _is_made_of(text: str, words: frozenset[str]) -> bool:
    """Whether nothing is left of `text` when digits and one or two words are taken away."""
    rest = _DIGITS.sub("", text)
    if not rest or rest in words:
        return True
    return any(rest[:cut] in words and rest[cut:] in words for cut in range(2, len(rest) - 1))


@cache
def _by_label(own: tuple[str, ...]) -> dict[str, Brand]:
    return {brand.label: brand for brand in reversed(brands(own))}


@cache
def _long_forms(own: tuple[str, ...]) -> list[tuple[str, Brand]]:
    """Look-alike forms of names that nobody writes by chance, the longest first."""
    forms = [(_squeezed(form), brand) for form, brand in by_skeleton(own).items()]
    kept = [one for one in forms if len(one[0]) >= MIN_INSIDE and not one[1].is_word]
    return sorted(kept, key=lambda one: (-len(one[0]), one[0]))


@cache
def _index(known: Known) -> distances.Index:
    """Brands that are no ordinary words, by what deletions leave of them."""
    return distances.index_of(
        (name, _limit(len(name), known)) for name in _with_misspellings(known.own)
    )


def _with_misspellings(own: tuple[str, ...]) -> list[str]:
    names = by_skeleton(own).items()
    return [name for name, brand in names if not brand.is_word and len(name) >= SHORT]


def _limit(length: int, known: Known) -> int:
    if length < SHORT:
        return 0
    return known.middle if length <= LONG else known.long
