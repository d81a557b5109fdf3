"""Findings computed again in the bench: every one that stands, over a world with a watch list."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from bench.evaluation.desk import Outcome, run_desk
from bench.evaluation.rederived import PROMISED, Rederived, rederive, rescored
from bench.worlds.kit import Ints, Operation, Truth, World
from bench.worlds.listed import warned_of, with_sightings
from bench.worlds.mixed import mixed
from detectors.base import DAY_S, Signal
from detectors.engine import WATCH
from tests.harness import post

SIZE, SEED = 4_000, 3


@pytest.fixture(scope="module")
def signals() -> list[Signal]:
    world = mixed(SIZE, SEED)
    return with_sightings(world.signals, warned_of(world))


@pytest.fixture(scope="module")
def outcome(signals: list[Signal]) -> Outcome:
    return run_desk(signals, slugs=rescored(), tick_floor_s=DAY_S)


def test_every_promised_detector_can_be_computed_again() -> None:
    assert set(rescored()) >= PROMISED


@pytest.mark.row(110)
def test_every_finding_of_a_generated_world_comes_out_again(
    outcome: Outcome, signals: list[Signal]
) -> None:
    told = rederive(outcome, signals)
    assert {one.slug: one.different for one in told if one.different} == {}
    assert sum(one.tried for one in told) > 20
    assert next(one for one in told if one.slug == "watch-list").tried


def test_a_finding_that_says_more_than_its_evidence_is_counted(
    outcome: Outcome, signals: list[Signal]
) -> None:
    anchor = next(one for one in outcome.standing if one[0] == "watch-list")
    draft = outcome.standing[anchor]
    grown = replace(draft, subjects=(*draft.subjects, "x:nobody"))
    told = rederive(replace(outcome, standing={anchor: grown}, told={}), signals)
    of = next(one for one in told if one.slug == "watch-list")
    assert of == Rederived("watch-list", 0, 1, different=(anchor,))


def test_a_sighting_follows_its_signal_and_bears_its_time() -> None:
    signals = [post(0, "a", "see https://evil.example/"), post(1, "b", "nothing")]
    first, row, second = with_sightings(signals, [("domain", "evil.example")])
    assert [first, second] == signals
    assert (row.kind, row.id, row.at) == (WATCH, 3, first.at)


def test_others_warn_only_of_what_several_accounts_of_one_campaign_used() -> None:
    signals = tuple(post(n, f"u{n}", f"see https://evil.example/{n}") for n in range(3))
    accounts = frozenset(one.account for one in signals)
    whole = Operation("a", "usual", faint=False, accounts=accounts, positions=_places(3))
    part = replace(whole, positions=_places(2))
    assert warned_of(World("w", 0, signals, Truth((whole,)))) == {("domain", "evil.example")}
    assert warned_of(World("w", 0, signals, Truth((part,)))) == frozenset()


def _places(count: int) -> Ints:
    return np.arange(count)
