"""Ladders: what follows a refusal, reworded, rung by rung."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from detectors.base import HOUR_S, MINUTE_S
from detectors.prompts.ladders import ANSWER_S, Rung, ladders, requests
from detectors.prompts.templates import of_text
from detectors.prompts.trials import AFTER_S, Step
from tests.asking import unlike

GOAL, OTHER = unlike(1).split(), unlike(2).split()


def worded(changed: int) -> str:
    return " ".join(OTHER[n] if n < changed else word for n, word in enumerate(GOAL))


def asked(number: int, at: float, text: str, *, refused: bool = True, **more: Any) -> Step:
    template = of_text(text)
    assert template is not None
    name, space, signature = template
    return Step(at, number, refused, name=name, space=space, signature=signature, model="m", **more)


def answered(number: int, at: float, **more: Any) -> Step:
    return Step(at, number, refused=True, is_response=True, model="m", **more)


def climbed(*steps: Step, low: float = 0.4, high: float = 0.9) -> list[list[Rung]]:
    return ladders(steps, low, high)


def ids(found: list[list[Rung]]) -> list[list[int]]:
    return [[rung.signal_id for rung in rungs] for rungs in found]


def test_each_rewording_of_what_was_refused_is_a_rung() -> None:
    steps = [asked(n, 60.0 * n, worded(2 * n)) for n in range(4)]
    (rungs,) = climbed(*steps)
    assert [rung.signal_id for rung in rungs] == [0, 1, 2, 3]
    assert rungs[0].j == 0
    assert all(0.4 <= rung.j <= 0.9 for rung in rungs[1:])


def test_a_ladder_ends_where_a_rung_is_let_through() -> None:
    steps = [asked(n, 60.0 * n, worded(2 * n), refused=n != 2) for n in range(5)]
    assert ids(climbed(*steps)) == [[0, 1, 2], [3, 4]]


def test_nothing_climbs_without_a_refusal() -> None:
    assert climbed(*(asked(n, 60.0 * n, worded(n), refused=False) for n in range(5))) == []


def test_the_same_words_again_are_no_rung_but_keep_the_ladder_open() -> None:
    minute = 50 * MINUTE_S
    steps = [
        asked(0, 0, worded(0)),
        asked(1, minute, worded(0)),
        asked(2, 2 * minute, worded(3)),
    ]
    assert ids(climbed(*steps)) == [[0, 2]]
    assert climbed(steps[0], steps[2]) == []


def test_another_topic_in_between_is_passed_over() -> None:
    steps = [
        asked(0, 0, worded(0)),
        asked(1, 60, worded(3)),
        asked(2, 120, unlike(50), refused=False),
        asked(3, 180, worded(5)),
    ]
    assert ids(climbed(*steps)) == [[0, 1, 3]]


def test_a_new_goal_begins_a_new_ladder() -> None:
    steps = [
        asked(0, 0, unlike(50)),
        asked(1, 60, worded(0)),
        asked(2, 120, worded(3)),
    ]
    assert ids(climbed(*steps)) == [[1, 2]]


def test_what_comes_after_an_hour_is_no_answer() -> None:
    assert len(climbed(asked(0, 0, worded(0)), asked(1, AFTER_S, worded(3)))) == 1
    assert climbed(asked(0, 0, worded(0)), asked(1, AFTER_S + 1, worded(3))) == []


def test_templates_of_different_spaces_are_never_alike() -> None:
    hidden = Step(60, 1, True, space="ours", signature=asked(0, 0, worded(3)).signature)
    assert climbed(asked(0, 0, worded(0)), hidden) == []


def test_what_has_no_template_is_no_rung() -> None:
    assert climbed(Step(0, 0, True), Step(60, 1, True), Step(120, 2, True)) == []


def test_a_response_marks_the_request_before_it_as_refused() -> None:
    steps = [asked(1, 0, worded(0), refused=False), answered(2, 5)]
    (one,) = requests(steps)
    assert (one.signal_id, one.refused) == (1, True)
    assert steps[0].refused is False


def test_a_response_belongs_to_its_conversation() -> None:
    steps = [
        asked(1, 0, worded(0), refused=False, thread="a"),
        asked(2, 1, worded(3), refused=False, thread="b"),
        answered(3, 5, thread="a"),
    ]
    assert [one.refused for one in requests(steps)] == [True, False]


def test_a_response_without_its_request_stands_for_it() -> None:
    late = [asked(1, 0, worded(0), refused=False), answered(2, ANSWER_S + 1)]
    assert [one.is_response for one in requests(late)] == [False, True]
    assert len(requests([answered(1, 0), answered(2, 1)])) == 2


def test_requests_are_told_in_order_of_time() -> None:
    steps = [answered(3, 70), asked(2, 60, worded(3), refused=False), asked(1, 0, worded(0))]
    assert [(one.signal_id, one.refused) for one in requests(steps)] == [(1, True), (2, True)]


@pytest.mark.parametrize("high", [0.5, 0.9])
def test_bounds_of_likeness_are_kept(high: float) -> None:
    steps = [asked(n, 60.0 * n, worded(n)) for n in range(12)]
    for rungs in climbed(*steps, high=high):
        assert all(0.4 <= rung.j <= high for rung in rungs[1:])


steps = st.lists(
    st.tuples(st.integers(0, 3 * HOUR_S), st.integers(0, 14), st.booleans()), max_size=25
)


@given(steps=steps)
def test_every_rung_but_the_last_was_refused(steps: list[tuple[int, int, bool]]) -> None:
    ordered = sorted(
        (asked(n, at, worded(words), refused=no) for n, (at, words, no) in enumerate(steps)),
        key=lambda one: one.place,
    )
    found = ladders(ordered, 0.4, 0.9)
    used = [rung.signal_id for rungs in found for rung in rungs]
    assert len(used) == len(set(used))
    for rungs in found:
        assert len(rungs) >= 2
        assert all(rung.refused for rung in rungs[:-1])
        assert [(rung.at, rung.signal_id) for rung in rungs] == sorted(
            (rung.at, rung.signal_id) for rung in rungs
        )
