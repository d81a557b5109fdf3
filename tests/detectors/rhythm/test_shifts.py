"""D4: operators who take turns at one desk; time zones, few acts and strangers are no shifts."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from random import Random
from typing import Any

import msgspec
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from detectors.base import DAY_S, HOUR_S, MINUTE_S, FindingDraft, Key, Signal, Tier
from detectors.engine import run_all
from detectors.rhythm import shifts
from detectors.rhythm.beats import Holders
from detectors.rhythm.bins import WEEK_H
from detectors.rhythm.shifts import MAX_ACCOUNTS, alone_share
from detectors.rules.rhythm import RhythmDetector, RhythmParams

RULE = RhythmDetector()
MONDAY = 1_790_553_600.0
"""A midnight in UTC."""

Times = Mapping[str, Sequence[float]]


def acting(seed: int, hours: Sequence[int], *, days: int = 27, each: int = 6) -> list[float]:
    """So many acts on each day, in some of these hours, at any minute."""
    draw = Random(seed)
    return sorted(
        MONDAY + day * DAY_S + draw.choice(hours) * HOUR_S + draw.uniform(MINUTE_S, HOUR_S - 1)
        for day in range(days)
        for _ in range(each)
    )


def desk(count: int = 3, stray: int = 0, **more: Any) -> dict[str, list[float]]:
    """Operators who follow each other round the clock; some acts of each at any hour."""
    length = 24 // count
    return {
        f"u{n}": acting(50 + n, range(n * length, (n + 1) * length), **more)
        + acting(80 + n, range(24), days=stray, each=1)
        for n in range(count)
    }


def people(count: int = 24, *, zones: Sequence[int] = (-6, 0, 0, 2, 8)) -> dict[str, list[float]]:
    """Accounts that act from morning to midnight, wherever they live."""
    return {
        f"p{n}": acting(200 + n, [(hour - zones[n % len(zones)]) % 24 for hour in range(8, 24)])
        for n in range(count)
    }


def world(*crowds: Times, tie: str = "target:story-7") -> list[Signal]:
    """The first crowd shares a tie, the others do not."""
    acts = sorted(
        (at, actor, number) for number, crowd in enumerate(crowds)
        for actor, times in crowd.items() for at in times
    )  # fmt: skip
    return [
        Signal(
            id=place, at=at, platform="x", kind="reply", actor=actor,
            objects=(tie,) if not number and tie else (),
        )
        for place, (at, actor, number) in enumerate(acts, 1)
    ]  # fmt: skip


def find(signals: Sequence[Signal], **params: Any) -> list[FindingDraft]:
    """Shifts that hold at the last tick."""
    found = run_all(RULE, RhythmParams(**params), signals, tick_floor_s=7 * DAY_S)
    last = max(one.at for one in signals)
    return [one.draft for one in found if one.at == last and one.draft.anchor.type == "shifts"]


# --- what is found -------------------------------------------------------------------------


def test_three_operators_of_one_desk_are_found() -> None:
    (draft,) = find(world(desk(), people()))
    assert draft.anchor == Key("shifts", "x:u0")
    assert draft.subjects == ("x:u0", "x:u1", "x:u2")
    assert draft.sentence == (
        f"3 accounts take turns over {draft.conditions[2].value} hours of the week: 100% of their "
        f"acts fall to the one whose hour it is, {draft.values['expected']:.0%} expected of others "
        "as busy"
    )
    assert draft.conditions[2].value > 150
    assert 0.5 < draft.values["expected"] < 0.9
    assert (draft.llr, draft.tier, draft.links) == (1.5, Tier.SUPPORTING, ())
    assert [(one.name, one.limit, one.met) for one in draft.conditions] == [
        ("acts", 30, True),
        ("acts in own hours", 0.95, True),
        ("hours covered", 84, True),
        ("chance", 0.01, True),
    ]
    assert all(len(heat) == WEEK_H for heat in draft.values["hours_of_week"].values())


@pytest.mark.parametrize("count", [3, 4, 6])
def test_desks_of_several_sizes_are_found_whole(count: int) -> None:
    (draft,) = find(world(desk(count), people()))
    assert len(draft.subjects) == count


def test_a_few_acts_outside_the_shift_do_not_hide_it() -> None:
    assert find(world(desk(stray=6), people())) != []


def test_somebody_who_shares_the_link_but_works_all_day_is_not_named() -> None:
    tied = desk() | {"boss": acting(9, range(24), each=3)}
    (draft,) = find(world(tied, people()))
    assert draft.subjects == ("x:u0", "x:u1", "x:u2")


# --- what looks like it --------------------------------------------------------------------


def test_operators_without_a_tie_are_not_compared() -> None:
    assert find(world(desk(), people(), tie="")) == []


def test_a_tie_of_very_many_makes_no_candidates() -> None:
    tied = desk() | people()
    assert find(world(tied), tie_cap=26) == []


def test_readers_in_three_time_zones_overlap_by_day() -> None:
    readers = {
        f"r{n}": acting(n, [(hour - zone) % 24 for hour in range(8, 24)])
        for n, zone in enumerate((-8, 0, 8))
    }
    assert find(world(readers, people())) == []


def test_where_everybody_keeps_short_hours_three_that_fit_prove_nothing() -> None:
    """Every account of this desk acts in one third of the day, so many three of them fit."""
    thirds = {f"p{n}": acting(300 + n, range(n % 3 * 8, n % 3 * 8 + 8)) for n in range(24)}
    assert find(world(desk(), thirds)) == []


def test_two_that_take_turns_are_too_few() -> None:
    assert find(world(desk(2), people())) == []


def test_hours_of_the_week_must_be_covered() -> None:
    evening = {f"u{n}": acting(n, [14 + 2 * n, 15 + 2 * n]) for n in range(3)}
    assert find(world(evening, people())) == []
    assert find(world(evening, people()), shift_hours=24) != []


def test_few_acts_are_apart_by_chance() -> None:
    """Who acts 30 times in a month meets others in few hours whatever the hours are."""
    rare = {f"r{n}": acting(n, range(24), days=27, each=2)[:32] for n in range(3)}
    assert find(world(rare, people()), shift_alone=0.7, shift_hours=24) == []


def test_three_that_fit_were_chosen_where_many_share_the_tie() -> None:
    """Of 27 accounts there are 2,925 choices of three, so that three must fit so much better."""
    among_many = world(desk() | people())
    assert find(among_many) != []
    assert find(among_many, alpha=1e-6) == []
    assert find(world(desk(), people()), alpha=1e-6) != []


def test_too_few_others_cannot_say_what_chance_is() -> None:
    assert find(world(desk(), people(2)), min_population=3) == []
    assert find(world(desk(), people(12)), min_population=3) != []


def test_two_desks_on_two_ties_are_two_groups() -> None:
    other = {f"v{n}": acting(150 + n, range(n * 8, n * 8 + 8)) for n in range(3)}
    first, second = world(desk(), people()), world(other, tie="target:story-8")
    both = sorted([*first, *second], key=lambda one: one.at)
    signals = [msgspec.structs.replace(one, id=n) for n, one in enumerate(both, 1)]
    assert sorted(draft.subjects for draft in find(signals)) == [
        ("x:u0", "x:u1", "x:u2"),
        ("x:v0", "x:v1", "x:v2"),
    ]


@pytest.mark.parametrize("weeks", [1, 5])
def test_the_same_weeks_at_another_date_are_judged_the_same(weeks: int) -> None:
    signals = world(desk(), people())
    later = [msgspec.structs.replace(one, at=one.at + weeks * 7 * DAY_S) for one in signals]
    (one,), (two,) = find(signals), find(later)
    assert (one.subjects, one.score, one.values) == (two.subjects, two.score, two.values)


def test_other_names_of_the_same_accounts_are_named_instead() -> None:
    """Who comes first in the alphabet decides nothing."""
    renamed = {"u0": "zoe", "u1": "ann", "u2": "max"}
    signals = [
        msgspec.structs.replace(one, actor=renamed.get(one.actor, one.actor))
        for one in world(desk(), people())
    ]
    (draft,) = find(signals)
    assert draft.subjects == ("x:ann", "x:max", "x:zoe")


# --- bounds and promises -------------------------------------------------------------------


def test_no_group_is_larger_than_eight(monkeypatch: pytest.MonkeyPatch) -> None:
    many = desk(12, each=10)
    monkeypatch.setattr(shifts, "comb", lambda _n, _k: 1)
    (draft,) = find(world(many, people()))
    assert len(draft.subjects) == MAX_ACCOUNTS


def test_nobody_is_in_two_groups() -> None:
    signals = world(desk(), people())
    again = [
        msgspec.structs.replace(one, objects=(*one.objects, "target:other"))
        if one.actor in {"u0", "u1", "u2"} else one
        for one in signals
    ]  # fmt: skip
    assert len(find(again)) == 1


@settings(max_examples=5, deadline=None)
@given(shards=st.sampled_from([2, 4]), stray=st.integers(0, 5))
def test_shards_change_nothing(shards: int, stray: int) -> None:
    signals = world(desk(stray=stray), people())
    params = RhythmParams()
    one = run_all(RULE, params, signals, tick_floor_s=7 * DAY_S)
    assert run_all(RULE, params, signals, of=shards, tick_floor_s=7 * DAY_S) == one


@given(
    st.lists(st.lists(st.integers(0, 5), min_size=4, max_size=4), min_size=1, max_size=4)
    .map(np.array)
    .filter(lambda weeks: bool(weeks.sum()))
)
def test_the_share_lies_between_an_even_split_and_one(weeks: np.ndarray[Any, Any]) -> None:
    assert 1 / len(weeks) - 1e-9 <= alone_share(weeks) <= 1.0


WEEKS = st.lists(st.lists(st.integers(0, 3), min_size=5, max_size=5).filter(any), max_size=12)


@given(weeks=WEEKS, data=st.data(), alone=st.sampled_from([0.5, 0.8, 0.95, 1.0]))
def test_on_many_ties_at_once_those_fit_that_fit_one_after_the_other(
    weeks: list[list[int]], data: st.DataObject, alone: float
) -> None:
    numbers = st.integers(0, max(0, len(weeks) - 1))
    ties = data.draw(st.lists(st.sets(numbers, min_size=1), max_size=6)) if weeks else []
    table = np.array(weeks, dtype=np.int64).reshape(-1, 5)
    there = Holders(
        np.array([place for tie in ties for place in sorted(tie)], dtype=np.int64),
        np.array([len(tie) for tie in ties], dtype=np.int64),
    )
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(shifts, "MAX_ACCOUNTS", 3)
        patch.setattr(shifts, "_TOGETHER", data.draw(st.sampled_from([1, 2, 100])))
        found = list(shifts._fitting(there, table, alone))
    assert found == [one_by_one(sorted(tie), table, alone, 3) for tie in ties]


def one_by_one(
    there: Sequence[int], weeks: np.ndarray[Any, Any], alone: float, most: int
) -> tuple[int, ...]:
    """Who fits with those before, the densest first."""
    dense = {place: weeks[place].sum() / np.count_nonzero(weeks[place]) for place in there}
    chosen: list[int] = []
    for place in sorted(there, key=lambda place: (-dense[place], place)):
        together = weeks[[*chosen, place]]
        if len(chosen) < most and together.max(axis=0).sum() / together.sum() >= alone:
            chosen.append(place)
    return tuple(sorted(chosen))
