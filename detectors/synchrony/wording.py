"""The sentences of synchrony findings."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

NOUNS = {
    "url": "links",
    "hashtag-seq": "hashtag sequences",
    "reply-to": "posts replied to",
    "report-target": "reported targets",
    "media": "pictures",
    "kit": "site kits",
    "story": "stories",
    "any": "objects",
}
EVENT_NOTE = "Strangers were as fast on these objects, so an event may explain it."
SMALL_P = 1e-3
MINUTE_S, HOUR_S = 60, 3_600


@dataclass(frozen=True, slots=True, kw_only=True)
class PairNumbers:
    """What one pair did: n objects, c within window_s, where chance explains `expected`."""

    n: int
    c: int
    window_s: int
    expected: float
    p: float


@dataclass(frozen=True, slots=True)
class Told:
    """One run in words. pair: the pair itself, or the weakest one of a group."""

    kind: str
    lookback_d: int
    m: int
    alpha: float
    pair: PairNumbers

    def about_pair(self, a: str, b: str) -> str:
        """A and B shared the same 12 links in 7 d, 11 within 60 s; expected 0.9 (...)."""
        pair = self.pair
        return (
            f"{a} and {b} shared the same {pair.n} {self._noun} in {self.lookback_d} d, "
            f"{pair.c} within {duration(pair.window_s)}; {self._reason}."
        )

    def about_group(self, accounts: int, pairs: int, values: Mapping[str, Any]) -> str:
        """15 accounts on 3 platforms acted on the same 12 links within 60 s of each other; ..."""
        platforms, pair = values["platforms"], self.pair
        where = f" on {platforms} platforms" if platforms > 1 else ""
        return (
            f"{accounts:,} accounts{where} acted on the same {values['synchronous_objects']:,} "
            f"{self._noun} within {duration(values['window_s'])} of each other in "
            f"{self.lookback_d} d; the weakest of {pairs:,} pairs: {pair.c} of {pair.n} within "
            f"{duration(pair.window_s)}, {self._reason}."
        )

    @property
    def _noun(self) -> str:
        return NOUNS.get(self.kind, f"{self.kind}s")

    @property
    def _reason(self) -> str:
        return (
            f"expected {self.pair.expected:.1f} (p {short(self.pair.p)}, "
            f"{self.m:,} pairs tested, FDR {self.alpha * 100:.3g} %)"
        )


def short(p: float) -> str:
    """One digit: 0.002, 3e-10."""
    digits, _, power = f"{p:.0e}".partition("e")
    return f"{p:.1g}" if p >= SMALL_P else f"{digits}e{int(power)}"


def duration(seconds: int) -> str:
    """60 s, 5 min, 1 h: as people say it."""
    if seconds <= MINUTE_S:
        return f"{seconds} s"
    return f"{seconds // MINUTE_S} min" if seconds < HOUR_S else f"{seconds // HOUR_S} h"
