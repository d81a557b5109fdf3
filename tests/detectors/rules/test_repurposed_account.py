"""D17: accounts that became others; renames, sold pages and people who moved are no operation."""

from __future__ import annotations

from collections.abc import Sequence
from random import Random
from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from detectors.base import DAY_S, HOUR_S, Family, FindingDraft, Key, Signal, Tier
from detectors.engine import Found, run_all
from detectors.lives.eras import MAX_ERAS, MAX_MARKS
from detectors.lives.holders import MAX_HOLDERS
from detectors.rules.repurposed_account import RepurposedAccount, RepurposedAccountParams
from detectors.schema import ActorProfile
from tests.harness import T0, largest_state, rewound, run

RULE = RepurposedAccount()
DEFAULTS = RepurposedAccountParams()
GARDEN = (
    "the tomatoes and roses have not grown well with this weather in the garden",
    "you have to water the lettuce and the radishes for a week",
    "are there gardeners with advice for the compost and that hedge",
    "this is the season of pruning and planting for the orchard",
)
ELECTION = (
    "Выборы президента обсуждают кандидаты и депутаты парламента сегодня",
    "Кандидаты обещают парламенту новые выборы президента",
    "Депутаты парламента: президента выбирает страна, кандидаты против",
    "Сегодня выборы, президента критикуют депутаты, парламента нет",
)


def wrote(number: int, actor: str, text: str, at: float, **more: Any) -> Signal:
    fields: dict[str, Any] = {"platform": "x", "kind": "post", **more}
    return Signal(id=number, at=at, actor=actor, text=text, **fields)


def life(
    actor: str, texts: Sequence[str], at: float, *, start: int, platform: str = "x", **more: Any
) -> list[Signal]:
    """One post a day from `at` on."""
    return [
        wrote(start + place, actor, text, at + place * DAY_S, platform=platform, **more)
        for place, text in enumerate(texts)
    ]


def farm(count: int, *, rest_d: float = 84, apart_s: float = DAY_S, **more: Any) -> list[Signal]:
    """Gardeners that rest and come back one a day, to write about an election in Russian."""
    found = []
    for number in range(count):
        woke = T0 + number * apart_s
        start = 1 + 20 * number
        slept = woke - rest_d * DAY_S - 3 * DAY_S
        found += life(f"u{number}", GARDEN, slept, start=start, **more)
        found += life(f"u{number}", ELECTION, woke, start=start + 10, **more)
    return sorted(found, key=lambda one: (one.at, one.id))


def named(number: int, actor: str, handle: str, day: float, **more: Any) -> Signal:
    profile = ActorProfile(handle=handle)
    return wrote(number, actor, "", T0 + day * DAY_S, kind="login", profile=profile, **more)


def find(signals: Sequence[Signal], **params: Any) -> list[FindingDraft]:
    """What is current at the last tick."""
    last = max(one.at for one in signals)
    return [one.draft for one in ever(signals, **params) if one.at == last]


def ever(signals: Sequence[Signal], **params: Any) -> list[Found]:
    """What any tick found."""
    return run_all(RULE, RepurposedAccountParams(**params), signals)


def test_accounts_that_rested_and_came_back_as_others_together_are_found() -> None:
    (draft,) = find(farm(4))
    assert draft.sentence == (
        "4 accounts rested 84 d, woke within 3 d and changed from latin (en) to cyrillic script, "
        "one topic"
    )
    assert draft.subjects == ("x:u0", "x:u1", "x:u2", "x:u3")
    assert len(draft.signal_ids) == 4 * 8
    assert (draft.llr, draft.tier, RULE.meta.family) == (2.0, Tier.SUPPORTING, Family.IDENTITY)
    assert [(one.name, one.value, one.op, one.limit, one.met) for one in draft.conditions] == [
        ("accounts that changed", 4, ">=", 3, True),
        ("shortest rest", 84.0, ">=", 60, True),
        ("old words still used", 0.0, "<=", 0.1, True),
    ]
    assert (draft.first_at, draft.last_at) == (T0, T0 + 6 * DAY_S)


def test_one_person_who_comes_back_in_another_language_is_nobodys_operation() -> None:
    assert ever(farm(1)) == []
    assert ever(farm(2)) == []


