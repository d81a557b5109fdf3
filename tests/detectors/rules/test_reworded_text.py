"""D2 in other words: stories that no comparison of letters sees; quotations weigh less."""

from __future__ import annotations

from collections.abc import Sequence
from random import Random
from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from detectors.base import DAY_S, HOUR_S, MINUTE_S, Family, FindingDraft, Key, Signal, Tier
from detectors.engine import run_all
from detectors.reworded.params import RewordedParams
from detectors.reworded.telling import COPIED_LLR, OUTPUT_LLR, OUTPUT_STORY, REWORDED_LLR, STORY
from detectors.rules.near_duplicate_text import NearDuplicateParams, NearDuplicateText
from detectors.rules.reworded_text import RewordedText
from detectors.schema import Ai
from tests.harness import T0, largest_state, post, rewound, run
from tests.rewordings import ALIKE, made_up, wording

RULE = RewordedText(b"secret")
DEFAULTS = RewordedParams(alike=ALIKE)
DAY = DAY_S - T0 % DAY_S
"""Seconds from T0 to a midnight, so that no test hangs on the border of two days."""


def tell(
    position: int, teller: int, *, number: int = 1, at: float | None = None, **more: Any
) -> Signal:
    """One account tells a story in its own words."""
    text = more.pop("text", wording(number, teller))
    moment = DAY + MINUTE_S * position if at is None else at
    return post(position, f"u{teller}", text, at=moment, **more)


def draft(position: int, *lines: str, at: float, **ai: Any) -> Signal:
    """What an AI service wrote for the key `k`."""
    about = Ai(**{"key": "k", **ai})
    return post(
        position, "", "\n".join(lines), at=at, platform="openai-api", kind="ai.response", ai=about
    )


def find(
    signals: Sequence[Signal], of: int = 1, *, rule: RewordedText = RULE, **params: Any
) -> list[FindingDraft]:
    """What holds after the last tick."""
    ordered = sorted(signals, key=lambda one: one.place)
    found = run_all(
        rule, RewordedParams(**{"alike": ALIKE, **params}), ordered, of=of, tick_floor_s=100 * DAY_S
    )
    return sorted((one.draft for one in found), key=lambda one: one.anchor)


def stories(found: Sequence[FindingDraft]) -> list[FindingDraft]:
    return [one for one in found if one.family == Family.CONTENT]


def test_the_default_finds_a_word_exchanged_in_sixteen_and_not_five() -> None:
    default = RewordedParams().alike
    few = [tell(n, n, text=wording(1, n, changed=1)) for n in range(4)]
    many = [tell(n, n, text=wording(1, n, changed=5)) for n in range(4)]
    assert len(stories(find(few, alike=default))) == 1
    assert find(many, alike=default) == []


def test_three_accounts_in_other_words_are_found_where_letters_differ() -> None:
    signals = [tell(n, n, platform=("x", "telegram")[n % 2]) for n in range(3)]
    (found,) = find(signals)
    assert found.anchor.type == STORY
    assert found.subjects == ("telegram:u1", "x:u0", "x:u2")
    assert found.signal_ids == (1, 2, 3)
    assert (found.llr, found.tier, found.links) == (REWORDED_LLR, Tier.SUPPORTING, ())
    low, high = (round(100 * found.values[name]) for name in ("share_min", "share_max"))
    assert found.sentence == (
        f"3 accounts on 2 platforms told one thing in 3 wordings, {low}-{high} % of the weight of "
        "their words in common, within 2 min"
    )
    assert all(one.met for one in found.conditions)
    letters = run(NearDuplicateText(b"secret"), NearDuplicateParams(), signals)
    assert letters == []


def test_two_people_on_one_event_are_not() -> None:
    """They name what happened and have all other words for themselves."""
    event = " ".join(made_up(place) for place in range(4))
    people = [tell(n, n, text=f"{event} {wording(n + 10, n)}") for n in range(2)]
    crowd = [tell(n, n, text=f"{event} {wording(n + 10, n)}") for n in range(2, 40)]
    assert find(people) == []
    assert find([*people, *crowd]) == []
    assert find([tell(n, n) for n in range(2)]) == []


