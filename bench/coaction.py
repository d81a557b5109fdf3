"""D1 against two tools of equal semantics: speed, benign weeks, campaigns, a viral link."""

from __future__ import annotations

import argparse
import json
import statistics
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

import numpy as np

from bench.worlds import baselines, coaction
from bench.worlds.baselines import Shares
from detectors.synchrony import (
    EdgeTier,
    Postings,
    Settings,
    count_pairs,
    find_synchrony,
)

WINDOW_S = 60
WEIGHT = 5
QUANTILE = 0.99
SEEDS = tuple(range(21, 41))
QUICK_SEEDS = (21, 22)
RUNS = 3


@dataclass(slots=True)
class Report:
    """Rows of the table and the numbers that a gate reads."""

    rows: list[tuple[str, ...]] = field(default_factory=list)
    metrics: dict[str, float] = field(default_factory=dict)

    def speed(self, name: str, one: float, two: float, three: float) -> None:
        """Pair counting: ours, toolkit, CooRTweet (s); the gate reads the smallest ratio."""
        cells = (
            f"{one:.3f} s",
            f"{two:.3f} s ({two / one:.0f} x)",
            f"{three:.3f} s ({three / one:.0f} x)",
        )
        self.rows.append((f"pairs within {WINDOW_S} s, {name}", *cells))
        least = min(two, three) / one
        self.metrics["speedup"] = round(min(least, self.metrics.get("speedup", least)), 1)


def main() -> None:
    """Print the table, and with --json one object on the last line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument(
        "--quick", action="store_true", help="two seeds instead of twenty, one run instead of three"
    )
    parser.add_argument("--json", action="store_true", help="one JSON object on the last line")
    options = parser.parse_args()
    report = Report()
    _speed(report, runs=1 if options.quick else RUNS)
    _viral_findings(report)
    _quality(report, QUICK_SEEDS if options.quick else SEEDS)
    print("| measure | abusedesk | toolkit, equal semantics | CooRTweet, equal semantics |")
    print("|---|---|---|---|")
    for row in report.rows:
        print("| " + " | ".join(row) + " |")
    if options.json:
        print(json.dumps({"bench": "coaction", "metrics": report.metrics}))


def _speed(report: Report, runs: int) -> None:
    """The same question to all three on the same rows: who shared within 60 s of whom."""
    inputs: dict[str, tuple[Shares, Postings]] = {}
    try:
        oracle = baselines.load_oracle()
        inputs["published example"] = (oracle, _postings(oracle))
    except FileNotFoundError:
        print(f"{baselines.data_dir() / baselines.ORACLE} is missing; W2 stands in.\n")
        inputs["W2"] = _shares(coaction.make("W2", SEEDS[0]))
    inputs["viral"] = _shares(coaction.viral(SEEDS[0]))
    for name, (shares, postings) in inputs.items():
        one = _seconds(partial(count_pairs, postings, WINDOW_S, first_share=False), RUNS)
        two = _seconds(partial(baselines.toolkit, shares, WINDOW_S), runs)
        three = _seconds(partial(baselines.coortweet, shares, WINDOW_S, 1), runs)
        report.speed(name, one, two, three)
        tested = _seconds(partial(find_synchrony, postings, Settings(use_prior=False)), RUNS)
        report.rows.append((f"whole test, {name}", f"{tested:.3f} s", "-", "-"))
        if name == "viral":
            report.metrics["viral_seconds"] = round(tested, 3)


def _quality(report: Report, seeds: Sequence[int]) -> None:
    """Accounts flagged per world: groups of D1 against edges of weight 5 within 60 s."""
    benign = missed = 0
    for name in coaction.NAMES:
        worlds = [coaction.make(name, seed) for seed in seeds]
        mine = [_grouped(world) for world in worlds]
        theirs = [_heavy(world) for world in worlds]
        benign += sum(
            len(found & _ordinary(world)) for found, world in zip(mine, worlds, strict=True)
        )
        for truth in ("benign", "fans", *coaction.CAMPAIGNS):
            people = [world.members(truth) for world in worlds]
            if not people[0]:
                continue
            cells = [
                _span([len(one & all_) for one, all_ in zip(found, people, strict=True)])
                for found in (mine, theirs)
            ]
            report.rows.append((f"{name}: {truth} of {len(people[0])} in groups", *cells, "-"))
            if truth in coaction.CAMPAIGNS and (name, truth) != ("W5", "fast"):
                missed += sum(not one & all_ for one, all_ in zip(mine, people, strict=True))
    report.metrics |= {"benign_flagged": benign, "campaigns_missed": missed, "seeds": len(seeds)}


def _viral_findings(report: Report) -> None:
    world = coaction.viral(SEEDS[0])
    result = find_synchrony(world.postings(), Settings())
    edges = len(baselines.toolkit(_shares(world)[0], WINDOW_S))
    report.rows.append(("viral link: edges", str(len(result.edges)), f"{edges:,}", "-"))
    report.metrics["viral_findings"] = len(result.edges)


def _grouped(world: coaction.World) -> frozenset[int]:
    """Accounts in opening groups."""
    edges = find_synchrony(world.postings(), Settings(use_prior=False)).edges
    core = edges.tier == int(EdgeTier.OPENING)
    return frozenset(np.union1d(edges.a[core], edges.b[core]).tolist())


def _heavy(world: coaction.World) -> frozenset[int]:
    """Accounts with an edge of the toolkit's weight."""
    a, b, n = count_pairs(world.postings(), WINDOW_S, first_share=False)
    return frozenset(np.union1d(a[n >= WEIGHT], b[n >= WEIGHT]).tolist())


def _ordinary(world: coaction.World) -> frozenset[int]:
    return world.members("benign") | world.members("fans")


def _shares(world: coaction.World) -> tuple[Shares, Postings]:
    objects, accounts, at = world.rows()
    posts = [f"post-{index}" for index in range(len(at))]
    labels = [f"object-{index}" for index in objects.tolist()]
    return Shares(labels, [f"sim:{k}" for k in accounts.tolist()], posts, at), world.postings()


def _postings(shares: Shares) -> Postings:
    accounts, account = np.unique(shares.accounts, return_inverse=True)
    return Postings(
        object=np.unique(shares.objects, return_inverse=True)[1],
        account=account,
        at=shares.at,
        signal=np.unique(shares.contents, return_inverse=True)[1],
        accounts=accounts.tolist(),
    )


def _seconds(task: Callable[[], object], runs: int) -> float:
    """Median of the runs."""
    taken = []
    for _ in range(runs):
        began = time.perf_counter()
        task()
        taken.append(time.perf_counter() - began)
    return statistics.median(taken)


def _span(counts: list[int]) -> str:
    low, high = min(counts), max(counts)
    return str(low) if low == high else f"{low}-{high}"


if __name__ == "__main__":
    main()
