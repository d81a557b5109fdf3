"""What a shard tells a tick about objects of one and of several accounts."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from detectors.base import DAY_S, Key, Signal
from detectors.engine import Runner
from detectors.rules import coaction_synchrony
from detectors.rules.coaction_synchrony import CoactionParams, CoactionSynchrony
from detectors.synchrony import firsts, sharers, tables
from detectors.synchrony.sharers import MAX_ACCOUNTS, Sharers
from detectors.synchrony.tables import Table, clock_steps, collect, collect_since, merge, pooled

SHARES = st.lists(
    st.tuples(
        st.sampled_from(["url", "hashtag"]),
        st.sampled_from(["one", "two", "three"]),
        st.sampled_from(["x:a", "x:b", "y:c"]),
        st.floats(0, 9 * DAY_S),
    ),
    max_size=40,
)


@given(shares=SHARES, since=st.floats(0, 9 * DAY_S))
def test_first_shares_are_those_that_a_look_at_every_share_finds(
    shares: list[tuple[str, str, str, float]], since: float
) -> None:
    states: dict[Key, Sharers] = {}
    days: dict[tuple[Key, str, float], tuple[float, int]] = {}
    for number, (kind, value, account, at) in enumerate(shares, start=1):
        key, share = Key(kind, value), (at, number)
        states.setdefault(key, Sharers()).add(account, *share)
        day = (key, account, at // DAY_S)
        days[day] = min(days.get(day, share), share)
    first: dict[Key, dict[str, tuple[float, int]]] = {}
    for (key, account, _), share in sorted(days.items(), reverse=True):
        if share[0] >= since:
            first.setdefault(key, {})[account] = share
    slow = collect((key, first[key], False) for key in states if key in first)
    found = merge([collect_since(states, since, b"")])
    for kind, table in merge([slow]).items():
        assert _told(found.pop(kind)) == _told(table)
    assert not found


@given(shares=SHARES)
def test_tables_are_the_same_whatever_shard_an_object_is_in(
    shares: list[tuple[str, str, str, float]],
) -> None:
    states: dict[Key, Sharers] = {}
    for number, (kind, value, account, at) in enumerate(shares, start=1):
        states.setdefault(Key(kind, value), Sharers()).add(account, at, number)
    halves = [dict(list(states.items())[n::2]) for n in range(2)]
    one = merge([collect_since(states, 0.0, b"")])
    two = merge([collect_since(half, 0.0, b"") for half in halves])
    for left, right in zip(
        [*one.values(), *pooled(one)], [*two.values(), *pooled(two)], strict=True
    ):
        assert _told(left) == _told(right)
        assert left.objects == tuple(sorted(left.objects))
        assert left.accounts == tuple(sorted(left.accounts))
    assert clock_steps(one.values()) == clock_steps(two.values())


def test_of_very_many_accounts_a_sample_is_told_and_said_to_be_one() -> None:
    state = Sharers()
    for number in range(MAX_ACCOUNTS + 5):
        state.add(f"x:{number}", 1.0, number)
    table = merge([collect_since({Key("url", "u"): state}, 0.0, b"secret")])["url"]
    assert table.sampled
    assert len(table.accounts) == MAX_ACCOUNTS


ACTS = st.lists(
    st.tuples(
        st.sampled_from(["repost", "target"]),
        st.sampled_from(["one", "two", "three"]),
        st.sampled_from([f"account-{number}" for number in range(6)]),
        st.sampled_from([0, 1, 3_600, 20_000, DAY_S, 3 * DAY_S]),
        st.sampled_from([0, 0, 0, 60, 40_000, 5 * DAY_S]),
    ),
    min_size=1,
    max_size=60,
)
"""Type and value of an object, who acts, seconds since the act before, seconds it is late."""


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(acts=ACTS, page=st.integers(1, 9), data=st.data())
def test_what_is_kept_between_ticks_is_what_a_look_at_all_states_finds(
    acts: list[tuple[str, str, str, int, int]],
    page: int,
    data: st.DataObject,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    for module in (sharers, tables, firsts):
        monkeypatch.setattr(module, "MAX_ACCOUNTS", 2)
    monkeypatch.setattr(coaction_synchrony, "MAX_ACCOUNTS", 2)
    monkeypatch.setattr(firsts, "_SPARE", 0)
    monkeypatch.setattr(firsts, "_AT_ONCE", data.draw(st.sampled_from([2, 1_000]), label="at once"))
    rule, params = CoactionSynchrony(b"secret"), CoactionParams(lookback_d=7)
    runner = Runner(rule, params)
    signals = _signals(acts)
    for start in range(0, len(signals), page):
        runner.feed(signals[start : start + page])
        if data.draw(st.booleans(), label="restart"):
            told = runner.dump()
            clock, runner = runner.clock, Runner(rule, params)
            assert runner.load(clock, told)
        if data.draw(st.booleans(), label="tick"):
            anew = merge(rule.part(runner.clock, runner._keyed.states, params))
            kept = merge(runner._keyed.part(runner.clock))
            assert {k: _told(t) for k, t in kept.items()} == {k: _told(t) for k, t in anew.items()}


def test_days_are_counted_anew_when_years_go_by() -> None:
    rule, params = CoactionSynchrony(b"secret"), CoactionParams(lookback_d=7)
    runner = Runner(rule, params)
    years = [0.0, 7_000.0 * DAY_S, 400_000.0 * DAY_S]
    for start in years:
        runner.feed(_signals([("repost", "one", name, 60, 0) for name in "abc"], start))
        anew = merge(rule.part(runner.clock, runner._keyed.states, params))
        kept = merge(runner._keyed.part(runner.clock))
        assert _told(kept["repost"]) == _told(anew["repost"])
        assert len(kept["repost"].at) == 3


def _signals(acts: Sequence[tuple[str, str, str, int, int]], start: float = 0.0) -> list[Signal]:
    found, received = [], start + 30 * DAY_S
    for number, (kind, value, actor, gap_s, late_s) in enumerate(acts, start=1):
        received += gap_s
        found.append(
            Signal(
                id=number,
                at=received - late_s,
                received=received,
                platform="x",
                kind="reaction",
                actor=actor,
                objects=(f"{kind}:{value}",),
            )
        )
    return found


def _told(table: Table) -> tuple[Any, ...]:
    """What a table says, whatever the order of its rows."""
    columns = (table.object, table.account, table.at, table.signal)
    rows = zip(*(column.tolist() for column in columns), strict=True)
    told = sorted((table.objects[o], table.accounts[a], at, id_) for o, a, at, id_ in rows)
    alone = zip(table.accounts, table.alone.tolist(), strict=True)
    return told, {name: count for name, count in alone if count}, table.sampled
