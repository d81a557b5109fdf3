"""Runs one detector over signals in order: clock, ticks, keyed state, expiry, checkpoints.

Pure: the same code serves live runs, previews, tests and benches. Who feeds it and where its
events go is the caller's matter (`services/run.py` for Postgres, `run_all` for lists).

What a detector says at once it says of the signals as they came. When the clock next crosses a
multiple of SETTLE_S, what follows from their order in time replaces it (`keyed.py`).
"""

from __future__ import annotations

import math
from collections.abc import Collection, Sequence
from contextlib import suppress
from dataclasses import dataclass
from hashlib import blake2b
from typing import Any

import msgspec

from detectors.base import HOUR_S, MINUTE_S, BaseParams, Detector, FindingDraft, Key, Signal
from detectors.keyed import Dump, Keyed, PoisonError, Recall
from detectors.numbered import Column, Numbered

HEARTBEAT = "engine.heartbeat"
"""Kind of the rows that keep the clock of an idle stream going."""
WATCH = "engine.watch"
"""Kind of the rows that say who used a value of the watch list, and what the list says of it."""
OWN_KINDS = frozenset({HEARTBEAT, WATCH})
"""Kinds that nobody can send; a detector gets such a signal only if its `kinds` name it."""
EXPIRY_S = 6 * HOUR_S
"""Distance of the sweeps that drop old keys: each looks at those whose time has come."""
SETTLE_S = 5 * MINUTE_S
_PAGE = 4_000


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

# Mark of the state, late, truncated, whether a tick is due, states.
_DUMP = tuple[str, int, bool, bool, Dump]


class Cut(msgspec.Struct, array_like=True, frozen=True):
    """The keys of consecutive signals, found once for all shards of a detector.

    touches: one byte a signal, 1 where it touches any key. keys: for each shard, by place of the
    signal, those of its own. numbered: for each shard those that came as `Numbered`.
    """

    touches: bytes
    keys: tuple[dict[int, list[Key]], ...]
    numbered: tuple[Column, ...]

    def part(self, start: int, stop: int) -> Cut:
        """That of the signals from `start` up to `stop`."""
        if start == 0 and stop >= len(self.touches):
            return self
        places = range(start, min(stop, len(self.touches)))
        keys = tuple(
            {place - start: mine[place] for place in places if place in mine} for mine in self.keys
        )
        numbered = tuple(column.part(start, stop) for column in self.numbered)
        return Cut(self.touches[start:stop], keys, numbered)


def cut_signals(
    detector: Detector[Any, Any],
    params: BaseParams,
    signals: Sequence[Signal],
    of: int,
    skip: Collection[int] = (),
) -> Cut:
    """Find the keys of all signals and divide them by shard. Raises PoisonError."""
    kinds = frozenset(detector.meta.kinds)
    wanted = [
        (place, signal)
        for place, signal in enumerate(signals)
        if (signal.kind in kinds if kinds else signal.kind not in OWN_KINDS)
        and signal.id not in skip
    ]
    with suppress(Exception):  # the signal at fault shows itself below
        detector.prepare([signal for _, signal in wanted], params)
    touches = bytearray(len(signals))
    keys: tuple[dict[int, list[Key]], ...] = tuple({} for _ in range(of))
    numbered = list[tuple[int, Numbered]]()
    for place, signal in wanted:
        try:
            found = detector.keys(signal, params)
            if isinstance(found, Numbered) and found.kind == detector.numbered:
                touches[place] = 1
                numbered.append((place, found))
                continue
            # each key once: the same act told twice in one signal is still one act
            found = list(dict.fromkeys(found))
        except Exception as error:  # plug-in border: any fault is that one signal's
            raise PoisonError(signal.id) from error
        if found:
            touches[place] = 1
            _divide(keys, place, found)
    return Cut(bytes(touches), keys, Column.each_of(numbered, of))


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
        recall: Recall | None = None,
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
        self._settle_s = max(SETTLE_S, tick_floor_s)
        self._expiry_s = min(float(EXPIRY_S), meta.lookback_s / 2)
        self._tick_is_due = False
        self._mark = _state_mark(detector)
        self._keyed = Keyed(detector, params, recall)

    def __len__(self) -> int:
        return len(self._keyed)

    def feed(
        self, signals: Sequence[Signal], skip: Collection[int] = (), cut: Cut | None = None
    ) -> list[Event]:
        """Advance over these signals; those in `skip` move the clock only. cut: their keys."""
        cut = cut or cut_signals(self.detector, self.params, signals, self.of, skip)
        touches = cut.touches
        mine = self._keyed.look_ahead(cut.keys[self.shard], cut.numbered[self.shard], skip)
        events: list[Event] = []
        quiet = self._quiet_until()
        for place, signal in enumerate(signals):
            try:
                moment = signal.moment
                if moment >= quiet:
                    self._advance(signal, skip, events)
                    quiet = self._quiet_until()
                elif moment > self.clock:
                    self.clock = moment
                if touches[place] and signal.id not in skip and not self._is_late(signal):
                    self._apply(signal, place, mine.get(place), events)
            except PoisonError:
                raise
            except Exception as error:  # plug-in border: any fault is that one signal's
                raise PoisonError(signal.id) from error
        return events

    def finish(self) -> list[Event]:
        """What a next signal would have brought about; for sources that end."""
        events = self._settle(self.clock, 0, ())
        if self._tick_s and self._tick_is_due:
            events.append(self._tick(self.clock, 0))
        return events

    def dump(self) -> bytes:
        """The state as bytes. Raises nothing a msgspec struct does not."""
        head = (self._mark, self.late, self.truncated, self._tick_is_due)
        return msgspec.msgpack.encode((*head, self._keyed.dump()))

    def load(self, clock: float, payload: bytes) -> bool:
        """Continue from a dump; False, and nothing has changed, if it holds another kind of state.

        A release wrote it whose detector had another version or kept other fields.
        """
        try:
            mark, late, truncated, due, keyed = msgspec.msgpack.decode(payload, type=_DUMP)
        except msgspec.ValidationError:
            return False
        if mark != self._mark:
            return False
        self._keyed.load(keyed)
        self.late, self.truncated, self._tick_is_due = late, truncated, due
        self.clock = clock
        return True

    def _advance(self, signal: Signal, skip: Collection[int], events: list[Event]) -> None:
        """Move the clock; what lies between the old and the new time happens first."""
        moment = signal.moment
        if moment <= self.clock:
            return
        if not self._keyed.is_settled and _crosses(self.clock, moment, self._settle_s):
            events += self._settle(_multiple(moment, self._settle_s), signal.id, skip)
        if self._tick_s and self._tick_is_due and _crosses(self.clock, moment, self._tick_s):
            events.append(self._tick(_multiple(moment, self._tick_s), signal.id))
        if _crosses(self.clock, moment, self._expiry_s):
            self.truncated |= self._keyed.sweep(moment)
        self.clock = moment

    def _quiet_until(self) -> float:
        """A time up to which nothing but the clock can move; a second early, as floats round."""
        steps = (self._settle_s, self._expiry_s, self._tick_s or self._expiry_s)
        return min(_multiple(self.clock, step) + step for step in steps) - 1.0

    def _is_late(self, signal: Signal) -> bool:
        if signal.at >= self.clock - self.detector.meta.lookback_s:
            return False
        self.late += 1
        return True

    def _apply(
        self, signal: Signal, place: int, keys: Sequence[Key] | None, events: list[Event]
    ) -> None:
        self._tick_is_due = True  # in every shard when it is due in one
        if keys is not None:
            self._keyed.remember(signal, place)
            events += [
                Found(self.clock, signal.id, draft) for draft in self._keyed.fold_all(keys, signal)
            ]

    def _settle(self, at: float, signal_id: int, skip: Collection[int]) -> list[Event]:
        return [Found(at, signal_id, draft) for draft in self._keyed.settle(skip)]

    def _tick(self, at: float, signal_id: int) -> Ticked:
        self._tick_is_due = False
        return Ticked(at, signal_id, msgspec.msgpack.encode(self._keyed.part(at)))


