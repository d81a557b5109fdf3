"""Weights of evidence learnt from verdicts: how much likelier a strength is in confirmed pairs.

LLR(f, b) = log[(n_conf + 1) / (N_conf + B)] - log[(n_rand + 1) / (N_rand + B)]: family f, band b of
the strength that a detector gave, B bands, against random candidate pairs.
"""

from __future__ import annotations

import math
from bisect import bisect_right
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import Final

import msgspec

from detectors import scoring
from detectors.pairs import Evidence

BOUNDS: Final = (0.75, 1.75, 2.75, 3.75, 5.5)
"""Strengths, in natural-log units, at which the next band begins."""
BANDS: Final = len(BOUNDS) + 2
"""One more than bounds, and the band of no evidence at all."""
MIN_PAIRS: Final = 20
"""Pairs below which a band tells too little: its detectors keep their own weight."""

Strengths = Mapping[str, float]
"""Family -> strongest LLR of one pair before decay and cap; families without evidence are left
out."""


class Row(msgspec.Struct, frozen=True):
    """One band of one family. confirmed, random: pairs in it; llr: what the two say."""

    family: str
    band: int
    confirmed: int
    random: int
    llr: float


class Table(msgspec.Struct, frozen=True):
    """What was fitted. confirmed, random: pairs in all."""

    confirmed: int
    random: int
    rows: list[Row]

    def weight_of(self, family: str, llr: float) -> float:
        """The fitted LLR of evidence that its detector gave `llr`; that one where none is fitted.

        Never below 0: that a pair shows little evidence is no sign of innocence.
        """
        band = band_of(llr)
        for row in self.rows:
            if (row.family, row.band) == (family, band):
                return max(0.0, row.llr)
        return llr


def band_of(llr: float) -> int:
    """Number of the band, 0 the weakest."""
    return bisect_right(BOUNDS, llr)


def fit_table(confirmed: Sequence[Strengths], random: Sequence[Strengths]) -> Table:
    """Weights from pairs of confirmed campaigns against random candidate pairs."""
    among, against = _counts(confirmed), _counts(random)
    rows = [
        Row(
            family,
            band,
            among[family, band],
            against[family, band],
            math.log((among[family, band] + 1) / (len(confirmed) + BANDS))
            - math.log((against[family, band] + 1) / (len(random) + BANDS)),
        )
        for family, band in sorted({*among, *against})
    ]
    told = [row for row in rows if row.confirmed + row.random >= MIN_PAIRS]
    return Table(len(confirmed), len(random), told)


def strengths_of(evidence: Iterable[Evidence], a: str, b: str) -> dict[str, float]:
    """Family -> the strongest that any finding says of this pair."""
    found: dict[str, float] = {}
    for one in evidence:
        llr = _between(one, a, b)
        if llr > found.get(one.family, 0.0):
            found[one.family] = llr
    return found


def probability_of(pairs: Sequence[Strengths], table: Table | None) -> float:
    """Mean probability of these pairs under a table; None: with the weights of the detectors."""
    chances = [scoring.probability(_score(pair, table)) for pair in pairs]
    return math.fsum(chances) / len(chances) if chances else 0.0


def reweighed(evidence: Evidence, table: Table | None) -> Evidence:
    """A finding as the fusion shall weigh it."""
    if table is None:
        return evidence
    links = tuple((a, b, table.weight_of(evidence.family, llr)) for a, b, llr in evidence.links)
    llr = table.weight_of(evidence.family, evidence.llr)
    return msgspec.structs.replace(evidence, links=links, llr=llr)


def _counts(pairs: Iterable[Strengths]) -> Counter[tuple[str, int]]:
    return Counter((family, band_of(llr)) for pair in pairs for family, llr in pair.items())


def _between(one: Evidence, a: str, b: str) -> float:
    """What a finding says of a pair: by its link, or of all pairs alike; 0: nothing."""
    places = {name: place for place, name in enumerate(one.subjects)}
    if a not in places or b not in places:
        return 0.0
    if not one.links:
        return one.llr
    pair = {places[a], places[b]}
    return max((llr for x, y, llr in one.links if {x, y} == pair), default=0.0)


def _score(pair: Strengths, table: Table | None) -> float:
    weights = (
        scoring.weigh(family, table.weight_of(family, llr) if table else llr, 0.0)
        for family, llr in sorted(pair.items())
    )
    return scoring.PRIOR + math.fsum(weights)
