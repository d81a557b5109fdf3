"""Reference worlds of the synchrony test: a benign week, event crowds, campaigns, decoys."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from detectors.synchrony import Postings

HOUR_S = 3_600
WEEK_S = 7 * 24 * HOUR_S
ACCOUNTS = 2_000
COMMUNITIES = 25
CASCADES = 3_600
CASCADE_MAX = 500
SINGLES, SINGLE_OBJECTS = 32_000, 18_000
ZONES_H = (-6, 0, 0, 2, 8)
NAMES = ("W0", "W1", "W2", "W3", "W4", "W5")
CAMPAIGNS = ("fast", "slow", "camo", "newsroom", "big")

Ints = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]


@dataclass(slots=True)
class World:
    """Postings of one week and who is who; accounts and objects are plain indices."""

    name: str
    seed: int
    truth: list[str] = field(default_factory=list)
    objects: int = 0
    _rows: list[tuple[Ints, Ints, Floats]] = field(default_factory=list)

    def dice(self, part: str) -> np.random.Generator:
        """Chance of one part of the world: the same part is the same in every world of a seed."""
        return np.random.default_rng([self.seed, *part.encode()])

    def people(self, count: int, truth: str) -> Ints:
        """New accounts of one kind."""
        first = len(self.truth)
        self.truth += [truth] * count
        return np.arange(first, first + count)

    def things(self, count: int) -> Ints:
        """New objects."""
        self.objects += count
        return np.arange(self.objects - count, self.objects)

    def share(self, objects: npt.ArrayLike, accounts: npt.ArrayLike, at: npt.ArrayLike) -> None:
        """Add postings; the arrays are broadcast. at: s; what lies after the week is not seen."""
        columns = np.broadcast_arrays(objects, accounts, np.floor(at))
        week = columns[2] < WEEK_S
        self._rows.append((columns[0][week], columns[1][week], columns[2][week]))

    def rows(self) -> tuple[Ints, Ints, Floats]:
        """(object, account, at) of all postings, in the order in which they were made."""
        return (
            np.concatenate([row[0] for row in self._rows]),
            np.concatenate([row[1] for row in self._rows]),
            np.concatenate([row[2] for row in self._rows]),
        )

    def postings(self) -> Postings:
        """What the synchrony test reads; every share is a signal of its own."""
        objects, accounts, at = self.rows()
        return Postings(
            object=objects,
            account=accounts,
            at=at,
            signal=np.arange(len(at)),
            accounts=[f"sim:{index}" for index in range(len(self.truth))],
        )

    def members(self, truth: str) -> frozenset[int]:
        """Accounts of one kind."""
        return frozenset(i for i, kind in enumerate(self.truth) if kind == truth)


def make(name: str, seed: int) -> World:
    """One reference world. W3 = W1 + W2 + a large group; W4, W5 = W2 with decoys."""
    world = World(name, seed)
    cascades = _benign(world)
    if name in {"W1", "W3"}:
        _shocks(world)
    if name in {"W2", "W3", "W4", "W5"}:
        fast, starts = _group(world, "fast", 15, 12, 0.65, 30)
        _group(world, "slow", 15, 22, 0.65, 40 * 60)
        _camouflaged(world, cascades)
        _group(world, "newsroom", 8, 120, 0.75, 25)
        if name in {"W4", "W5"}:
            _decoys(world, fast, starts, singles=3 if name == "W5" else 0)
    if name == "W3":
        _group(world, "big", 60, 8, 0.75, 60)
    return world


def viral(seed: int) -> World:
    """50,000 rows: 6,000 shares of one link in ten minutes, the rest scattered."""
    world = World("viral", seed)
    rng = world.dice("viral")
    people = world.people(8_000, "benign")
    link = world.things(1)
    world.share(link, rng.choice(people[:1_500], 6_000), 3 * 86_400 + rng.uniform(0, 600, 6_000))
    objects = world.things(40_000)
    world.share(rng.choice(objects, 44_000), rng.choice(people, 44_000), _daytime(rng, 44_000))
    return world


def _benign(world: World) -> list[tuple[int, float, int]]:
    """Heavy-tailed activity, communities, cascades and scattered single shares.

    Returns (object, start, size) of the cascades.
    """
    rng = world.dice("benign")
    people = world.people(ACCOUNTS, "benign")
    community = rng.integers(COMMUNITIES, size=ACCOUNTS)
    activity = 1 + rng.pareto(1.4, ACCOUNTS)
    zone = rng.choice(ZONES_H, ACCOUNTS)
    pick_any = _drawer(rng, people, activity)
    pick_in = [
        _drawer(rng, people[community == index], activity[community == index])
        for index in range(COMMUNITIES)
    ]
    sizes = np.minimum((1 + rng.pareto(1.0, CASCADES)).astype(int), CASCADE_MAX)
    starts = _daytime(rng, CASCADES)
    objects = world.things(CASCADES)
    for item, start, size in zip(objects, starts, sizes, strict=True):
        inside = int(rng.binomial(size, 0.8))
        home = pick_in[int(rng.integers(COMMUNITIES))]
        who = np.unique(np.concatenate([home(inside), pick_any(int(size) - inside)]))
        world.share(item, who, start + rng.lognormal(math.log(1_800), 1.7, len(who)))
    who = pick_any(SINGLES)
    at = _daytime(rng, SINGLES, zone[who])
    world.share(rng.choice(world.things(SINGLE_OBJECTS), SINGLES), who, at)
    return list(zip(objects.tolist(), starts.tolist(), sizes.tolist(), strict=True))


def _drawer(rng: np.random.Generator, people: Ints, activity: Floats) -> Callable[[int], Ints]:
    """Draw accounts with replacement in proportion to their activity."""
    edges = np.cumsum(activity)
    return lambda count: people[np.searchsorted(edges, rng.uniform(0, edges[-1], count))]


def _daytime(rng: np.random.Generator, count: int, zone_h: npt.ArrayLike = 0) -> Floats:
    """Times of one week, fewer at night: accepted with 0.3 + 0.7 sin^2(pi h / 24)."""
    at = np.zeros(count)
    zones = np.broadcast_to(zone_h, count)
    todo = np.arange(count)
    while len(todo):
        at[todo] = rng.uniform(0, WEEK_S, len(todo))
        hour = at[todo] / HOUR_S + zones[todo]
        accept = 0.3 + 0.7 * np.sin(np.pi * hour / 24) ** 2
        todo = todo[rng.uniform(size=len(todo)) >= accept]
    return at


def _shocks(world: World) -> None:
    """Ten events: loyal fans react at once, and so do 300 others each time."""
    rng = world.dice("shocks")
    fans = world.people(60, "fans")
    for event, start in zip(world.things(10), rng.uniform(0, WEEK_S, 10), strict=True):
        loud = fans[rng.uniform(size=len(fans)) < 0.7]
        world.share(event, loud, start + rng.exponential(90, len(loud)))
        others = rng.choice(ACCOUNTS, 300, replace=False)
        world.share(event, others, start + rng.exponential(150, 300))
    _singles(world, rng, fans, 12)


def _singles(world: World, rng: np.random.Generator, people: Ints, each: int) -> None:
    """Ordinary shares of ordinary objects, which make an account look alive."""
    count = len(people) * each
    objects = CASCADES + rng.integers(SINGLE_OBJECTS, size=count)
    world.share(objects, np.repeat(people, each), _daytime(rng, count))


def _group(
    world: World, truth: str, size: int, items: int, chance: float, delay_s: float
) -> tuple[Ints, Floats]:
    """Accounts that push their own objects together. Returns the objects and when they began."""
    rng = world.dice(truth)
    people = world.people(size, truth)
    objects, starts = world.things(items), rng.uniform(0, WEEK_S, items)
    for item, start in zip(objects, starts, strict=True):
        who = people[rng.uniform(size=size) < chance]
        world.share(item, who, start + rng.uniform(0, delay_s, len(who)))
    return objects, starts


def _camouflaged(world: World, cascades: list[tuple[int, float, int]]) -> None:
    """A group that acts together on objects of the benign world and shares much else alone."""
    rng = world.dice("camo")
    people = world.people(15, "camo")
    real = [cascade for cascade in cascades if cascade[2] >= 5]
    for index in rng.choice(len(real), 15, replace=False):
        item, start, _ = real[index]
        who = people[rng.uniform(size=15) < 0.65]
        joined = start + rng.lognormal(math.log(1_800), 1.7)
        world.share(item, who, joined + rng.uniform(0, 60, len(who)))
    _singles(world, rng, people, 25)


def _decoys(world: World, objects: Ints, starts: Floats, singles: int) -> None:
    """One-shot accounts on every object of the fast group, to make each look like an event."""
    rng = world.dice("decoys")
    for item, start in zip(objects, starts, strict=True):
        people = world.people(12, "decoy")
        world.share(item, people, start + rng.uniform(0, 30, len(people)))
        if singles:
            _singles(world, rng, people, singles)
