"""Known operations replayed one by one: members named, time to detect, and a world without any."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Sequence
from pathlib import Path
from statistics import fmean, median

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from bench.evaluation.scenario import Replayed, benign_cases, replay
from detectors.demo import SCENARIOS

SEEDS, QUICK_SEEDS = range(21, 26), range(21, 23)
BENIGN, QUICK_BENIGN = 100_000, 12_000
BENIGN_SEED, BENIGN_DAYS = 21, 14
ROW = "{:<26}{:>7}{:>8}{:>11}{:>9}{:>9}{:>9}"


def main() -> None:
    """Print one table; with --json one JSON object on the last line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="two seeds, a small benign world")
    parser.add_argument("--json", action="store_true", help="one JSON object on the last line")
    options = parser.parse_args()
    seeds = QUICK_SEEDS if options.quick else SEEDS
    print(ROW.format("operation", "cases", "recall", "precision", "minutes", "signals", "done"))
    metrics: dict[str, float] = {}
    for slug in [scenario.slug for scenario in SCENARIOS]:
        metrics |= _told(slug, [replay(seed, [slug])[slug] for seed in seeds])
    size = QUICK_BENIGN if options.quick else BENIGN
    metrics["benign_cases"] = len(benign_cases(BENIGN_SEED, size, BENIGN_DAYS))
    print(f"\nWorst recall and precision of {len(seeds)} seeds; until its case opens: minutes and")
    print("signals after its first act in the median, share of its own signals in the mean.")
    print(f"{size:,} signals without an operation: {metrics['benign_cases']} case(s).")
    if options.json:
        print(json.dumps({"bench": "scenarios", "metrics": metrics}))


def _told(slug: str, found: Sequence[Replayed]) -> dict[str, float]:
    """Print one row; the worst of all seeds, and how long it takes in the middle."""
    cases = max(len(one.cases) for one in found)
    recall, precision = (min(one.recall for one in found), min(one.precision for one in found))
    opened = [one for one in found if one.minutes is not None]
    minutes = median(one.minutes or 0.0 for one in opened) if opened else float("nan")
    signals = median(one.signals or 0 for one in opened) if opened else float("nan")
    done = fmean(one.done or 0.0 for one in opened) if opened else float("nan")
    cells = (cases, f"{recall:.2f}", f"{precision:.2f}", f"{minutes:,.0f}", f"{signals:,.0f}")
    print(ROW.format(slug, *cells, f"{done:.0%}"), flush=True)
    return {
        f"{slug}_found": len(opened) / len(found),
        f"{slug}_recall": recall,
        f"{slug}_minutes": minutes,
    }


if __name__ == "__main__":
    main()
