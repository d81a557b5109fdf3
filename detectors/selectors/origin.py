"""Reads where signals came from: which integrations sent them, in which languages."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from detectors import stream
from detectors.lives.tongue import tongue_of
from detectors.models import Source

MOST: Final = 5  # languages


@dataclass(frozen=True, slots=True)
class Origin:
    """sources: slugs by name. languages: codes, the most frequent first."""

    sources: Sequence[str] = ()
    languages: Sequence[str] = ()


def origin_of(signal_ids: Sequence[int]) -> Origin:
    """Of these signals as far as they are still stored; the caller bounds how many."""
    if not signal_ids:
        return Origin()
    signals = stream.signals_by_id(list(signal_ids))
    sources = Source.objects.filter(pk__in={one.source for one in signals})
    spoken = Counter(tongue_of(one).partition(":")[2] for one in signals if one.text)
    return Origin(
        sources=list(sources.order_by("slug").values_list("slug", flat=True)),
        languages=[code for code, _ in spoken.most_common(MOST + 1) if code][:MOST],
    )
