"""Use of a template is counted by customer and hour, the same in any order, and bounded."""

from __future__ import annotations

from random import Random
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from detectors.base import DAY_S, HOUR_S, Signal
from detectors.prompts.askers import (
    ASKER_H,
    KEPT_H,
    MAX_ASKERS,
    Usage,
    asker_of,
    customer,
    network_of,
    number_in,
)
from tests.asking import START, ask

TEXT = "tell me in a few words how a letter to a landlord should begin"
HOUR = START // HOUR_S


def used(signals: list[Signal]) -> Usage:
    usage = Usage()
    for one in signals:
        usage.add(one)
    return usage


def test_requests_are_counted_by_hour_and_the_first_of_each_is_kept() -> None:
    usage = used([ask(n, at, "a", TEXT) for n, at in ((3, 30), (1, 10), (2, 20), (4, HOUR_S))])
    assert usage.hours == {HOUR: 3, HOUR + 1: 1}
    hours = usage.askers["acme-ai:a"].hours
    assert (hours[HOUR].requests, hours[HOUR].at, hours[HOUR].signal_id) == (3, START + 10, 1)
    assert hours[HOUR + 1].requests == 1
    assert (usage.first_at, usage.newest) == (START + 10, START + HOUR_S)


def test_an_organisation_stands_for_its_keys_on_one_platform() -> None:
    assert customer(ask(1, 0, "a", TEXT, org="Acme")) == customer(ask(1, 0, "b", TEXT, org="Acme"))
    assert customer(ask(1, 0, "a", TEXT, org="Acme")) != customer(
        ask(1, 0, "a", TEXT, org="Acme", platform="other-ai")
    )
    assert customer(ask(1, 0, "a", TEXT)) == "acme-ai:a"
    assert customer(Signal(1, 0.0, "p", "ai.request", "a")) == "p:a"


def test_no_account_can_pass_for_an_organisation() -> None:
    """A platform slug holds no space."""
    assert customer(ask(1, 0, "x", TEXT, org="x")) != customer(ask(1, 0, "org acme-ai:x", TEXT))


def test_the_strictest_limits_and_the_earliest_birth_count() -> None:
    usage = used(
        [
            ask(1, 0, "a", TEXT),
            ask(2, 1, "a", TEXT, attributes={"rate_limit_per_min": 60}, born=-3),
            ask(3, 2, "a", TEXT, attributes={"rate_limit_per_min": 20, "quota_per_day": 9}),
            ask(4, 3, "a", TEXT, born=-7),
        ]
    )
    asker = usage.askers["acme-ai:a"]
    assert (asker.per_minute, asker.per_day) == (20, 9)
    assert asker.born == START - 7 * DAY_S


def test_declared_use_once_said_stays_said() -> None:
    usage = used([ask(1, 0, "a", TEXT, declared_use="red team"), ask(2, 9, "a", TEXT)])
    assert usage.askers["acme-ai:a"].declared == "red team"
    blank = used([ask(1, 0, "a", TEXT, declared_use="  ")])
    assert blank.askers["acme-ai:a"].declared == ""


@pytest.mark.parametrize(
    ("value", "number"),
    [
        (5, 5.0),
        (0.5, 0.5),
        (0, 0.0),
        (-1, 0.0),
        (True, 0.0),
        ("5", 0.0),
        ([5], 0.0),
        (None, 0.0),
        (float("nan"), 0.0),
        (float("inf"), 0.0),
        (10**400, 0.0),
    ],
)
def test_only_positive_numbers_are_limits(value: Any, number: float) -> None:
    assert number_in({"quota_per_day": value}, "quota_per_day") == number
    assert number_in({}, "quota_per_day") == 0.0


@pytest.mark.parametrize(
    ("identifiers", "network"),
    [
        ({}, ""),
        ({"ip": "198.51.100.77"}, "198.51.100.0/24"),
        ({"ip": ["2001:db8:1:2::3", "198.51.100.77"]}, "2001:db8:1::/48"),
        ({"ip": "unknown"}, ""),
        ({"ip": "deadbeefdeadbeefdeadbeef"}, "deadbeefdeadbeefdeadbeef"),
        ({"device": "198.51.100.77"}, ""),
    ],
)
def test_a_network_is_the_block_of_the_first_address(
    identifiers: dict[str, str | list[str]], network: str
) -> None:
    assert network_of(ask(1, 0, "a", TEXT, identifier_map=identifiers)) == network


