"""Customers of a swarm that were made together, and those that were not."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from detectors.base import DAY_S, HOUR_S
from detectors.prompts.births import LEAST_OTHERS, made_together

OTHERS = [number * DAY_S for number in range(1, 401)]


def own(*births: float) -> dict[str, float]:
    return {f"a{place:02}": born for place, born in enumerate(births)}


def test_a_pool_that_was_made_in_an_afternoon_is_strange() -> None:
    births = [200 * DAY_S + HOUR_S * n / 2 for n in range(12)]
    found = made_together(own(*births), OTHERS)
    assert found is not None
    assert len(found.accounts) == 12
    assert (found.start, found.end) == (births[0], births[-1])
    assert (found.known, found.others, found.during) == (12, 400, 1)
    assert found.p < 1e-20


def test_who_was_made_long_before_is_not_among_them() -> None:
    births = [5 * DAY_S, *(200 * DAY_S + HOUR_S * n for n in range(8)), 390 * DAY_S]
    found = made_together(own(*births), OTHERS)
    assert found is not None
    assert found.accounts == tuple(f"a{place:02}" for place in range(1, 9))


def test_accounts_made_as_all_others_were_are_not_strange() -> None:
    found = made_together(own(*(37.0 * DAY_S * n for n in range(1, 11))), OTHERS)
    assert found is not None
    assert found.p > 0.01


def test_a_day_on_which_everybody_signed_up_says_nothing() -> None:
    crowd = sorted([*OTHERS, *(200 * DAY_S + 60.0 * n for n in range(400))])
    found = made_together(own(*(200 * DAY_S + 2_640.0 * n for n in range(10))), crowd)
    assert found is not None
    assert found.p > 1e-4


@pytest.mark.parametrize("size", [0, 1, 4])
def test_of_few_nothing_is_said(size: int) -> None:
    assert made_together(own(*(DAY_S * 1.0 for _ in range(size))), OTHERS) is None


def test_without_others_nothing_is_said() -> None:
    births = own(*(HOUR_S * 1.0 for _ in range(9)))
    assert made_together(births, OTHERS[: LEAST_OTHERS - 1]) is None


@given(
    births=st.lists(st.integers(1, 400), min_size=5, max_size=30),
    others=st.lists(st.integers(1, 400), min_size=50, max_size=90),
)
def test_the_stretch_holds_whom_it_names(births: list[int], others: list[int]) -> None:
    named = own(*map(float, births))
    found = made_together(named, sorted(map(float, others)))
    assert found is not None
    inside = {name for name, born in named.items() if found.start <= born <= found.end}
    assert set(found.accounts) <= inside
    assert 3 * len(found.accounts) >= 2 * len(births)
    assert found.during == sum(found.start <= one <= found.end for one in others)
    assert 0 <= found.p <= 1
