"""States of one shard by key: folded as signals come, told again in order when some are late."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from itertools import chain, compress, islice, repeat
from typing import Any, NamedTuple

import msgspec
import numpy as np

from detectors.agenda import Agenda
from detectors.base import BaseParams, Detector, FindingDraft, Key, Signal
from detectors.history import LATENESS_S, TOLD_S, History, Place, Told, begun
from detectors.lone import LoneNumbers
from detectors.lone import Told as ToldNumbers
from detectors.numbered import Column, Named

MAX_KEYS = 2_000_000
_RECENT = 4_096
"""So many signals are at hand, and as many before them: a page, whatever it begins with."""
_TOLD_TOGETHER = 10_000
_SWEPT_TOGETHER = 2_048
"""Keys that are looked at and dropped before the next ones: what one look brought into the
processor's cache serves the next."""

Recall = Callable[[list[int]], Iterable[Signal]]
"""Reads signals by id again, in any order; one that is gone is left out."""
Dump = tuple[
    list[tuple[str, str, History]],
    list[tuple[str, str, float, Told]],
    list[tuple[str, str, float, int]],
    ToldNumbers,
    msgspec.Raw,
]
"""Histories; what was said of keys that are gone; lone keys with their place, and numbered ones;
rows of key, newest place and state."""


class PoisonError(Exception):
    """One signal that the detector cannot digest; `__cause__` has the reason."""

    def __init__(self, signal_id: int) -> None:
        super().__init__(f"signal {signal_id} cannot be processed")
        self.signal_id = signal_id


class _Undone(NamedTuple):
    """A key that was taken back: what had been said, and what is to be told from where."""

    key: Key
    told: Told
    base: Place
    places: list[Place]


class _KeepTimes(dict[str, float]):
    """How long keys are kept, by type; asked once for each."""

    def __init__(self, detector: Detector[Any, Any], params: BaseParams) -> None:
        super().__init__()
        self._detector, self._params = detector, params

    def __missing__(self, kind: str) -> float:
        self[kind] = self._detector.keep_s(Key(kind, ""), self._params)
        return self[kind]


