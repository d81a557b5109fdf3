"""A desk in memory: the product's detectors over signals by arrival, fused as time goes on."""

from __future__ import annotations

import math
import time
from bisect import bisect_left
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from hashlib import blake2b
from itertools import chain, groupby
from typing import Any, NamedTuple

import msgspec
import numpy as np

from detectors import folding, registry
from detectors.base import BaseParams, Detector, FindingDraft, Key, Signal
from detectors.casebook import Cases, Ledger
from detectors.engine import Found, Runner, Ticked, cut_signals, tick_drafts
from detectors.keyed import Recall
from detectors.pairs import Evidence

TICK_FLOOR_S = 3_600
STEP_S = 60.0
BATCH = 2_000
SECRET = b"the bench samples like this"

Anchor = tuple[str, Key]


class Entry(NamedTuple):
    """One line of the findings log. draft: None where the finding lapsed."""

    at: float
    anchor: Anchor
    draft: FindingDraft | None


@dataclass(slots=True)
class Outcome:
    """What a desk made of a stream. log: digest of all findings. told: the last
    revision of every finding, also of those that lapsed; standing: those that stand at the end.
    clock: engine time at each signal, seconds since 1970."""

    cases: Cases
    clock: np.ndarray[tuple[int], np.dtype[np.float64]]
    revisions: int = 0
    log: str = ""
    seconds: dict[str, float] = field(default_factory=dict)
    standing: dict[Anchor, FindingDraft] = field(default_factory=dict)
    told: dict[Anchor, FindingDraft] = field(default_factory=dict)

    def position(self, at: float) -> int:
        """The first signal by arrival that is not before `at`; the number of signals at the end."""
        return int(bisect_left(self.clock, at))


def run_desk(
    signals: Sequence[Signal], *, slugs: Iterable[str] | None = None, batch: int = BATCH,
    shards: int = 1, tick_floor_s: int = TICK_FLOOR_S, step_s: float = STEP_S,
    declared: Iterable[frozenset[str]] = (),
) -> Outcome:  # fmt: skip
    """Run all detectors with their defaults. slugs: only these. declared: accounts that an admin
    knows to act together.

    Findings are fused in steps of engine time, a step as soon as the clock of all has passed it.
    """
    known = {signal.id: signal for signal in signals}
    stations = [
        _Station(slug, shards, tick_floor_s, lambda ids: [known[id_] for id_ in ids])
        for slug in slugs or registry.all_detectors()
    ]
    outcome = Outcome(Cases(declared=dict(enumerate(declared))), _clock(signals))
    ledger = _Ledger()
    digest = blake2b(digest_size=16)
    waiting: list[Entry] = []
    for start in range(0, len(signals), batch):
        page = signals[start : start + batch]
        ends = start + batch >= len(signals)
        found = [entry for station in stations for entry in station.feed(page, ends=ends)]
        waiting = sorted(waiting + found, key=lambda one: (one.at, one.anchor))
        horizon = math.inf if ends else math.floor(outcome.clock[start + len(page) - 1] / step_s)
        for step, entries in groupby(waiting, key=lambda one: math.floor(one.at / step_s)):
            if step < horizon:
                _fold(list(entries), (step + 1) * step_s, ledger, outcome, digest)
        waiting = [one for one in waiting if math.floor(one.at / step_s) >= horizon]
    outcome.log = digest.hexdigest()
    outcome.seconds |= {station.slug: station.seconds for station in stations}
    outcome.standing = ledger.standing
    return outcome


def _clock(signals: Sequence[Signal]) -> np.ndarray[tuple[int], np.dtype[np.float64]]:
    moments = [min(one.at, one.received) if one.received else one.at for one in signals]
    return np.maximum.accumulate(np.array(moments))


