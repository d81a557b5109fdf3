"""What the engine remembers of one key, so that a signal that comes late is put in its place.

A detector folds the signals of a key one by one, as they come. Where one comes after a younger one,
the state is what that order made of it. So the places of the newest signals are kept, and now and
then the state before them: from there the key is told again in order of time.
"""

from __future__ import annotations

from bisect import bisect_right, insort
from typing import Final

import msgspec

from detectors.base import DAY_S, MINUTE_S, FindingDraft

LATENESS_S: Final = DAY_S
"""A signal that comes no later than this counts as if it had come in time."""
BASE_EVERY_S: Final = 5 * MINUTE_S
BASE_EVERY: Final = 5_000
FEW: Final = 64
"""Signals that are told again faster than the states between them are kept."""
MAX_TAIL: Final = 20_000
"""Signals of one key that can be told again. Where more come, the lateness is shorter."""
_SPACING = 4
"""A kept base is up to so many times as old as the next one: few are kept, and where a signal comes
a little late only little is told again."""

TOLD_S: Final = 30 * DAY_S
"""What was said of a key is remembered at least so long after its last signal."""

Place = tuple[float, int]
"""Event time and id of a signal: its place in order of time."""
Told = dict[str, FindingDraft]
"""The last draft of each anchor."""
START: Final[Place] = (float("-inf"), 0)


class Base(msgspec.Struct, array_like=True, frozen=True):
    """The encoded state after all signals up to `place`, and what had been said by then."""

    place: Place
    state: bytes
    told: Told


class History(msgspec.Struct, array_like=True):
    """bases, tail: oldest first. The tail holds the signals after the first base, the last `fresh`
    of them came after the last one. disorder: the earliest that came after a younger one. No base
    at all: nothing can change any more, so that the state itself is the next one.
    """

    bases: list[Base]
    tail: list[Place]
    fresh: int
    told: Told
    disorder: Place | None = None

    def put(self, place: Place) -> None:
        """Note one more signal."""
        if not self.tail or place > self.tail[-1]:
            self.tail.append(place)
            self.fresh += 1
            return
        insort(self.tail, place)
        self.disorder = min(place, self.disorder or place)

    def say(self, drafts: list[FindingDraft]) -> None:
        """Note what was said last about each anchor."""
        for draft in drafts:
            self.told["\x1f".join(draft.anchor)] = draft

    def wants_base(self, place: Place) -> bool:
        """Whether the state is to be kept before `place` is folded. One out of order never is."""
        if not self.bases:
            return True
        if self.fresh < FEW or self.disorder is not None:
            return False
        return place[0] >= self.tail[-self.fresh][0] + BASE_EVERY_S or self.fresh >= BASE_EVERY

    def keep_base(self, newest: Place, state: bytes) -> None:
        """Keep the state after the newest signal; forget what no signal can come before now."""
        self.bases = _thinned([*self.bases, Base(newest, state, dict(self.told))], newest[0])
        while len(self.tail) > MAX_TAIL and len(self.bases) > 1:
            del self.bases[0]
            self._trim()
        self._trim()
        self.fresh = 0

    def close(self) -> None:
        """No signal can come before the newest one any more."""
        self.bases, self.tail, self.fresh = [], [], 0

    def rewind(self) -> tuple[Base, list[Place]]:
        """Go back to the last base before the disorder; returns it and what is to be told again.

        A signal from before the first base is told first of all.
        """
        first = self.disorder or START
        while len(self.bases) > 1 and self.bases[-1].place >= first:
            self.bases.pop()
        base = self.bases[-1]
        after = bisect_right(self.tail, base.place) if len(self.bases) > 1 else 0
        places, self.tail = self.tail[after:], self.tail[:after]
        self.told, self.disorder, self.fresh = dict(base.told), None, 0
        return base, places

    def _trim(self) -> None:
        del self.tail[: bisect_right(self.tail, self.bases[0].place)]


def begun(first: Place, blank: bytes, told: Told) -> History:
    """The history of a key whose only signal so far is `first`.

    blank: a new state, encoded. told: what was said of the key before it began anew.
    """
    return History([Base(START, blank, dict(told))], [first], 1, dict(told))


def _thinned(bases: list[Base], now: float) -> list[Base]:
    """The newest base and, ever further apart, older ones up to one that nothing can come before.

    A base goes when the two beside it are near enough to each other without it.
    """
    oldest = max(
        (n for n, base in enumerate(bases) if now - base.place[0] >= LATENESS_S), default=0
    )
    kept = [bases[-1]]
    for place in range(len(bases) - 2, oldest, -1):
        reach = _SPACING * max(BASE_EVERY_S, now - kept[-1].place[0])
        if now - bases[place - 1].place[0] > reach:
            kept.append(bases[place])
    return [bases[oldest], *reversed(kept)] if oldest < len(bases) - 1 else kept