class Keyed:
    """States of the keys of one shard.

    A detector that finds at ticks keeps states which are the same for any order of its signals, so
    nothing is remembered for it. Of one whose lone signals mean nothing, a key that a single signal
    touched has no state, only the place of that signal: most keys never see a second one. recall:
    where earlier signals are read again; without it every signal is kept, which is for lists.
    """

    def __init__(
        self, detector: Detector[Any, Any], params: BaseParams, recall: Recall | None
    ) -> None:
        self.states: dict[Key, Any] = {}
        self._detector = detector
        self._params = params
        self._recall = recall
        self._any_order = bool(detector.meta.tick_s)
        self._waits = detector.meta.lone_means_nothing and not self._any_order
        # Few keys may matter to a tick, of many; None where all do.
        self._mattering: set[Key] | None = (
            None if type(detector).matters is Detector.matters else set()
        )
        self._standing = detector.standing(params)
        self._lateness_s = 0.0 if self._any_order else min(LATENESS_S, detector.meta.lookback_s)
        self._blank = msgspec.msgpack.encode(detector.State())
        self._newest: dict[Key, Place] = {}
        self._numbers = LoneNumbers()
        self._histories: dict[Key, History] = {}
        self._gone: dict[Key, tuple[float, Told]] = {}
        self._keep_s = _KeepTimes(detector, params)
        self._to_drop = Agenda()
        self._to_close = Agenda()
        self._to_forget = Agenda()
        self._memory_s = max(TOLD_S, detector.meta.lookback_s)
        self._late: set[Key] = set()
        self._recent: dict[int, Signal] = {}
        self._before: dict[int, Signal] = {}
        self._firsts: dict[int, Signal] = {}

    def __len__(self) -> int:
        return len(self._newest) + len(self._numbers)

    @property
    def is_settled(self) -> bool:
        """Whether every key was told in order of time."""
        return not self._late

    def fold_all(self, keys: Sequence[Key], signal: Signal) -> list[FindingDraft]:
        """Take in one signal under all its keys; what the detector says of it."""
        if self._any_order:
            return self._fold_in_any_order(keys, signal)
        if not self._waits:
            newest = self._newest
            return [draft for key in keys for draft in self._fold(key, newest.get(key), signal)]
        drafts: list[FindingDraft] = []
        for key in keys:
            newest_of = self._newest.get(key)
            if newest_of is not None or key in self._gone:
                drafts += self._fold(key, newest_of, signal)
            else:
                self._enter(key, signal.place)
        return drafts

    def _fold_in_any_order(self, keys: Sequence[Key], signal: Signal) -> list[FindingDraft]:
        place, newest, states = signal.place, self._newest, self.states
        drafts: list[FindingDraft] = []
        for key in keys:
            state = states.get(key)
            if state is None:
                state = states[key] = self._detector.State()
                self._enter(key, place)
            elif place > newest[key]:
                newest[key] = place
            drafts += self._detector.apply(key, signal, state, self._params)
            if self._standing is not None:
                self._standing.took(key, signal, state)
            if self._mattering is not None:
                self._weigh(key, state)
        return drafts

    def _fold(self, key: Key, newest: Place | None, signal: Signal) -> list[FindingDraft]:
        place = signal.place
        if newest is None:
            self._enter(key, place)
            state = self.states[key] = self._detector.State()
            drafts = self._detector.apply(key, signal, state, self._params)
            if drafts or key in self._gone:
                self._begin(key, place).say(drafts)
            return drafts
        if place > newest:
            self._newest[key] = place
        if key not in self.states:
            self._awake(key, newest)
        history = self._histories.get(key) or self._begin(key, newest)
        drafts = self._append(history, key, signal, newest)
        if history.disorder:
            self._late.add(key)
        return drafts

    def part(self, clock: float) -> Any:
        """What the states give to a tick."""
        if self._standing is not None:
            return self._standing.part(clock, self.states)
        return self._detector.part(clock, self.mattering(), self._params)

    def mattering(self) -> Mapping[Key, Any]:
        """The states that a tick has to look at."""
        if self._mattering is None:
            return self.states
        return {key: self.states[key] for key in sorted(self._mattering)}

    def look_ahead(
        self, keys: Mapping[int, Sequence[Key]], numbered: Column, skip: Collection[int]
    ) -> Mapping[int, Sequence[Key]]:
        """Begin with a page: keys by place of the signal. Returns those to fold, also by place.

        Has at hand the only signals of the lone ones among them, without `skip`.
        """
        if numbered.places:
            keys = {**keys, **self._by_name(numbered)}
        self._firsts = {}
        if self._waits:
            newest, states = self._newest, self.states
            touched = chain.from_iterable(keys.values())
            lone = {key: newest[key] for key in touched if key not in states and key in newest}
            ids = {id_ for _, id_ in lone.values()}.difference(skip)
            self._firsts = self._signals(sorted(ids))
        return keys

    def remember(self, signal: Signal, place: int) -> None:
        """Take in a signal, the one at that place of the page, and keep it at hand for a while."""
        if self._any_order:
            return
        if self._detector.numbered:
            self._numbers.took(place, signal.place)
        self._recent[signal.id] = signal
        if self._recall is not None and len(self._recent) >= _RECENT:
            self._before, self._recent = self._recent, {}

    def settle(self, skip: Collection[int]) -> Iterator[FindingDraft]:
        """Tell each key that a signal reached late again, in order of time, without `skip`.

        Gives what is said now instead of what was said before.
        """
        late = sorted(self._late)
        self._late.clear()
        while late:
            undone: list[_Undone] = []
            while late and sum(len(one.places) for one in undone) < _TOLD_TOGETHER:
                undone.append(self._take_back(late.pop(0)))
            ids = {id_ for one in undone for _, id_ in one.places if id_ not in skip}
            signals = self._signals(sorted(ids))
            for one in undone:
                self._tell_again(one, signals)
                yield from _corrections(one.told, self._histories[one.key].told)

    def sweep(self, moment: float) -> bool:
        """Drop keys that time has passed, and the oldest ones above the cap; whether there were."""
        settled = moment - self._lateness_s
        gone = self._drop_passed(moment, settled)
        if self._detector.numbered:
            self._numbers.pass_by(self._keep_s[self._detector.numbered], settled)
        truncated = len(self) > MAX_KEYS
        if truncated:
            gone += self._drop_oldest(len(self) - MAX_KEYS * 3 // 4)
            self._plan()
        if self._standing is not None and gone:
            self._standing.dropped(gone)
        self._forget(moment)
        self._close(settled)
        return truncated

    def dump(self) -> Any:
        """All of it as plain data, see `Dump`."""
        rows = [(*key, *self._newest[key], state) for key, state in self.states.items()]
        lone = [(*key, *place) for key, place in self._newest.items() if key not in self.states]
        gone = [(*key, *one) for key, one in self._gone.items()]
        histories = [(*key, history) for key, history in self._histories.items()]
        return histories, gone, lone, self._numbers.dump(), rows

    def load(self, dump: Dump) -> None:
        """Continue from a dump, without the keys that these parameters keep for no time."""
        histories, gone, lone, numbers, kept = dump
        state = self._detector.State
        row = tuple[str, str, float, int, state]  # type: ignore[valid-type]  # a type made at run time
        for kind, value, at, id_, one in msgspec.msgpack.decode(kept, type=list[row]):
            key = Key(kind, value)
            if self._keep_s[kind]:
                self.states[key], self._newest[key] = one, (at, id_)
                self._weigh(key, one)
        for kind, value, at, id_ in lone:
            key = Key(kind, value)
            if self._keep_s[kind]:
                self._newest[key] = (at, id_)
        self._gone = {Key(kind, value): (at, told) for kind, value, at, told in gone}
        named = ((Key(kind, value), history) for kind, value, history in histories)
        self._histories = {key: history for key, history in named if key in self.states}
        self._late = {key for key, history in self._histories.items() if history.disorder}
        self._plan()
        if self._detector.numbered and self._keep_s[self._detector.numbered]:
            self._numbers.load(numbers)
        for key, (at, _) in self._gone.items():
            self._to_forget.put((key,), at + self._memory_s)
        if self._standing is not None:
            self._standing.begin(self.states)

    def _by_name(self, numbered: Column) -> dict[int, list[Key]]:
        """Those of the numbered keys of a page that may have been touched before, by place; none
        where all are new. Those that were lone until now are so by name."""
        kind = self._detector.numbered
        ahead = self._numbers.look_ahead(numbered, Named(kind, self._newest, self._gone))
        for value, place in ahead.woken:
            self._enter(Key(kind, value), place)
        return {
            place: [*dict.fromkeys(Key.each(kind, values))]
            for place, values in ahead.by_name.items()
        }

    def _drop_oldest(self, count: int) -> list[Key]:
        """Drop so many keys that rest longest, by name where that is the same; which, of the
        numbered lone ones none."""
        newest, kind = self._newest, self._detector.numbered
        times = np.array([at for at, _ in newest.values()])
        times = np.concatenate([times, self._numbers.times()])
        last = float(np.partition(times, count - 1)[count - 1])
        tied = [key for key, (at, _) in newest.items() if at == last]
        tied += [Key(kind, value) for value in self._numbers.values_at(last)]
        tied = sorted(tied)[: count - int(np.count_nonzero(times < last))]
        gone = [key for key, (at, _) in newest.items() if at < last]
        gone += [key for key in tied if key in newest]
        self._numbers.drop(last, [key.value for key in tied if key not in newest])
        self._drop(gone)
        return gone

    def _enter(self, key: Key, place: Place) -> None:
        """Note a key that nobody touched before."""
        self._newest[key] = place
        self._to_drop.put((key,), place[0] + self._keep_s[key.type])

    def _drop_passed(self, moment: float, settled: float) -> list[Key]:
        """Drop the keys that time has passed and that may go; which they were."""
        over, current = self._to_drop.take_apart(settled)
        due = chain.from_iterable(over)
        gone, left = list[Key](), list[Key]()
        while some := [*islice(due, _SWEPT_TOGETHER)]:
            # a lone key was not touched since it was put there
            lone = [key for key in some if key not in self.states]
            deque(map(self._newest.pop, lone), maxlen=0)
            gone += lone
            if len(lone) < len(some):
                awake = [key for key in some if key in self.states]
                gone += self._drop_due(awake, moment, settled, left)
        gone += self._drop_due(current, moment, settled, left)
        for key in left:
            self._to_drop.put((key,), self._newest[key][0] + self._keep_s[key[0]])
        return gone

    def _drop_due(
        self, due: Sequence[Key], moment: float, settled: float, left: list[Key]
    ) -> list[Key]:
        passed = self._passed(due, moment, settled, left)
        self._drop(passed)
        return passed

    def _passed(
        self, due: Sequence[Key], moment: float, settled: float, left: list[Key]
    ) -> list[Key]:
        """Those that may go; the others are put to `left`. Most were touched once, and are lone."""
        newest, states, keep_s = self._newest, self.states, self._keep_s
        gone = list[Key]()
        for key in due:
            (gone if newest[key][0] + keep_s[key[0]] < settled else left).append(key)
        if type(self._detector).retire is Detector.retire:
            return gone
        some, gone = gone, list[Key]()
        for key in some:
            may_go = key not in states or self._detector.retire(
                key, states[key], moment - newest[key][0], self._params
            )
            (gone if may_go else left).append(key)
        return gone

    def _drop(self, keys: Sequence[Key]) -> None:
        places = [*map(self._newest.pop, keys)]
        kept = [one is not None for one in map(self.states.pop, keys, repeat(None))]
        # nothing else is known of a lone key
        for key, (at, _) in compress(zip(keys, places, strict=True), kept):
            self._late.discard(key)
            if self._mattering is not None:
                self._mattering.discard(key)
            if (history := self._histories.pop(key, None)) and history.told:
                self._gone[key] = (at, history.told)
                self._to_forget.put((key,), at + self._memory_s)

    def _forget(self, moment: float) -> None:
        """Forget what was said of keys that are gone for long."""
        for key in [*self._to_forget.take(moment)]:
            if (one := self._gone.get(key)) is None:
                continue
            if one[0] + self._memory_s < moment:
                del self._gone[key]
            else:
                self._to_forget.put((key,), one[0] + self._memory_s)

    def _close(self, settled: float) -> None:
        """Forget the past of the keys that no late signal can reach any more."""
        for key in [*self._to_close.take(settled)]:
            history = self._histories.get(key)
            if history is None or not history.bases:
                continue
            at, _ = self._newest[key]
            if at < settled and not history.disorder:
                history.close()
            else:
                self._to_close.put((key,), at)

    def _plan(self) -> None:
        """Have every key looked at in its time."""
        self._to_drop.clear()
        self._to_close.clear()
        for key, (at, _) in self._newest.items():
            self._to_drop.put((key,), at + self._keep_s[key.type])
        for key, history in self._histories.items():
            if history.bases:
                self._to_close.put((key,), self._newest[key][0])

    def _weigh(self, key: Key, state: Any) -> None:
        """Note whether ticks have to look at this key."""
        if self._mattering is None:
            return
        if self._detector.matters(state):
            self._mattering.add(key)
        else:
            self._mattering.discard(key)

    def _awake(self, key: Key, first: Place) -> None:
        """Give a lone key the state that its only signal makes, if that is there still."""
        state = self.states[key] = self._detector.State()
        id_ = first[1]
        signal = self._firsts.get(id_) or self._recent.get(id_) or self._before.get(id_)
        if signal is None:
            return
        try:
            self._detector.apply(key, signal, state, self._params)
        except Exception as error:  # plug-in border: any fault is that one signal's
            raise PoisonError(signal.id) from error

    def _begin(self, key: Key, first: Place) -> History:
        _, told = self._gone.pop(key, (0.0, {}))
        history = self._histories[key] = begun(first, self._blank, told)
        self._to_close.put((key,), first[0])
        return history

    def _append(
        self, history: History, key: Key, signal: Signal, newest: Place
    ) -> list[FindingDraft]:
        place, state = signal.place, self.states.get(key)
        if history.wants_base(place):
            if not history.bases:
                self._to_close.put((key,), place[0])
            history.keep_base(newest, msgspec.msgpack.encode(state))
        drafts = self._step(key, signal, newest, state)
        history.put(place)
        if drafts:
            history.say(drafts)
        return drafts

    def _step(self, key: Key, signal: Signal, newest: Place, state: Any) -> list[FindingDraft]:
        """Fold one signal; a key that rested for `keep_s` begins anew, swept or not."""
        detector, params = self._detector, self._params
        idle_s = signal.at - newest[0]
        if state is None or (
            idle_s > self._keep_s[key.type] and detector.retire(key, state, idle_s, params)
        ):
            state = self.states[key] = detector.State()
        return detector.apply(key, signal, state, params)

    def _take_back(self, key: Key) -> _Undone:
        history = self._histories[key]
        told = history.told
        base, places = history.rewind()
        self.states[key] = msgspec.msgpack.decode(base.state, type=self._detector.State)
        return _Undone(key, told, base.place, places)

    def _tell_again(self, one: _Undone, signals: dict[int, Signal]) -> None:
        history, newest = self._histories[one.key], one.base
        for place in one.places:
            signal = signals.get(place[1])
            if signal is None:
                continue
            try:
                self._append(history, one.key, signal, newest)
            except Exception as error:  # plug-in border: any fault is that one signal's
                raise PoisonError(signal.id) from error
            newest = place

    def _signals(self, ids: list[int]) -> dict[int, Signal]:
        found = {
            id_: some[id_] for some in (self._before, self._recent) for id_ in ids if id_ in some
        }
        if self._recall is not None and (missing := [id_ for id_ in ids if id_ not in found]):
            found |= {signal.id: signal for signal in self._recall(missing)}
        return found


def _corrections(before: Told, after: Told) -> Iterator[FindingDraft]:
    """What makes `after` the last word, where `before` was."""
    for name, draft in sorted(after.items()):
        if before.get(name) != draft:
            yield draft
    for name, draft in sorted(before.items()):
        if name not in after and not draft.lapsed:
            yield replace(draft, lapsed=True)
