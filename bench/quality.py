"""How well the desk finds campaigns: worlds of known truth, published methods, real data."""

from __future__ import annotations

import argparse
import json
import multiprocessing
import resource
import sys
import time
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from bench.evaluation import page, real, stress
from bench.evaluation.rederived import measure_rederived
from bench.evaluation.score import Score, replays_alike, score_world
from bench.evaluation.table import Row, tabulate
from bench.worlds.evading import CURVES
from bench.worlds.mixed import MAKERS
from detectors import registry

TUNE, REPORT = range(1, 21), range(21, 41)
SEEDS = {"tune": TUNE, "report": REPORT}
QUICK_SEEDS, QUICK_SIZE, QUICK_TICK_S = 2, 30_000, 12 * 3_600
SIZE, TICK_S = 100_000, 6 * 3_600
VIRAL_SIZE, REPLAY_SIZE = 50_000, 20_000
PROCESSES = 2
USUAL, SLOW = ("worlds", "real", "recompute"), ("stability", "evasion")
"""What one run measures where --only does not say otherwise, and what it measures only then."""

Task = Callable[[], "Score | bool | list[Row]"]


def main() -> None:
    """Print one table; with --json one JSON object on the last line."""
    options = _options().parse_args()
    started = time.perf_counter()
    tasks = _tasks(options)
    with multiprocessing.get_context("fork").Pool(PROCESSES) as pool:
        done = list(pool.imap(_call, tasks, chunksize=1))
    scores = [one for one in done if isinstance(one, Score)]
    table = tabulate(scores)
    for one in done:
        if isinstance(one, bool):
            table.add("replay in other batches and shards", "identical" if one else "DIFFERENT")
            table.metrics["replay_identical"] = float(one)
        elif isinstance(one, list):
            for row in one:
                table.take(row)
    about = _about(options, scores, time.perf_counter() - started)
    print(table.text())
    print(f"\n{about}")
    if options.html:
        page.write_page(options.html, "Detection quality", about, scores, table)
    if options.json:
        print(json.dumps({"bench": "quality", "metrics": table.metrics}))


def _options() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="few small worlds: a minute")
    parser.add_argument(
        "--seeds", choices=SEEDS, default="tune",
        help="tune: 1-20, for work on detectors; report: 21-40, for published figures alone",
    )  # fmt: skip
    parser.add_argument("--size", type=int, help=f"signals of a world (default {SIZE:,})")
    parser.add_argument("--count", type=int, help="how many of the seeds (default all 20)")
    parser.add_argument("--tick", type=int, help="least distance of ticks in s, as imports have it")
    parser.add_argument(
        "--only", choices=(*USUAL, *SLOW), action="append",
        help=f"these parts alone; without it all but {' and '.join(SLOW)}, which take long",
    )  # fmt: skip
    parser.add_argument(
        "--world", choices=MAKERS, action="append",
        help="of the worlds this kind alone; with --size and --count as large and as many as asked",
    )  # fmt: skip
    parser.add_argument(
        "--declared", action="store_true",
        help="with --world: an admin has declared the harmless groups that act as one",
    )  # fmt: skip
    parser.add_argument("--no-real", action="store_true", help="leave the real data out")
    parser.add_argument("--archive", type=Path, action="append", default=[],
                        help="a published archive of a takedown, CSV or JSON lines")  # fmt: skip
    parser.add_argument("--json", action="store_true", help="one JSON object on the last line")
    parser.add_argument("--html", type=Path, help="write a page with figures")
    return parser


def _tasks(options: argparse.Namespace) -> list[Task]:
    """What is to be measured, the long parts first."""
    if options.world:
        return [_chosen(options, kind, seed) for kind in options.world for seed in _seeds(options)]
    parts = options.only or USUAL
    tasks: list[Task] = []
    if "real" in parts and not options.no_real and not options.quick:
        tasks.append(real.measure_social)
    tasks += [partial(real.measure_archive, path) for path in options.archive]
    if "worlds" in parts:
        tasks += _worlds(options)
    tasks += _looks(options, parts)
    if "real" in parts and not options.no_real:
        tasks += [real.measure_comments, real.measure_elsewhere]
    return tasks


def _worlds(options: argparse.Namespace) -> list[Task]:
    """Worlds of known truth; those without campaigns need not be as large to show what is named."""
    quick, size, tick, seeds = options.quick, _size(options), _tick(options), _seeds(options)
    smaller = size // 3 if quick else size // 2
    tasks: list[Task] = [
        partial(score_world, "mixed", size, one, tick_floor_s=tick) for one in seeds
    ]
    calm = seeds[:1] if quick else seeds[::4]
    tasks += [
        partial(score_world, "benign", smaller if quick else size, seed, tick_floor_s=tick)
        for seed in calm
    ]
    viral = min(VIRAL_SIZE, smaller)
    for kind, amount in (("shock", smaller), ("viral", viral)):
        # all pairs of 6,000 sharers take the published methods minutes: bench/coaction.py has them
        tasks.append(
            partial(score_world, kind, amount, seeds[0], tick_floor_s=tick, methods=kind != "viral")
        )
    part = size // 12 if quick else min(size, REPLAY_SIZE)
    tasks.append(partial(replays_alike, part, seeds[0], tick_floor_s=tick))
    return tasks


def _chosen(options: argparse.Namespace, kind: str, seed: int) -> Task:
    """One world as large as asked; the published methods would need all pairs of what is viral."""
    size, tick = _size(options), _tick(options)
    return partial(
        score_world, kind, size, seed,
        tick_floor_s=tick, methods=kind != "viral", declares=options.declared,
    )  # fmt: skip


def _looks(options: argparse.Namespace, parts: Sequence[str]) -> list[Task]:
    """Other questions about the first world, a third as large."""
    size, seed, tick = _size(options) // 3, _seeds(options)[0], _tick(options)
    tasks: list[Task] = []
    if "recompute" in parts:
        tasks.append(partial(measure_rederived, size, seed, tick_floor_s=tick))
    if "stability" in parts:
        tasks.append(partial(stress.measure_stability, size, seed, tick_floor_s=tick))
    if "evasion" in parts:
        tasks += [
            partial(stress.measure_evasion, name, size, seed, tick_floor_s=tick)
            for name in (stress.PLAIN, *CURVES)
        ]
    return tasks


def _size(options: argparse.Namespace) -> int:
    return int(options.size or (QUICK_SIZE if options.quick else SIZE))


def _tick(options: argparse.Namespace) -> int:
    return int(options.tick or (QUICK_TICK_S if options.quick else TICK_S))


def _seeds(options: argparse.Namespace) -> range:
    return SEEDS[options.seeds][: options.count or (QUICK_SEEDS if options.quick else len(TUNE))]


def _call(task: Task) -> Score | bool | list[Row]:
    return task()


def _about(options: argparse.Namespace, scores: Sequence[Score], seconds: float) -> str:
    names = ", ".join(registry.all_detectors())
    spent = resource.getrusage(resource.RUSAGE_CHILDREN)
    cost = spent.ru_utime + spent.ru_stime
    told = [
        f"Detectors: {names}.",
        f"{seconds:.0f} s in {PROCESSES} processes, {cost:.0f} s of processor time.",
        "Named: in an opened case at any time. Precision leaves harmless groups out.",
    ]
    mixed = sorted((one.seed, one.digest) for one in scores if one.world == "mixed")
    if mixed:
        (first, digest), (last, _) = mixed[0], mixed[-1]
        told.insert(1, f"{options.seeds.title()} seeds {first}-{last}; first world {digest}.")
    return " ".join(told)


if __name__ == "__main__":
    main()