@pytest.mark.parametrize(
    ("change", "why"),
    [
        ({"rest_d": 50}, "the rest was a holiday"),
        ({"apart_s": 20 * DAY_S}, "they came back weeks apart"),
        ({"attributes": {"language": "bg"}}, "the script alone says otherwise"),
    ],
)
def test_a_short_rest_or_a_return_one_by_one_is_nothing(change: dict[str, Any], why: str) -> None:
    assert (ever(farm(4, **change)) == []) is ("script" not in why)


def test_accounts_that_wake_for_one_event_in_their_own_language_are_nothing() -> None:
    cup = [f"the {word} and the goals of this final are not for you" for word in ("match", "cup")]
    signals = []
    for number in range(6):
        start = 1 + 20 * number
        signals += life(f"u{number}", GARDEN, T0 - 90 * DAY_S, start=start)
        signals += life(f"u{number}", cup * 2, T0, start=start + 10)
    assert ever(sorted(signals, key=lambda one: one.at)) == []


def test_accounts_that_always_wrote_both_languages_have_not_changed() -> None:
    signals = []
    for number in range(4):
        start = 1 + 20 * number
        both = [*GARDEN, ELECTION[0]]
        signals += life(f"u{number}", both, T0 - 90 * DAY_S, start=start)
        signals += life(f"u{number}", ELECTION, T0, start=start + 10)
    assert ever(sorted(signals, key=lambda one: one.at)) == []


def test_people_who_moved_and_write_of_different_things_are_not_linked() -> None:
    signals = []
    for number in range(4):
        start = 1 + 20 * number
        draw = Random(number)
        own = [
            " ".join(["".join(draw.choices("абвгдежзиклмнопрст", k=8)) for _ in range(6)] + [word])
            for word in ("сегодня", "вчера", "опять", "снова")
        ]
        signals += life(f"u{number}", GARDEN, T0 - 90 * DAY_S, start=start)
        signals += life(f"u{number}", own, T0, start=start + 10)
    assert ever(sorted(signals, key=lambda one: one.at)) == []


def test_a_language_that_the_sender_names_counts() -> None:
    signals = []
    for number in range(3):
        start = 1 + 20 * number
        prices = ["drastic prices subsidies farmers protest capital"] * 4
        signals += life(
            f"u{number}", GARDEN, T0 - 90 * DAY_S, start=start, attributes={"lang": "de-AT"}
        )
        signals += life(f"u{number}", prices, T0, start=start + 10, attributes={"language": "pl"})
    (draft,) = find(sorted(signals, key=lambda one: one.at))
    assert "from latin (de) to latin (pl)" in draft.sentence


def test_the_finding_lapses_when_the_accounts_have_been_silent_for_long() -> None:
    last = T0 + 7 * DAY_S
    later = [wrote(5_000 + n, "other", "hello", last + n * DAY_S) for n in range(61)]
    assert find([*farm(4), *later[:30]]) != []
    found = ever([*farm(4), *later])
    assert {one.draft.subjects for one in found[-9:]} == {("x:u0", "x:u1", "x:u2", "x:u3")}
    assert found[-1].at < T0 + 65 * DAY_S


def test_a_handle_that_goes_from_account_to_account_is_found() -> None:
    draft = find([named(1, "100", "Breaking_News", 0), named(2, "200", "@breaking_news", 12)])[0]
    assert draft.anchor == Key("handle", "x breaking_news")
    assert draft.sentence == "2 accounts bore the handle breaking_news, free for 12 d at most"
    assert (draft.subjects, draft.signal_ids) == (("x:100", "x:200"), (1, 2))
    assert [one.value for one in draft.conditions] == [2, 12.0]


def test_a_handle_that_two_accounts_bear_by_turns_is_found() -> None:
    signals = [
        named(1, "100", "news", 0),
        named(2, "200", "news", 2),
        named(3, "100", "news", 4),
        named(4, "300", "news", 5),
    ]
    draft = find(signals)[0]
    assert draft.sentence == "3 accounts bore the handle news, by turns"
    assert draft.signal_ids == (1, 2, 3, 4)


