"""What a backtest takes: one detector with two settings over a million stored signals."""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from bench.detect import PARTITIONS, loaded
from bench.worlds.scratch import ROOT, Desk, scratch_desk

SIGNALS, QUICK_SIGNALS = 1_000_000, 40_000
GOAL_S: Final = 60.0
LINE: Final = "history"
TRIED: Final[dict[str, dict[str, Any]]] = {
    "creation-burst": {"per_hour": 12},
    "velocity": {"custom_refill": 120},
    "shared-infrastructure": {"min_accounts": 4},
    "near-duplicate-text": {"min_accounts": 4},
}
"""Detector -> what the proposed settings have otherwise."""


def main() -> None:
    """Print the table; the last line is JSON with --json."""
    options = _options().parse_args()
    count = options.signals or (QUICK_SIGNALS if options.quick else SIGNALS)
    with scratch_desk() as desk:
        desk.manage("shell", "-v", "0", "-c", PARTITIONS)
        loaded(desk, LINE, (), count, shards=1)
        told = {slug: _run(desk, slug) for slug in options.detectors or TRIED}
    metrics = _print(told, count)
    if options.json:
        print(json.dumps({"bench": "backtest", "metrics": metrics}))


def _options() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help=f"{QUICK_SIGNALS:,} signals")
    parser.add_argument("--signals", type=int, help="length of the time-line")
    parser.add_argument("--json", action="store_true", help="a last line for machines")
    parser.add_argument("detectors", nargs="*", choices=[*TRIED, []], help="only these")
    return parser


def _run(desk: Desk, slug: str) -> dict[str, Any]:
    """One backtest in a process of its own."""
    argv = [sys.executable, "-m", "bench.speed.backtest", LINE, slug, json.dumps(TRIED[slug])]
    done = subprocess.run(
        argv, env=desk.env, cwd=ROOT, check=True, stdout=subprocess.PIPE, text=True
    )
    told: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    if told["state"] != "done":
        message = f"{slug}: {told['state']} {told['error']}"
        raise RuntimeError(message)
    return told


def _print(told: dict[str, dict[str, Any]], count: int) -> dict[str, float]:
    """One row a detector. Returns the metrics; `seconds` is of the slowest."""
    print(f"| {count:,} signals, two settings | seconds | of processor | signals/s | peak MB |"
          " gained | lost | kept |")  # fmt: skip
    print("|---|---|---|---|---|---|---|---|")
    for slug, one in told.items():
        rate = one["signals"] / one["seconds"]
        counts: Sequence[str] = [f"{one[name]:,}" for name in ("gained", "lost", "kept")]
        print(
            f"| {slug} | {one['seconds']:.1f} | {one['processor']:.1f} | {rate:,.0f} |"
            f" {one['peak_mb']:,} | {' | '.join(counts)} |"
        )
    slowest = max(one["seconds"] for one in told.values())
    if count == SIGNALS:
        print(f"\nThe slowest took {slowest:.1f} s; the goal is {GOAL_S:.0f} s.")
    return {
        "seconds": round(slowest, 1),
        **{f"{slug}_seconds": round(one["seconds"], 1) for slug, one in told.items()},
        **{f"{slug}_processor": round(one["processor"], 1) for slug, one in told.items()},
    }


if __name__ == "__main__":
    main()
