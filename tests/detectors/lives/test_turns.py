"""Who changed at a rest, who changed together, who took over a handle."""

from __future__ import annotations

from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from detectors.base import DAY_S
from detectors.lives.eras import Era, Mark
from detectors.lives.holders import MAX_HOLDERS, Holder, hold, passed_on
from detectors.lives.turns import MAX_TURNS, Alike, Least, Turn, together, turn_of

LEAST = Least(3, 0.1)
ALIKE = Alike(2, 0.25)


def era(first: float, tongue: str, words: tuple[int, ...], marks: int = 3) -> Era:
    sample = {number: Mark(number, tongue, words) for number in range(marks)}
    return Era(first, first + DAY_S, sample)


def turn(account: str, woke: float, words: list[int], after: str = "cyrillic:") -> Turn:
    return Turn(account, woke, woke, 90 * DAY_S, "latin:en", after, 0.0, words, [1])


def test_another_tongue_and_topic_after_a_rest_is_a_turn() -> None:
    eras = [era(0, "latin:en", (1, 2)), era(90 * DAY_S, "latin:pl", (3, 4))]
    found = turn_of("x:u1", eras, LEAST)
    assert found is not None
    assert (found.before, found.after, found.kept) == ("latin:en", "latin:pl", 0.0)
    assert (found.woke, found.rested_s) == (90 * DAY_S, 89 * DAY_S)


@pytest.mark.parametrize(
    ("eras", "why"),
    [
        ([era(0, "latin:en", (1,))], "no rest"),
        ([era(0, "latin:en", (1,)), era(9, "latin:en", (2,))], "the same language"),
        ([era(0, "latin:en", (1,)), era(9, "latin:", (2,))], "an unknown language"),
        ([era(0, "latin:en", (1,)), era(9, "latin:pl", (1,))], "the same words, say names"),
        ([era(0, "latin:en", (1,), 2), era(9, "latin:pl", (2,))], "too little before"),
        ([era(0, "latin:en", (1,)), era(9, "latin:pl", (2,), 2)], "too little after"),
    ],
)
def test_what_goes_on_or_is_not_known_is_no_turn(eras: list[Era], why: str) -> None:
    assert turn_of("x:u1", eras, LEAST) is None, why


def test_only_the_last_rest_counts() -> None:
    eras = [era(0, "latin:pl", (1,)), era(9, "latin:en", (2,)), era(99, "latin:pl", (3,))]
    found = turn_of("x:u1", eras, LEAST)
    assert found is not None
    assert found.before == "latin:en"


@pytest.mark.parametrize(
    ("two", "linked"),
    [
        (turn("b", 1 * DAY_S, [2, 3, 9]), True),
        (turn("b", 1 * DAY_S, [3, 8, 9]), False),
        (turn("b", 9 * DAY_S, [1, 2, 3]), False),
        (turn("b", 1 * DAY_S, [1, 2, 3], after="latin:pl"), False),
    ],
)
def test_time_tongue_and_words_link(two: Turn, linked: bool) -> None:
    groups = together([turn("a", 0, [1, 2, 3, 4]), two], 7 * DAY_S, ALIKE)
    assert (groups != []) is linked


def test_few_common_words_among_many_do_not_link() -> None:
    one, two = turn("a", 0, list(range(20))), turn("b", 0, list(range(17, 37)))
    assert together([one, two], DAY_S, Alike(3, 0.25)) == []
    assert together([one, two], DAY_S, Alike(3, 0.1)) != []


@given(st.permutations([turn(f"a{n}", n * DAY_S, [n // 3, n // 3 + 100]) for n in range(9)]))
def test_groups_do_not_depend_on_order(turns: list[Turn]) -> None:
    groups = together(turns, 7 * DAY_S, ALIKE)
    names = [[one.account for one in group] for group in groups]
    assert names == [["a0", "a1", "a2"], ["a3", "a4", "a5"], ["a6", "a7", "a8"]]


def test_a_flood_of_turns_is_cut_to_the_newest() -> None:
    flood = [turn(f"a{n:05}", float(n), [1, 2]) for n in range(MAX_TURNS + 50)]
    (group,) = together(flood, 1e9, ALIKE)
    assert len(group) == MAX_TURNS
    assert group[0].account == "a00050"


def test_a_handle_passes_to_who_comes_soon_after_anybody_before() -> None:
    held = {
        "a": Holder(0, 10 * DAY_S, 1, 2),
        "b": Holder(4 * DAY_S, 5 * DAY_S, 3, 4),
        "c": Holder(70 * DAY_S, 70 * DAY_S, 5, 5),
        "d": Holder(80 * DAY_S, 80 * DAY_S, 6, 6),
    }
    assert passed_on(held, 30 * DAY_S) == ["a", "b", "c", "d"]
    assert passed_on(held, 7 * DAY_S) == ["a", "b"]
    assert passed_on({"a": held["a"]}, 30 * DAY_S) == []


@given(
    seen=st.lists(st.tuples(st.integers(0, 20), st.integers(0, 50)), max_size=60),
    chance=st.randoms(use_true_random=False),
)
def test_holders_are_the_same_for_any_order(seen: list[tuple[int, int]], chance: Random) -> None:
    sightings = [(f"u{who}", float(at), number) for number, (who, at) in enumerate(seen)]
    shuffled = sightings.copy()
    chance.shuffle(shuffled)
    one: dict[str, Holder] = {}
    two: dict[str, Holder] = {}
    for sighting in sightings:
        hold(one, *sighting)
    for sighting in shuffled:
        hold(two, *sighting)
    assert one == two
    assert len(one) <= MAX_HOLDERS
