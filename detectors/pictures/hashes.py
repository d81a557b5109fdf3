"""The PDQ hashes that a signal shows: pictures posted, and the picture of its account."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import lru_cache

from detectors.base import Signal

HEX_DIGITS = 64
PREFIX = "media:pdq-"
POSTED = frozenset({"post", "reply", "message", "mail", "site"})
"""Kinds whose pictures are the actor's own choice; a repost or a report shows those of others."""

_HASH = re.compile(rf"[0-9a-f]{{{HEX_DIGITS}}}")
# PDQ sets a bit where a part of the picture is above the median, so about 128 are set. Far fewer,
# or far more, are what plain areas and broken files give.
_LEAST_BITS, _MOST_BITS = 64, 192
_MAX_SHOWN = 10


def pictures_of(signal: Signal, least_quality: int) -> tuple[str, ...]:
    """Hashes that can be compared, each once, in hex; at most 11.

    Quality: attributes `quality` of what is posted and `avatar_quality`, 0..100; what bears none is
    judged by its bits alone.
    """
    profile = signal.profile
    avatar = profile.avatar_pdq if profile is not None else ""
    if not avatar and not signal.objects:
        return ()
    found: dict[str, None] = {}
    if signal.objects and signal.kind in POSTED and _is_good(signal, "quality", least_quality):
        found.update(dict.fromkeys(_posted(signal)))
    if avatar and is_telling(avatar) and _is_good(signal, "avatar_quality", least_quality):
        found[avatar] = None
    return tuple(found)


@lru_cache(maxsize=16_384)
def is_telling(name: str) -> bool:
    """Whether this is the hash of a picture that has something on it."""
    if not _HASH.fullmatch(name):
        return False
    return _LEAST_BITS <= int(name, 16).bit_count() <= _MOST_BITS


def distance(one: str, two: str) -> int:
    """Bits in which two hashes differ, 0..256."""
    return (int(one, 16) ^ int(two, 16)).bit_count()


def _posted(signal: Signal) -> Iterator[str]:
    named = (one for one in signal.objects[:_MAX_SHOWN] if one.startswith(PREFIX))
    for one in named:
        name = one[len(PREFIX) :].lower()
        if is_telling(name):
            yield name


def _is_good(signal: Signal, attribute: str, least: int) -> bool:
    quality = signal.attributes.get(attribute)
    if isinstance(quality, bool) or not isinstance(quality, int | float):
        return True
    return quality >= least
