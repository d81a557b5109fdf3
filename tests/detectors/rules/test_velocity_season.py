"""D13 with seasons: what comes every night is usual, the same at another hour is not."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest

from detectors.base import DAY_S, HOUR_S, FindingDraft, Key, Signal
from detectors.engine import Event, Found, Runner
from detectors.rules.velocity import Velocity
from detectors.velocity.params import VelocityParams
from tests.harness import T0, largest_state, post

MIDNIGHT = T0 - T0 % DAY_S
TO_MIDNIGHT = MIDNIGHT - T0
NIGHT, AFTERNOON = 3.2, 15.2
SEASON: dict[str, Any] = {"season": "day", "posts": 60}


def burst(day: float, hour: float, size: int, *, actor: str = "batch") -> list[Signal]:
    """Posts of one account in four minutes."""
    start = TO_MIDNIGHT + day * DAY_S + hour * HOUR_S
    return [post(100_000 + n, actor, f"item {n}", at=start + 240 * n / size) for n in range(size)]


def in_order(*bursts: list[Signal]) -> list[Signal]:
    """One stream by time, with other people's posts so that the clock never stands still."""
    told = [one for several in bursts for one in several]
    last = max(one.at for one in told)
    hours = int((last - MIDNIGHT) / HOUR_S)
    told += [
        post(0, f"person-{n}", f"hello {n}", at=TO_MIDNIGHT + n * HOUR_S) for n in range(1, hours)
    ]
    told.sort(key=lambda one: one.at)
    return [msgspec.structs.replace(one, id=place) for place, one in enumerate(told, 1)]


