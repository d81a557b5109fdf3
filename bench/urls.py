"""D8 on labelled links: how many phishing links it finds where 1 % of honest ones are found too."""

from __future__ import annotations

import argparse
import csv
import gzip
import json
import sys
from collections import Counter
from collections.abc import Iterator, Sequence
from hashlib import blake2b
from pathlib import Path
from typing import Any, Final, NamedTuple
from urllib.parse import urlsplit

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

import numpy as np
import numpy.typing as npt
from scipy.optimize import minimize

from bench.worlds import baselines
from detectors import normalise
from detectors.lookalike.hosting import ground_of
from detectors.lookalike.signs import is_passed_over
from detectors.lookalike.verdict import NO_FACTS, LookalikeParams, Verdict, is_met, verdict
from detectors.lookalike.weights import steps_of

FILE: Final = "urls-labelled.csv.gz"
SPLIT: Final = "2025-07"
"""Links first seen before train, later ones are reported. Honest links are older than all
phishing, so that half of their domains trains and the other half is reported."""
RATES: Final = (0.001, 0.01, 0.05)
MIN_HOST_LINKS: Final = 50
RIDGE: Final = 1.0
PARAMS: Final = LookalikeParams()

Floats = npt.NDArray[np.float64]


class Link(NamedTuple):
    """domain: what one person registered or was given; operator: who runs it; free: on hosting."""

    url: str
    is_phishing: bool
    domain: str
    operator: str
    free: bool
    trains: bool


class Scores(NamedTuple):
    """Scores of the phishing and of the honest links of one part."""

    phishing: Floats
    honest: Floats