def test_a_quotation_in_the_same_words_weighs_less() -> None:
    (copied,) = find([tell(n, n, text=wording(1, 0)) for n in range(4)])
    (told,) = find([*(tell(n, n, text=wording(1, 0)) for n in range(4)), tell(5, 5)])
    assert (copied.llr, told.llr) == (COPIED_LLR, REWORDED_LLR)
    assert COPIED_LLR < REWORDED_LLR
    assert "in 1 wording, 100 % of" in copied.sentence


def test_what_everybody_tells_is_a_slogan() -> None:
    signals = [tell(n, n, text=wording(1, n, changed=1)) for n in range(25)]
    assert len(find(signals)[0].subjects) == 25
    assert find(signals, common=20) == []


def test_a_greeting_in_the_same_words_is_no_story() -> None:
    """Its words are everybody's; only that they come together is rare."""
    greeting = wording(1, 0).split()[:7]
    crowd = [
        tell(n, n, text=f"{' '.join(greeting[n % 7 :] + greeting[: n % 7][:-1])} {wording(n, n)}")
        for n in range(10, 130)
    ]
    same = [tell(200 + n, 200 + n, text=" ".join(greeting)) for n in range(3)]
    assert len(find(same)) == 1
    assert find([*crowd, *same]) == []


def test_a_story_that_is_told_again_after_a_pause_counts_as_told_twice() -> None:
    signals = [
        tell(10 * part + n, n, at=DAY + 5 * HOUR_S * part + 60 * n)
        for part in range(2)
        for n in range(3)
    ]
    again = [
        msgspec.structs.replace(one, text=wording(1, one.id + 100)) if one.id > 10 else one
        for one in signals
    ]
    whole, second = sorted(stories(find(again)), key=lambda one: -len(one.signal_ids))
    assert whole.anchor.value.partition("/")[0] == second.anchor.value.partition("+")[0]
    assert whole.sentence.endswith(", on 2 occasions")
    assert second.signal_ids == (11, 12, 13)
    assert len(stories(find(again, pause_h=6))) == 1


def test_two_accounts_are_enough_when_they_tell_it_again_and_again() -> None:
    def meetings(count: int) -> list[Signal]:
        return [
            tell(10 * part + n, n, at=DAY + DAY_S * part + 60 * n, text=wording(1, 10 * part + n))
            for part in range(count)
            for n in range(2)
        ]

    assert stories(find(meetings(2))) == []
    told = stories(find(meetings(3)))
    assert len(told) == 3
    assert {one.subjects for one in told} == {("x:u0", "x:u1")}
    assert all(row.met for one in told for row in one.conditions)


def test_a_draft_and_who_published_it_are_named() -> None:
    published = [tell(n, n, at=DAY + HOUR_S * n) for n in range(1, 4)]
    found = find([draft(0, wording(1, 50), at=DAY), *published])
    (output,) = [one for one in found if one.family == Family.AI]
    (public,) = stories(found)
    assert output.anchor.type == OUTPUT_STORY
    assert output.subjects == ("openai-api:k", "x:u1", "x:u2", "x:u3")
    assert public.subjects == ("x:u1", "x:u2", "x:u3")
    assert output.llr == OUTPUT_LLR
    assert "published what an AI service had drafted" in output.sentence
    assert output.values["posts"][0] == {"signal": 1, "account": "openai-api:k", "draft": True}
    assert all(row.met for row in output.conditions)


def test_what_was_public_before_was_not_drafted() -> None:
    published = [tell(n, n, at=DAY + HOUR_S * n) for n in range(1, 5)]
    found = find([draft(0, wording(1, 50), at=DAY + 90 * MINUTE_S), *published])
    assert [one.family for one in found] == [Family.CONTENT]


