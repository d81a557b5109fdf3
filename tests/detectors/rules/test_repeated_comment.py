"""Short comments under one target: rings are found, what everybody writes there is not."""

from __future__ import annotations

from collections.abc import Sequence
from random import Random
from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from detectors.base import DAY_S, FindingDraft, Signal, Tier, Told
from detectors.rules.repeated_comment import RepeatedComment, RepeatedCommentParams
from detectors.walls import MAX_BEGINNINGS, MAX_COMMENTS, MAX_VOCABULARY, Wall, note, repeat
from tests.harness import T0, bag, largest_state, post, rewound, run

RULE = RepeatedComment()
DEFAULTS = RepeatedCommentParams()
WALL = "target:video-1"
RING = "See my great channel for free coins"
PRAISE = "i really love this new song so much"
WORDS = f"{PRAISE} the best video ever made and we are all here again today".split()


def comment(number: int, who: str, text: str, *, at: float | None = None, **more: Any) -> Signal:
    fields: dict[str, Any] = {"kind": "reply", "objects": (WALL,), **more}
    return post(number, who, text, at=T0 + number * 600 if at is None else at, **fields)


def crowd(count: int = 200, *, first: int = 0) -> list[Signal]:
    """People who say what people say there, each in other words."""
    dice = Random(3)
    return [
        comment(n, f"fan{n}", " ".join(dice.sample(WORDS, dice.randrange(3, 9))))
        for n in range(first, first + count)
    ]


def ring(count: int, text: str = RING, *, first: int = 500, **more: Any) -> list[Signal]:
    return [comment(first + n, f"spam{n}", f"{text} {'!' * n}", **more) for n in range(count)]


def told(signals: Sequence[Signal], **params: Any) -> list[FindingDraft]:
    """The last word about each anchor."""
    found = run(RULE, RepeatedCommentParams(**params), signals)
    return list({draft.anchor: draft for _, draft in found}.values())


def test_three_accounts_with_one_short_comment_are_found_days_apart() -> None:
    spread = [comment(500 + n, f"spam{n}", RING, at=T0 + (n + 2) * 9 * DAY_S) for n in range(3)]
    (draft,) = told([*crowd(), *spread])
    assert draft.subjects == ("x:spam0", "x:spam1", "x:spam2")
    assert draft.signal_ids == tuple(one.id for one in spread)
    assert draft.tier is Tier.SUPPORTING
    assert all(one.met for one in draft.conditions)
    assert draft.sentence.startswith("3 accounts began a comment with the same 6 words in 18 d; ")


@pytest.mark.parametrize("text", [f"{RING}!", f"{RING}!!! @anna", f"{RING.upper()} http://a.b/c"])
def test_marks_names_links_and_case_do_not_count(text: str) -> None:
    assert len(told([*crowd(), *ring(2), comment(600, "other", text)])) == 1


def test_two_accounts_and_one_account_many_times_are_no_ring() -> None:
    alone = [comment(600 + n, "spam0", RING) for n in range(20)]
    assert told([*crowd(), *ring(2), *alone]) == []


@pytest.mark.parametrize("text", ["first", "nice video", "I love this song", "wow so cool", "!!!"])
def test_short_common_phrases_never_form_a_group(text: str) -> None:
    assert told([*crowd(), *ring(200, text)]) == []


def test_what_everybody_writes_there_is_no_ring_however_long_it_is() -> None:
    """Six words that each stand in a third of the comments come together by chance."""
    assert told([*crowd(400), *ring(5, PRAISE)]) == []
    assert told([*crowd(400), *ring(5)]) != []


def test_a_ring_among_words_of_which_none_is_rare_needs_a_rare_one() -> None:
    many = ring(60, PRAISE)
    assert told([*crowd(400), *many]) == []
    shown = [comment(700 + n, f"spam{n}", "i really love this new zebra") for n in range(60)]
    assert len(told([*crowd(400), *shown])) == 1


def test_a_young_wall_knows_of_nothing_rare() -> None:
    assert told(ring(4)) == []


def test_walls_do_not_mix_and_a_comment_on_nothing_is_passed_over() -> None:
    apart = [comment(500 + n, f"spam{n}", RING, objects=(f"target:{n}",)) for n in range(9)]
    nowhere = [comment(600 + n, f"spam{n}", RING, objects=()) for n in range(9)]
    assert told([*crowd(), *apart, *nowhere]) == []


def test_a_longer_comment_that_only_begins_alike_is_another_one() -> None:
    longer = [
        comment(500 + n, f"fan{n}", f"{RING} because {' '.join(WORDS[n : n + 9])}")
        for n in range(6)
    ]
    assert told([*crowd(), *longer]) == []


