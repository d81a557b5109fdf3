"""Rings of spam: which there are, which D2 finds, and how it is set without seeing the answer."""

from __future__ import annotations

from bench.evaluation.comments import (
    Rings,
    added,
    by_target,
    held_out,
    judge,
    judge_as_set,
    rings_of,
)
from detectors.base import Signal
from detectors.rules.near_duplicate_text import NearDuplicateParams
from tests.harness import post

SHORT = "come and see my new channel"
LONG = "come and see my new channel, everybody who does wins a free phone this week"


def comments(video: str, text: str, count: int, first: int = 0) -> list[Signal]:
    return [
        post(n, f"{video}{n}", text, kind="reply", objects=(f"target:{video}",))
        for n in range(first, first + count)
    ]


def spam_of(*parts: list[Signal]) -> frozenset[int]:
    return frozenset(one.id for part in parts for one in part)


def test_a_ring_is_three_accounts_with_nearly_one_text_however_short_it_is() -> None:
    two = comments("v", "watch this", 2)
    three = comments("v", SHORT, 2, first=10) + comments("v", f"{SHORT}!", 1, first=20)
    assert rings_of(two + three) == [frozenset(one.account for one in three)]
    assert rings_of([*comments("v", "", 5), *comments("v", "@a", 5, first=9)]) == []


def test_a_ring_is_found_when_half_of_it_is_named_and_ham_is_counted_beside_it() -> None:
    ring, fans = comments("v", LONG, 4), comments("v", f"{LONG} or never", 3, first=30)
    part = [*ring, *comments("v", SHORT, 3, first=50)]
    spam = spam_of(part)
    assert judge([*part, *fans], spam, NearDuplicateParams()) == Rings(1, 2, 4, 3)


def test_rules_as_they_ship_see_a_ring_of_short_comments_on_a_busy_wall() -> None:
    lively = [
        post(100 + n, f"fan{n}", f"{'abcdefgh'[n % 8]} {'klmnopqrst'[n // 8]} {n}", kind="reply",
             objects=("target:v",))
        for n in range(80)
    ]  # fmt: skip
    ring = comments("v", SHORT, 4, first=200)
    assert judge([*lively, *ring], spam_of(ring), NearDuplicateParams()) == Rings(0, 1, 0, 0)
    assert judge_as_set([*lively, *ring], spam_of(ring)) == Rings(1, 1, 4, 0)


def test_each_video_is_judged_as_the_others_ask_for() -> None:
    parts = by_target([*comments("a", SHORT, 4), *comments("b", SHORT, 4, first=20)])
    everything = spam_of(*parts.values())
    alone = added(judge(one, everything, NearDuplicateParams()) for one in parts.values())
    assert (alone.found, alone.rings) == (0, 2)
    assert held_out(parts, everything) == Rings(2, 2, 8, 0)


def test_a_choice_that_would_flag_ham_elsewhere_is_not_taken() -> None:
    fans = comments("b", "we all love this wonderful song", 4, first=40)
    spam = comments("a", SHORT, 4)
    more = comments("b", SHORT, 4, first=20)
    told = held_out(by_target([*spam, *more, *fans]), spam_of(spam, more))
    assert (told.found, told.ham) == (1, 4)