def main() -> None:
    """Print the table, or with --fit the weights."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--json", action="store_true", help="one JSON object on the last line")
    parser.add_argument("--fit", action="store_true", help="print weights fitted on what trains")
    parser.add_argument("--train", action="store_true", help="measure what trains, for tuning")
    options = parser.parse_args()
    path = baselines.data_dir() / FILE
    if not path.is_file():
        print(f"skipped: {path} is missing; ABUSEDESK_DATA_DIR says where it lies")
        return
    if options.fit:
        _print_fit([link for link in read(path) if link.trains])
        return
    metrics = measure(path, trains=options.train)
    print("| measure | value |\n|---|---|")
    for name, value in metrics.items():
        print(f"| {name} | {value} |")
    if options.json:
        print(json.dumps({"bench": "urls", "metrics": metrics}))


def measure(path: Path, *, trains: bool = False) -> dict[str, Any]:
    """Recall and false positives on the links after the split, or on those before it.

    The limits of the recalls are those of the part itself, `at_default` is what the rule says.
    Raises FileNotFoundError.
    """
    links = list(read(path))
    part = _reported(links, trains=trains)
    verdicts = [verdict(link.url, NO_FACTS, PARAMS) for link in part]
    found: dict[str, Any] = {
        "phishing links": sum(link.is_phishing for link in part),
        "honest links": sum(not link.is_phishing for link in part),
    }
    every = _scores(part, verdicts)
    for rate in RATES:
        found[f"recall at {rate:.1%} false positives"] = round(recall_at(every, rate), 4)
    found |= _among_judged(part, verdicts)
    found |= _at_default(part, verdicts)
    found |= _by_ground(part, verdicts, limit_at(every.honest, 0.01))
    return found


def read(path: Path) -> Iterator[Link]:
    """All links that are web addresses, by what trains and what reports."""
    with gzip.open(path, "rt", encoding="utf-8", newline="") as stream:
        for row in csv.DictReader(stream):
            url = normalise.canonical_url(row["url"])
            host = (urlsplit(url).hostname or "") if url else ""
            if not url or not host:
                continue
            operator = normalise.operator_domain(host) or host
            phishing = row["label"] == "phish"
            trains = row["first_seen"] < SPLIT if phishing else _half(operator)
            ground = ground_of(host)
            yield Link(url, phishing, ground.domain, operator, ground.free, trains)


def recall_at(scores: Scores, rate: float) -> float:
    """Share of phishing above the lowest limit that at most this share of honest links exceeds."""
    above = scores.phishing > limit_at(scores.honest, rate)
    return float(above.sum()) / max(1, len(above))


def limit_at(honest: Floats, rate: float) -> float:
    """The score that at most `rate` of the honest links exceed."""
    ordered = np.sort(honest)[::-1]
    return float(ordered[int(rate * len(ordered))]) if len(ordered) else 0.0


def _half(domain: str) -> bool:
    return blake2b(domain.encode(), digest_size=1).digest()[0] % 2 == 0


def _reported(links: Sequence[Link], *, trains: bool) -> list[Link]:
    """One part; without the phishing domains that are known from training."""
    if trains:
        return [link for link in links if link.trains]
    known = {link.domain for link in links if link.trains and link.is_phishing}
    return [
        link
        for link in links
        if not link.trains and not (link.is_phishing and link.domain in known)
    ]


def _scores(links: Sequence[Link], verdicts: Sequence[Verdict]) -> Scores:
    phishing = [one.score for link, one in zip(links, verdicts, strict=True) if link.is_phishing]
    honest = [one.score for link, one in zip(links, verdicts, strict=True) if not link.is_phishing]
    return Scores(np.array(phishing), np.array(honest))


def _among_judged(links: Sequence[Link], verdicts: Sequence[Verdict]) -> dict[str, Any]:
    """The harder question: well-known sites, which no limit has to spare, are no honest links."""
    pairs = [
        (link, one)
        for link, one in zip(links, verdicts, strict=True)
        if link.is_phishing or not is_passed_over(urlsplit(link.url).hostname or "", PARAMS.known)
    ]
    scores = _scores([link for link, _ in pairs], [one for _, one in pairs])
    return {
        "honest links that are not passed over": len(scores.honest),
        "recall at 1 % false positives of those": round(recall_at(scores, 0.01), 4),
        "recall at 5 % false positives of those": round(recall_at(scores, 0.05), 4),
    }


def _at_default(links: Sequence[Link], verdicts: Sequence[Verdict]) -> dict[str, Any]:
    """What the rule says with its defaults: by link, and with each honest domain once."""
    hits = [is_met(one, PARAMS) for one in verdicts]
    above = [one.score >= PARAMS.min_score for one in verdicts]
    domains = {link.operator for link in links if not link.is_phishing}
    wrong = {
        link.operator for link, hit in zip(links, hits, strict=True) if hit and not link.is_phishing
    }
    return {
        "default score: recall": _share(links, above, phishing=True),
        "default score: false positives": _share(links, above, phishing=False),
        "rule: recall": _share(links, hits, phishing=True),
        "rule: false positives": _share(links, hits, phishing=False),
        "rule: honest domains found": f"{len(wrong)} of {len(domains)}",
    }


def _share(links: Sequence[Link], hits: Sequence[bool], *, phishing: bool) -> float:
    kept = [hit for link, hit in zip(links, hits, strict=True) if link.is_phishing is phishing]
    return round(sum(kept) / max(1, len(kept)), 4)


def _by_ground(links: Sequence[Link], verdicts: Sequence[Verdict], limit: float) -> dict[str, Any]:
    """Recall at the overall 1 % limit: own names, free hosting, and each host with enough links."""
    found: dict[str, Any] = {}
    for name, free in (("own names", False), ("free hosting", True)):
        pairs = [(a, b) for a, b in zip(links, verdicts, strict=True) if a.free is free]
        found[f"at 1 % overall, {name}"] = _line(pairs, limit)
        scores = _scores([a for a, _ in pairs], [b for _, b in pairs])
        found[f"recall at 1 % false positives of {name}"] = round(recall_at(scores, 0.01), 4)
    sizes = Counter(link.operator for link in links if link.free and link.is_phishing)
    for operator, size in sizes.most_common():
        if size >= MIN_HOST_LINKS:
            pairs = [(a, b) for a, b in zip(links, verdicts, strict=True) if a.operator == operator]
            found[f"at 1 % overall, {operator}"] = _line(pairs, limit)
    return found


def _line(pairs: Sequence[tuple[Link, Verdict]], limit: float) -> str:
    phishing = [one.score > limit for link, one in pairs if link.is_phishing]
    honest = [one.score > limit for link, one in pairs if not link.is_phishing]
    recall = sum(phishing) / max(1, len(phishing))
    return f"recall {recall:.3f} of {len(phishing)}; found {sum(honest)} of {len(honest)} honest"


def _print_fit(links: Sequence[Link]) -> None:
    """Logistic regression without negative weights, as the table of the package."""
    rows = [
        {
            (sign.code, step)
            for sign in one.signs
            for step in steps_of(sign.code)
            if sign.value >= step
        }
        for one in (verdict(link.url, NO_FACTS, PARAMS) for link in links)
    ]
    columns = sorted({column for row in rows for column in row})
    places = {column: place for place, column in enumerate(columns)}
    shown = np.zeros((len(rows), len(columns)))
    for number, row in enumerate(rows):
        shown[number, [places[column] for column in row]] = 1.0
    weights = _fitted(shown, np.array([link.is_phishing for link in links], dtype=np.float64))
    table: dict[str, list[float]] = {}
    for (code, _), weight in zip(columns, weights.tolist(), strict=True):
        steps = table.setdefault(code, [])
        steps.append(round(weight + (steps[-1] if steps else 0.0), 2))
    print("FITTED: Final[dict[str, tuple[float, ...]]] = {")
    for code, steps in table.items():
        print(f'    "{code}": {tuple(steps)},')
    print("}")
    score = shown @ weights
    honest = score[[not link.is_phishing for link in links]]
    print(f"# 1 % of honest links above {limit_at(honest, 0.01):.2f}")


def _fitted(shown: Floats, labels: Floats) -> Floats:
    """Weights of the columns, none below 0; ridge penalty on all but the constant."""
    patterns, inverse = np.unique(shown, axis=0, return_inverse=True)
    ones = np.bincount(inverse.ravel(), labels)
    total = np.bincount(inverse.ravel()).astype(np.float64)

    def loss(guess: Floats) -> tuple[float, Floats]:
        weights, constant = guess[:-1], guess[-1]
        odds = patterns @ weights + constant
        value = np.sum(total * np.logaddexp(0.0, odds) - ones * odds)
        slope = total / (1.0 + np.exp(-odds)) - ones
        gradient = np.append(patterns.T @ slope + RIDGE * weights, slope.sum())
        return float(value + RIDGE / 2 * weights @ weights), gradient

    size = patterns.shape[1]
    bounds = [(0.0, None)] * size + [(None, None)]
    best = minimize(loss, np.zeros(size + 1), jac=True, method="L-BFGS-B", bounds=bounds)
    found: Floats = best.x[:-1]
    return found


if __name__ == "__main__":
    main()