def test_the_group_grows_until_it_rests_for_the_window() -> None:
    late = [comment(800 + n, f"late{n}", RING, at=T0 + 40 * DAY_S + n) for n in range(2)]
    (draft,) = told([*crowd(), *ring(3), *late])
    assert len(draft.subjects) == 3
    soon = [comment(800 + n, f"late{n}", RING, at=T0 + 20 * DAY_S + n) for n in range(2)]
    (draft,) = told([*crowd(), *ring(3), *soon])
    assert len(draft.subjects) == 5


def test_what_turns_out_to_be_a_greeting_is_taken_back() -> None:
    (draft,) = told([*crowd(), *ring(25)], common_limit=20)
    assert draft.lapsed
    assert draft.sentence.startswith("More than 20 accounts")


def test_a_finding_is_scored_again_from_its_record_and_its_comments() -> None:
    signals = [*crowd(), *ring(5)]
    (draft,) = told(signals)
    record = Told(draft.anchor, draft.subjects, draft.values, draft.constants)
    cited = [one for one in signals if one.id in draft.signal_ids]
    score = RULE.score_again(record, cited[::-1], DEFAULTS)
    assert score == (draft.score, draft.llr, draft.subjects)
    assert RULE.score_again(record, cited[3:], DEFAULTS) is None
    edited = [msgspec.structs.replace(one, text="edited") for one in cited[:3]]
    assert RULE.score_again(record, [*edited, *cited[3:]], DEFAULTS) is None


def test_fewer_accounts_of_the_record_score_less() -> None:
    signals = [*crowd(), *ring(6)]
    (draft,) = told(signals)
    record = Told(draft.anchor, draft.subjects, draft.values, draft.constants)
    cited = [one for one in signals if one.id in draft.signal_ids]
    fewer = RULE.score_again(record, cited[2:], DEFAULTS)
    assert fewer is not None
    assert fewer.score is not None
    assert draft.score is not None
    assert fewer.score < draft.score
    assert len(fewer.subjects) == 4


def test_a_wall_stays_small_whatever_is_written_on_it() -> None:
    dice = Random(5)
    flood = [
        comment(n, f"u{n}", " ".join(f"{dice.randrange(10**9):x}" for _ in range(60)))
        for n in range(3_000)
    ]
    flood += [
        comment(n, f"u{n}", " ".join(f"{dice.randrange(10**6):06x}" for _ in range(6)))
        for n in range(3_000, 6_000)
    ]
    states: dict[Any, Wall] = {}
    run(RULE, DEFAULTS, flood, states=states)
    (wall,) = states.values()
    assert len(wall.words) <= MAX_VOCABULARY
    assert len(wall.beginnings) <= MAX_BEGINNINGS
    assert wall.truncated
    assert largest_state(states) < 500_000


def test_what_is_repeated_stays_where_much_else_is_written() -> None:
    wall = Wall()
    for number in range(MAX_BEGINNINGS + 50):
        repeat(wall, f"other {number}", comment(number, f"u{number}", "x"), 0.0)
        repeat(wall, "ours", comment(number, f"spam{number % 2}", "x"), 0.0)
    assert len(wall.beginnings["ours"].accounts) == 2


def test_old_counts_fade() -> None:
    wall = Wall()
    for _ in range(MAX_COMMENTS + 10):
        note(wall, ("same", "same"))
    assert wall.comments == MAX_COMMENTS // 2 + 10
    assert wall.words["same"] == wall.comments


rows = st.lists(st.tuples(st.integers(0, 12), st.integers(0, 3), st.integers(0, 2)), max_size=60)


@settings(max_examples=30)
@given(rows, st.integers(0, 60))
def test_a_restart_anywhere_changes_nothing(told_by: list[tuple[int, int, int]], cut: int) -> None:
    texts = (RING, PRAISE, "see my small channel for free coins", "nice")
    signals = crowd(60) + [
        comment(500 + n, f"u{who}", texts[what], objects=(f"target:{wall}", WALL))
        for n, (who, what, wall) in enumerate(told_by)
    ]
    whole = run(RULE, DEFAULTS, signals)
    states: dict[Any, Any] = {}
    cut = min(cut + 40, len(signals))
    first = run(RULE, DEFAULTS, signals[:cut], states=states)
    rest = run(RULE, DEFAULTS, signals[cut:], states=rewound(RULE, states))
    assert bag(whole) == bag([*first, *((place + cut, draft) for place, draft in rest)])
    assert bag(run(RULE, DEFAULTS, signals, shards=4)) == bag(whole)
