"""What is usual at an hour: learning, fading, and what cannot teach it."""

from __future__ import annotations

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from detectors.base import DAY_S, HOUR_S
from detectors.velocity.season import Rhythm, Season, Usual, observe

DAILY = Rhythm(hours=24, sigma=3.0, least=7)
WEEKLY = Rhythm(hours=168, sigma=3.0, least=3)


def taught(peaks: dict[float, float], rhythm: Rhythm = DAILY) -> Season:
    """A season after these peaks by hour since 1970."""
    season = Season()
    for hour, peak in sorted(peaks.items()):
        observe(season, hour * HOUR_S, peak, rhythm)
    return season


def nightly(nights: int, peak: float = 700.0, hour: float = 3.5) -> dict[float, float]:
    return {24 * night + hour: peak for night in range(nights)}


def read(season: Season, hour: float, rhythm: Rhythm = DAILY) -> Usual | None:
    """What is usual then; the season stays as it was."""
    copy = msgspec.msgpack.decode(msgspec.msgpack.encode(season), type=Season)
    return observe(copy, hour * HOUR_S, 1.0, rhythm)


def limit(season: Season, hour: float, rhythm: Rhythm = DAILY) -> float | None:
    found = read(season, hour, rhythm)
    return None if found is None else found.limit


def test_nothing_is_usual_before_enough_busy_hours() -> None:
    assert limit(taught(nightly(6)), 24 * 6 + 3) is None
    assert limit(taught(nightly(7)), 24 * 7 + 3) == pytest.approx(700 + 3 * 700**0.5, abs=0.01)


def test_an_hour_counts_only_when_it_is_over() -> None:
    season = taught(nightly(8))
    before = limit(season, 24 * 8 + 3.5)
    observe(season, (24 * 8 + 3.5) * HOUR_S, 50_000.0, DAILY)
    assert limit(season, 24 * 8 + 3.9) == before


def test_other_hours_have_no_norm_and_the_neighbours_do() -> None:
    season = taught(nightly(14))
    told = {hour for hour in range(24) if limit(season, 24 * 14 + hour) is not None}
    assert told == {2, 3, 4}


def test_the_neighbour_of_midnight_is_the_last_hour_of_the_day_before() -> None:
    season = taught(nightly(14, hour=0.2))
    assert limit(season, 24 * 13 + 23.5) is not None
    assert limit(taught(nightly(14, hour=23.2)), 24 * 14 + 0.5) is not None


def test_a_steady_peak_has_the_scatter_of_a_count() -> None:
    found = read(taught(nightly(20, 400.0)), 24 * 20 + 3)
    assert found is not None
    assert (found.norm.mean, found.norm.variance) == (400.0, 0.0)
    assert found.limit == 400 + 3 * 20


def test_the_first_peaks_weigh_the_same() -> None:
    season = taught({3.5: 100.0, 27.5: 300.0, 51.5: 800.0}, Rhythm(24, 3.0, 3))
    found = read(season, 75.5, Rhythm(24, 3.0, 3))
    assert found is not None
    assert found.norm.mean == pytest.approx(400.0)
    assert found.norm.variance == pytest.approx(260_000 / 3)


def test_varying_peaks_widen_what_is_usual() -> None:
    peaks = {24 * night + 3.5: 700.0 + 200 * (-1) ** night for night in range(20)}
    found = limit(taught(peaks), 24 * 20 + 3)
    assert found is not None
    assert 1_200 < found < 1_500


def test_what_stopped_fades() -> None:
    season = taught(nightly(14))
    limits = [limit(season, 24 * (14 + quiet) + 3) or 0.0 for quiet in (10, 27, 3_000)]
    assert limits == sorted(limits, reverse=True)
    assert limits[1] < 700
    assert limits[2] < 5


def test_one_great_burst_cannot_teach_that_it_is_usual() -> None:
    calm = limit(taught(nightly(14)), 24 * 15 + 3)
    after = limit(taught({**nightly(14), 24 * 14 + 3.5: 50_000.0}), 24 * 15 + 3)
    assert calm is not None
    assert after is not None
    assert after < 1.2 * calm


def test_a_lasting_change_is_learnt_in_the_end() -> None:
    grown = {24 * night + 3.5: 1_400.0 for night in range(14, 30)}
    assert (limit(taught({**nightly(14), **grown}), 24 * 30 + 3) or 0.0) > 1_400


def test_a_week_tells_monday_from_tuesday() -> None:
    season = taught({168 * week + 3.5: 500.0 for week in range(5)}, WEEKLY)
    assert limit(season, 168 * 5 + 3, WEEKLY) is not None
    assert limit(season, 168 * 5 + 24 + 3, WEEKLY) is None


def test_a_moment_of_an_earlier_hour_teaches_nothing() -> None:
    season = taught(nightly(8))
    before = msgspec.msgpack.encode(season)
    observe(season, (24 * 2 + 15) * HOUR_S, 9_000.0, DAILY)
    assert msgspec.msgpack.encode(season) == before


@settings(max_examples=60, deadline=None)
@given(moments=st.lists(st.tuples(st.integers(0, 40 * DAY_S), st.integers(1, 10**6)), max_size=200))
def test_a_season_stays_small_and_survives_its_checkpoint(moments: list[tuple[int, int]]) -> None:
    season = Season()
    for at, value in sorted(moments):
        observe(season, float(at), float(value), WEEKLY)
    raw = msgspec.msgpack.encode(season)
    assert len(raw) < 168 * 30
    assert msgspec.msgpack.decode(raw, type=Season) == season
    assert all(norm.variance >= 0 for norm in season.norms.values())
