"""What is kept of a link or hashtag in common, and which texts meet there."""

from __future__ import annotations

from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from detectors.base import DAY_S, HOUR_S, Key
from detectors.paraphrase.meeting import EACH, MAX_POSTS, Meeting, Post, keys_of, meet
from tests.tongues import told

posts = st.lists(
    st.tuples(
        st.integers(0, 5 * DAY_S),
        st.integers(0, 9),
        st.sampled_from(["latin:en", "latin:es", "cyrillic:"]),
        st.integers(0, 5),
    ),
    max_size=60,
)


def kept(rows: list[tuple[int, Post, int]], most: int = 4, days: int = 3) -> Meeting:
    state = Meeting()
    for _, post, text in rows:
        state.add(post, text, most, days)
    return state


def by(account: str, at: float, id_: int, tongue: str = "latin:en") -> Post:
    return Post(account, at, id_, tongue)


@given(drawn=posts, chance=st.randoms(use_true_random=False))
def test_any_order_of_posts_leaves_the_same_state(
    drawn: list[tuple[int, int, str, int]], chance: Random
) -> None:
    rows = [
        (n, by(f"x:u{who}", float(at), n, tongue), text)
        for n, (at, who, tongue, text) in enumerate(drawn)
    ]
    shuffled = list(rows)
    chance.shuffle(shuffled)
    state = kept(shuffled)
    assert state == kept(rows)
    assert len(state.days) <= 4
    for day in state.days.values():
        assert len(day.accounts) <= 4
        assert all(len(mine) <= EACH for mine in day.accounts.values())


def test_a_common_day_does_not_spoil_the_next_one() -> None:
    crowd = [(n, by(f"x:u{n}", n, n), n) for n in range(9)]
    calm = [(n, by(f"x:v{n}", DAY_S + n, n), n) for n in range(20, 23)]
    found = kept([*crowd, *calm]).posts(0.0)
    assert [post.account for post in found] == ["x:v20", "x:v21", "x:v22"]


def test_days_that_began_too_early_are_not_told() -> None:
    state = kept([(1, by("x:a", HOUR_S, 1), 1), (2, by("x:b", DAY_S + 1, 2), 2)])
    assert [post.id for post in state.posts(HOUR_S)] == [2]


def test_one_account_in_two_tongues_is_no_meeting() -> None:
    alone = [(1, by("x:a", 1.0, 1), 1), (2, by("x:a", 2.0, 2, "latin:es"), 2)]
    assert not kept(alone).has_tongues
    assert not kept([*alone[:1], (2, by("x:b", 2.0, 2), 2)]).has_tongues
    assert kept([*alone, (3, by("x:b", 3.0, 3), 3)]).has_tongues
    unsure = [(1, by("x:a", 1.0, 1), 1), (2, by("x:b", 2.0, 2, "latin:"), 2)]
    assert not kept(unsure).has_tongues


def test_what_a_text_answers_goes_before_the_address_it_came_from() -> None:
    signal = told(
        "x:u1",
        "read https://a.example/x #water @mayor_of_town",
        objects=("target:@mayor", "reply-to:x-1"),
        identifier_map={"ip": "198.51.100.7", "user_agent": "curl"},
    )
    assert [key.type for key in keys_of(signal)] == [
        "target", "reply-to", "url", "hashtag", "handle", "ip",
    ]  # fmt: skip


def test_a_link_that_is_listed_and_written_is_one_key() -> None:
    signal = told("x:u1", "see HTTPS://A.example/x", raw_urls=("https://a.example/x",))
    assert keys_of(signal) == [Key("url", "https://a.example/x")]


def test_one_name_on_two_platforms_does_not_meet_itself() -> None:
    row = ("hashtag water", [by("x:Rosa", 1.0, 1), by("t:rosa", 2.0, 2), by("t:kim", 3.0, 3)])
    assert meet([row], HOUR_S).later == {1: {3}, 2: {3}}


def test_only_texts_within_the_window_meet() -> None:
    row = ("hashtag water", [by("x:a", 0.0, 1), by("x:b", HOUR_S, 2), by("x:c", HOUR_S + 1, 3)])
    assert meet([row], HOUR_S).later == {1: {2}, 2: {3}}


@pytest.mark.parametrize("size", [MAX_POSTS - 3, MAX_POSTS + 5])
def test_above_the_limit_the_commonest_keys_lose(size: int) -> None:
    rare = ("url a", [by(f"x:r{n}", float(n), 10_000 + n) for n in range(3)])
    common = ("hashtag b", [by(f"x:c{n}", float(n), n) for n in range(size)])
    met = meet([common, rare], 60.0)
    assert {10_000, 10_001, 10_002} <= set(met.posts)
    assert len(met.posts) == min(MAX_POSTS, size + 3)
    assert met.truncated == (size + 3 > MAX_POSTS)
