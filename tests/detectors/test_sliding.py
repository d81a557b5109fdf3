"""The sliding window beyond its cap: lower bounds, estimates and bounded slices."""

from __future__ import annotations

from hashlib import blake2b
from unittest.mock import patch

from hypothesis import given, settings
from hypothesis import strategies as st

from detectors import sliding
from detectors.sliding import SLICES, Act, Window, clear, count

SMALL = 8
WINDOW_S = 320.0

arrivals = st.lists(st.tuples(st.integers(0, 1_500), st.integers(0, 30)), max_size=150)


def hashed(member: str) -> int:
    return int.from_bytes(blake2b(member.encode(), digest_size=8).digest(), "big")


def inside(times: list[int], clock: float, window_s: float) -> int:
    return sum(at > clock - window_s for at in times)


@settings(max_examples=150, deadline=None)
@given(arrivals=arrivals)
def test_acts_are_never_overcounted_and_only_the_oldest_slice_is_missed(
    arrivals: list[tuple[int, int]],
) -> None:
    state, times = Window(), []
    with patch.object(sliding, "MAX_KEPT", SMALL):
        for number, (at, who) in enumerate(arrivals):
            told = count(state, str(number), Act(float(at), number, f"u{who}"), WINDOW_S)
            times.append(at)
            newer = WINDOW_S * (SLICES - 1) / SLICES
            assert inside(times, state.clock, newer) <= told
            assert told <= inside(times, state.clock, WINDOW_S)
            if state.ring is None:
                assert told == inside(times, state.clock, WINDOW_S) <= SMALL


@settings(max_examples=150, deadline=None)
@given(arrivals=arrivals)
def test_different_members_are_estimated_over_the_same_slices(
    arrivals: list[tuple[int, int]],
) -> None:
    state, newest = Window(), dict[int, int]()
    with patch.object(sliding, "MAX_KEPT", SMALL):
        for number, (at, who) in enumerate(arrivals):
            told = count(state, f"u{who}", Act(float(at), number, f"u{who}"), WINDOW_S, hashed)
            newest[who] = max(at, newest.get(who, 0))
            times = [*newest.values()]
            newer = WINDOW_S * (SLICES - 1) / SLICES
            assert inside(times, state.clock, newer) - 1 <= told
            assert told <= inside(times, state.clock, WINDOW_S) + 1


@settings(max_examples=100, deadline=None)
@given(arrivals=arrivals, distinct=st.booleans())
def test_what_is_kept_is_bounded_and_consistent(
    arrivals: list[tuple[int, int]], distinct: bool
) -> None:
    state = Window()
    with patch.object(sliding, "MAX_KEPT", SMALL):
        for number, (at, who) in enumerate(arrivals):
            member, how = (f"u{who}", hashed) if distinct else (str(number), None)
            count(state, member, Act(float(at), number, f"u{who}"), WINDOW_S, how)
            acts = [*state.acts.values()]
            assert acts == sorted(acts, key=lambda act: act.at)
            assert len(acts) <= SMALL
            assert sum(state.by_account.values()) == len(acts)
            if state.ring is not None:
                assert len(state.ring.counts) + len(state.ring.registers) <= SLICES


def test_a_late_act_goes_to_its_own_place() -> None:
    state = Window()
    for number, at in enumerate([10.0, 30.0, 20.0, 30.0, 5.0]):
        count(state, str(number), Act(at, number, "u"), WINDOW_S)
    assert [act.signal_id for act in state.acts.values()] == [4, 0, 2, 1, 3]


def test_an_act_from_before_the_window_adds_nothing() -> None:
    state = Window()
    with patch.object(sliding, "MAX_KEPT", SMALL):
        for number in range(20):
            count(state, str(number), Act(1_000.0, number, "u"), WINDOW_S)
        assert count(state, "late", Act(100.0, 99, "u"), WINDOW_S) == 20


def test_a_member_that_left_and_came_back_counts_once() -> None:
    state = Window()
    with patch.object(sliding, "MAX_KEPT", SMALL):
        for number in range(40):
            told = count(state, f"m{number % 20}", Act(300.0, number, "u"), WINDOW_S, hashed)
    assert told == 20


def test_the_ring_goes_when_all_that_it_stood_for_has_left() -> None:
    state = Window()
    with patch.object(sliding, "MAX_KEPT", SMALL):
        for number in range(20):
            count(state, str(number), Act(1_000.0 + number, number, "u"), WINDOW_S)
        assert state.ring is not None
        assert state.lost_at == 1_011.0
        assert count(state, "new", Act(1_012.0 + WINDOW_S, 99, "u"), WINDOW_S) == SMALL
    assert state.ring is None


def test_a_cleared_window_is_as_new_even_for_older_acts() -> None:
    state = Window()
    count(state, "a", Act(5_000.0, 1, "u"), WINDOW_S)
    clear(state)
    assert state == Window()
    assert count(state, "b", Act(10.0, 2, "u"), WINDOW_S) == 1


def test_acts_before_1970_do_no_harm() -> None:
    state = Window()
    assert count(state, "a", Act(-5_000.0, 1, "u"), WINDOW_S) == 1
    assert count(state, "b", Act(-4_900.0, 2, "u"), WINDOW_S) == 2
