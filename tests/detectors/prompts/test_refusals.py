"""Counts of refusals: rates with a prior, bursts, what is kept, and filters that broke."""

from __future__ import annotations

from random import Random
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from detectors.base import DAY_S, HOUR_S
from detectors.prompts.probing import Prober, Refusal, rate_of
from detectors.prompts.rates import Limits, burst_of, lower_bound
from detectors.prompts.regression import MIN_ACCOUNTS, Population, Rise, population, rises
from detectors.prompts.trials import KEPT_S, MAX_STEPS, SAMPLED, Trials, model_of
from tests.asking import START, ask, unlike

HOUR = START // HOUR_S
LIMITS = Limits(bound=0.2, burst=5, burst_s=3_600, rungs=2, accounts=2, low=0.4, high=0.9)


@pytest.mark.parametrize(
    ("refusals", "trials", "bound"),
    [(0, 0, 0.0026), (0, 100, 0.0004), (1, 1, 0.0171), (10, 10, 0.2211), (50, 100, 0.3487)],
)
def test_the_bound_is_the_quantile_of_the_posterior(
    refusals: int, trials: int, bound: float
) -> None:
    assert lower_bound(refusals, trials) == pytest.approx(bound, abs=0.0006)


@given(refusals=st.integers(0, 500), more=st.integers(0, 500))
def test_more_refusals_raise_the_bound_and_more_answers_lower_it(refusals: int, more: int) -> None:
    trials = refusals + more
    assert 0 <= lower_bound(refusals, trials) < 1
    assert lower_bound(refusals + 1, trials + 1) > lower_bound(refusals, trials)
    assert lower_bound(refusals, trials + 1) < lower_bound(refusals, trials)


@pytest.mark.parametrize(
    ("times", "most"),
    [([], 0), ([5], 1), ([0, 3_600], 2), ([0, 3_601], 1), ([0, 9_000, 10, 9_100, 9_200], 3)],
)
def test_a_burst_is_the_most_within_a_span(times: list[float], most: int) -> None:
    assert burst_of(times, 3_600) == most


def prober(refused: int, asked: int, *, model: str = "m1", hour: int = HOUR) -> Prober:
    refusals = [Refusal(hour * 3_600.0 + n, n, model) for n in range(refused)]
    return Prober("x:a", "x:a", {hour: (asked, refused)}, refusals, [])


def test_the_worst_day_counts() -> None:
    one = prober(12, 12)
    one.hours |= {HOUR + 1: (500, 0), HOUR - 30: (500, 0)}
    assert rate_of(one, {}, LIMITS).trials == 12


def test_hours_of_a_broken_filter_do_not_count() -> None:
    risen = {"m1": Rise(frozenset({HOUR}), 0.9, 0.01, 100)}
    assert rate_of(prober(12, 12), {}, LIMITS).meets(LIMITS)
    assert not rate_of(prober(12, 12), risen, LIMITS).meets(LIMITS)
    assert rate_of(prober(12, 12, model="m2"), risen, LIMITS).meets(LIMITS)
    assert rate_of(prober(12, 12, hour=HOUR + 1), risen, LIMITS).meets(LIMITS)


def quiet(hours: int, refused: int = 1, accounts: int = 100) -> dict[int, tuple[int, int]]:
    return {HOUR + n: (accounts, refused) for n in range(hours)}


def test_a_filter_that_refuses_many_more_than_usual_has_risen() -> None:
    found = rises([Population("m1", quiet(24) | {HOUR + 24: (100, 60)})], 3)
    assert found == {"m1": Rise(frozenset({HOUR + 24}), 0.6, 0.01, 100)}


def test_a_rise_that_lasts_does_not_become_the_usual() -> None:
    long = quiet(13) | {HOUR + n: (100, 60) for n in range(13, 24)}
    assert rises([Population("m1", long)], 3)["m1"].hours == set(range(HOUR + 13, HOUR + 24))


@pytest.mark.parametrize(
    "last",
    [
        (100, 9),  # few, whatever the rise
        (MIN_ACCOUNTS - 1, MIN_ACCOUNTS - 1),  # too few accounts to say everybody
        (0, 0),
    ],
)
def test_small_numbers_are_no_rise(last: tuple[int, int]) -> None:
    assert rises([Population("m1", quiet(24) | {HOUR + 24: last})], 3) == {}