def _fold(
    entries: Sequence[Entry], at: float, ledger: _Ledger, outcome: Outcome, digest: Any
) -> None:
    started = time.process_time()
    for entry in entries:
        outcome.revisions += 1
        if entry.draft:
            outcome.told[entry.anchor] = entry.draft
        told = folding.revision_digest(entry.draft) if entry.draft else "lapsed"
        digest.update(f"{entry.at} {entry.anchor} {told}\n".encode("utf-8", "surrogatepass"))
    touched = ledger.enter(entries)
    if touched:
        outcome.cases.refresh(touched, at, ledger.about)
    spent = outcome.seconds.get("fusion", 0.0) + time.process_time() - started
    outcome.seconds["fusion"] = spent


class _Station:
    """One detector with all its shards, and what stands of its findings."""

    def __init__(self, slug: str, shards: int, tick_floor_s: int, recall: Recall) -> None:
        self.slug = slug
        self.seconds = 0.0
        self._detector: Detector[Any, Any] = registry.get(slug)(SECRET)
        self._params: BaseParams = registry.defaults(slug)
        self._runners = [
            Runner(
                self._detector,
                self._params,
                shard=number,
                of=shards,
                tick_floor_s=tick_floor_s,
                recall=recall,
            )
            for number in range(shards)
        ]
        self._recall = recall
        self._digests: dict[Key, str] = {}

    def feed(self, page: Sequence[Signal], *, ends: bool) -> list[Entry]:
        """Changes that these signals bring, by position."""
        started = time.process_time()
        cut = cut_signals(self._detector, self._params, page, len(self._runners))
        told = [runner.feed(page, cut=cut) for runner in self._runners]
        if ends:
            told += [runner.finish() for runner in self._runners]
        found = [one for one in chain.from_iterable(told) if isinstance(one, Found)]
        found.sort(key=lambda one: (one.at, one.signal_id, one.draft.anchor))
        entries = [entry for one in found for entry in self._changed(one.at, [one.draft])]
        ticks: dict[float, list[Ticked]] = {}
        for one in chain.from_iterable(told):
            if isinstance(one, Ticked):
                ticks.setdefault(one.at, []).append(one)
        for at in sorted(ticks):
            entries += self._ticked(ticks[at])
        self.seconds += time.process_time() - started
        return entries

    def _ticked(self, parts: Sequence[Ticked]) -> list[Entry]:
        """What holds at a tick replaces what held before."""
        at = parts[0].at
        told = [one.part for one in parts]
        drafts = tick_drafts(self._detector, self._params, at, told, self._recall)
        entries = self._changed(at, drafts)
        for key in sorted(self._digests.keys() - {draft.anchor for draft in drafts}):
            del self._digests[key]
            entries.append(Entry(at, (self.slug, key), None))
        return entries

    def _changed(self, at: float, drafts: Sequence[FindingDraft]) -> list[Entry]:
        entries = []
        for draft in drafts:
            digest = folding.revision_digest(draft)
            before = self._digests.get(draft.anchor)
            if digest == before or (before is None and draft.lapsed):
                continue
            self._digests[draft.anchor] = digest
            told = None if draft.lapsed else draft
            entries.append(Entry(at, (self.slug, draft.anchor), told))
        return entries


class _Ledger:
    """The findings that stand, numbered as the table would."""

    def __init__(self) -> None:
        self.standing: dict[Anchor, FindingDraft] = {}
        self._numbers: dict[Anchor, int] = {}
        self._evidence = Ledger()
        self.about = self._evidence.about

    def enter(self, entries: Sequence[Entry]) -> set[str]:
        """Bring one step of the log into force. Returns the accounts that it touches."""
        touched: set[str] = set()
        for anchor, entry in {entry.anchor: entry for entry in entries}.items():
            number = self._numbers.setdefault(anchor, len(self._numbers) + 1)
            self.standing.pop(anchor, None)
            told = None
            if entry.draft is not None:
                self.standing[anchor] = entry.draft
                told = folding.evidence_of(entry.draft, registry.get(anchor[0]).meta, number)
                # as it comes back from the table
                told = msgspec.convert(msgspec.to_builtins(told), Evidence, strict=False)
            touched |= self._evidence.enter(number, told)
        return touched
