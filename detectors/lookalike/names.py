"""Finds a brand in one label of a host: named, misspelt, in look-alike letters, inside a word."""

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
MIN_CONSONANTS: Final = 4
MAX_LABEL: Final = 72
_CACHED = 16_384
_JOINTS: Final = re.compile(r"[-_]+")
_VOWELS: Final = re.compile(r"[aeiou]+")
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


class Label(NamedTuple):
    """tokens of a label, and the look-alike form of each."""

    tokens: list[str]
    forms: list[str]


@lru_cache(maxsize=_CACHED)
def brand_in(label: str, known: Known) -> Named | None:
    """The brand that a readable label shows or imitates; the plainest way counts."""
    tokens = tokens_of(label[:MAX_LABEL])
    one = Label(tokens, [normalise.skeleton(token) for token in tokens])
    for look in (_named, _in_disguise, _with_words, _misspelt, _respelt, _inside):
        if found := look(one, known):
            return found
    return None


def _named(one: Label, known: Known) -> Named | None:
    """The name itself as a token, or two tokens that make it."""
    labels = _by_label(known.own)
    for token in [*one.tokens, *(a + b for a, b in pairwise(one.tokens))]:
        brand = labels.get(token)
        if brand and not (brand.is_word and LURES.isdisjoint(one.tokens)):
            return Named(brand, "named", 0, 0)
    return None


def _in_disguise(one: Label, known: Known) -> Named | None:
    """Another spelling that reads like the name: other scripts, digits for letters, rn for m."""
    forms = by_skeleton(known.own)
    for token, form in zip(one.tokens, one.forms, strict=True):
        brand = forms.get(form)
        if brand and token != brand.label and len(form) >= SHORT and token not in ORDINARY:
            return Named(brand, "look-alike", 0, 0)
    return None


def _with_words(one: Label, known: Known) -> Named | None:
    """The name and words of a lure, written together: `paypallogin`."""
    starts = _starts(known.own)
    for token in one.tokens:
        for at in range(len(token) - 1):
            for brand in starts.get(token[at : at + 2], ()):
                if not token.startswith(brand.label, at):
                    continue
                words = LURES if brand.is_word else TOKENS
                head, tail = token[:at], token[at + len(brand.label) :]
                if (head or tail) and _is_made_of(head, words) and _is_made_of(tail, words):
                    return Named(brand, "named", 0, 0)
    return None


def _misspelt(one: Label, known: Known) -> Named | None:
    index = _index(known)
    for token, form in zip(one.tokens, one.forms, strict=True):
        if token in ORDINARY or token.isdigit():
            continue
        near = distances.nearest(form, index)
        if near:
            name, changes = near
            brand = by_skeleton(known.own)[name]
            return Named(brand, "look-alike", changes, _limit(len(name), known))
    return None


def _respelt(one: Label, known: Known) -> Named | None:
    """The name with other vowels, or without some: `metumaask`, `ledgr`."""
    sounds = _by_sound(known.own)
    for token, form in zip(one.tokens, one.forms, strict=True):
        if len(form) < SHORT or token in ORDINARY:
            continue
        brand = sounds.get(_sound(form))
        if brand and brand.label[0] == form[0] and _limit(len(brand.label), known):
            return Named(brand, "look-alike", 0, 0)
    return None


def _inside(one: Label, known: Known) -> Named | None:
    """A long name anywhere in the label, however often its letters are doubled."""
    joined = _squeezed("".join(one.forms))
    starts = _long_starts(known.own)
    for at in range(len(joined) - MIN_INSIDE + 1):
        for form, brand in starts.get(joined[at : at + 2], ()):
            if joined.startswith(form, at) and not _is_ordinary(one, brand):
                return Named(brand, "inside", 0, 0)
    return None


def _is_ordinary(one: Label, brand: Brand) -> bool:
    """Whether an ordinary word holds the name: "revolution" holds "revolut"."""
    joined = "".join(one.tokens)
    return any(brand.label in word and word in joined for word in ORDINARY)


def _squeezed(text: str) -> str:
    """`text` with every run of one character as one."""
    return "".join(char for char, _ in groupby(text))


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
def _starts(own: tuple[str, ...]) -> dict[str, list[Brand]]:
    """Brands by the first two letters of their label."""
    found: dict[str, list[Brand]] = {}
    for brand in brands(own):
        found.setdefault(brand.label[:2], []).append(brand)
    return found


@cache
def _long_starts(own: tuple[str, ...]) -> dict[str, list[tuple[str, Brand]]]:
    """Names that nobody writes by chance, in look-alike form, by its first two letters."""
    found: dict[str, list[tuple[str, Brand]]] = {}
    for form, brand in by_skeleton(own).items():
        short = _squeezed(form)
        if len(short) >= MIN_INSIDE and not brand.is_word:
            found.setdefault(short[:2], []).append((short, brand))
    return found


def _sound(form: str) -> str:
    """What is left of a word without its vowels, every run of one consonant as one."""
    return _squeezed(_VOWELS.sub("", form))


@cache
def _by_sound(own: tuple[str, ...]) -> dict[str, Brand]:
    """Names with so many consonants that other words hardly share them."""
    found: dict[str, Brand] = {}
    for form, brand in by_skeleton(own).items():
        sound = _sound(form)
        if len(sound) >= MIN_CONSONANTS and not brand.is_word:
            found.setdefault(sound, brand)
    return found


@cache
def _index(known: Known) -> distances.Index:
    """Brands that are no ordinary words, by the length of their misspellings."""
    return distances.index_of(
        (form, _limit(len(form), known))
        for form, brand in by_skeleton(known.own).items()
        if not brand.is_word and len(form) >= SHORT
    )


def _limit(length: int, known: Known) -> int:
    return known.middle if length <= LONG else known.long