def test_a_strict_service_is_usual_for_itself() -> None:
    assert rises([Population("strict", quiet(24, refused=20) | {HOUR + 24: (100, 40)})], 3) == {}


def test_a_model_that_is_hardly_known_is_compared_with_a_twentieth() -> None:
    assert rises([Population("new", {HOUR: (100, 14)})], 3) == {}
    assert rises([Population("new", {HOUR: (100, 16)})], 3)["new"].usual == 0.05


def test_the_population_is_counted_by_account() -> None:
    state = Trials()
    for n in range(60):
        state.keep_account(ask(n, n, f"u{n % 30}", "", refused=n < 5), b"")
    assert population("m1", state).hours == {HOUR: (30, 5)}


def test_a_sample_of_accounts_is_the_same_in_any_order() -> None:
    signals = [ask(n, n, f"u{n}", "", refused=n % 3 == 0) for n in range(4 * SAMPLED)]
    mixed = Random(1).sample(signals, len(signals))
    kept = []
    for order in (signals, mixed):
        state = Trials()
        for one in order:
            state.keep_account(one, b"secret")
        kept.append(state.sample[HOUR])
    assert kept[0] == kept[1]
    assert len(kept[0]) == SAMPLED
    assert 0.2 < sum(kept[0].values()) / SAMPLED < 0.47


def steps_of(signals: list[Any]) -> list[int]:
    state = Trials()
    for one in signals:
        state.count(one)
        state.keep_step(one)
    state.settle()
    return [step.signal_id for step in state.steps]


def test_old_requests_stay_only_where_a_ladder_needs_them() -> None:
    day = 3 * DAY_S
    signals = [
        ask(1, 0, "a", unlike(1), refused=False),
        ask(2, HOUR_S, "a", unlike(2), refused=True),
        ask(3, HOUR_S + 600, "a", unlike(3), refused=False),
        ask(4, 3 * HOUR_S, "a", unlike(4), refused=False),
        ask(5, day, "a", unlike(5), refused=False),
    ]
    assert steps_of(signals) == [2, 3, 5]
    assert steps_of([*signals, ask(6, KEPT_S + 2 * HOUR_S, "a", unlike(6))]) == [6]


def test_a_request_that_its_response_refused_stays() -> None:
    signals = [
        ask(1, 0, "a", unlike(1)),
        ask(2, 3, "a", "no", kind="ai.response", refused=True),
        ask(3, 3 * DAY_S, "a", unlike(3)),
    ]
    assert steps_of(signals) == [1, 2, 3]


def test_the_newest_steps_stay_and_a_loss_is_marked() -> None:
    state = Trials()
    for n in range(MAX_STEPS + 50):
        state.keep_step(ask(n, n, "a", unlike(n), refused=True))
    state.settle()
    assert state.truncated
    assert [step.signal_id for step in state.steps] == list(range(50, MAX_STEPS + 50))


def test_a_refusal_that_is_told_twice_counts_once() -> None:
    state = Trials()
    state.count(ask(1, 0, "a", "", refused=True))
    state.count(ask(2, 1, "a", "", kind="ai.response", refused=True))
    hour = state.hours[HOUR]
    assert (hour.trials, hour.refusals) == (1, 1)


def test_hours_of_long_ago_are_forgotten() -> None:
    state = Trials()
    for n in range(3 * KEPT_S // HOUR_S):
        state.count(ask(n, n * HOUR_S, "a", ""))
        state.keep_account(ask(n, n * HOUR_S, "a", ""), b"")
    assert len(state.hours) <= 2 * KEPT_S // HOUR_S
    assert len(state.sample) <= 2 * KEPT_S // HOUR_S + 1


def test_state_survives_a_checkpoint() -> None:
    state = Trials()
    for n in range(20):
        one = ask(n, n, f"a{n}", unlike(n), refused=n % 2 == 0)
        state.count(one)
        state.keep_step(one)
        state.keep_account(one, b"secret")
    told = msgspec.msgpack.encode(state)
    assert msgspec.msgpack.decode(told, type=Trials) == state


def test_a_model_is_named_by_platform_provider_and_name() -> None:
    assert model_of(ask(1, 0, "a", "", provider="p", model="m")) == "acme-ai/p/m"
    assert model_of(ask(1, 0, "a", "")) == "acme-ai"
    assert len(model_of(ask(1, 0, "a", "", provider="p" * 200, model="m" * 200))) < 200
