"""Counters of sources: volume, clocks, pauses; any split of the same signals gives the same."""

from __future__ import annotations

from bisect import bisect_right
from statistics import median_low

import pytest
from hypothesis import given
from hypothesis import strategies as st

from detectors.tally import EDGES, Key, Receipt, Tally, added, median_of, tally

T0 = 1_790_000_400.0
HOUR = int(T0 // 3_600) * 3_600
RECEIPTS = st.lists(
    st.builds(
        Receipt,
        source=st.integers(1, 3),
        platform=st.sampled_from(("x", "telegram")),
        occurred=st.floats(T0 - 200_000, T0 + 10_000),
        received=st.floats(T0, T0 + 10_000),
    ),
    max_size=40,
)


def one(received: float, *, skew: float = 1.0, source: int = 1, platform: str = "x") -> Receipt:
    return Receipt(source, platform, received - skew, received)


def merged(parts: list[dict[Key, Tally]]) -> dict[Key, Tally]:
    """What the database makes of several batches."""
    found: dict[Key, Tally] = {}
    for part in parts:
        for key, row in part.items():
            had = found.get(key, Tally())
            found[key] = Tally(
                had.accepted + row.accepted,
                had.late + row.late,
                had.clamped + row.clamped,
                max(had.gap_s, row.gap_s),
                max(had.last, row.last),
                added([had.skew, row.skew]),
            )
    return found


def test_signals_are_counted_by_source_platform_and_hour() -> None:
    rows = [one(T0), one(T0 + 1), one(T0, platform="y"), one(T0, source=2), one(T0 + 3_600)]
    found = tally(rows, {}, live=True)
    assert {key: row.accepted for key, row in found.items()} == {
        (1, "x", HOUR): 2,
        (1, "y", HOUR): 1,
        (2, "x", HOUR): 1,
        (1, "x", HOUR + 3_600): 1,
    }


def test_what_is_a_day_old_is_late_and_what_is_ahead_is_clamped() -> None:
    skews = (86_400, 86_401, -300, -301, 0)
    (row,) = tally([one(T0, skew=skew) for skew in skews], {}, live=True).values()
    assert (row.late, row.clamped) == (1, 1)


def test_a_pause_belongs_to_the_source_and_ends_where_it_is_heard_again() -> None:
    heard = {1: T0 - 50}
    found = tally([one(T0), one(T0 + 70, platform="y"), one(T0 + 60)], heard, live=True)
    assert {key.platform: row.gap_s for key, row in found.items()} == {"x": 50, "y": 70}
    assert heard == {1: T0 + 70}


def test_an_import_counts_but_says_nothing_of_clocks_and_pauses() -> None:
    heard: dict[int, float] = {}
    (row,) = tally([one(T0, skew=1e8), one(T0 + 900)], heard, live=False).values()
    assert (row.accepted, row.late, row.gap_s, sum(row.skew), heard) == (2, 0, 0.0, 0, {})


@given(rows=RECEIPTS, cut=st.integers(0, 40), live=st.booleans())
def test_any_split_gives_the_same_counters(rows: list[Receipt], cut: int, *, live: bool) -> None:
    heard: dict[int, float] = {}
    parts = [tally(rows[:cut], heard, live=live), tally(rows[cut:], heard, live=live)]
    assert merged(parts) == merged([tally(rows, {}, live=live)])


@given(st.lists(st.floats(-700_000, 700_000), min_size=1, max_size=60))
def test_the_median_is_exact_to_its_bucket(skews: list[float]) -> None:
    skew = added([])
    for value in skews:
        skew[bisect_right(EDGES, value)] += 1
    found = median_of(skew)
    assert found is not None
    true = bisect_right(EDGES, median_low(skews))
    low, high = EDGES[max(0, true - 1)], EDGES[min(len(EDGES) - 1, true)]
    assert low <= found <= high


def test_there_is_no_median_of_nothing() -> None:
    assert median_of(added([])) is None
    assert median_of([]) is None


@pytest.mark.parametrize(("skew", "shown"), [(4.0, 4.0), (-40.0, -37.5), (9e9, 604_800)])
def test_one_signal_gives_the_middle_of_its_bucket(skew: float, shown: float) -> None:
    (row,) = tally([one(T0 + 1e10, skew=skew)], {}, live=True).values()
    assert median_of(row.skew) == shown
