"""Eras come out the same for any order of posts."""

from __future__ import annotations

from itertools import pairwise
from random import Random

from hypothesis import given, settings
from hypothesis import strategies as st

from detectors.base import DAY_S, Signal
from detectors.lives.eras import MAX_ERAS, MAX_MARKS, Era, live, main_tongue, overlap, words_of
from tests.harness import T0

REST = 60 * DAY_S


def lived(posts: list[tuple[int, int]]) -> list[Era]:
    eras: list[Era] = []
    for number, day in posts:
        live(eras, post(number, day), REST)
    return eras


def post(number: int, day: int) -> Signal:
    return Signal(
        id=number + 1,
        at=T0 + day * DAY_S,
        platform="x",
        kind="post",
        actor="u1",
        text=f"the harbour and bridge number{number} of town",
    )


@settings(max_examples=150)
@given(
    days=st.lists(st.integers(0, 170), min_size=1, max_size=30),
    chance=st.randoms(use_true_random=False),
)
def test_eras_are_the_same_for_any_order(days: list[int], chance: Random) -> None:
    posts = list(enumerate(days))
    shuffled = posts.copy()
    chance.shuffle(shuffled)
    assert lived(shuffled) == lived(sorted(posts, key=lambda one: one[1]))


@given(days=st.lists(st.integers(0, 2_000), min_size=1, max_size=60))
def test_eras_are_apart_and_few_and_small(days: list[int]) -> None:
    eras = lived(list(enumerate(sorted(days))))
    assert 1 <= len(eras) <= MAX_ERAS
    assert all(two.first - one.last >= REST for one, two in pairwise(eras))
    assert all(0 < len(era.marks) <= MAX_MARKS for era in eras)
    assert eras[-1].last == T0 + max(days) * DAY_S


def test_a_late_post_joins_what_looked_like_two_eras() -> None:
    assert len(lived([(0, 0), (1, 61)])) == 2
    (one,) = lived([(0, 0), (1, 61), (2, 30)])
    assert (one.first, one.last, len(one.marks)) == (T0, T0 + 61 * DAY_S, 3)


def test_a_post_from_before_all_that_is_kept_is_passed_over() -> None:
    eras = lived([(number, 100 * number) for number in range(1, 5)])
    before = [era.first for era in eras]
    live(eras, post(9, 0), REST)
    assert [era.first for era in eras] == before


def test_a_mixed_era_has_no_main_tongue() -> None:
    era = lived([(number, 0) for number in range(6)])[0]
    assert main_tongue(era) == "latin:en"
    names = sorted(era.marks)
    for name in names[:3]:
        known = era.marks[name]
        era.marks[name] = type(known)(known.signal_id, "latin:de", known.words)
    assert main_tongue(era) == ""
    assert main_tongue(Era(0, 0)) == ""


def test_overlap_is_of_the_smaller_set() -> None:
    assert overlap(frozenset({1, 2, 3, 4}), frozenset({1, 9})) == 0.5
    assert overlap(frozenset(), frozenset({1})) == 0.0
    assert words_of(Era(0, 0)) == frozenset()
