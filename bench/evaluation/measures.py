"""Measures of a grouping of accounts against the truth. Pure; 1 is best unless a name says so."""

from __future__ import annotations

from collections import Counter
from collections.abc import Hashable, Iterable, Mapping, Sequence
from itertools import chain
from math import comb, log

Labels = Sequence[Hashable]
Groups = Sequence[frozenset[str]]


def f1(precision: float, recall: float) -> float:
    """Harmonic mean; 0 when both are 0."""
    return 2 * precision * recall / (precision + recall) if precision + recall else 0.0


def share(part: float, whole: float, empty: float = 0.0) -> float:
    """part / whole; `empty` where there is nothing to divide."""
    return part / whole if whole else empty


def adjusted_rand(truth: Labels, found: Labels) -> float:
    """Adjusted Rand index: pairs on which both agree, above chance; 1 when both are the same."""
    both = _pairs(Counter(zip(truth, found, strict=True)))
    one, two = _pairs(Counter(truth)), _pairs(Counter(found))
    total = comb(len(truth), 2)
    expected = share(one * two, total)
    most = (one + two) / 2
    return 1.0 if most == expected else (both - expected) / (most - expected)


def purity(truth: Labels, found: Labels) -> float:
    """Share of items that belong to the commonest class of their group."""
    largest: dict[Hashable, int] = {}
    for (_, group), count in Counter(zip(truth, found, strict=True)).items():
        largest[group] = max(largest.get(group, 0), count)
    return share(sum(largest.values()), len(truth), empty=1.0)


def b_cubed(truth: Labels, found: Labels) -> tuple[float, float, float]:
    """B-cubed precision, recall, F1: the mean over items of how well their own group fits."""
    both = Counter(zip(truth, found, strict=True))
    classes, groups = Counter(truth), Counter(found)
    size = len(truth)
    precision = share(sum(n * n / groups[group] for (_, group), n in both.items()), size, empty=1.0)
    recall = share(sum(n * n / classes[kind] for (kind, _), n in both.items()), size, empty=1.0)
    return precision, recall, f1(precision, recall)


def mutual_information(truth: Labels, found: Labels) -> float:
    """Normalised mutual information (arithmetic mean): 1 for the same, 0 for no relation."""
    size = len(truth)
    classes, groups = Counter(truth), Counter(found)
    both = Counter(zip(truth, found, strict=True))
    told = sum(n / size * log(n * size / (classes[a] * groups[b])) for (a, b), n in both.items())
    mean = (_entropy(classes) + _entropy(groups)) / 2
    return share(told, mean, empty=1.0)


def weighted_precision(cases: Groups, owner: Mapping[str, Hashable]) -> float:
    """sum(n p^2) / sum(n p) over cases of n accounts of which the share p is one campaign's."""
    parts = [(len(case), 1 - contamination(case, owner)) for case in cases]
    return share(sum(n * p * p for n, p in parts), sum(n * p for n, p in parts))


def average_precision(ranked: Sequence[bool], total: int) -> float:
    """Area below the precision-recall steps. total: all that are right, ranked or not."""
    hits = [place for place, right in enumerate(ranked, 1) if right]
    return share(sum(number / place for number, place in enumerate(hits, 1)), total)


def precision_at(ranked: Sequence[bool], k: int) -> float:
    """Share of the first k that is right; of those that there are where there are fewer."""
    return share(sum(ranked[:k]), len(ranked[:k]))


def labels(accounts: Iterable[str], groups: Groups, prefix: str) -> list[str]:
    """A label for each account: the first group that holds it, else one of its own."""
    place: dict[str, str] = {}
    for number, group in enumerate(groups):
        for name in group:
            place.setdefault(name, f"{prefix}-{number}")
    return [place.get(name, f"alone-{name}") for name in accounts]


def fragments(campaign: frozenset[str], cases: Groups) -> int:
    """Cases over which the accounts of one campaign are spread; 1 is best, 0 means not found."""
    return sum(1 for case in cases if len(case & campaign) > 1)


def caught(campaign: frozenset[str], cases: Groups) -> float:
    """Largest share of the campaign that one case holds."""
    return max((len(case & campaign) / len(campaign) for case in cases), default=0.0)


def contamination(case: frozenset[str], owner: Mapping[str, Hashable]) -> float:
    """Share of a case that does not belong to its commonest campaign; 0 is best."""
    inside = Counter(owner[name] for name in case if name in owner)
    return 1 - share(max(inside.values(), default=0), len(case), empty=1.0)


def bridges(groups: Groups) -> set[tuple[str, str]]:
    """Pairs of one group on two platforms."""
    return set(
        chain.from_iterable(
            (
                (one, two)
                for one in group
                for two in group
                if one < two and one.partition(":")[0] != two.partition(":")[0]
            )
            for group in groups
        )
    )


def _entropy(counts: Counter[Hashable]) -> float:
    size = counts.total()
    return -sum(n / size * log(n / size) for n in counts.values())


def _pairs(counts: Counter[Hashable]) -> int:
    return sum(comb(count, 2) for count in counts.values())
