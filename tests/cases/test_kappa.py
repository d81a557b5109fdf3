"""Cohen's kappa: known values, bounds, and when no number is shown."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cases.kappa import agreement

VERDICTS = ("abuse", "legitimate", "no_abuse", "unsure")
PAIRS = st.lists(st.tuples(st.sampled_from(VERDICTS), st.sampled_from(VERDICTS)), max_size=60)


@pytest.mark.row(46)
def test_the_textbook_table_gives_the_textbook_kappa() -> None:
    pairs = [("abuse", "abuse")] * 20 + [("abuse", "no_abuse")] * 5
    pairs += [("no_abuse", "abuse")] * 10 + [("no_abuse", "no_abuse")] * 15
    found = agreement(pairs)
    assert (found.n, found.share) == (50, 0.7)
    assert found.kappa == pytest.approx(0.4)
    assert found.low is not None
    assert found.high is not None
    assert 0.1 < found.low < 0.4 < found.high < 0.7


def test_below_twenty_pairs_there_is_no_number() -> None:
    few = agreement([("abuse", "abuse")] * 10 + [("no_abuse", "no_abuse")] * 9)
    assert (few.enough, few.kappa, few.low) == (False, None, None)
    enough = agreement([("abuse", "abuse")] * 10 + [("no_abuse", "no_abuse")] * 10)
    assert (enough.enough, enough.kappa, enough.high) == (True, 1.0, 1.0)
    assert enough.low is not None
    assert enough.low < 0.9  # twenty equal verdicts do not prove that all will be


def test_one_word_from_both_says_nothing_beyond_chance() -> None:
    found = agreement([("abuse", "abuse")] * 40)
    assert (found.share, found.kappa) == (1.0, None)


@given(pairs=PAIRS)
def test_kappa_lies_in_its_interval_and_is_the_same_for_both_judges(
    pairs: list[tuple[str, str]],
) -> None:
    found, turned = agreement(pairs), agreement([(other, one) for one, other in pairs])
    assert found == turned
    if found.kappa is not None and found.low is not None and found.high is not None:
        assert -1 <= found.low <= found.kappa + 1e-9
        assert found.kappa <= found.high + 1e-9 <= 1 + 1e-6
