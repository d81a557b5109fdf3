"""What in an address speaks for a false site: sub-signals, none of which decides alone."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from functools import lru_cache
from typing import Final, NamedTuple

from detectors import normalise
from detectors.lookalike import distances
from detectors.lookalike.brands import is_own, own_domains
from detectors.lookalike.hosting import Ground, ground_of, is_shortener, well_known
from detectors.lookalike.letters import surprise
from detectors.lookalike.names import Known, Named, brand_in, readable, tokens_of
from detectors.lookalike.weights import steps_of
from detectors.lookalike.words import (
    INSIDE,
    MISSPELT,
    NO_LURES,
    PATH,
    PRESSING,
    SHELVES,
    TOKENS,
)

HEADLINE_TOKENS: Final = 4
MAX_SEGMENTS: Final = 12
MAX_SEGMENT: Final = 100
_CACHED: Final = 16_384
_LURES: Final = distances.index_of((word, 1) for word in sorted(MISSPELT))
_ENDINGS: Final = frozenset(
    {"com", "net", "org", "gov", "www", "co", "io", "html", "http", "https"}
)
_PROGRAM_FOLDER: Final = re.compile(
    r"/(?:wp-admin|wp-includes|wp-content/(?:plugins|themes)|\.well-known|cgi-bin|vendor)/"
)
_WORTH_A_LOOK: Final = re.compile(
    "|".join(["/wp-", r"/\.well", "/cgi-bin", "/vendor", *sorted(PATH)]), re.IGNORECASE
)
_FILE_KEPT_THERE: Final = re.compile(r"\.(?:jpe?g|png|gif|webp|svg|css|js|pdf|mp4|ico)$", re.I)
_ENDING: Final = re.compile(r"\.[a-z0-9]{2,5}$", re.IGNORECASE)
_WORD: Final = re.compile(r"[^\W_]+")


class Sign(NamedTuple):
    """One sub-signal. code: key of its weight; value: how much of it; shown: what was seen.

    brand, changes, limit: of a brand's name, and how many letters of it may differ.
    """

    code: str
    value: float = 1
    shown: str = ""
    brand: str = ""
    changes: int = 0
    limit: int = 0


def signs_of(url: str, known: Known) -> tuple[Sign, ...]:
    """The sub-signals of a canonical URL, host first.

    None for a brand's own site, a well-known one and a shortener. Neither the scheme matters nor
    whether there is a path.
    """
    host, path = normalise.host_of(url), _path(url)
    if not host or is_passed_over(host, known):
        return ()
    found = host_signs(host, known)
    free = ground_of(host).free
    if len(path) > 1 and (free or _WORTH_A_LOOK.search(path)):
        found += _counting(_path_signs(path, known, free=free))
    return found


@lru_cache(maxsize=_CACHED)
def is_passed_over(host: str, known: Known) -> bool:
    """Whether structure says nothing: a shortener, a well-known site, or a brand's own."""
    if is_shortener(host):
        return True
    if ground_of(host).free:
        return False
    domain = normalise.operator_domain(host) or host
    if domain in own_domains(known.own) or domain in well_known():
        return True
    named = brand_in(domain.partition(".")[0], known)
    return named is not None and is_own(named.brand, domain)


@lru_cache(maxsize=_CACHED)
def host_signs(host: str, known: Known) -> tuple[Sign, ...]:
    """The sub-signals of a host."""
    if normalise.canonical_ip(host.strip("[]")):
        return (Sign("raw-address", shown=host),)
    ground = ground_of(host)
    labels = [readable(label) for label in ground.tenant]
    found = [*_brand_signs(ground, labels, known), *_word_signs(ground, labels)]
    misspelt = _misspelt_words(labels)
    found.append(Sign("words-misspelt", len(misspelt), ", ".join(misspelt)))
    return _counting([*found, *_shape_signs(host, ground, labels)])


def _path(url: str) -> str:
    """The path of a canonical URL."""
    _, slash, path = url.partition("://")[2].partition("/")
    return slash + path.partition("?")[0]


