"""Different things told together are evidence of timing; crowds and quotations are none."""

from __future__ import annotations

from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from detectors.base import DAY_S, HOUR_S, Family, FindingDraft
from detectors.reworded.joint import FEW, JOINT, MANY_LLR, SOME_LLR, joint
from detectors.reworded.params import RewordedParams
from detectors.reworded.stories import Story
from tests.detectors.reworded.told import story, text


def together(*accounts: str, things: int, apart_s: float = 60.0) -> list[Story]:
    """Each thing on a day of its own, by one account after the other."""
    return [
        story(thing, (text(thing, who, DAY_S * thing + apart_s * n)
                      for n, who in enumerate(accounts)))
        for thing in range(1, things + 1)
    ]  # fmt: skip


def find(stories: list[Story], **params: int) -> list[FindingDraft]:
    return list(joint(stories, RewordedParams(**params)))


def test_three_accounts_with_three_things_are_one_finding_of_timing() -> None:
    (found,) = find(together("x:a", "x:b", "y:c", things=3))
    assert found.subjects == ("x:a", "x:b", "y:c")
    assert (found.family, found.llr) == (Family.TIMING, MANY_LLR)
    assert found.links == ((0, 1, MANY_LLR), (0, 2, MANY_LLR), (1, 2, MANY_LLR))
    assert found.sentence == (
        "3 accounts told 3 things together, two of them up to 3, each time in other words and "
        "within an hour"
    )
    assert all(row.met for row in found.conditions)


def test_two_things_weigh_less_than_three() -> None:
    (found,) = find(together("x:a", "x:b", things=2))
    assert {llr for *_, llr in found.links} == {SOME_LLR}


def test_one_thing_told_again_and_again_is_no_second_thing() -> None:
    again = [text(1, who, DAY_S * day) for day in range(6) for who in ("x:a", "x:b")]
    assert find([story(1, again)]) == []


def test_halves_of_one_thing_count_once() -> None:
    one, two = together("x:a", "x:b", things=2)
    assert find([one, replace(two, thing=one.thing)]) == []


def test_whoever_comes_hours_later_was_not_there() -> None:
    assert find(together("x:a", "x:b", things=3, apart_s=2 * HOUR_S)) == []


def test_the_same_words_are_a_quotation() -> None:
    copied = [
        story(n, (text(n, who, DAY_S * n, words=f"{n}") for who in ("x:a", "x:b")))
        for n in range(1, 5)
    ]
    assert find(copied) == []


def test_of_what_a_crowd_tells_nothing_is_said() -> None:
    crowd = [f"x:{n:02}" for n in range(FEW + 1)]
    assert find(together(*crowd, things=3, apart_s=10.0)) == []
    assert len(find(together(*crowd[:FEW], things=3, apart_s=10.0))) == 1


def test_an_admin_may_ask_for_more_things() -> None:
    stories = together("x:a", "x:b", things=3)
    assert len(find(stories, things_together=3)) == 1
    assert find(stories, things_together=4) == []


@given(st.permutations(range(4)), st.integers(2, 5))
def test_the_order_of_stories_changes_nothing(order: list[int], size: int) -> None:
    stories = together(*(f"x:{n}" for n in range(size)), things=4)
    assert find([stories[place] for place in order]) == find(stories)
    assert find(stories)[0].anchor.type == JOINT
