"""Which labelled prompts the templates of api-swarm bring together: recall of pairs, precision."""

from __future__ import annotations

import argparse
import gzip
import json
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from hashlib import blake2b
from itertools import combinations
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from bench.worlds.baselines import data_dir
from detectors.base import Signal
from detectors.prompts.kin import chains, companies
from detectors.prompts.templates import Template, likeness, template_of
from detectors.rules.api_swarm import ApiSwarmParams

PROMPTS = "prompts-labelled.ndjson.gz"
LEVELS = (0.22, 0.25, 0.28, 0.3, 0.35, 0.4, 0.5, 0.6, 0.7, 0.8)
PAIRWISE_J = 0.3
PRECISION = 0.99

Pair = tuple[int, int]
Grouping = Callable[[Sequence[Template], float], list[list[int]]]


@dataclass(frozen=True, slots=True)
class Prompts:
    """Signals without their labels, and the labels apart. untimed: signals that carried no time.

    communities: by place; "" where nobody named one. benign: by place.
    """

    signals: list[Signal]
    communities: list[str]
    benign: list[bool]
    untimed: int


@dataclass(frozen=True, slots=True)
class Truth:
    """Pairs of places: of one community; of different ones, or of one benign and one hostile.

    About the rest nobody knows.
    """

    same: frozenset[Pair]
    different: frozenset[Pair]

    def score(self, found: set[Pair]) -> tuple[float, float]:
        """Recall and precision of these pairs, 0..1; precision 1 where nothing known was found."""
        right, wrong = len(found & self.same), len(found & self.different)
        recall = right / len(self.same) if self.same else 0.0
        return recall, right / (right + wrong) if right + wrong else 1.0

    def half(self, communities: Sequence[str], *, tunes: bool) -> Truth:
        """The pairs of one half of the communities; prompts of none stand in both."""
        kept = [not one or _tunes(one) is tunes for one in communities]
        same = frozenset((a, b) for a, b in self.same if kept[a] and kept[b])
        return Truth(same, frozenset((a, b) for a, b in self.different if kept[a] and kept[b]))


def main() -> None:
    """Print one table; with --json one JSON object on the last line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="the same: it takes two seconds")
    parser.add_argument("--json", action="store_true", help="one JSON object on the last line")
    options = parser.parse_args()
    path = data_dir() / PROMPTS
    if not path.exists():
        print(f"{path} is missing, so nothing was measured; ABUSEDESK_DATA_DIR names its folder.")
        return
    metrics = measure(path)
    print("| measure | value |\n| --- | --- |")
    for name, value in metrics.items():
        print(f"| {name} | {value} |")
    if metrics["untimed"]:
        print(f"\n{metrics['untimed']} prompts carry no time: they stand in order of line.")
    if options.json:
        print(json.dumps({"bench": "prompts", "metrics": metrics}))


def measure(path: Path) -> dict[str, float]:
    """Recall and precision of pairs: of templates as D9 joins them, as chains, and pairs alone.

    The default of J was chosen on one half of the communities, `tune`.
    """
    prompts = load(path)
    truth = truth_of(prompts)
    known = [(place, one) for place, one in enumerate(map(template_of, prompts.signals)) if one]
    metrics: dict[str, float] = {
        "prompts": len(prompts.signals),
        "untimed": prompts.untimed,
        "without_template": len(prompts.signals) - len(known),
        "pairs_of_one_community": len(truth.same),
        "default_j": ApiSwarmParams().j,
    }
    default = _together(companies, known, ApiSwarmParams().j)
    _put(metrics, "default", truth.score(default))
    for name, tunes in (("tune", True), ("report", False)):
        part = truth.half(prompts.communities, tunes=tunes)
        _put(metrics, f"default_{name}_half", part.score(default))
    _put(metrics, f"pairwise_{PAIRWISE_J}", truth.score(_alike(known)))
    best = (0.0, 1.0)
    for j in LEVELS:
        score = truth.score(_together(companies, known, j))
        _put(metrics, f"companies_{j}", score)
        _put(metrics, f"chains_{j}", truth.score(_together(chains, known, j)))
        if score[1] >= PRECISION and score > best:
            best = score
    _put(metrics, "best", best)
    return metrics


def load(path: Path) -> Prompts:
    """The prompts in order of line; what says what they are is kept apart from the signals."""
    with gzip.open(path, "rt", encoding="utf-8") as stream:
        rows = [json.loads(line) for line in stream]
    told = [row.pop("attributes", {}) for row in rows]
    return Prompts(
        signals=[_signal(number, row) for number, row in enumerate(rows, 1)],
        communities=[_text(labels.get("community")) for labels in told],
        benign=[labels.get("label") == "benign" for labels in told],
        untimed=sum(1 for row in rows if "occurred_at" not in row),
    )


def truth_of(prompts: Prompts) -> Truth:
    """Which pairs are one template, which are not."""
    same: set[Pair] = set()
    different: set[Pair] = set()
    for one, two in combinations(range(len(prompts.signals)), 2):
        left, right = prompts.communities[one], prompts.communities[two]
        if left and right:
            (same if left == right else different).add((one, two))
        elif prompts.benign[one] != prompts.benign[two]:
            different.add((one, two))
    return Truth(frozenset(same), frozenset(different))


def _signal(number: int, row: dict[str, Any]) -> Signal:
    moment = row.get("occurred_at")
    at = datetime.fromisoformat(moment).timestamp() if moment else float(number)
    return Signal(number, at, row["platform"], row["kind"], row.get("actor", ""), row["text"])


def _tunes(community: str) -> bool:
    return blake2b(community.encode(), digest_size=1).digest()[0] % 2 == 0


def _text(value: object) -> str:
    return "" if value is None else str(value)


def _alike(known: Sequence[tuple[int, Template]]) -> set[Pair]:
    return {
        (one, two)
        for (one, left), (two, right) in combinations(known, 2)
        if likeness(left.signature, right.signature) >= PAIRWISE_J
    }


def _together(grouping: Grouping, known: Sequence[tuple[int, Template]], j: float) -> set[Pair]:
    groups = grouping([template for _, template in known], j)
    return {
        pair for group in groups for pair in combinations([known[place][0] for place in group], 2)
    }


def _put(metrics: dict[str, float], name: str, score: tuple[float, float]) -> None:
    metrics[f"{name}_recall"], metrics[f"{name}_precision"] = (round(one, 4) for one in score)


if __name__ == "__main__":
    main()
