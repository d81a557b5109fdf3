"""One detector with several settings over the same signals, side by side, by the live engine."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Any, Final

import msgspec

from detectors.base import BaseParams, Detector, FindingDraft, Key, Signal
from detectors.engine import Cut, Event, Runner, Ticked, cut_signals, tick_drafts
from detectors.folding import revision_digest
from detectors.keyed import Recall

CURRENT: Final = "current"
PROPOSED: Final = "proposed"


class Said(msgspec.Struct, array_like=True):
    """A finding as the desk would have it now. first_s, last_s: engine time at which it was said
    first and last. lapsed: whether it held once and does not any more."""

    draft: FindingDraft
    digest: str
    first_s: float
    last_s: float
    lapsed: bool


_Dump = tuple[float, bytes, list[Said]]


class Variant:
    """One setting: the engine's own runner, and what it has said so far by anchor."""

    def __init__(
        self,
        detector: Detector[Any, Any],
        params: BaseParams,
        *,
        recall: Recall,
        tick_floor_s: int = 0,
    ) -> None:
        self.said: dict[Key, Said] = {}
        self._detector, self._params, self._recall = detector, params, recall
        self._runner = Runner(detector, params, tick_floor_s=tick_floor_s, recall=recall)

    @property
    def clock_s(self) -> float:
        """Engine time, seconds since 1970; 0 before the first signal."""
        return self._runner.clock

    def __len__(self) -> int:
        """Keys that it holds a state for."""
        return len(self._runner)

    def feed(
        self, signals: Sequence[Signal], skip: Collection[int] = (), cut: Cut | None = None
    ) -> None:
        """Go over these signals; those in `skip` move the clock only. Raises PoisonError.

        cut: their keys, where somebody has found them already.
        """
        for event in self._runner.feed(signals, skip, cut):
            self._take(event)

    def cut(self, signals: Sequence[Signal], skip: Collection[int] = ()) -> Cut:
        """The keys of these signals. Raises PoisonError."""
        return cut_signals(self._detector, self._params, signals, 1, skip)

    @property
    def cut_by(self) -> tuple[Any, ...] | None:
        """Settings for which this is the same find the same keys; None: nobody knows."""
        names = self._detector.keys_read
        return None if names is None else tuple(getattr(self._params, name) for name in names)

    def dump(self) -> bytes:
        """Everything that is needed to go on elsewhere."""
        told = (self._runner.clock, self._runner.dump(), list(self.said.values()))
        return msgspec.msgpack.encode(told)

    def load(self, payload: bytes) -> bool:
        """Go on from a dump; False, and nothing has changed, where another release wrote it."""
        try:
            clock_s, state, said = msgspec.msgpack.decode(payload, type=_Dump)
        except msgspec.ValidationError:
            return False
        if not self._runner.load(clock_s, state):
            return False
        self.said = {one.draft.anchor: one for one in said}
        return True

    def _take(self, event: Event) -> None:
        if not isinstance(event, Ticked):
            self._say(event.draft, event.at)
            return
        drafts = tick_drafts(self._detector, self._params, event.at, [event.part], self._recall)
        for draft in drafts:
            self._say(draft, event.at)
        held = {draft.anchor for draft in drafts}
        for anchor, said in self.said.items():
            if anchor not in held and not said.lapsed:
                said.lapsed, said.digest = True, ""

    def _say(self, draft: FindingDraft, at: float) -> None:
        """As the store does: no revision without a change, nothing lapses that never held."""
        before, digest = self.said.get(draft.anchor), revision_digest(draft)
        if before is None:
            if not draft.lapsed:
                self.said[draft.anchor] = Said(draft, digest, at, at, lapsed=False)
        elif before.digest != digest:
            before.draft, before.digest, before.lapsed = draft, digest, draft.lapsed
            before.last_s = before.last_s if draft.lapsed else at


def feed_all(
    variants: Iterable[Variant], signals: Sequence[Signal], skip: Collection[int] = ()
) -> None:
    """Go over these signals with every setting, and look for their keys once where that will do.

    Raises PoisonError.
    """
    cuts: dict[tuple[Any, ...], Cut] = {}
    for one in variants:
        name = one.cut_by
        if name is not None and name not in cuts:
            cuts[name] = one.cut(signals, skip)
        one.feed(signals, skip, None if name is None else cuts[name])


def said_since(said: Mapping[Key, Said], since_s: float) -> dict[Key, Said]:
    """What was said, or said anew, from that engine time on."""
    return {anchor: one for anchor, one in said.items() if one.last_s >= since_s}
