"""Worlds that evade change what their curve says and nothing else; samples are the same always."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache

import pytest

from bench.evaluation import stress
from bench.worlds import evading
from bench.worlds.evading import CURVES, DECOY
from bench.worlds.kit import World
from bench.worlds.mixed import mixed
from detectors.base import Signal

TICK_S = 86_400


@cache
def world() -> World:
    return mixed(2_500, 5)


def changed(name: str, level: float) -> World:
    return evading.evading(world(), CURVES[name][0], level)


def of_campaigns(some: World) -> list[Signal]:
    places = {place for one in some.truth.operations for place in one.positions.tolist()}
    return [some.signals[place] for place in sorted(places)]


@pytest.mark.parametrize("name", CURVES)
def test_an_evading_world_is_in_order_and_its_truth_points_at_its_campaigns(name: str) -> None:
    level = CURVES[name][2][-1]
    told = changed(name, level)
    assert [one.id for one in told.signals] == list(range(1, len(told.signals) + 1))
    moments = [one.received for one in told.signals]
    assert moments == sorted(moments)
    for before, after in zip(world().truth.operations, told.truth.operations, strict=True):
        actors = {told.signals[place].account for place in after.positions.tolist()} - {""}
        assert actors <= after.accounts
        assert len(after.positions) >= len(before.positions)
    assert told.signals == changed(name, level).signals


@pytest.mark.parametrize("name", CURVES)
def test_benign_life_stays_as_it_was(name: str) -> None:
    def life(some: World) -> list[tuple[float, str, str]]:
        harmful = {one.id for one in of_campaigns(some)}
        rest = [one for one in some.signals if one.id not in harmful]
        return sorted(
            (one.at, one.account, one.text) for one in rest if not one.actor.startswith(DECOY)
        )

    assert life(changed(name, CURVES[name][2][0])) == life(world())


@pytest.mark.parametrize(
    ("name", "level", "differs"),
    [
        ("jitter", 24, lambda one: one.at),
        ("paraphrase", 1, lambda one: one.text),
        ("infrastructure rotated", 1, lambda one: str(one.identifier_map)),
    ],
)
def test_a_curve_changes_what_it_is_named_for(
    name: str, level: float, differs: Callable[[Signal], object]
) -> None:
    before = {differs(one) for one in of_campaigns(world())}
    after = {differs(one) for one in of_campaigns(changed(name, level))}
    assert len(after - before) > len(after) / 3


def test_dilution_adds_acts_of_the_same_accounts_and_decoys_add_accounts() -> None:
    plain = of_campaigns(world())
    assert len(of_campaigns(changed("dilution", 2))) == 3 * len(plain)
    told = changed("decoys", 3)
    assert len(of_campaigns(told)) == len(plain)
    decoys = {one.account for one in told.signals if one.actor.startswith(DECOY)}
    assert decoys
    assert {told.truth.coordinated[name] for name in decoys} == {DECOY}


def test_a_sample_keeps_nineteen_in_twenty_and_another_one_for_each_number() -> None:
    signals = world().signals
    one, two = (stress.subsample(signals, number) for number in (0, 1))
    assert len(one) == pytest.approx(0.95 * len(signals), rel=0.02)
    assert one == stress.subsample(signals, 0)
    assert one != two


def test_groupings_are_alike_by_who_is_together_not_by_name() -> None:
    whole = [frozenset("abc"), frozenset("de")]
    assert stress.alike(whole, whole[::-1]) == (1, 1)
    index, named = stress.alike(whole, [frozenset("ab")])
    assert index < 1
    assert named == 2 / 5
    assert stress.alike([], []) == (1, 1)


def test_both_measures_tell_one_row() -> None:
    (plain,) = stress.measure_evasion(stress.PLAIN, 900, 1, tick_floor_s=TICK_S)
    assert plain.value.startswith("as it is: ")
    assert list(plain.metrics) == ["evasion_as_it_is_0"]
    (stable,) = stress.measure_stability(900, 1, tick_floor_s=TICK_S)
    assert stable.value.startswith("ARI mean ")
