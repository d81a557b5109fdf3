"""D13 under the engine: batches, checkpoints and shards change no finding, in any measure."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from typing import Any
from unittest.mock import patch

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from detectors import sliding
from detectors.base import HOUR_S, FindingDraft, Signal
from detectors.engine import Event, Found, Runner, run_all
from detectors.hyperloglog import STANDARD_ERROR
from detectors.rules.velocity import Velocity
from detectors.velocity.params import VelocityParams
from tests.harness import post

SLOGAN = "Everybody is talking about the new bridge now"
FIXED: dict[str, Any] = {"signups": 0, "copies": 6, "posts": 4, "ai_requests": 0}
OWN: list[dict[str, Any]] = [
    {"custom": 20, "custom_measure": "actors"},
    {"custom": 12, "custom_measure": "texts", "season": "day", "season_busy": 3},
    {"custom": 30, "custom_measure": "count", "custom_second_group": "device"},
    {"custom": 15, "custom_measure": "rate", "custom_refill": 3, "season": "week"},
]
PARAMS = [VelocityParams(**FIXED, **own) for own in OWN]

rows = st.lists(
    st.tuples(
        st.integers(0, 40),
        st.integers(0, 1),
        st.one_of(st.integers(-300, 120), st.integers(0, 9 * HOUR_S)),
    ),
    max_size=120,
)
"""Who, from which address, and how long after the signal before; some come late."""


LONG = [(n % 41, 0, -20 if n % 5 == 0 else 9) for n in range(400)]


def stream(rows: list[tuple[int, int, int]]) -> list[Signal]:
    told, at = [], 0.0
    for number, (who, place, later) in enumerate(rows):
        at += later
        there = {"ip": f"10.0.0.{place}", "device": f"d{place}"}
        text = f"{SLOGAN} {who % 30}"
        told.append(post(number, f"u{who}", text, at=at, identifier_map=there))
    return told


def drafts(one: Runner, signals: list[Signal]) -> list[FindingDraft]:
    return [event.draft for event in one.feed(signals) if isinstance(event, Found)]


def runner(params: VelocityParams, signals: Sequence[Signal] = ()) -> Runner:
    known = {signal.id: signal for signal in signals}
    return Runner(Velocity(b"secret"), params, recall=lambda ids: [known[id_] for id_ in ids])


def restarted(before: Runner, after: Runner) -> Runner:
    after.load(before.clock, before.dump())
    return after


@pytest.mark.parametrize("params", PARAMS, ids=lambda one: one.custom_measure)
@settings(max_examples=40, deadline=None)
@given(rows=rows, cuts=st.sets(st.integers(1, 119), max_size=6))
@example(rows=LONG, cuts={*range(1, 400, 7)})
def test_any_batches_with_a_restart_between_them_give_the_same_findings(
    params: VelocityParams, rows: list[tuple[int, int, int]], cuts: set[int]
) -> None:
    signals = stream(rows)
    with patch.object(sliding, "MAX_KEPT", 8):
        whole = runner(params, signals)
        expected = whole.feed(signals)
        now, told = runner(params, signals), list[Event]()
        edges = [0, *sorted(cut for cut in cuts if cut < len(signals)), len(signals)]
        for start, end in pairwise(edges):
            told += now.feed(signals[start:end])
            now = restarted(now, runner(params, signals))
    assert told == expected
    assert now.dump() == restarted(whole, runner(params, signals)).dump()


@pytest.mark.parametrize("params", PARAMS, ids=lambda one: one.custom_measure)
@settings(max_examples=25, deadline=None)
@given(rows=rows, of=st.sampled_from([2, 16]))
@example(rows=LONG, of=16)
def test_any_number_of_shards_gives_the_same_findings(
    params: VelocityParams, rows: list[tuple[int, int, int]], of: int
) -> None:
    signals = stream(rows)
    with patch.object(sliding, "MAX_KEPT", 8):
        assert run_all(Velocity(), params, signals, of=of) == run_all(Velocity(), params, signals)


def test_the_streams_of_these_properties_reach_every_part() -> None:
    """What is said above would be worth nothing if no window ran over and no season was kept."""
    signals = stream(LONG)
    with patch.object(sliding, "MAX_KEPT", 8):
        for params in PARAMS:
            one = runner(params)
            flags = {flag for told in drafts(one, signals) for flag in told.flags}
            assert flags == {"sampled"}
            assert (b"norms" in one.dump() or b"peak" in one.dump()) == (params.season != "off")


@pytest.mark.parametrize("secret", [b"a", b"b" * 99])
def test_estimates_stand_near_the_truth_under_any_secret(secret: bytes) -> None:
    params = VelocityParams(custom=2_000, custom_group="ip")
    signals = [
        post(n, f"u{n}", "", at=n / 10, identifier_map={"ip": "10.0.0.1"}) for n in range(2_400)
    ]
    (draft,) = drafts(Runner(Velocity(secret), params), signals)
    assert abs(draft.signal_ids[-1] - 2_000) < 3 * STANDARD_ERROR * 2_000