def test_who_publishes_long_after_the_draft_is_not_named_with_it() -> None:
    late = tell(9, 9, at=DAY + 5 * DAY_S)
    published = [tell(n, n, at=DAY + HOUR_S * n) for n in range(1, 4)]
    found = find([draft(0, wording(1, 50), at=DAY), *published, late])
    (output,) = [one for one in found if one.family == Family.AI]
    assert "x:u9" not in output.subjects
    assert "x:u9" in stories(found)[0].subjects
    assert find([draft(0, wording(1, 50), at=DAY), *published[:2]]) == []


def test_each_line_of_a_draft_is_one() -> None:
    lines = [f"{n}. {wording(n, 50)}" for n in range(1, 4)]
    published = [
        tell(10 * number + n, n, number=number, at=DAY + HOUR_S * number + 60 * n)
        for number in range(1, 4)
        for n in range(3)
    ]
    found = find([draft(0, "Here are three posts:", "", *lines, at=DAY), *published])
    outputs = [one for one in found if one.family == Family.AI]
    assert len(outputs) == 3
    assert all(one.signal_ids[0] == 1 for one in outputs)
    assert find([draft(0, *lines, at=DAY, refused=True), *published[:2]]) == []


def test_drafts_alone_are_no_story() -> None:
    assert find([draft(n, wording(1, n), at=DAY + n, key=f"k{n}") for n in range(9)]) == []


def test_a_script_without_spaces_is_compared_by_pairs_of_characters() -> None:
    base = [chr(0x4E00 + 7 * place) for place in range(60)]
    texts = []
    for teller in range(4):
        mine = list(base)
        mine[10 * teller : 10 * teller + 4] = [chr(0x7000 + 50 * teller + n) for n in range(4)]
        texts.append("".join(mine))
    (found,) = find([tell(n, n, text=text) for n, text in enumerate(texts)])
    assert len(found.subjects) == 4
    assert found.values["wordings"] == 4


def test_accounts_that_tell_several_stories_at_the_same_times_stand_the_test_of_timing() -> None:
    """Twelve stories: a ring tells each within seconds, others minutes apart."""
    dice = Random(5)
    signals: list[Signal] = []
    for number in range(12):
        start = DAY + HOUR_S * 30 * number
        for n in range(4):
            at = start + 1_200 + dice.random() * 8
            signals.append(tell(len(signals), n, number=number, at=at))
        for n in dice.sample(range(10, 200), 20):
            at = start + dice.random() * 3_000
            signals.append(tell(len(signals), n, number=number, at=at))
    timing = [one for one in find(signals) if one.family == Family.TIMING]
    ring = {f"x:u{n}" for n in range(4)}
    assert timing
    assert {name for one in timing for name in one.subjects} == ring
    assert "stories" in timing[0].sentence


def test_a_large_story_links_each_account_with_its_neighbours() -> None:
    others = [tell(n, n, number=n) for n in range(1_000, 3_000)]
    (found,) = find([*(tell(n, n, text=wording(1, n % 5)) for n in range(80)), *others])
    assert len(found.subjects) == 80
    assert 80 < len(found.links) < 80 * 79 / 2
    assert {llr for *_, llr in found.links} == {REWORDED_LLR}


def test_short_texts_and_texts_of_nobody_are_not_kept() -> None:
    short = " ".join(made_up(place) for place in range(5))
    states: dict[Key, Any] = {}
    run(RULE, DEFAULTS, [tell(n, n, text=short) for n in range(9)], states=states)
    run(RULE, DEFAULTS, [post(n, "", wording(1, n)) for n in range(9)], states=states)
    assert states == {}
    assert len(find([tell(n, n, text=short) for n in range(9)], min_words=4, min_rarity=5)) == 1


def test_old_texts_are_not_compared() -> None:
    signals = [tell(n, n, at=DAY + 6 * DAY_S * n) for n in range(6)]
    (found,) = find(signals)
    assert len(found.subjects) == 6
    assert find(signals, lookback_d=7) == []