def tick_drafts(
    detector: Detector[Any, Any],
    params: BaseParams,
    at: float,
    parts: Sequence[bytes],
    recall: Recall | None = None,
) -> list[FindingDraft]:
    """Findings of one tick from the encoded parts of all shards.

    recall: where signals are read again, for the detectors that ask for it.
    """
    decoded = [msgspec.msgpack.decode(part) for part in parts]
    ids = sorted(set(detector.reads(at, decoded, params)))
    signals = {one.id: one for one in recall(ids)} if ids and recall is not None else {}
    return detector.tick_with(at, decoded, signals, params)


def run_all(
    detector: Detector[Any, Any],
    params: BaseParams,
    signals: Sequence[Signal],
    *,
    of: int = 1,
    tick_floor_s: int = 0,
) -> list[Found]:
    """All findings of one detector over a finished list, ticks included, by position.

    The bench, the tests and a notebook use this; live runs go through the store.
    """
    runners = [
        Runner(detector, params, shard=number, of=of, tick_floor_s=tick_floor_s)
        for number in range(of)
    ]
    told = [_fed(runner, signals) + runner.finish() for runner in runners]
    found = [event for events in told for event in events if isinstance(event, Found)]
    ticks = [[event for event in events if isinstance(event, Ticked)] for events in told]
    known = {signal.id: signal for signal in signals} if any(ticks) else {}
    for shards in zip(*ticks, strict=True):
        parts = [ticked.part for ticked in shards]
        drafts = tick_drafts(
            detector, params, shards[0].at, parts, lambda ids: [known[id_] for id_ in ids]
        )
        found += [Found(shards[0].at, shards[0].signal_id, draft) for draft in drafts]
    return sorted(found, key=lambda one: (one.at, one.signal_id, one.draft.anchor))


def _fed(runner: Runner, signals: Sequence[Signal]) -> list[Event]:
    """In pages, for which a detector may compute ahead."""
    pages = (signals[start : start + _PAGE] for start in range(0, len(signals), _PAGE))
    return [event for page in pages for event in runner.feed(page)]


def _divide(keys: tuple[dict[int, list[Key]], ...], place: int, found: list[Key]) -> None:
    """Give the keys of one signal to their shards."""
    if len(keys) == 1:
        keys[0][place] = found
        return
    for key in found:
        keys[key.digest() % len(keys)].setdefault(place, []).append(key)


def _crosses(before: float, after: float, step: float) -> bool:
    return math.floor(before / step) != math.floor(after / step)


def _multiple(moment: float, step: float) -> float:
    return math.floor(moment / step) * float(step)


def _state_mark(detector: Detector[Any, Any]) -> str:
    """Differs when a detector's version or any field of what it keeps does."""
    told = msgspec.json.encode((detector.meta.version, msgspec.json.schema(detector.State)))
    return blake2b(told, digest_size=8).hexdigest()