def days_told(signals: list[Signal], **params: Any) -> list[tuple[int, int]]:
    """(day, hour) of each burst that was found."""
    found = drafts(Runner(Velocity(), VelocityParams(**params)).feed(signals))
    moments = [draft.last_at - MIDNIGHT for draft in found]
    return sorted({(int(at // DAY_S), int(at % DAY_S // HOUR_S)) for at in moments})


def drafts(events: list[Event]) -> list[FindingDraft]:
    return [event.draft for event in events if isinstance(event, Found)]


NIGHTLY = [burst(day, NIGHT, 80) for day in range(14)]


def test_a_nightly_job_grows_quiet_and_the_same_burst_in_the_afternoon_is_found() -> None:
    signals = in_order(*NIGHTLY, burst(14, NIGHT, 82), burst(14, AFTERNOON, 80))
    assert days_told(signals, **SEASON) == [*((day, 3) for day in range(7)), (14, 15)]


def test_without_a_season_the_job_is_told_every_night() -> None:
    signals = in_order(*NIGHTLY, burst(14, AFTERNOON, 80))
    assert days_told(signals, posts=60) == [*((day, 3) for day in range(14)), (14, 15)]


def test_a_job_that_grows_far_beyond_the_usual_is_found_with_the_numbers() -> None:
    runner = Runner(Velocity(), VelocityParams(**SEASON))
    runner.feed(in_order(*NIGHTLY))
    (draft, *_) = drafts(runner.feed(burst(14, NIGHT, 300)))
    assert draft.values["value"] == 107
    assert draft.sentence == "107 posts by x:batch in 10 min, limit 60; usual at this hour: 80"
    assert [(row.name, row.value, row.op, row.limit, row.met) for row in draft.conditions] == [
        ("count", 107, ">=", 60, True),
        ("usual at this hour", 107, ">", pytest.approx(106.83), True),
    ]
    told = draft.constants["usual"]
    assert told["limit"] == draft.conditions[1].limit
    assert told["limit"] == round(
        told["mean"] + told["sigma"] * max(told["variance"], told["mean"]) ** 0.5, 2
    )


def test_a_job_that_moves_by_an_hour_with_the_clocks_stays_quiet() -> None:
    signals = in_order(*NIGHTLY, *(burst(day, NIGHT + 1, 80) for day in range(14, 20)))
    assert [one for one in days_told(signals, **SEASON) if one[0] >= 14] == []


def test_a_weekly_job_is_learnt_by_the_week() -> None:
    weekly = [burst(7 * week, NIGHT, 80) for week in range(6)]
    wanted = {**SEASON, "season": "week", "season_busy": 3}
    signals = in_order(*weekly, burst(36, NIGHT, 80))
    assert days_told(signals, **wanted) == [(0, 3), (7, 3), (14, 3), (36, 3)]


def test_what_one_account_does_every_night_excuses_no_other() -> None:
    signals = in_order(*NIGHTLY, burst(14, NIGHT, 80, actor="other"))
    assert days_told(signals, **SEASON)[-1] == (14, 3)


def test_a_higher_sigma_lets_more_pass() -> None:
    signals = in_order(*NIGHTLY, burst(14, NIGHT, 130))
    assert (14, 3) in days_told(signals, **SEASON)
    assert (14, 3) not in days_told(signals, **SEASON, season_sigma=6.0)


def test_a_rate_has_its_season_too() -> None:
    own = {
        **SEASON, "posts": 0, "custom": 60, "custom_measure": "rate", "custom_refill": 1,
        "custom_group": "actor", "custom_window_s": 60,
    }  # fmt: skip
    signals = in_order(*NIGHTLY, burst(14, AFTERNOON, 80))
    assert [day for day, _ in days_told(signals, **own)] == [*range(7), 14]


def test_only_values_that_were_busy_are_remembered_and_not_for_ever() -> None:
    runner = Runner(Velocity(), VelocityParams(**SEASON))
    runner.feed(in_order(*NIGHTLY))
    clock = TO_MIDNIGHT + 16 * DAY_S
    runner.feed([post(9_000, "person", "hello", at=clock)])
    assert b"batch" in runner.dump()
    assert len(runner) == 2
    assert len(runner.dump()) < 2_500  # most of it is the finding that was told last
    runner.feed([post(9_001, "person", "hello", at=clock + 27 * DAY_S)])
    assert len(runner) == 1


def test_what_a_condition_kept_goes_when_it_is_switched_off() -> None:
    runner = Runner(Velocity(), VelocityParams(**SEASON))
    runner.feed(burst(0, NIGHT, 80))
    after = Runner(Velocity(), VelocityParams(season="day", posts=0))
    after.load(runner.clock, runner.dump())
    after.feed([post(1, "person", "hello", at=TO_MIDNIGHT + DAY_S)])
    assert len(after) == 0


def test_without_a_season_nothing_outlives_its_window() -> None:
    runner = Runner(Velocity(), VelocityParams(posts=60))
    later = [post(day, "person", "hello", at=TO_MIDNIGHT + day * DAY_S) for day in (1, 3)]
    runner.feed([*burst(0, NIGHT, 80), *later])
    assert len(runner) == 1


def test_a_late_burst_after_its_window_was_let_go_is_counted_from_nothing() -> None:
    runner = Runner(Velocity(), VelocityParams(**SEASON))
    runner.feed(in_order(*NIGHTLY))
    runner.feed([post(9_000, "person", "hello", at=TO_MIDNIGHT + 16 * DAY_S)])
    (draft, *_) = drafts(runner.feed(burst(13, AFTERNOON, 80)))
    assert draft.values["value"] == 60
    assert len(draft.conditions) == 1


def test_the_season_of_a_value_is_small() -> None:
    states: dict[Key, Any] = {}
    rule, params = Velocity(), VelocityParams(season="week", posts=2)
    for hour in range(24 * 14):
        for signal in burst(0, hour, 3):
            for key in rule.keys(signal, params):
                rule.apply(key, signal, states.setdefault(key, rule.State()), params)
    assert len(states[Key("posts", "x:batch")].season.norms) == 168
    assert largest_state(states) < 6_000
