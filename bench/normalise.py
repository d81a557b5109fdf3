"""Speed of extraction and folding on typical texts and on the worst 64 KiB ones."""

from __future__ import annotations

import argparse
import json
import random
import statistics
import time
from collections.abc import Callable

from detectors.normalise import canonical_url, extract, match_text, skeleton

WORDS = ("free", "airdrop", "claim", "join", "our", "channel", "report", "the", "user", "today")
EXTRAS = ("https://s{0}.example/p?utm_source=a&i={0}", "@user{0} #tag{0}", "u{0}@mail{0}.com", "")
HOSTILE = ("a dot ", "a\u200b.", "http://a.b,", "\uff41\uff0e", "a@", "1.", "x@y.co,")
SIZE = 64 * 1024
ROUNDS = 5


def main() -> None:
    """Print one table; with --json one JSON object on the last line."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--quick", action="store_true")
    parser.add_argument("--json", action="store_true")
    args = parser.parse_args()
    texts = _texts(2_000 if args.quick else 20_000)
    urls = [f"https://S{n}.Example:443/a/../b?utm_source=x&i={n}" for n in range(len(texts))]
    rows = {
        "extract_per_second": _per_second(extract, texts),
        "match_text_per_second": _per_second(match_text, texts),
        "skeleton_per_second": _per_second(skeleton, texts),
        "canonical_url_per_second": _per_second(canonical_url, urls),
        "worst_64_kib_ms": max(_milliseconds((piece * SIZE)[:SIZE]) for piece in HOSTILE),
    }
    print("| measure | median |\n| --- | --- |")
    for name, value in rows.items():
        print(f"| {name} | {value:,.0f} |")
    if args.json:
        print(json.dumps({"bench": "normalise", "metrics": rows}))


def _texts(count: int) -> list[str]:
    dice = random.Random(7)
    return [
        " ".join([*dice.choices(WORDS, k=16), EXTRAS[n % 4].format(n), *dice.choices(WORDS, k=16)])
        for n in range(count)
    ]


def _per_second(call: Callable[[str], object], texts: list[str]) -> float:
    rates = []
    for _ in range(ROUNDS):
        started = time.perf_counter()
        for text in texts:
            call(text)
        rates.append(len(texts) / (time.perf_counter() - started))
    return statistics.median(rates)


def _milliseconds(text: str) -> float:
    started = time.perf_counter()
    extract(text)
    return 1_000 * (time.perf_counter() - started)


if __name__ == "__main__":
    main()
