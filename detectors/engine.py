"""Runs one detector over signals in order: clock, ticks, keyed state, expiry, checkpoints.

Pure: the same code serves live runs, previews, tests and benches. Who feeds it and where its
events go is the caller's matter (`services/run.py` for Postgres, `run_all` for lists).
"""

from __future__ import annotations

import math
from collections.abc import Container, Iterable, Sequence
from dataclasses import dataclass
from hashlib import blake2b
from typing import Any

import msgspec

from detectors.base import HOUR_S, BaseParams, Detector, FindingDraft, Key, Signal

HEARTBEAT = "engine.heartbeat"
"""Kind of the rows that keep the clock of an idle stream going."""
MAX_KEYS = 2_000_000
EXPIRY_S = 6 * HOUR_S
"""Distance of the sweeps that drop old keys: each looks at all of them."""


@dataclass(frozen=True, slots=True)
class Found:
    """A draft and the signal that brought it to light."""

    at: float
    signal_id: int
    draft: FindingDraft


@dataclass(frozen=True, slots=True)
class Ticked:
    """What this shard gives to the tick at `at`; `signal_id` is the signal that crossed it.

    part: encoded at once, because the state it was taken from goes on changing.
    """

    at: float
    signal_id: int
    part: bytes


Event = Found | Ticked

# Mark of the state, late, truncated, whether a tick is due, rows of key and state.
_DUMP = tuple[str, int, bool, bool, msgspec.Raw]


class PoisonError(Exception):
    """One signal that the detector cannot digest; `__cause__` has the reason."""

    def __init__(self, signal_id: int) -> None:
        super().__init__(f"signal {signal_id} cannot be processed")
        self.signal_id = signal_id


