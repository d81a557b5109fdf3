"""Who tells one thing again in new words writes variants; who corrects a text does not."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from detectors.base import DAY_S, MINUTE_S, Family, FindingDraft
from detectors.reworded.insisting import (
    AGAIN_LLR,
    INSISTING,
    LINKED_ALL,
    OFTEN_LLR,
    PAUSE_S,
    insisting,
)
from detectors.reworded.params import RewordedParams
from detectors.reworded.stories import Story
from detectors.reworded.texts import Text
from tests.detectors.reworded.told import story, text

CREW = ("x:a", "x:b", "y:c")


def told(*accounts: str, times: int, apart_s: float = DAY_S) -> list[Text]:
    """Each time all of them, a minute after one another, in words never used."""
    return [
        text(1, who, apart_s * time + MINUTE_S * n)
        for time in range(times)
        for n, who in enumerate(accounts)
    ]


def find(*stories: Story, **params: int) -> list[FindingDraft]:
    return list(insisting(stories, RewordedParams(**params)))


def test_three_accounts_that_tell_it_three_times_are_one_finding_of_behaviour() -> None:
    (found,) = find(story(1, told(*CREW, times=3)))
    assert (found.anchor.type, found.anchor.value) == (INSISTING, "thing-1")
    assert (found.subjects, found.family, found.llr) == (CREW, Family.BEHAVIOUR, OFTEN_LLR)
    assert found.links == ((0, 1, OFTEN_LLR), (0, 2, OFTEN_LLR), (1, 2, OFTEN_LLR))
    assert found.sentence == (
        "3 accounts told one thing again and again, up to 3 times, each time in new words, within "
        "2 d"
    )
    assert found.signal_total == 1
    assert all(row.met for row in found.conditions)


def test_a_pair_weighs_as_much_as_the_one_who_did_so_less_often() -> None:
    texts = [*told("x:a", "x:b", times=4), *told("y:c", times=2)]
    (found,) = find(story(1, texts))
    assert found.links == ((0, 1, OFTEN_LLR), (0, 2, AGAIN_LLR), (1, 2, AGAIN_LLR))


def test_whoever_told_it_once_is_not_named() -> None:
    (found,) = find(story(1, [*told(*CREW, times=2), *told("z:late", times=1)]))
    assert found.subjects == CREW


def test_two_accounts_are_too_few() -> None:
    assert find(story(1, told("x:a", "x:b", times=9))) == []
    assert len(find(story(1, told("x:a", "x:b", times=9)), min_accounts=2)) == 1


@pytest.mark.parametrize(("apart_s", "found"), [(PAUSE_S - 1, 0), (PAUSE_S, 1)])
def test_the_next_part_of_a_thread_is_no_second_time(apart_s: float, found: int) -> None:
    assert len(find(story(1, told(*CREW, times=2, apart_s=apart_s)))) == found


def test_the_same_words_again_are_a_signature() -> None:
    copied = [one._replace(words=one.account.encode()) for one in told(*CREW, times=5)]
    assert find(story(1, copied)) == []


def test_halves_of_one_thing_are_counted_together() -> None:
    texts = told(*CREW, times=4)
    first, second = story(1, texts[:6]), story(1, texts[6:])
    (found,) = find(first, second)
    assert (found.score, found.llr) == (4.0, OFTEN_LLR)
    assert find(first, replace(second, thing="thing-2"))[0].score == 2.0


def test_drafts_of_an_ai_service_are_not_told() -> None:
    drafts = [one._replace(is_draft=True) for one in told(*CREW, times=5)]
    assert find(story(1, drafts)) == []


def test_of_a_slogan_nothing_is_said() -> None:
    crowd = [f"x:{n:02}" for n in range(21)]
    assert find(story(1, told(*crowd, times=3)), common=20) == []
    assert len(find(story(1, told(*crowd[:20], times=3)), common=20)) == 1


def test_links_of_a_large_crew_are_few_and_leave_nobody_alone() -> None:
    crowd = [f"x:{n:03}" for n in range(LINKED_ALL + 40)]
    (found,) = find(story(1, told(*crowd, times=3)))
    assert len(found.links) == 8 * len(crowd)
    assert {place for a, b, _ in found.links for place in (a, b)} == set(range(len(crowd)))


@given(st.lists(st.tuples(st.sampled_from(CREW), st.integers(0, 90)), max_size=40))
def test_the_times_counted_are_apart_and_never_more_than_the_texts(
    said: list[tuple[str, int]],
) -> None:
    texts = [text(1, who, MINUTE_S * minute) for who, minute in said]
    for found in find(story(1, texts), min_accounts=2):
        for who in found.subjects:
            minutes = sorted({minute for name, minute in said if name == who})
            assert len(minutes) >= 2
            assert minutes[-1] - minutes[0] >= PAUSE_S / MINUTE_S
        assert (found.score or 0) <= 1 + 90 * MINUTE_S / PAUSE_S
    assert find(story(1, texts)) == find(story(1, reversed(texts)))
