"""What is left of the findings when campaigns evade, and when a part of the signals is missing."""

from __future__ import annotations

from collections.abc import Sequence
from hashlib import blake2b
from statistics import fmean
from typing import Final

from bench.evaluation import measures
from bench.evaluation.desk import TICK_FLOOR_S, run_desk
from bench.evaluation.measures import share
from bench.evaluation.score import DESK, compare
from bench.evaluation.table import Row
from bench.worlds.evading import CURVES, evading
from bench.worlds.kit import World
from bench.worlds.mixed import mixed
from detectors.base import Signal

KEPT: Final = 0.95
SAMPLES: Final = 3
PLAIN: Final = "as it is"


def measure_evasion(
    name: str, size: int, seed: int, *, tick_floor_s: int = TICK_FLOOR_S
) -> list[Row]:
    """One curve; name: of CURVES, or PLAIN for the point where all of them begin."""
    world = mixed(size, seed)
    if name == PLAIN:
        points = [(PLAIN, 0.0, world)]
    else:
        change, wording, levels = CURVES[name]
        points = [(wording.format(one), one, evading(world, change, one)) for one in levels]
    told, metrics = [], dict[str, float]()
    for label, level, changed in points:
        found, recall, benign = _fared(changed, tick_floor_s)
        told.append(f"{label}: {found}, {recall:.3f}, {benign}")
        metrics[f"evasion_{name}_{level:g}".replace(" ", "_")] = recall
    measure = f"evasion, {name}: campaigns found, account recall, benign accounts named"
    return [Row(measure, "; ".join(told), metrics)]


def measure_stability(size: int, seed: int, *, tick_floor_s: int = TICK_FLOOR_S) -> list[Row]:
    """How alike cases are when one signal in twenty is missing, and another one each time."""
    signals = mixed(size, seed).signals
    whole = run_desk(signals, tick_floor_s=tick_floor_s).cases.open_cases()
    samples = [
        run_desk(subsample(signals, number), tick_floor_s=tick_floor_s).cases.open_cases()
        for number in range(SAMPLES)
    ]
    told = [alike(whole, one) for one in samples]
    index, kept = fmean(one for one, _ in told), fmean(two for _, two in told)
    lowest = min(one for one, _ in told)
    return [
        Row(
            f"cases from {KEPT:.0%} of the signals against all, {SAMPLES} samples",
            f"ARI mean {index:.3f}, lowest {lowest:.3f}; accounts named again {kept:.3f}",
            {"stability_ari": index, "stability_named": kept},
        )
    ]


def subsample(signals: Sequence[Signal], number: int) -> list[Signal]:
    """Each signal with a chance of KEPT, by a hash: the same sample every time."""
    limit = int(KEPT * 2**32)
    return [
        one
        for one in signals
        if int.from_bytes(blake2b(f"{number}:{one.id}".encode(), digest_size=4).digest()) < limit
    ]


def alike(whole: measures.Groups, part: measures.Groups) -> tuple[float, float]:
    """Adjusted Rand over all accounts of either, and the share of named accounts named again."""
    first, second = (frozenset[str]().union(*groups) for groups in (whole, part))
    accounts = sorted(first | second)
    index = measures.adjusted_rand(
        measures.labels(accounts, whole, "whole"), measures.labels(accounts, part, "part")
    )
    return index, share(len(first & second), len(first), empty=1.0)


def _fared(world: World, tick_floor_s: int) -> tuple[str, float, int]:
    score = compare(world, run_desk(world.signals, tick_floor_s=tick_floor_s))
    named = score.named[DESK]
    found = f"{sum(one.is_found for one in score.found)}/{len(score.found)}"
    return found, share(named.right, score.abusive), named.benign
