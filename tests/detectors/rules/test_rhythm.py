"""D4: one rhythm to the minute; schedulers, colleagues and spectators keep none together."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from random import Random
from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from detectors.base import DAY_S, HOUR_S, MINUTE_S, Family, FindingDraft, Key, Signal, Tier
from detectors.engine import Found, run_all
from detectors.rhythm.beats import WHOLE, collect, merge
from detectors.rhythm.bins import (
    BIN_S,
    LOOKBACK_S,
    MAX_BINS,
    MAX_TIES,
    PER_HOUR,
    SCHEDULED,
    Beat,
    Rhythm,
    act,
    spread,
)
from detectors.rules.rhythm import RhythmDetector, RhythmParams
from tests.harness import largest_state, rewound, run

RULE = RhythmDetector()
DEFAULTS = RhythmParams()
MONDAY = 1_790_553_600.0
"""A midnight in UTC."""


def did(number: int, actor: str, at: float, *, tie: str = "target:story-7", **more: Any) -> Signal:
    fields: dict[str, Any] = {"platform": "x", "kind": "reply", **more}
    objects = (tie,) if tie else ()
    return Signal(id=number, at=at, actor=actor, objects=objects, **fields)


def moments(seed: int, *, days: int = 21, hours: Sequence[int] = (9, 10, 14, 20)) -> list[float]:
    """One act in each of these hours of each day, at some minute."""
    draw = Random(seed)
    return [
        MONDAY + day * DAY_S + hour * HOUR_S + draw.uniform(MINUTE_S + 1, HOUR_S - 400)
        for day in range(days)
        for hour in hours
    ]


def world(people: Mapping[str, Sequence[float]], **more: Any) -> list[Signal]:
    acts = sorted((at, actor) for actor, times in people.items() for at in times)
    return [did(number, actor, at, **more) for number, (at, actor) in enumerate(acts, 1)]


def crew(count: int, jitter_s: float = 60) -> dict[str, list[float]]:
    """Accounts that one hand leads: the same minutes, a little apart."""
    draw = Random(1)
    return {
        f"u{number}": [at + draw.uniform(0, jitter_s) for at in moments(100)]
        for number in range(count)
    }


def people(count: int, **more: Any) -> dict[str, list[float]]:
    """Colleagues in one office: the same hours, each at own minutes."""
    return {f"p{number}": moments(number, **more) for number in range(count)}


def beats_of(states: Mapping[str, Rhythm], clock: float, least: int) -> list[Beat]:
    """What a tick compares, account by account."""
    keyed = {Key("account", name): state for name, state in states.items()}
    found = merge([collect(keyed, clock, least)], len(states))
    return [found[place] for place in range(len(found))]


def slow_beats(states: Mapping[str, Rhythm], clock: float, least: int) -> Iterator[Beat]:
    """The same, one account and one bin after the other."""
    for name, state in sorted(states.items()):
        recent = {n: id_ for n, id_ in state.bins.items() if n >= (clock - LOOKBACK_S) // BIN_S}
        kept = {n: recent[n] for n in sorted(recent, key=spread)[:MAX_BINS]}
        reach = max(map(spread, kept)) if len(kept) < len(recent) else WHOLE
        minutes = Counter(n % PER_HOUR for n in kept)
        bins = sorted(n for n in kept if minutes[n % PER_HOUR] <= SCHEDULED * len(kept))
        if len(bins) >= least:
            ties = sorted(state.ties)[:MAX_TIES]
            yield Beat(name, bins, [kept[n] for n in bins], ties, reach)


def ever(signals: Sequence[Signal], **params: Any) -> list[Found]:
    return run_all(RULE, RhythmParams(**params), signals)


def find(signals: Sequence[Signal], **params: Any) -> list[FindingDraft]:
    last = max(one.at for one in signals)
    return [one.draft for one in ever(signals, **params) if one.at == last]


def test_accounts_that_act_in_the_same_minutes_of_the_same_hours_are_found() -> None:
    (draft,) = find(world({**crew(3), **people(20)}))
    assert draft.subjects == ("x:u0", "x:u1", "x:u2")
    assert draft.sentence == (
        "3 accounts with one weekly rhythm (cosine from 1.00); two of them acted 79 times in the "
        "same 5 minutes, 9.1 expected"
    )
    assert (draft.llr, draft.tier, RULE.meta.family) == (1.5, Tier.SUPPORTING, Family.TIMING)
    assert draft.links == ((0, 1, 1.5), (0, 2, 1.5), (1, 2, 1.5))
    assert [(one.name, one.limit, one.met) for one in draft.conditions] == [
        ("acts", 30, True),
        ("cosine of the weeks", 0.95, True),
        ("chance", 0.01, True),
    ]
    assert draft.values["same_bins"] > 50
    assert sum(draft.values["hours_of_week"]["x:u0"]) == 84


def test_colleagues_with_one_working_day_keep_their_own_minutes() -> None:
    assert ever(world(people(12))) == []


def test_accounts_that_share_nothing_are_not_compared() -> None:
    signals = world({**crew(3), **people(20)}, tie="")
    assert ever(signals) == []
    phones = [msgspec.structs.replace(one, identifier_map={"device": "d-1"}) for one in signals]
    assert ever(phones) != []


def test_what_everybody_shares_makes_no_candidates() -> None:
    assert ever(world({**crew(3), **people(20)}), tie_cap=22) == []
    assert ever(world({**crew(3), **people(20)}), tie_cap=23) != []


@pytest.mark.parametrize(
    ("offset", "why"),
    [(20.0, "on the hour"), (15 * MINUTE_S + 20.0, "a job at a quarter past")],
)
def test_schedulers_at_a_fixed_minute_are_no_rhythm(offset: float, why: str) -> None:
    times = [MONDAY + hour * HOUR_S + offset for hour in range(24 * 20)]
    assert ever(world({f"bot{n}": times for n in range(4)} | people(20))) == [], why


def test_spectators_of_one_programme_have_weeks_of_their_own() -> None:
    """Ten matches make all act at once; otherwise each lives in hours of its own."""
    draw = Random(4)
    goals = [MONDAY + (2 * n + 0.8) * DAY_S + 1_000 for n in range(10)]
    fans = {
        f"fan{n}": [at + draw.uniform(0, 90) for at in goals]
        + moments(n, hours=draw.sample(range(24), 3))
        for n in range(10)
    }
    assert ever(world({**fans, **people(20)})) == []


def test_an_hour_in_which_everybody_acts_at_once_proves_nothing() -> None:
    """A daily show at 20:15 in which all accounts vote, and nothing else."""
    show = [MONDAY + day * DAY_S + 20 * HOUR_S for day in range(28)]
    draw = Random(6)
    voters = {
        f"v{n}": [at + draw.choice((610, 1_510, 2_410, 3_010)) for at in show for _ in range(2)]
        for n in range(30)
    }
    assert ever(world(voters)) == []


def test_few_acts_say_nothing() -> None:
    crowd = people(20)
    short = {name: times[:29] for name, times in crew(3).items()}
    assert ever(world({**short, **crowd})) == []
    enough = {name: times[:30] for name, times in crew(3).items()}
    assert ever(world({**enough, **crowd})) != []


def test_without_a_population_nobody_knows_what_chance_is() -> None:
    assert ever(world({**crew(3), **people(16)})) == []


def test_the_same_minutes_at_other_hours_of_the_week_are_not_alike() -> None:
    shifted = crew(1) | {"other": [at + DAY_S * 1.5 for at in crew(1)["u0"]]}
    assert ever(world({**shifted, **people(20)})) == []


def test_an_act_told_twice_counts_once() -> None:
    signals = world({**crew(2), **people(20)})
    again = [msgspec.structs.replace(one, id=one.id + 9_000) for one in signals]
    both = sorted([*signals, *again], key=lambda one: (one.at, one.id))
    assert find(both) == find(signals) != []


def test_very_busy_accounts_are_compared_by_a_fair_sample() -> None:
    draw = Random(8)
    bins = [MONDAY + 70 + place * BIN_S for place in draw.sample(range(12 * 24 * 27), 3_000)]
    busy = {f"u{n}": bins for n in range(2)}
    quiet = {"w": bins[:500], "z": [at + 3 * HOUR_S for at in bins[:700]]}
    (draft,) = find(world({**busy, **quiet}), cosine=0.8, min_population=3)
    assert draft.subjects == ("x:u0", "x:u1")
    assert draft.values["same_bins"] <= MAX_BINS


def test_states_are_bounded() -> None:
    signals = [
        did(n, "u1", MONDAY + n * 301, tie=f"target:{n}", raw_urls=(f"https://a.example/{n}",))
        for n in range(1, 10_000)
    ]
    states: dict[Key, Any] = {}
    run(RULE, DEFAULTS, signals, states=states)
    state = states[Key("account", "x:u1")]
    assert len(state.ties) <= 2 * MAX_TIES
    assert len(state.bins) <= 2 * 12 * 24 * 29
    assert largest_state(states) < 200_000
    assert rewound(RULE, states) == states
    (beat,) = beats_of({"x:u1": state}, signals[-1].at, 30)
    assert len(beat.bins) == MAX_BINS


def test_old_acts_do_not_count() -> None:
    signals = world({**crew(3), **people(20)})
    states: dict[Key, Any] = {}
    run(RULE, DEFAULTS, signals, states=states)
    assert len(RULE.part(signals[-1].at, states, DEFAULTS)["accounts"]) == 23
    assert RULE.part(signals[-1].at + 28 * DAY_S, states, DEFAULTS)["accounts"] == []


@settings(deadline=None)
@given(
    counts=st.lists(st.sampled_from([0, 1, 3, 40, 399, 400, 401, 900]), max_size=5),
    step=st.integers(1, 13),
    days=st.integers(0, 40),
    least=st.integers(1, 45),
    chance=st.randoms(use_true_random=False),
)
def test_columns_of_beats_are_those_of_a_slow_look(
    counts: list[int], step: int, days: int, least: int, chance: Random
) -> None:
    first = int(MONDAY // BIN_S)
    states = {
        f"u{n}": Rhythm(
            bins={first + place * step: chance.randrange(10**6) for place in range(count)},
            ties=dict.fromkeys(chance.sample(range(10**9), 30)),
        )
        for n, count in enumerate(counts)
    }
    clock = MONDAY + days * DAY_S
    known = {name: one for name, one in states.items() if len(one.bins) >= least}
    assert beats_of(states, clock, least) == [*slow_beats(known, clock, least)]


def test_nobody_and_odd_values_are_passed_over() -> None:
    odd = did(1, "u1", MONDAY + 70, tie="\ud800:\x00", identifier_map={"device": ["\ud800", ""]})
    states: dict[Key, Any] = {}
    assert run(RULE, DEFAULTS, [odd], states=states) == []
    assert list(RULE.keys(did(1, "", MONDAY), DEFAULTS)) == []


LOOSE = RhythmParams(min_actions=10, cosine=0.5, alpha=0.1, min_population=3)


@settings(max_examples=30, deadline=None)
@given(
    seed=st.integers(0, 50),
    most=st.sampled_from([60, HOUR_S, DAY_S]),
    shards=st.sampled_from([2, 4]),
    chance=st.randoms(use_true_random=False),
)
def test_order_and_shards_change_nothing(seed: int, most: int, shards: int, chance: Random) -> None:
    days = moments(seed, days=5)
    led = {f"u{n}": [at + 40 * n for at in days] for n in range(3)}
    signals = world({**led, **people(3, days=5)})
    one, several = run_all(RULE, LOOSE, signals), run_all(RULE, LOOSE, signals, of=shards)
    assert sorted(map(repr, one)) == sorted(map(repr, several))
    came = sorted(signals, key=lambda one: (one.at + chance.randint(0, most), one.id))
    told = []
    for order in (signals, came):
        states: dict[Key, Any] = {}
        run(RULE, LOOSE, order, states=states)
        part = RULE.part(signals[-1].at, rewound(RULE, states), LOOSE)
        told.append(
            RULE.tick(signals[-1].at, [msgspec.msgpack.decode(msgspec.msgpack.encode(part))], LOOSE)
        )
    assert told[0] == told[1] != []


@settings(max_examples=20, deadline=None)
@given(
    places=st.lists(st.integers(0, 12 * 24 * 60), max_size=300),
    chance=st.randoms(use_true_random=False),
)
def test_a_state_is_the_same_for_any_order(places: list[int], chance: Random) -> None:
    signals = [did(n, "u1", MONDAY + 70 + place * BIN_S) for n, place in enumerate(places, 1)]
    shuffled = signals.copy()
    chance.shuffle(shuffled)
    beats = []
    for order in (signals, shuffled):
        state = RULE.State()
        for signal in order:
            act(state, signal)
        beats.append(beats_of({"x:u1": state}, MONDAY + 60 * DAY_S, 1))
    assert beats[0] == beats[1]
