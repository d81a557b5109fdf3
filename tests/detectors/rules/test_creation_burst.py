"""D5: bursts of sign-ups; classes, waves and the platform's own handles are none."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, datetime
from functools import cache
from random import Random
from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from detectors.base import DAY_S, HOUR_S, Family, FindingDraft, Key, Signal, Tier
from detectors.engine import Found, run_all
from detectors.rules.creation_burst import CreationBurst, CreationBurstParams
from detectors.schema import ActorProfile
from detectors.signups.ledger import MAX_MEMBERS, MAX_RECENT, MAX_SHAPES
from tests.detectors.test_arrival import _current as current
from tests.harness import T0, bag, largest_state, rewound, run

RULE = CreationBurst()
DEFAULTS = CreationBurstParams()
SHAPES = ("ann{}", "bernadette{}", "Carl_{}", "dora.miller{}", "EvaMoon{}", "f_{}_g")
FIRST = ("Jane", "Mary", "Paul", "Rita", "Hugo", "Nina", "Otto", "Vera")
LAST = ("Miller", "Walker", "Fisher", "Turner", "Cooper", "Carter")


def signup(
    number: int,
    handle: str,
    at: float,
    *,
    kind: str = "account.created",
    created: float | None = None,
    attributes: dict[str, Any] | None = None,
    **more: Any,
) -> Signal:
    """A new account `u<number>` on platform `x`."""
    made = None if created is None else datetime.fromtimestamp(created, UTC)
    fields: dict[str, Any] = {"platform": "x", "actor": f"u{number}", **more}
    return Signal(
        id=number + 1,
        at=at,
        kind=kind,
        profile=ActorProfile(handle=handle, created_at=made),
        attributes=attributes or {},
        **fields,
    )


@cache
def season(days: int = 28, daily: int = 60) -> tuple[Signal, ...]:
    """What is usual: sign-ups of six shapes by day and fewer by night, up to T0."""
    draw = Random(7)
    found = []
    for day in range(days):
        for _ in range(daily):
            hour = draw.choices(range(24), weights=[1 + (7 <= one <= 22) * 4 for one in range(24)])
            at = T0 - (day + 1) * DAY_S + (hour[0] + draw.random()) * HOUR_S
            found.append((at, draw.choice(SHAPES).format(draw.randrange(10, 100))))
    return tuple(
        signup(number, handle, at) for number, (at, handle) in enumerate(sorted(found), 100_000)
    )


def campaign(count: int, *, seconds: float = HOUR_S, at: float = T0, **more: Any) -> list[Signal]:
    """Accounts such as `Jane_Miller1984`, evenly over that time."""
    return [
        signup(
            number,
            f"{FIRST[number % 8]}_{LAST[number % 6]}{1000 + 7 * number}",
            at + number * seconds / count,
            **more,
        )
        for number in range(count)
    ]


def find(signals: list[Signal], **params: Any) -> list[FindingDraft]:
    found = run(RULE, CreationBurstParams(**params), signals)
    return [draft for _, draft in found]


def test_a_burst_of_handles_after_one_scheme_is_found_and_says_what_was_expected() -> None:
    before = [
        signup(90_000 + day, f"Mark_Winter{4000 + day}", T0 - (28 - day) * DAY_S + 1)
        for day in range(27)
    ]
    world = sorted([*season(), *before], key=lambda one: one.at)
    draft = find([*world, *campaign(22)])[-1]
    assert draft.sentence == "22 handles like `Name_Word####` in 1 h, 1.1 expected"
    assert draft.subjects == tuple(sorted(f"x:u{number}" for number in range(22)))
    assert draft.signal_ids == tuple(range(1, 23))
    assert (draft.llr, draft.tier, draft.family) == (2.0, Tier.SUPPORTING, None)
    assert (RULE.meta.family, draft.first_at) == (Family.IDENTITY, T0)
    enough, chance = draft.conditions
    assert (enough.name, enough.value, enough.op, enough.limit, enough.met) == (
        "sign-ups in 1 h", 22, ">=", 8, True,
    )  # fmt: skip
    assert chance.value == draft.values["p"] <= chance.limit == 1e-4


def test_the_eighth_account_of_an_hour_brings_it_to_light() -> None:
    assert find([*season(), *campaign(7)]) == []
    (draft,) = find([*season(), *campaign(8)])
    assert len(draft.subjects) == 8


def test_a_slow_burst_is_found_by_the_day() -> None:
    slow = campaign(20, seconds=19 * HOUR_S)
    assert find([*season(), *slow[:19]]) == []
    (draft,) = find([*season(), *slow])
    assert draft.sentence.startswith("20 handles like `Name_Word####` in 24 h, ")
    assert draft.values["window_h"] == 24


def test_what_is_usual_at_this_hour_of_the_week_is_no_burst() -> None:
    """A course starts every Monday at nine: 15 handles after the scheme of the school."""
    weekly = [
        signup(50_000 + 100 * week + number, f"Anna_Winter{2000 + number}",
               T0 - week * 7 * DAY_S + 200 * number)
        for week in range(4, 0, -1)
        for number in range(15)
    ]  # fmt: skip
    world = sorted([*season(), *weekly], key=lambda one: one.at)
    quiet = [one for one in find([*world, *campaign(15)]) if one.first_at >= T0]
    assert quiet == []
    (loud, *_) = find([*world, *campaign(15, at=T0 + 30 * HOUR_S)])[-1:]
    assert loud.values["window_h"] == 1, "the same number at another hour"


def test_a_wave_from_another_platform_lifts_all_shapes_and_is_no_burst() -> None:
    draw = Random(3)
    moved = [
        signup(number, draw.choice(SHAPES).format(draw.randrange(10, 100)), T0 + number * 9)
        for number in range(1_200)
    ]
    assert find([*season(), *moved]) == []


def test_a_campaign_that_hides_in_a_wave_is_still_found_when_its_shape_is_rare() -> None:
    draw = Random(3)
    moved = [
        signup(1_000 + number, draw.choice(SHAPES).format(draw.randrange(10, 100)), T0 + number * 9)
        for number in range(400)
    ]
    world = [*season(), *sorted([*moved, *campaign(40)], key=lambda one: (one.at, one.id))]
    assert {len(one.subjects) for one in find(world)[-1:]} == {40}


def test_a_class_with_names_of_its_own_is_no_burst() -> None:
    draw = Random(5)
    pupils = [
        signup(number, draw.choice(SHAPES).format(draw.randrange(10, 100)), T0 + 60 * number,
               identifier_map={"ip": "198.51.100.7"})
        for number in range(30)
    ]  # fmt: skip
    assert find([*season(), *pupils]) == []


def test_a_school_that_names_its_pupils_is_known_by_its_network() -> None:
    school = {"asn_class": "education"}
    assert find([*season(), *campaign(30, attributes=school)]) == []
    assert find([*season(), *campaign(30, attributes={"asn_class": ["education"]})]) != []


def test_handles_that_the_platform_gives_are_learnt() -> None:
    """`user1234567` for a third of all accounts, and a busy day of them."""
    draw = Random(9)
    given_before = [
        signup(200_000 + number, f"user{draw.randrange(10**6, 10**7)}",
               T0 - 28 * DAY_S + number * 28 * DAY_S / 840)
        for number in range(840)
    ]  # fmt: skip
    world = sorted([*season(), *given_before], key=lambda one: one.at)
    busy = [signup(n, f"user{7_000_000 + n}", T0 + 450 * n) for n in range(24)]
    assert [one for one in find([*world, *busy]) if one.first_at >= T0] == []
    assert find([*season(), *busy]) != []


def test_handles_that_are_said_to_be_the_platforms_do_not_count() -> None:
    assert find([*season(), *campaign(30, attributes={"default_handle": True})]) == []
    assert find([*season(), *campaign(30, attributes={"default_handle": "no"})]) != []


def test_addresses_of_one_make_count_even_where_the_platform_made_the_handles() -> None:
    default = {"default_handle": True}
    crew = [
        signup(n, f"user{n:07}", T0 + 60 * n, attributes=default,
               identifier_map={"email": f"jane.doe{n}@mail.example"})
        for n in range(9)
    ]  # fmt: skip
    assert {one.anchor.type for one in find([*season(), *crew])} == {"signup-mail"}
    assert find([*season(), *crew], exceptions=("x",)) == []


def test_an_expected_sign_up_counts_once_among_all() -> None:
    """A busy newcomer with a handle of the platform must not make the platform look busy."""
    newcomer = [
        signup(9_000, "user1234567", T0 + n, kind="post", created=T0,
               attributes={"default_handle": True})
        for n in range(500)
    ]  # fmt: skip
    ids = [msgspec.structs.replace(one, id=20_000 + n) for n, one in enumerate(newcomer)]
    alone, beside = find([*season(), *campaign(9)]), find([*season(), *ids, *campaign(9)])
    assert [one.subjects for one in alone] == [one.subjects for one in beside] != []


@pytest.mark.parametrize(
    ("entry", "is_quiet"),
    [
        ("x", True),
        ("x/Name_Word####", True),
        ("x/Name_Word####  2026-09-20..2026-09-22", True),
        ("x 2026-09-22..2026-09-30", False),
        ("x/name##", False),
        ("y", False),
    ],
)
def test_an_exception_holds_for_its_platform_shape_and_period(entry: str, is_quiet: bool) -> None:
    found = find([*season(), *campaign(30)], exceptions=(entry,))
    assert (found == []) is is_quiet


@pytest.mark.parametrize(
    "entry", ["", "X", "x/a b", "x 2026-13-01..2026-13-02", "x 2026-09-22..2026-09-20", "x 1..2"]
)
def test_an_exception_that_cannot_be_read_is_refused(entry: str) -> None:
    with pytest.raises(ValidationError):
        CreationBurstParams(exceptions=(entry,))


def test_a_common_shape_from_one_link_is_found_where_the_shape_alone_is_not() -> None:
    crew = [
        signup(number, f"Carl_{10 + number}", T0 + 120 * number,
               attributes={"referrer": "https://join.example/r/77?u=" + str(number)})
        for number in range(16)
    ]  # fmt: skip
    usual = [
        signup(1_000 + number, SHAPES[number % 6].format(10 + number), T0 + 50 * number)
        for number in range(60)
    ]
    world = sorted([*crew, *usual], key=lambda one: (one.at, one.id))
    draft = find([*season(), *world])[-1]
    assert draft.sentence == (
        "16 handles like `Name_##` from referrer join.example/r/77 in 1 h, 0.2 expected"
    )
    assert draft.values["origin"] == "referrer join.example/r/77"
    assert len(draft.subjects) == 16


def test_addresses_that_differ_in_digits_and_dots_are_one_make() -> None:
    crew = [
        signup(number, SHAPES[number % 6].format(10 + number), T0 + 300 * number,
               identifier_map={"email": f"jane.doe{number}@mail.example"})
        for number in range(9)
    ]  # fmt: skip
    drafts = find([*season(), *crew])
    assert {one.anchor.type for one in drafts} == {"signup-mail"}
    assert drafts[-1].sentence == (
        "9 e-mail addresses like janedoe@mail.example in 1 h, 0.02 expected"
    )


def test_a_big_mail_provider_and_hashed_addresses_make_no_burst() -> None:
    many = [
        signup(number, SHAPES[number % 6].format(10 + number), T0 + 60 * number,
               identifier_map={"email": f"{FIRST[number % 8]}{LAST[number % 6]}{number}@big.example"
                               if number % 2 else f"{number:064x}"})
        for number in range(40)
    ]  # fmt: skip
    assert find([*season(), *many]) == []


def test_the_first_day_of_a_desk_calls_nothing_a_burst_that_is_a_share_of_all() -> None:
    draw = Random(11)
    opening = [
        signup(number, draw.choice(SHAPES).format(draw.randrange(10, 100)), T0 + 60 * number)
        for number in range(1_400)
    ]
    assert find(opening) == []


def test_young_profiles_count_like_sign_ups_and_old_ones_do_not() -> None:
    young = [
        signup(n, f"Jane_Miller{1000 + n}", T0 + 8 * HOUR_S + n, kind="post", created=T0 + 60 * n)
        for n in range(10)
    ]
    draft = find([*season(), *young])[-1]
    assert (len(draft.subjects), draft.first_at, draft.last_at) == (10, T0, T0 + 540)
    old = [
        signup(n, f"Jane_Miller{1000 + n}", T0 + n, kind="post", created=T0 - 2 * DAY_S + n)
        for n in range(10)
    ]
    unknown = [signup(n, f"Jane_Miller{1000 + n}", T0 + n, kind="post") for n in range(10)]
    future = [
        signup(n, f"Jane_Miller{1000 + n}", T0 + n, kind="post", created=T0 + DAY_S)
        for n in range(10)
    ]
    assert find([*season(), *old, *unknown, *future]) == []


def test_an_old_account_that_is_sent_as_new_is_not_new() -> None:
    old = [signup(n, f"Jane_Miller{1000 + n}", T0 + n, created=T0 - 90 * DAY_S) for n in range(30)]
    assert find([*season(), *old]) == []
    clocks = [signup(n, f"Jane_Miller{1000 + n}", T0 + n, created=T0 + 200) for n in range(30)]
    assert find([*season(), *clocks]) != []


def test_an_account_counts_once_however_often_it_is_told() -> None:
    one = campaign(7)
    told = [msgspec.structs.replace(signal, id=signal.id + 100) for signal in one]
    later = [
        signup(n, one[n].profile.handle, T0 + HOUR_S + n, kind="post", created=one[n].at)  # type: ignore[union-attr]  # every sign-up has a profile
        for n in range(7)
    ]
    assert find([*season(), *one, *told, *later]) == []


def test_a_burst_that_goes_on_is_one_finding_and_a_later_one_another() -> None:
    drafts = find([*season(), *campaign(30, seconds=3 * HOUR_S)])
    assert len({one.anchor for one in drafts}) == 1
    assert len(drafts[-1].subjects) == 30
    again = [
        msgspec.structs.replace(one, id=one.id + 500, actor=f"v{one.id}", at=one.at + 4 * DAY_S)
        for one in campaign(30)
    ]
    drafts = find([*season(), *campaign(30), *again])
    assert len({one.anchor for one in drafts}) == 2
    assert all(name.startswith("x:v") for name in drafts[-1].subjects)


def test_a_burst_that_is_spread_over_platforms_is_found_in_all_of_them_together() -> None:
    here = campaign(5)
    there = [msgspec.structs.replace(one, platform="y", id=one.id + 50) for one in campaign(5)]
    drafts = find([*season(), *here, *there])
    assert {one.anchor.value.partition(" ")[0] for one in drafts} == {"*"}
    assert {name.partition(":")[0] for name in drafts[-1].subjects} == {"x", "y"}


def test_what_is_a_burst_on_one_platform_is_not_told_twice() -> None:
    drafts = find([*season(), *campaign(12)])
    assert {one.anchor.value.partition(" ")[0] for one in drafts} == {"x"}


def spread(count: int, platforms: str = "xyz", **more: Any) -> list[Signal]:
    """A campaign whose accounts go round the platforms."""
    return [
        msgspec.structs.replace(one, platform=platforms[number % len(platforms)])
        for number, one in enumerate(campaign(count, **more))
    ]


def test_too_few_on_each_platform_are_enough_together_and_one_less_is_not() -> None:
    assert find([*season(), *spread(7)]) == []
    (draft,) = find([*season(), *spread(8)])
    assert draft.anchor.value.partition(" ")[0] == "*"
    assert Counter(name.partition(":")[0] for name in draft.subjects) == {"x": 3, "y": 3, "z": 2}


def test_a_wave_over_all_platforms_is_no_burst_of_all_of_them() -> None:
    """An outage elsewhere: everybody comes, to several platforms, with handles of all makes."""
    draw = Random(5)
    moved = [
        signup(number, draw.choice(SHAPES).format(draw.randrange(10, 100)), T0 + number * 9,
               platform=draw.choice("xyz"))
        for number in range(900)
    ]  # fmt: skip
    assert find([*season(), *moved]) == []


def test_an_exception_of_one_platform_leaves_the_others_judged_together() -> None:
    crew = spread(12)
    assert find([*season(), *crew], exceptions=("x/Name_Word####", "y", "z")) == []
    (draft, *_) = find([*season(), *crew], exceptions=("z",))[-1:]
    assert {name.partition(":")[0] for name in draft.subjects} == {"x", "y"}
    assert find([*season(), *spread(10)], exceptions=("z",)) == [], "seven are left"


def test_handles_that_one_platform_made_are_no_part_of_a_burst_of_all() -> None:
    given = {"default_handle": True}
    crew = [
        one if one.platform == "x" else msgspec.structs.replace(one, attributes=given)
        for one in spread(20, "xy")
    ]
    drafts = find([*season(), *crew])
    assert {name.partition(":")[0] for draft in drafts for name in draft.subjects} == {"x"}
    assert {draft.anchor.value.partition(" ")[0] for draft in drafts} == {"x"}


def test_the_state_of_all_platforms_together_is_as_bounded_as_that_of_one() -> None:
    flood = [
        signup(n, f"Jane_Miller{n:05}", T0 + 0.1 * n, platform=f"p{n % 40}",
               attributes={"referrer": f"r{n}"})
        for n in range(1_500)
    ]  # fmt: skip
    states: dict[Key, Any] = {}
    found = run(RULE, DEFAULTS, flood, states=states)
    ledger = states[Key("signups", "*")]
    assert ledger.truncated
    assert max(len(one.recent) for one in ledger.cohorts.values()) <= MAX_RECENT
    assert largest_state(states) < 1_000_000
    assert max(len(draft.subjects) for _, draft in found) <= MAX_MEMBERS


@pytest.mark.parametrize(
    "handle", ["", "@", "\x00\ud800", "__", "x" * 200, "🙂" * 100, "a1" * 100, "\u202eabc"]
)
def test_no_handle_is_too_strange(handle: str) -> None:
    odd: dict[str, Any] = {"referrer": ["https://a.example"], "asn_class": 7, "default_handle": 1}
    signals = [
        signup(n, handle, T0 + n, attributes=odd, identifier_map={"email": ["x", "@", "\x00@\x00"]})
        for n in range(30)
    ]
    for draft in find(signals):
        assert draft.sentence.isprintable()
        assert draft.anchor.value.isprintable()
    hostile = {"referrer": "\x00\u202e" * 5_000}
    assert find([signup(1, handle, T0, attributes=hostile)]) == []


def test_signals_without_profile_or_actor_are_passed_over() -> None:
    bare = Signal(id=1, at=T0, platform="x", kind="account.created", actor="u1")
    assert list(RULE.keys(bare, DEFAULTS)) == []
    nobody = signup(1, "Jane_Miller1984", T0, actor="")
    assert list(RULE.keys(nobody, DEFAULTS)) == []


def test_a_flood_of_shapes_and_accounts_keeps_the_state_small() -> None:
    words = ("a", "abcd", "A", "Abcd", "ABCD", "abcdefghijklmn")
    shapes = [f"{a}{s}{b}{s}{c}" for a in words for b in words for c in words for s in "._-+~"]
    flood = [
        signup(n, shapes[n % len(shapes)] + "1" * (n % 3), T0 + 0.1 * n,
               attributes={"referrer": f"r{n}"})
        for n in range(6_000)
    ]  # fmt: skip
    mass = [signup(10_000 + n, f"Jane_Miller{n:04}", T0 + 600 + 0.1 * n) for n in range(2_000)]
    states: dict[Key, Any] = {}
    found = run(RULE, DEFAULTS, [*season(), *flood, *mass], states=states)
    ledger = states[Key("signups", "x")]
    assert len(ledger.cohorts) <= MAX_SHAPES
    assert max(len(one.recent) for one in ledger.cohorts.values()) <= MAX_RECENT
    assert largest_state(states) < 1_000_000
    last = found[-1][1]
    assert "truncated" in last.flags
    assert len(last.subjects) <= MAX_MEMBERS


def test_a_restart_changes_nothing() -> None:
    signals = [*season(), *campaign(25)]
    states: dict[Key, Any] = {}
    first = run(RULE, DEFAULTS, signals[:-12], states=states)
    second = run(RULE, DEFAULTS, signals[-12:], states=rewound(RULE, states))
    moved = [(position + len(signals) - 12, draft) for position, draft in second]
    assert bag(first + moved) == bag(run(RULE, DEFAULTS, signals))


@settings(max_examples=30, deadline=None)
@given(
    rows=st.lists(
        st.tuples(st.integers(0, 7_200), st.integers(0, 3), st.integers(0, 40)), max_size=60
    ),
    shards=st.sampled_from([2, 4]),
)
def test_shards_change_nothing(rows: list[tuple[int, int, int]], shards: int) -> None:
    at, signals = T0, []
    for number, (later, shape, who) in enumerate(rows):
        at += later
        handle = (*SHAPES[:3], "Jane_Miller{}")[shape].format(10 + who)
        email = {"email": f"crew{who}@mail.example"}
        signals.append(signup(number, handle, at, platform="xyz"[who % 3], identifier_map=email))
    loose = CreationBurstParams(p_max=1e-2, per_hour=3, per_day=4)
    one, several = run_all(RULE, loose, signals), run_all(RULE, loose, signals, of=shards)
    assert _plain(one) == _plain(several)


def _plain(found: list[Found]) -> list[str]:
    return sorted(f"{one.at} {one.signal_id} {one.draft!r}" for one in found)


@settings(max_examples=60, deadline=None)
@given(
    rows=st.lists(
        st.tuples(st.integers(0, 5_000), st.integers(0, 2), st.integers(0, 20)), max_size=40
    ),
    most=st.sampled_from([60, HOUR_S, DAY_S]),
    cut=st.integers(0, 40),
    chance=st.randoms(use_true_random=False),
)
def test_any_order_of_arrival_and_a_restart_give_the_same_current_findings(
    rows: list[tuple[int, int, int]], most: int, cut: int, chance: Random
) -> None:
    at, signals = T0, []
    for number, (later, shape, who) in enumerate(rows):
        at += later
        handle = (*SHAPES[:2], "Jane_Miller{}")[shape].format(10 + who)
        email = {"email": f"crew{who}@mail.example"}
        signals.append(signup(number, handle, at, actor=f"u{who}", identifier_map=email))
    loose = CreationBurstParams(p_max=1e-2, per_hour=3, per_day=4)
    came = sorted(signals, key=lambda one: (one.at + chance.randint(0, most), one.id))
    assert current(RULE, loose, came, cut) == current(RULE, loose, signals)