def test_hours_that_no_window_can_reach_are_forgotten() -> None:
    usage = used([ask(n, n * HOUR_S, "a", TEXT) for n in range(2 * KEPT_H + 50)])
    assert len(usage.hours) <= 2 * KEPT_H
    hours = usage.askers["acme-ai:a"].hours
    newest = START // HOUR_S + 2 * KEPT_H + 49
    assert len(hours) <= 2 * ASKER_H
    assert set(range(newest - ASKER_H, newest + 1)) <= set(hours)
    assert set(range(newest - KEPT_H, newest + 1)) <= set(usage.hours)


def test_one_who_asked_last_a_month_ago_is_forgotten() -> None:
    usage = used([ask(0, 0, "old", TEXT)])
    for n in range(2 * KEPT_H + 1):
        usage.add(ask(n, n * HOUR_S, "new", TEXT))
    assert set(usage.askers) == {"acme-ai:new"}


def test_of_too_many_askers_the_same_stay_whatever_their_order() -> None:
    signals = [ask(n, n, f"a{n}", TEXT) for n in range(MAX_ASKERS + 500)]
    mixed = Random(3).sample(signals, len(signals))
    kept = []
    for order in (signals, mixed):
        usage = Usage()
        for one in order:
            usage.add(one)
            usage.trim(b"secret", slack=2)
        usage.trim(b"secret")
        kept.append(usage)
    assert kept[0].sampled
    assert set(kept[0].askers) == set(kept[1].askers)
    assert len(kept[0].askers) == MAX_ASKERS
    other = used(signals)
    other.trim(b"another secret")
    assert set(other.askers) != set(kept[0].askers)


def test_few_askers_are_no_sample() -> None:
    usage = used([ask(n, n, f"a{n}", TEXT) for n in range(50)])
    usage.trim(b"secret")
    assert (len(usage.askers), usage.sampled) == (50, False)


acts = st.lists(
    st.tuples(
        st.integers(0, 100 * HOUR_S),
        st.sampled_from("abc"),
        st.sampled_from(["", "one", "two"]),
        st.sampled_from([None, 1, 30, 60]),
        st.sampled_from(["", "198.51.100.7", "203.0.113.9"]),
        st.sampled_from(["", "a", "b"]),
    ),
    min_size=1,
    max_size=30,
)


@given(acts=acts, chance=st.randoms(use_true_random=False))
def test_any_order_of_requests_gives_the_same_use(
    acts: list[tuple[int, str, str, int | None, str, str]], chance: Random
) -> None:
    signals = [
        ask(
            number,
            at,
            actor,
            TEXT,
            org=org,
            declared_use=declared,
            attributes={"rate_limit_per_min": limit},
            identifier_map={"ip": ip} if ip else {},
        )
        for number, (at, actor, org, limit, ip, declared) in enumerate(acts, 1)
    ]
    whole = used(signals)
    assert _plain(used(chance.sample(signals, len(signals)))) == _plain(whole)
    assert sum(whole.hours.values()) == len(signals)
    counted = sum(one.requests for who in whole.askers.values() for one in who.hours.values())
    assert counted == len(signals)


def test_records_of_one_asker_are_joined() -> None:
    one = asker_of(ask(1, 10, "b", TEXT, attributes={"quota_per_day": 9}), HOUR)
    two = asker_of(ask(2, 5, "a", TEXT, attributes={"asn_class": "hosting"}), HOUR)
    one.join(two)
    assert one.account == "acme-ai:a"
    assert (one.per_day, one.asn_class) == (9, "hosting")
    assert (one.hours[HOUR].requests, one.hours[HOUR].signal_id) == (2, 2)


def _plain(usage: Usage) -> Any:
    return msgspec.to_builtins(usage)