class Runner:
    """One shard of one detector, in memory.

    The state after a signal depends only on the signals before it, in order: however they are cut
    into batches, the events are the same.
    """

    def __init__(
        self,
        detector: Detector[Any, Any],
        params: BaseParams,
        *,
        shard: int = 0,
        of: int = 1,
        tick_floor_s: int = 0,
    ) -> None:
        self.detector = detector
        self.params = params
        self.shard = shard
        self.of = of
        self.clock = 0.0
        self.late = 0
        self.truncated = False
        meta = detector.meta
        self._tick_s = max(meta.tick_s, tick_floor_s) if meta.tick_s else 0
        self._expiry_s = min(float(EXPIRY_S), meta.lookback_s / 2)
        self._kinds = frozenset(meta.kinds)
        self._tick_is_due = False
        self._mark = _state_mark(detector)
        self._states: dict[Key, Any] = {}
        self._touched: dict[Key, float] = {}

    def __len__(self) -> int:
        return len(self._states)

    def feed(self, signals: Iterable[Signal], skip: Container[int] = ()) -> list[Event]:
        """Advance over these signals; those in `skip` move the clock only."""
        events: list[Event] = []
        for signal in signals:
            try:
                self._advance(signal, events)
                if signal.id not in skip and self._wanted(signal):
                    self._apply(signal, events)
            except Exception as error:  # plug-in border: any fault is that one signal's
                raise PoisonError(signal.id) from error
        return events

    def finish(self) -> list[Event]:
        """The tick that a next signal would have fired; for sources that end."""
        if not self._tick_s or not self._tick_is_due:
            return []
        return [self._tick(self.clock, 0)]

    def dump(self) -> bytes:
        """The state as bytes. Raises nothing a msgspec struct does not."""
        touched = self._touched
        rows = [(*key, touched[key], state) for key, state in self._states.items()]
        head = (self._mark, self.late, self.truncated, self._tick_is_due)
        return msgspec.msgpack.encode((*head, rows))

    def load(self, clock: float, payload: bytes) -> bool:
        """Continue from a dump; False, and nothing has changed, if it holds another kind of state.

        A release wrote it whose detector had another version or kept other fields.
        """
        try:
            mark, late, truncated, due, kept = msgspec.msgpack.decode(payload, type=_DUMP)
        except msgspec.ValidationError:
            return False
        if mark != self._mark:
            return False
        state = self.detector.State
        row = tuple[str, str, float, state]  # type: ignore[valid-type]  # a type made at run time
        rows = msgspec.msgpack.decode(kept, type=list[row])
        self.late, self.truncated, self._tick_is_due = late, truncated, due
        self.clock = clock
        self._states = {Key(kind, value): kept for kind, value, _, kept in rows}
        self._touched = {Key(kind, value): at for kind, value, at, _ in rows}
        return True

    def _advance(self, signal: Signal, events: list[Event]) -> None:
        """Move the clock; what lies between the old and the new time happens first."""
        moment = min(signal.at, signal.received) if signal.received else signal.at
        if moment <= self.clock:
            return
        if self._tick_s and self._tick_is_due and _crosses(self.clock, moment, self._tick_s):
            at = math.floor(moment / self._tick_s) * float(self._tick_s)
            events.append(self._tick(at, signal.id))
        if _crosses(self.clock, moment, self._expiry_s):
            self._expire(moment)
        self.clock = moment

    def _wanted(self, signal: Signal) -> bool:
        if signal.kind == HEARTBEAT or (self._kinds and signal.kind not in self._kinds):
            return False
        if signal.at < self.clock - self.detector.meta.lookback_s:
            self.late += 1
            return False
        return True

    def _apply(self, signal: Signal, events: list[Event]) -> None:
        # each key once: the same act told twice in one signal is still one act
        for key in dict.fromkeys(self.detector.keys(signal, self.params)):
            # a tick is due in every shard when it is due in one
            self._tick_is_due = True
            if self.of > 1 and key.digest() % self.of != self.shard:
                continue
            state = self._states.get(key)
            if state is None:
                state = self._states[key] = self.detector.State()
            self._touched[key] = self.clock
            for draft in self.detector.apply(key, signal, state, self.params):
                events.append(Found(self.clock, signal.id, draft))  # noqa: PERF401 -- two levels

    def _tick(self, at: float, signal_id: int) -> Ticked:
        self._tick_is_due = False
        part = self.detector.part(at, self._states, self.params)
        return Ticked(at, signal_id, msgspec.msgpack.encode(part))

    def _expire(self, moment: float) -> None:
        """Drop keys that time has passed, and the oldest ones above the cap."""
        keep_s, retire, params = self.detector.keep_s, self.detector.retire, self.params
        gone = [
            key
            for key, at in self._touched.items()
            if at + keep_s(key, params) < moment
            and retire(key, self._states[key], moment - at, params)
        ]
        if len(self._touched) - len(gone) > MAX_KEYS:
            oldest = sorted(self._touched.items(), key=lambda item: (item[1], item[0]))
            gone = [key for key, _ in oldest[: len(oldest) - MAX_KEYS * 3 // 4]]
            self.truncated = True
        for key in gone:
            del self._states[key], self._touched[key]


def tick_drafts(
    detector: Detector[Any, Any], params: BaseParams, at: float, parts: Sequence[bytes]
) -> list[FindingDraft]:
    """Findings of one tick from the encoded parts of all shards."""
    return detector.tick(at, [msgspec.msgpack.decode(part) for part in parts], params)


def run_all(
    detector: Detector[Any, Any], params: BaseParams, signals: Sequence[Signal], *, of: int = 1
) -> list[Found]:
    """All findings of one detector over a finished list, ticks included, by position.

    The bench, the tests and a notebook use this; live runs go through the store.
    """
    runners = [Runner(detector, params, shard=number, of=of) for number in range(of)]
    told = [runner.feed(signals) + runner.finish() for runner in runners]
    found = [event for events in told for event in events if isinstance(event, Found)]
    ticks = [[event for event in events if isinstance(event, Ticked)] for events in told]
    for shards in zip(*ticks, strict=True):
        drafts = tick_drafts(detector, params, shards[0].at, [ticked.part for ticked in shards])
        found += [Found(shards[0].at, shards[0].signal_id, draft) for draft in drafts]
    return sorted(found, key=lambda one: (one.at, one.signal_id, one.draft.anchor))


def _crosses(before: float, after: float, step: float) -> bool:
    return math.floor(before / step) != math.floor(after / step)


def _state_mark(detector: Detector[Any, Any]) -> str:
    """Differs when a detector's version or any field of what it keeps does."""
    told = msgspec.json.encode((detector.meta.version, msgspec.json.schema(detector.State)))
    return blake2b(told, digest_size=8).hexdigest()
