"""Stories: who tells one, who tells another, and those who were not drawn where many tell it."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from detectors.reworded.compare import TOGETHER
from detectors.reworded.params import RewordedParams
from detectors.reworded.stories import Story, occasions, stories
from detectors.reworded.texts import Text
from tests.rewordings import ALIKE, bystanders, gathered, made_up, said, story, wording

SECRET = b"secret"
HOUR_S = 3_600.0


def find(told: list[Text], shards: int = 1, **params: Any) -> list[Story]:
    return stories(gathered(told, shards), RewordedParams(**{"alike": ALIKE, **params}), SECRET)


def accounts(one: Story) -> set[str]:
    return set(one.accounts)


def tellers(number: int, count: int, first: int = 0, **more: Any) -> list[Text]:
    return [
        said(number * 10_000 + n, f"x:s{number}u{n}", wording(number, n, **more))
        for n in range(first, first + count)
    ]


def test_two_stories_are_two() -> None:
    told = tellers(1, 5) + tellers(2, 4)
    one, two = find(told)
    assert (accounts(one), accounts(two)) == (
        {text.account for text in told[:5]},
        {text.account for text in told[5:]},
    )
    assert (one.thing, two.thing) == (told[0].mark, told[5].mark)
    assert 0.45 <= one.share[0] < one.share[1] < 1
    assert list(one.texts) == told[:5]


def test_one_account_tells_no_story() -> None:
    alone = [text._replace(account="x:a") for text in tellers(1, 9)]
    assert find(alone) == []
    assert len(find([*alone, *tellers(1, 1, first=20)])) == 1


def test_the_same_words_by_two_are_a_story_of_share_one() -> None:
    (one,) = find([said(n, f"x:u{n}", wording(1, 0)) for n in range(2)])
    assert one.share == (1.0, 1.0)


def test_no_chain_of_small_changes_leads_from_story_to_story() -> None:
    """Each text shares most words with the next one, the ends share none."""
    words = [made_up(place) for place in range(80)]
    told = [said(n, f"x:u{n}", " ".join(words[4 * n : 4 * n + 16])) for n in range(16)]
    found = find(told)
    assert len(found) >= 4
    assert max(len(one.texts) for one in found) <= 5
    assert len({one.thing for one in found}) == 1, "halves of one chain are one thing"


def test_a_text_between_two_stories_does_not_make_them_one() -> None:
    bridge = said(5_000, "x:between", " ".join(story(1)[:14] + story(2)[:14]))
    found = find([*tellers(1, 6), bridge, *tellers(2, 6)], alike=0.3)
    assert sorted(len(accounts(one) - {"x:between"}) for one in found) == [6, 6]


@pytest.mark.parametrize("size", [TOGETHER + 1, 300])
def test_everybody_is_named_where_many_tell_one_story(size: int) -> None:
    """Only a sample is compared with each other; who was not drawn joins by a few of it."""
    told = tellers(1, size, changed=1)
    (one,) = find(told + bystanders(), common=1_000)
    assert accounts(one) == {text.account for text in told}
    assert one.thing == told[0].mark


def test_those_who_were_not_drawn_join_their_own_story() -> None:
    """Two crowds with one name in common, and people who only say the name."""
    name = " ".join(story(9)[:3])
    crowds = [tellers(1, 200), tellers(2, 200)]
    told = [
        said(text.id, text.account, f"{name} {wording(number, n, changed=1)}")
        for number, crowd in ((1, crowds[0]), (2, crowds[1]))
        for n, text in enumerate(crowd)
    ]
    others = [said(90_000 + n, f"x:o{n}", f"{name} {wording(100 + n, 0)}") for n in range(100)]
    found = find([*told, *others, *bystanders()], common=1_000)
    assert sorted(len(accounts(one)) for one in found) == [200, 200]
    for one in found:
        assert len({name[:4] for name in accounts(one)}) == 1


def test_a_crowd_that_was_sampled_says_so_and_no_other_story_does() -> None:
    for size, sampled in ((TOGETHER, False), (TOGETHER + 1, True)):
        crowd, few = tellers(1, size, changed=1), tellers(2, 4)
        assert [one.sampled for one in find(crowd + few + bystanders())] == [sampled, False]


acts = st.lists(
    st.tuples(st.integers(0, 2), st.integers(0, 5), st.integers(0, 200_000)), max_size=40
)


@settings(max_examples=50, deadline=None)
@given(acts, st.sampled_from([2, 3, 4]), st.randoms())
def test_any_order_and_any_shards_give_the_same_stories(
    rows: list[tuple[int, int, int]], shards: int, dice: Any
) -> None:
    told = [
        said(n, f"x:u{who}", wording(what, who), at=float(at))
        for n, (what, who, at) in enumerate(rows)
    ]
    whole = find(told, min_rarity=5)
    dice.shuffle(told)
    assert find(told, shards, min_rarity=5) == whole


def test_a_sampled_crowd_is_the_same_from_any_shards() -> None:
    told = tellers(1, 90, changed=1) + tellers(2, 70, changed=1) + bystanders()
    whole = find(told)
    assert [len(one.texts) for one in whole] == [90, 70]
    assert [find(told[::-1], shards) for shards in (2, 3, 4)] == [whole] * 3


def test_occasions_part_where_nothing_was_said_for_long() -> None:
    moments = [0.0, 1.0, 3.0, 7.5, 8.0, 20.0]
    told = [said(n, "x:a", wording(1, n), at=HOUR_S * at) for n, at in enumerate(moments)]
    parts = list(occasions(told, 4 * HOUR_S))
    assert [[text.id for text in part] for part in parts] == [[0, 1, 2], [3, 4], [5]]
    assert list(occasions(told[:0], 1.0)) == []
    assert len(list(occasions(told, 4.5 * HOUR_S))) == 2
