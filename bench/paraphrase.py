"""Which translations the meaning of texts brings together: recall and precision by cosine."""

from __future__ import annotations

import argparse
import json
import sys
import time
from collections.abc import Sequence
from itertools import combinations
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from bench.worlds.translated import Sentence, World, sentences, world
from detectors import embeddings
from detectors.embeddings import Encoder, cosines, steps_of
from detectors.engine import run_all
from detectors.paraphrase.params import ParaphraseParams
from detectors.paraphrase.stories import readable
from detectors.rules.cross_language import CrossLanguage

LEVELS = (0.5, 0.55, 0.6, 0.65, 0.7, 0.75, 0.8, 0.85, 0.9)
SEEDS = 5
HEAD = (
    "half | cosine | pair recall | pair precision | false pairs | claims found | accounts | wrong"
)

Row = dict[str, float | str]


def main() -> None:
    """Print one table; with --json one JSON object on the last line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="one world a half instead of five")
    parser.add_argument("--json", action="store_true", help="one JSON object on the last line")
    options = parser.parse_args()
    encoder = embeddings.installed()
    if encoder is None:
        print(f"{embeddings.PACKAGE} is missing, so nothing was measured; `make paraphrase`.")
        return
    halves = dict(zip(("tune", "report"), sentences(), strict=True))
    speed = _speed(encoder, halves["tune"])
    rows = [
        row
        for name, half in halves.items()
        for row in measure(name, half, encoder, 1 if options.quick else SEEDS)
    ]
    print(f"| {HEAD} |\n|{' --- |' * len(rows[0])}")
    for row in rows:
        print("|", " | ".join(str(value) for value in row.values()), "|")
    print(f"\nDefault cosine {ParaphraseParams().cosine}; {speed} new texts a second, one by one.")
    if options.json:
        print(json.dumps({"bench": "paraphrase", "rows": rows, "texts_a_second": speed}))


def measure(name: str, half: Sequence[Sentence], encoder: Encoder, seeds: int) -> list[Row]:
    """One row a cosine.

    Pairs are of two languages: right ones are one sentence, wrong ones are two, be it of two
    topics, of one, or a claim and its answer. claims found, accounts: of the campaigns of the
    worlds, by the detector. wrong: accounts it named that belong to no campaign, or to another one.
    """
    right, wrong = _pairs(half, encoder)
    rule = CrossLanguage(encoder=encoder)
    worlds = [world(list(half), seed) for seed in range(1, seeds + 1)]
    rows: list[Row] = []
    for level in LEVELS:
        hits, misses = (sum(one >= level for one in found) for found in (right, wrong))
        outcomes = [_outcome(rule, level, one) for one in worlds]
        found, named, spurious = (sum(column) for column in zip(*outcomes, strict=True))
        campaigns = [accounts for one in worlds for accounts in one.campaigns]
        rows.append(
            {
                "half": name,
                "cosine": level,
                "pair_recall": round(hits / len(right), 3),
                "pair_precision": round(hits / max(1, hits + misses), 4),
                "false_pairs": misses,
                "claims_found": round(found / len(campaigns), 3),
                "accounts": round(named / sum(map(len, campaigns)), 3),
                "wrong": spurious,
            }
        )
    return rows


def _outcome(rule: CrossLanguage, level: float, one: World) -> tuple[int, int, int]:
    """Campaigns found, their accounts named, and accounts named that are not of that campaign."""
    events = run_all(rule, ParaphraseParams(cosine=level), one.signals)
    last = max((event.at for event in events), default=0.0)
    told = [frozenset(event.draft.subjects) for event in events if event.at == last]
    reached = [max((len(each & names) for names in told), default=0) for each in one.campaigns]
    spurious = sum(min(len(names - each) for each in one.campaigns) for names in told)
    return sum(size >= 3 for size in reached), sum(reached), spurious


def _pairs(half: Sequence[Sentence], encoder: Encoder) -> tuple[list[float], list[float]]:
    """Cosines of the pairs that say the same, and of those that do not."""
    steps = steps_of(encoder.encode([readable(one.text) for one in half]))
    near = cosines(steps, steps)
    right: list[float] = []
    wrong: list[float] = []
    for one, two in combinations(range(len(half)), 2):
        left, other = half[one], half[two]
        if left.language != other.language:
            same = (left.topic, left.place) == (other.topic, other.place)
            (right if same else wrong).append(float(near[one, two]))
    return right, wrong


def _speed(encoder: Encoder, half: Sequence[Sentence]) -> int:
    """New texts a second; the first one, which loads the model, apart."""
    encoder.encode(["once"])
    start = time.perf_counter()
    encoder.encode([f"{one.text} " for one in half])
    return round(len(half) / (time.perf_counter() - start))


if __name__ == "__main__":
    main()