def _counting(signs: Iterable[Sign]) -> tuple[Sign, ...]:
    return tuple(sign for sign in signs if sign.value >= steps_of(sign.code)[0])


def _brand_signs(ground: Ground, labels: list[str], known: Known) -> Iterator[Sign]:
    """The first brand from the left; one sign, because one name is one trick."""
    for place, label in enumerate(labels):
        if named := brand_in(label, known):
            last = place == len(labels) - 1
            where = "hosting" if ground.free else "name" if last else "subdomain"
            yield _brand_sign(named, where, label)
            return


def _brand_sign(named: Named, where: str, seen: str) -> Sign:
    code = f"{named.how}-{where}"
    return Sign(code, 1, seen, named.brand.label, named.changes, named.limit)


def _word_signs(ground: Ground, labels: list[str]) -> Iterator[Sign]:
    """Words that press. A word alone in front of a name is honest: `login.shop.example`."""
    words: dict[str, None] = {}
    for place, label in enumerate(labels):
        tokens = tokens_of(label)
        if len(tokens) == 1 and tokens[0] in TOKENS and place < len(labels) - 1 and not ground.free:
            continue
        joined = "".join(tokens)
        words |= dict.fromkeys(token for token in tokens if token in PRESSING)
        words |= dict.fromkeys(part for part in INSIDE if part in joined)
    kept = [one for one in words if not any(one != other and one in other for other in words)]
    if kept:
        yield Sign("words-host", len(kept), ", ".join(kept))


def _misspelt_words(labels: list[str]) -> list[str]:
    """Words that press, with one letter wrong: whoever hides them means them."""
    tokens = dict.fromkeys(token for label in labels for token in tokens_of(label))
    return [
        token
        for token in tokens
        if token not in TOKENS | MISSPELT | NO_LURES
        and not any(part in token for part in INSIDE)
        and distances.nearest(token, _LURES)
    ]


def _shape_signs(host: str, ground: Ground, labels: list[str]) -> Iterator[Sign]:
    tokens = [token for label in labels for token in tokens_of(label)]
    inner = [token for token in tokens[1:-1] if token in _ENDINGS]
    yield Sign("free-hosting", float(ground.free), ground.domain)
    yield Sign("punycode", float("xn--" in host))
    yield Sign("domain-inside", len(inner), ", ".join(inner))
    yield Sign("hyphens", max((label.count("-") for label in labels), default=0))
    doubled = any("--" in label for label in ground.tenant if not label.startswith("xn--"))
    yield Sign("double-hyphen", float(doubled))
    yield Sign("digits", max((sum(map(str.isdigit, label)) for label in labels), default=0))
    yield Sign("long-label", max(map(len, labels), default=0))
    yield Sign("depth", len(labels))
    oddest = max(tokens, key=surprise, default="")
    yield Sign("odd-letters", surprise(oddest), oddest)


def _path_signs(path: str, known: Known, *, free: bool) -> Iterator[Sign]:
    if _PROGRAM_FOLDER.search(path) and not _FILE_KEPT_THERE.search(path):
        yield Sign("program-folder")
    tokens = _short_tokens(path)
    words = [token for token in dict.fromkeys(tokens) if token in PATH]
    yield Sign("words-path", len(words), ", ".join(words))
    if (words or free) and SHELVES.isdisjoint(tokens):
        yield from _named_in_path(tokens, known)


def _named_in_path(tokens: list[str], known: Known) -> Iterator[Sign]:
    for token in tokens:
        named = brand_in(token, known)
        if named and named.how == "named":
            yield _brand_sign(named, "path", token)
            return


def _short_tokens(path: str) -> list[str]:
    """Words of segments that are no headlines."""
    found: list[str] = []
    for segment in path.split("/")[1 : MAX_SEGMENTS + 1]:
        tokens = _WORD.findall(_ENDING.sub("", segment[:MAX_SEGMENT]).lower())
        if len(tokens) < HEADLINE_TOKENS:
            found += tokens
    return found
