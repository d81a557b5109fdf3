"""Who probes what a service refuses: accounts by themselves, and accounts on one ladder."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

import msgspec

from detectors.base import DAY_S, HOUR_S, Key
from detectors.prompts.kin import chains
from detectors.prompts.ladders import Rung, ladders, requests
from detectors.prompts.rates import Limits, Rate, burst_of, rate
from detectors.prompts.regression import Population, Rise, population
from detectors.prompts.templates import Template
from detectors.prompts.trials import Trials

HELD_S = 7 * DAY_S
RATE_H = 24
MAX_ROWS = 5_000
MAX_TALLIES = 20_000

Rises = Mapping[str, Rise]


class Refusal(msgspec.Struct, array_like=True, frozen=True):
    """One request that was refused."""

    at: float
    signal_id: int
    model: str


class Prober(msgspec.Struct, array_like=True):
    """One account as it travels to a tick. hours: (trials, refusals)."""

    account: str
    customer: str
    hours: dict[int, tuple[int, int]]
    refusals: list[Refusal]
    ladders: list[list[Rung]]
    truncated: bool = False


class Part(msgspec.Struct, array_like=True):
    """Of one shard. tallies: template -> trials and refusals of everybody in the last week."""

    probers: list[Prober]
    tallies: dict[str, tuple[int, int]]
    populations: list[Population]
    truncated: bool = False


@dataclass(frozen=True, slots=True)
class Climb:
    """Several accounts on ladders that share templates; ladders by account, oldest first."""

    name: str
    rate: Rate
    ladders: Mapping[str, Sequence[list[Rung]]]


def collect(states: Iterable[tuple[Key, Trials]], clock: float, limits: Limits) -> Part:
    """What a shard gives to a tick."""
    probers: list[Prober] = []
    tallies: dict[str, tuple[int, int]] = {}
    populations: list[Population] = []
    for key, state in states:
        if state.newest < clock - HELD_S:
            continue
        if key.type == "asker":
            probers += _prober(key.value, state, clock, limits)
        elif key.type == "prompt":
            tallies[key.value] = _tally(state, clock)
        else:
            populations.append(population(key.value, state))
    probers.sort(key=lambda one: (-len(one.refusals), one.account))
    common = sorted(tallies.items(), key=lambda one: (-one[1][0], one[0]))
    truncated = len(probers) > MAX_ROWS or len(tallies) > MAX_TALLIES
    return Part(probers[:MAX_ROWS], dict(common[:MAX_TALLIES]), populations, truncated)


def rate_of(prober: Prober, rises: Rises, limits: Limits) -> Rate:
    """The worst 24 hours of one account, without hours in which its model refused everybody."""
    refusals = [one for one in prober.refusals if not _is_excused(one.at, one.model, rises)]
    models = {one.model for one in prober.refusals}
    excused = frozenset[int]().union(*(rises[one].hours for one in models if one in rises))
    hours = {hour: told for hour, told in prober.hours.items() if hour not in excused}
    burst = burst_of([one.at for one in refusals], limits.burst_s)
    windows = []
    for end in sorted({int(one.at // HOUR_S) for one in refusals}):
        told = [each for hour, each in hours.items() if end - RATE_H < hour <= end]
        trials, refused = sum(one[0] for one in told), sum(one[1] for one in told)
        windows.append(rate(trials, refused, burst))
    return max(windows, key=lambda one: one.bound, default=Rate(0, 0, 0, 0.0))


def climbs(
    probers: Sequence[Prober], tallies: Mapping[str, tuple[int, int]], rises: Rises, limits: Limits
) -> Iterator[Climb]:
    """Ladders that accounts of several customers climb, where everybody is refused too often."""
    climbed = [
        (prober, rungs)
        for prober in sorted(probers, key=lambda one: one.account)
        for rungs in prober.ladders
        if len(rungs) >= limits.rungs and not _is_excused(rungs[0].at, rungs[0].model, rises)
    ]
    known = {rung.name: rung for _, rungs in climbed for rung in rungs}
    names = sorted(known)
    templates = [Template(one, known[one].space, known[one].signature) for one in names]
    for places in chains(templates, limits.low):
        family = {names[place] for place in places}
        own = [(one, rungs) for one, rungs in climbed if rungs[0].name in family]
        if len({prober.customer for prober, _ in own}) < limits.accounts:
            continue
        told = _family_rate(family, [rungs for _, rungs in own], tallies, limits)
        if told.meets(limits):
            yield Climb(_oldest(own), told, _by_account(own))


def _prober(account: str, state: Trials, clock: float, limits: Limits) -> list[Prober]:
    """The account, if it was refused enough to matter in any way."""
    state.settle()
    steps = requests([one for one in state.steps if one.at >= clock - HELD_S])
    refusals = [Refusal(one.at, one.signal_id, one.model) for one in steps if one.refused]
    if not refusals:
        return []
    climbed = ladders(steps, limits.low, limits.high)
    if not climbed and len(refusals) < limits.burst:
        return []
    hours = {hour: (one.trials, one.refusals) for hour, one in state.hours.items()}
    return [Prober(account, state.customer, hours, refusals, climbed, state.truncated)]


def _tally(state: Trials, clock: float) -> tuple[int, int]:
    least = (clock - HELD_S) // HOUR_S
    told = [one for hour, one in state.hours.items() if hour >= least]
    return sum(one.trials for one in told), sum(one.refusals for one in told)


def _is_excused(at: float, model: str, rises: Rises) -> bool:
    return model in rises and int(at // HOUR_S) in rises[model].hours


def _family_rate(
    family: set[str],
    climbed: Sequence[list[Rung]],
    tallies: Mapping[str, tuple[int, int]],
    limits: Limits,
) -> Rate:
    """Of all requests with these templates, whoever made them."""
    rungs = {(one.at, one.signal_id): one for ladder in climbed for one in ladder}.values()
    trials = refusals = 0
    for name in family:
        told = tallies.get(name, (0, 0))
        seen = [one for one in rungs if one.name == name]
        trials += max(told[0], len(seen))
        refusals += max(told[1], sum(one.refused for one in seen))
    burst = burst_of([one.at for one in rungs if one.refused], limits.burst_s)
    return rate(trials, refusals, burst)


def _oldest(own: Sequence[tuple[Prober, list[Rung]]]) -> str:
    return min((rungs[0] for _, rungs in own), key=lambda one: (one.at, one.signal_id)).name


def _by_account(own: Sequence[tuple[Prober, list[Rung]]]) -> dict[str, list[list[Rung]]]:
    found: dict[str, list[list[Rung]]] = {}
    for prober, rungs in own:
        found.setdefault(prober.account, []).append(rungs)
    return found
