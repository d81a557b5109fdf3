"""D15: reports in bulk by accounts that reported the same targets before, mostly without cause."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import islice
from typing import Any

import msgspec

from detectors.base import (
    DAY_S,
    MINUTE_S,
    BaseParams,
    Detector,
    Family,
    FindingDraft,
    Key,
    Meta,
    Signal,
    param,
)
from detectors.reporting.findings import Limits, draft
from detectors.reporting.judge import Burst, History, burst_of, ring_of
from detectors.reporting.state import Reason, Reports, fold
from detectors.synchrony import Settings, find_synchrony
from detectors.synchrony.sharers import MAX_ACCOUNTS, sample
from detectors.synchrony.tables import Part as Tables
from detectors.synchrony.tables import clock_steps, collect, merge

TARGET = "report-target"
MAX_TARGETS = 10


class MassReportingParams(BaseParams):
    """How many reports make a burst, and what must tie the reporters."""

    min_reporters: int = param(
        8,
        ge=3,
        le=100,
        step=1,
        unit="accounts",
        help="Accounts that report one target within the window",
    )
    window_min: int = param(
        60, ge=5, le=1_440, step=5, unit="minutes", help="Window in which they do so"
    )
    min_common: int = param(
        4,
        ge=3,
        le=20,
        step=1,
        unit="targets",
        help="Earlier targets that two of them have in common",
    )
    alpha: float = param(
        0.01,
        ge=0.0001,
        le=0.1,
        step=0.0001,
        unit="rate",
        help="False discovery rate of pairs that report at the same times",
    )
    upheld_limit: float = param(
        0.2,
        ge=0.05,
        le=0.5,
        step=0.05,
        unit="share of reports",
        help="Upper 95 % bound of the rate at which their reports are upheld, to open",
    )
    lookback_d: int = param(
        14,
        ge=7,
        le=30,
        step=1,
        unit="days",
        rebuild=True,
        help="How far back reports and their outcomes are compared",
    )
    use_prior: bool = param(
        default=True, unit="switch", help="Cautious rates while reported targets are few"
    )


class Part(msgspec.Struct, array_like=True):
    """What one shard tells: first reports, outcomes by account, and what of bursts is asked later.

    bursts: target -> account -> time and signal; reasons: target -> account -> reason.
    """

    tables: Tables
    tallies: dict[str, tuple[int, int]]
    bursts: dict[str, dict[str, tuple[float, int]]]
    reasons: dict[str, dict[str, Reason]]


class MassReporting(Detector[Reports, MassReportingParams]):
    """State per reported target; the tick compares reporters over all targets."""

    meta = Meta(
        slug="mass-reporting",
        title="Mass reporting",
        version=1,
        family=Family.BEHAVIOUR,
        kinds=("report",),
        lookback_s=30 * DAY_S,
        tick_s=30 * MINUTE_S,
        doc=(
            "Finds targets that many accounts report within a short time, where at least three of "
            "them reported the same targets before, and so closely in time that chance does not "
            "explain it: the test of synchronous sharing, over report targets alone. Reports need "
            "an object `report-target:`. A second signal of kind report by the same account on the "
            "same target with the attribute `upheld` (true or false) tells the outcome and is no "
            "report itself. Where few of these accounts' reports were upheld the finding opens; "
            "where at least half were, nothing is said; without outcomes it only supports other "
            "evidence, more where the reasons are nearly the same words. A finding changes nothing "
            "in the queue: each report stays and is judged for itself."
        ),
        falsifiers=(
            "The target does break the rules, and a community that looks after itself said so.",
            "The accounts are declared as one team of trusted reporters.",
            "News or a broadcast sent many people to the same targets at the same times.",
        ),
        source=(
            "Synchronous action over report targets as in D1 (Pacheco et al. 2021 for co-action); "
            "Beta bound of the upheld rate. Their combination is the project's own."
        ),
    )
    Params = MassReportingParams
    State = Reports

    def keys(self, signal: Signal, p: MassReportingParams) -> Iterable[Key]:
        """The targets of a report."""
        if not signal.actor or not signal.objects:
            return ()
        return islice(_targets(signal), MAX_TARGETS)

    def keep_s(self, key: Key, p: MassReportingParams) -> float:
        """A target matters as long as its last report is looked back at."""
        del key
        return float(p.lookback_d * DAY_S)

    def apply(
        self, key: Key, signal: Signal, state: Reports, p: MassReportingParams
    ) -> list[FindingDraft]:
        """Only remembers; what it means is a question over many targets."""
        fold(state, signal, self.secret)
        return []

    def part(self, clock: float, states: Mapping[Key, Reports], p: MassReportingParams) -> Part:
        """First reports of this shard's targets inside the lookback, outcomes, and bursts."""
        since = clock - p.lookback_d * DAY_S
        firsts = {key: self._first(state, since) for key, state in states.items()}
        live = ((key, first, states[key].is_sampled) for key, first in firsts.items() if first)
        told = Part(collect(live), _tallies(states.values(), since), {}, {})
        for key, first in firsts.items():
            burst = burst_of(key.value, first, p.window_min * MINUTE_S, p.min_reporters)
            if burst is not None:
                told.bursts[key.value] = burst.reporters
                reasons = states[key].reasons
                told.reasons[key.value] = {
                    name: reasons[name] for name in burst.reporters if name in reasons
                }
        return told

    def tick(
        self, clock: float, parts: Sequence[Any], p: MassReportingParams
    ) -> list[FindingDraft]:
        """All bursts whose reporters have a common past."""
        read = [msgspec.convert(part, Part) for part in parts]
        bursts = sorted((name, burst) for part in read for name, burst in part.bursts.items())
        tables = merge([part.tables for part in read])
        if not bursts or TARGET not in tables:
            return []
        table = tables[TARGET]
        settings = Settings(n_min=p.min_common, alpha=p.alpha, use_prior=p.use_prior)
        steps = clock_steps([table])
        result = find_synchrony(table.postings(steps), settings, secret=self.secret)
        history, tallies = History(table, result), _summed(part.tallies for part in read)
        reasons = {name: told for part in read for name, told in part.reasons.items()}
        constants = {"pairs_tested": result.m, "threshold": result.threshold, "q": list(result.q)}
        found = []
        for target, reporters in bursts:
            burst = Burst(target, reporters)
            pairs = history.pairs(burst, p.min_common)
            ring = ring_of(burst, pairs, reasons[target], tallies)
            if ring is not None:
                limits = Limits(p.min_reporters, p.min_common, p.upheld_limit)
                found.append(draft(ring, limits, constants))
        return found

    def _first(self, state: Reports, since: float) -> dict[str, tuple[float, int]]:
        """First reports, of no more accounts than are sampled."""
        if state.sharers.newest < since:
            return {}
        first = state.sharers.first_since(since)
        if len(first) <= MAX_ACCOUNTS:
            return first
        return {name: first[name] for name in sample([*first], self.secret)}


def _targets(signal: Signal) -> Iterator[Key]:
    for item in signal.objects:
        kind, _, value = item.partition(":")
        if kind == TARGET and value:
            yield Key(TARGET, value)


def _tallies(states: Iterable[Reports], since: float) -> dict[str, tuple[int, int]]:
    """Account -> upheld and decided reports."""
    one_each = (
        {name: (int(verdict.upheld), 1)}
        for state in states
        for name, verdict in state.verdicts.items()
        if verdict.at >= since
    )
    return _summed(one_each)


def _summed(tallies: Iterable[Mapping[str, tuple[int, int]]]) -> dict[str, tuple[int, int]]:
    total: dict[str, tuple[int, int]] = {}
    for tally in tallies:
        for name, (upheld, decided) in tally.items():
            known = total.get(name, (0, 0))
            total[name] = (known[0] + upheld, known[1] + decided)
    return total