def test_state_stays_small_under_a_flood() -> None:
    flood = [
        post(n, "a", wording(n, 0), at=DAY + 40 * DAY_S * dice)
        for n, dice in enumerate(Random(2).random() for _ in range(6_000))
    ]
    states: dict[Key, Any] = {}
    run(RULE, DEFAULTS, flood, states=states)
    (state,) = states.values()
    assert len(state.days) <= DEFAULTS.lookback_d + 2
    assert max(map(len, state.days.values())) <= 30
    assert largest_state(states) < 200_000
    assert rewound(RULE, states)[Key("texts", "x:a")].days == state.days


@pytest.mark.parametrize(
    "text",
    ["a" * 1_000_000, "\u202e\u2066\u200b" * 9_000, "1 2 3 4 5 6 7 8 9 10 11 " * 500,
     "river " * 10_000, "\ud800bridge \udfff" * 40, "\n" * 50_000, "\u6211" * 60_000],
    ids=["1 MB line", "bidi and zero width", "numbers", "10,000 words", "surrogates", "lines",
         "one character"],
)  # fmt: skip
def test_hostile_texts_do_no_harm(text: str) -> None:
    hostile = [tell(n, n, text=text) for n in range(4)]
    hostile.append(draft(5, *[text] * 3, at=DAY))
    honest = [tell(n, n) for n in range(10, 13)]
    (found,) = find([*hostile, *honest])
    assert found.subjects == ("x:u10", "x:u11", "x:u12")


def test_everybody_of_a_campaign_of_three_hundred_is_named() -> None:
    """And where no more than 250 are few, it is a slogan of which nothing is said."""
    ring = [
        tell(n, n, text=wording(1, n, changed=1), at=DAY + 60 * n, platform="forum")
        for n in range(300)
    ]
    others = [tell(n, n, number=n, at=DAY + n) for n in range(1_000, 3_500)]
    found = stories(find([*ring, *others], common=400))
    (whole,) = [one for one in found if "/" in one.anchor.value]
    assert whole.subjects == tuple(sorted(f"forum:u{n}" for n in range(300)))
    assert whole.flags == ("sampled",)
    assert stories(find([*ring, *others])) == []


acts = st.lists(
    st.tuples(st.integers(0, 2), st.integers(0, 4), st.integers(0, 3 * 86_400), st.booleans()),
    min_size=1,
    max_size=40,
)


def stream(rows: Sequence[tuple[int, int, int, bool]]) -> list[Signal]:
    return [
        draft(n, wording(what, who), wording(what + 1, who), at=DAY + at)
        if is_draft
        else tell(n, who, number=what, at=DAY + at)
        for n, (what, who, at, is_draft) in enumerate(rows)
    ]


@settings(max_examples=30, deadline=None)
@given(acts, st.randoms())
def test_any_order_of_arrival_gives_the_same_state_and_findings(
    rows: list[tuple[int, int, int, bool]], dice: Any
) -> None:
    signals = stream(rows)
    shuffled = list(signals)
    dice.shuffle(shuffled)
    clock = T0 + DAY + 4 * DAY_S
    told = []
    for some in (signals, shuffled):
        states: dict[Key, Any] = {}
        run(RULE, RewordedParams(min_accounts=2), some, states=states)
        plain = {
            key: {day: {**kept} for day, kept in one.days.items()} for key, one in states.items()
        }
        part = RULE.part(clock, states, DEFAULTS)
        told.append((plain, RULE.tick(clock, [part], RewordedParams(min_accounts=2))))
    assert told[0] == told[1]


@settings(max_examples=20, deadline=None)
@given(acts, st.sampled_from([2, 3, 4]))
def test_any_number_of_shards_gives_the_same_findings(
    rows: list[tuple[int, int, int, bool]], shards: int
) -> None:
    signals = stream(rows)
    assert find(signals, of=shards, min_accounts=2) == find(signals, min_accounts=2)
