"""Weights of evidence: the formula, its bands, and what little data leaves alone."""

from __future__ import annotations

import math
import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from detectors.calibration.evidence import (
    BANDS,
    MIN_PAIRS,
    Row,
    Table,
    fit_table,
    probability_of,
    reweighed,
    strengths_of,
)
from detectors.pairs import Evidence, score_pairs

TABLE = Table(100, 100, [Row("content", 3, 40, 5, 2.0), Row("timing", 5, 0, 60, -3.0)])
pairs = st.lists(
    st.dictionaries(st.sampled_from(["content", "timing"]), st.floats(0.1, 9)), max_size=60
)


def told(
    number: int, family: str, llr: float, *links: tuple[int, int, float], names: str = "abc"
) -> Evidence:
    return Evidence(
        id=number,
        detector="any",
        family=family,
        anchor=f"url:{number}",
        subjects=tuple(f"x:{name}" for name in names),
        links=links,
        llr=llr,
        last_at=0.0,
    )


def test_a_weight_is_how_much_likelier_the_band_is_in_confirmed_pairs() -> None:
    confirmed = [{"content": 3.0}] * 40 + [{}] * 60
    random_ = [{"content": 3.0}] * 9 + [{}] * 191
    (row,) = fit_table(confirmed, random_).rows
    assert (row.family, row.band, row.confirmed, row.random) == ("content", 3, 40, 9)
    assert row.llr == pytest.approx(math.log(41 / (100 + BANDS)) - math.log(10 / (200 + BANDS)))


def test_a_band_with_few_pairs_keeps_the_weight_of_its_detectors() -> None:
    few = fit_table([{"content": 3.0}] * (MIN_PAIRS - 1), [{}] * 100)
    assert few.rows == []
    assert few.weight_of("content", 3.0) == 3.0


@given(pairs, pairs, st.randoms(use_true_random=False))
def test_the_order_of_pairs_changes_no_weight(
    confirmed: list[dict[str, float]], against: list[dict[str, float]], chance: random.Random
) -> None:
    mixed = fit_table(
        chance.sample(confirmed, len(confirmed)), chance.sample(against, len(against))
    )
    assert mixed == fit_table(confirmed, against)


def test_evidence_that_speaks_against_abuse_weighs_nothing() -> None:
    assert TABLE.weight_of("timing", 6.5) == 0.0


def test_a_finding_is_weighed_anew_in_all_and_link_by_link() -> None:
    one = reweighed(told(1, "content", 3.0, (0, 1, 3.0), (1, 2, 1.0)), TABLE)
    assert (one.llr, one.links) == (2.0, ((0, 1, 2.0), (1, 2, 1.0)))
    assert reweighed(one, None) is one


def test_the_strongest_finding_of_a_family_counts_and_only_for_the_pairs_it_joins() -> None:
    evidence = [
        told(1, "content", 3.0),
        told(2, "content", 5.0, (0, 1, 5.0)),
        told(3, "timing", 4.0, names="ab"),
    ]
    assert strengths_of(evidence, "x:b", "x:a") == {"content": 5.0, "timing": 4.0}
    assert strengths_of(evidence, "x:b", "x:c") == {"content": 3.0}
    assert strengths_of(evidence, "x:b", "x:z") == {}


def test_a_campaign_is_as_probable_as_the_fusion_says() -> None:
    evidence = [told(1, "content", 4.0), told(2, "infra-hard", 8.0, (0, 1, 8.0))]
    both = [strengths_of(evidence, "x:a", "x:b"), strengths_of(evidence, "x:a", "x:c")]
    total = score_pairs(evidence, ["x:a", "x:b", "x:c"]).total()
    expected = sum(1 / (1 + math.exp(-total[0, place])) for place in (1, 2)) / 2
    assert probability_of(both, None) == pytest.approx(expected)
