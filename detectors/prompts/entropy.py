"""How evenly things are spread."""

from __future__ import annotations

import math
from collections.abc import Iterable
from functools import lru_cache

_CACHED = 8_192


def entropy(counts: Iterable[int], places: int | None = None) -> float:
    """Shannon entropy of members by place over its largest value: 0 all at one, 1 all apart.

    places: how many there are, when fewer than members.
    """
    return _entropy(tuple(sorted(count for count in counts if count)), places)


@lru_cache(maxsize=_CACHED)
def _entropy(sizes: tuple[int, ...], places: int | None) -> float:
    """Of most days that a tick looks at nothing has changed since the one before."""
    total = sum(sizes)
    most = min(total, places or total)
    if most <= 1:
        return 0.0
    bits = math.fsum(size / total * math.log(total / size) for size in sizes)
    return bits / math.log(most)
