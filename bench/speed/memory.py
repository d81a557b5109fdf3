"""All detectors of the registry over one ordinary stream in memory: time of each, and its state."""

from __future__ import annotations

import gc
import resource
import time
from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

from bench.speed.worker import SHARED
from bench.worlds import flow
from detectors import registry
from detectors.base import Signal
from detectors.engine import Runner, Ticked, tick_drafts

PAGE = 2_000
TICK_FLOOR_S = 21_600
"""As an import has it: with a signal every two seconds more ticks would be most of the work."""
PER_ACCOUNTS = 1_000


@dataclass(slots=True)
class Stage:
    """What one length of the stream cost. us: a signal of its last part, by detector."""

    signals: int
    us: dict[str, float]
    peak_mb: int

    @property
    def all_us(self) -> float:
        return sum(self.us.values())


@dataclass(slots=True)
class Walk:
    """keys, state_bytes: at the end, by detector; the bytes are of a checkpoint, per account."""

    stages: list[Stage] = field(default_factory=list)
    keys: dict[str, int] = field(default_factory=dict)
    state_bytes: dict[str, float] = field(default_factory=dict)


def walk(sizes: Sequence[int], tell: Callable[[Stage], None]) -> Walk:
    """Read the stream once up to the largest size.

    A stage is the part of it, as long as the smallest size, that ends there: what a signal costs
    when so many came before. Processor time, because wall time depends on who else is there. tell:
    called with each stage when it ends, so that a run that is broken off has said what it knows.
    """
    slugs = list(registry.all_detectors())
    runners = {slug: _runner(slug) for slug in slugs}
    part, done = min(sizes), Walk()
    spent: dict[str, float] = defaultdict(float)
    accounts: set[str] = set()
    for start in range(0, max(sizes), PAGE):
        if any(start == size - part for size in sizes):
            spent = defaultdict(float)
        page = [flow.signal(number) for number in range(start, start + PAGE)]
        accounts.update(signal.actor for signal in page)
        _take(page, runners, spent)
        if start + PAGE in sizes:
            us = {name: spent[name] / part * 1e6 for name in (SHARED, *slugs)}
            peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
            done.stages.append(Stage(start + PAGE, us, peak))
            tell(done.stages[-1])
    for slug, runner in runners.items():
        done.keys[slug] = len(runner)
        done.state_bytes[slug] = len(runner.dump()) / len(accounts) * PER_ACCOUNTS
    return done


def _take(page: Sequence[Signal], runners: dict[str, Runner], spent: dict[str, float]) -> None:
    """One page through all detectors, as `step_shards` does it."""
    gc.disable()
    started = time.process_time()
    for signal in page:
        _ = signal.urls, signal.match_text
    spent[SHARED] += time.process_time() - started
    for slug, runner in runners.items():
        started = time.process_time()
        for event in runner.feed(page):
            if isinstance(event, Ticked):
                tick_drafts(runner.detector, runner.params, event.at, [event.part], _recall)
        spent[slug] += time.process_time() - started
    gc.enable()
    gc.collect()
    gc.freeze()


def _runner(slug: str) -> Runner:
    detector: Any = registry.get(slug)(b"bench")
    params = registry.defaults(slug)
    return Runner(detector, params, tick_floor_s=TICK_FLOOR_S, recall=_recall)


def _recall(ids: list[int]) -> list[Signal]:
    return [flow.signal(id_ - 1) for id_ in ids]