@pytest.mark.parametrize(
    ("signals", "why"),
    [
        ([named(1, "100", "news", 0), named(2, "200", "news", 31)], "free for a month"),
        ([named(1, "100", "a", 0), named(2, "100", "b", 1)], "a rename"),
        ([named(1, "100", "news", 0), named(2, "News", "news", 1)], "a source without ids"),
        ([named(1, "100", "news", 0), named(2, "200", "news", 1, platform="y")], "two platforms"),
        ([named(1, "100", "", 0), named(2, "200", "", 1)], "no handle"),
        ([named(1, "100", "\ud800", 0), named(2, "200", "\ud800", 1)], "no handle either"),
    ],
)
def test_a_rename_and_a_free_handle_and_a_source_without_ids_are_nothing(
    signals: list[Signal], why: str
) -> None:
    assert ever(signals) == [], why


def test_hostile_texts_and_attributes_are_passed_over() -> None:
    odd: dict[str, Any] = {"language": ["ru"], "lang": {"x": 1}}
    texts = ["\x00" * 9, "\ud800\udfff", "a" * 65_536, "@" * 65_536, "🙂" * 500, "//" * 30_000]
    signals = life("u1", texts, T0, start=1, attributes=odd)
    assert ever(signals) == []


def test_one_account_and_one_handle_keep_little_however_much_comes() -> None:
    signals = [wrote(n, "u1", f"{GARDEN[n % 4]} {n}", T0 + n * 61 * DAY_S / 40) for n in range(400)]
    signals += [named(1_000 + n, str(n), "news", n / 100) for n in range(300)]
    states: dict[Key, Any] = {}
    run(RULE, DEFAULTS, signals, states=states)
    account, handle = states[Key("account", "x:u1")], states[Key("handle", "x news")]
    assert len(account.eras) <= MAX_ERAS
    assert max(len(era.marks) for era in account.eras) <= MAX_MARKS
    assert (len(handle.holders), handle.truncated) == (MAX_HOLDERS, True)
    assert largest_state(states) < 2_500
    assert rewound(RULE, states) == states


def test_the_same_post_under_another_id_adds_nothing() -> None:
    signals = farm(3)
    again = [msgspec.structs.replace(one, id=one.id + 5_000) for one in signals]
    both = sorted([*signals, *again], key=lambda one: (one.at, one.id))
    assert find(both) == find(signals)


worlds = st.lists(
    st.tuples(st.sampled_from([600, DAY_S, 30 * DAY_S]), st.integers(0, 3), st.integers(0, 7)),
    min_size=5,
    max_size=60,
)


def _world(rows: list[tuple[int, int, int]]) -> list[Signal]:
    at, signals = T0, []
    for number, (later, who, text) in enumerate(rows, 1):
        at += later
        words = (*GARDEN, *ELECTION)[text]
        profile = ActorProfile(handle=f"name{(who + text) % 3}")
        signals.append(wrote(number, f"u{who}", words, at, profile=profile))
    return signals


LOOSE = RepurposedAccountParams(
    rest_d=14,
    min_accounts=2,
    min_posts=2,
    together_d=90,
    shared_words=1,
    shared_share=0.05,
    max_kept=0.5,
    hold_d=180,
)


@settings(max_examples=60, deadline=None)
@given(
    rows=worlds,
    most=st.sampled_from([60, HOUR_S, DAY_S]),
    chance=st.randoms(use_true_random=False),
)
def test_any_order_of_signals_leaves_the_same_states(
    rows: list[tuple[int, int, int]], most: int, chance: Random
) -> None:
    signals = _world(rows)
    came = sorted(signals, key=lambda one: (one.at + chance.randint(0, most), one.id))
    one: dict[Key, Any] = {}
    two: dict[Key, Any] = {}
    run(RULE, LOOSE, signals, states=one)
    run(RULE, LOOSE, came, states=two)
    parts = [RULE.part(signals[-1].at, states, LOOSE) for states in (one, two)]
    told = [RULE.tick(signals[-1].at, [msgspec.to_builtins(part)], LOOSE) for part in parts]
    assert told[0] == told[1]


@settings(max_examples=30, deadline=None)
@given(rows=worlds, shards=st.sampled_from([2, 4]))
def test_shards_change_nothing(rows: list[tuple[int, int, int]], shards: int) -> None:
    signals = _world(rows)
    one, several = run_all(RULE, LOOSE, signals), run_all(RULE, LOOSE, signals, of=shards)
    assert sorted(map(repr, one)) == sorted(map(repr, several))
