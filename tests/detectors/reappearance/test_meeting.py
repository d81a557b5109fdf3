"""Where outputs and posts meet: who is kept, who counts as earlier, and the bounds."""

from __future__ import annotations

import math
from random import Random

from hypothesis import given
from hypothesis import strategies as st

from detectors.reappearance.meeting import (
    EACH,
    MAX_ACCOUNTS,
    MAX_KNOWN,
    MAX_OUTPUTS,
    MAX_PAIRS,
    Row,
    Run,
    meetings,
)

WINDOW = 1_000.0


def row(
    outputs: list[tuple[str, float, int]],
    posts: list[tuple[str, float, int]],
    prompts: list[tuple[str, float, int]] | None = None,
) -> Row:
    first = min(((at, id_) for _, at, id_ in posts), default=None)
    return (outputs, prompts or [], posts, first)


def test_a_text_meets_the_outputs_of_the_time_before_it() -> None:
    rows = [row([("ai:a", 100.0, 1), ("ai:b", 300.0, 2)], [("x:u", 1_200.0, 3)])]
    assert meetings(rows, WINDOW).pairs == [(2, 3)]


def test_what_shares_more_runs_comes_first() -> None:
    output = [("ai:a", 100.0, 1)]
    rows = [row(output, [("x:u", 200.0, 2), ("x:v", 150.0, 3)]), row(output, [("x:u", 200.0, 2)])]
    assert meetings(rows, WINDOW).pairs == [(1, 2), (1, 3)]


def test_what_an_ai_account_wrote_first_stays_its_own_but_not_anothers() -> None:
    """A crew repeats its story; a petition that went round is nobody's draft any more."""
    outputs = [("ai:a", 10.0, 1), ("ai:a", 100.0, 2), ("ai:b", 110.0, 3)]
    rows = [row(outputs, [("x:first", 50.0, 4), ("x:u", 200.0, 5)])]
    met = meetings(rows, WINDOW)
    assert met.pairs == [(1, 4), (1, 5), (2, 5)]
    assert met.known == {}


def test_a_post_at_the_very_moment_of_an_output_came_first() -> None:
    rows = [row([("ai:a", 50.0, 1)], [("x:first", 50.0, 2), ("x:u", 200.0, 3)])]
    assert meetings(rows, WINDOW).pairs == []


def test_what_is_its_own_again_meets_only_what_came_after_it() -> None:
    """The second output of a story is no source of posts that stood before it."""
    outputs = [("ai:a", 10.0, 1), ("ai:a", 100.0, 2)]
    rows = [row(outputs, [("x:before", 50.0, 3), ("x:after", 1_050.0, 4)])]
    assert meetings(rows, WINDOW).pairs == [(1, 3), (2, 4)]


@given(
    wrote=st.lists(st.tuples(st.sampled_from(["ai:a", "ai:b"]), st.integers(0, 40)), max_size=6),
    posted=st.lists(
        st.tuples(st.sampled_from(["x:u", "x:v", "ai:a"]), st.integers(0, 60)), max_size=8
    ),
)
def test_a_pair_is_later_in_time_of_others_and_only_of_what_was_not_public(
    wrote: list[tuple[str, int]], posted: list[tuple[str, int]]
) -> None:
    outputs = sorted(
        ((name, float(at), n) for n, (name, at) in enumerate(wrote)), key=lambda one: one[1:]
    )
    posts = sorted(
        ((name, float(at), 100 + n) for n, (name, at) in enumerate(posted)),
        key=lambda one: one[1:],
    )
    met = meetings([row(outputs, posts)], 30.0)
    public = min((at for _, at, _ in posts), default=math.inf)
    firsts = {name: min(at for other, at, _ in outputs if other == name) for name, _, _ in outputs}
    expected = {
        (output, text)
        for account, at, output in outputs
        for poster, later, text in posts
        if firsts[account] < public and poster != account and at < later <= at + 30.0
    }
    assert set(met.pairs) == expected
    assert set(met.known) <= {output for output, _ in met.pairs}


@given(
    wrote=st.lists(st.tuples(st.sampled_from(["ai:a", "ai:b"]), st.integers(0, 40)), max_size=6),
    posted=st.lists(st.tuples(st.sampled_from(["x:u", "x:v"]), st.integers(0, 60)), max_size=6),
    asked=st.lists(st.tuples(st.sampled_from(["ai:a", "ai:c"]), st.integers(0, 60)), max_size=6),
)
def test_a_row_leaves_out_only_texts_that_meet_nothing(
    wrote: list[tuple[str, int]], posted: list[tuple[str, int]], asked: list[tuple[str, int]]
) -> None:
    run = Run()
    for n, (name, at) in enumerate(wrote):
        run.add_output(name, (float(at), n), 20)
    for n, (name, at) in enumerate(posted, 100):
        run.add_post(name, (float(at), n), b"s")
    for n, (name, at) in enumerate(asked, 200):
        run.add_prompt(name, (float(at), n), b"s")
    outputs, prompts, posts = (
        sorted(
            ((name, *place) for name, places in kept.items() for place in places),
            key=lambda one: (*one[1:], one[0]),
        )
        for kept in (run.outputs, run.prompts, run.posts)
    )
    told, whole = (
        meetings([one], 30.0)
        for one in (run.row(b"s", 30.0), (outputs[:MAX_OUTPUTS], prompts, posts, run.first))
    )
    assert told[:2] == whole[:2]
    assert told[3:] == whole[3:]
    assert told.prompts & told.texts.keys() == whole.prompts & whole.texts.keys()


def test_a_run_that_somebody_posted_earlier_brings_nobody_together() -> None:
    rows = [row([("ai:a", 100.0, 1)], [("x:press", 50.0, 2), ("x:u", 200.0, 3)])]
    assert meetings(rows, WINDOW).pairs == []


def test_earlier_posts_of_an_output_that_met_somebody_are_read_too() -> None:
    output = [("ai:a", 100.0, 1)]
    rows = [row(output, [("x:press", 50.0, 2)]), row(output, [("x:u", 200.0, 3)])]
    met = meetings(rows, WINDOW)
    assert met.known == {1: [2]}
    assert met.signal_ids() == {1, 2, 3}
    assert meetings(rows[:1], WINDOW).signal_ids() == set()


def test_an_account_does_not_meet_itself() -> None:
    rows = [row([("ai:a", 100.0, 1)], [], [("ai:a", 200.0, 2), ("ai:b", 210.0, 3)])]
    met = meetings(rows, WINDOW)
    assert (met.pairs, met.prompts) == ([(1, 3)], frozenset({2, 3}))


def test_pairs_and_earlier_posts_are_bounded() -> None:
    output = [("ai:a", 100.0, 1)]
    posts = [(f"x:u{n}", 200.0, 10 + n) for n in range(MAX_PAIRS + 5)]
    known = [row(output, [("x:p", 5.0 + n, 9_000 + n)]) for n in range(MAX_KNOWN + 5)]
    met = meetings([row(output, posts), *known], WINDOW)
    assert (len(met.pairs), met.truncated) == (MAX_PAIRS, True)
    assert len(met.known[1]) == MAX_KNOWN


def test_the_first_signals_of_an_account_are_kept_whatever_comes_first() -> None:
    places = [(float(at), at) for at in range(9)]
    states = []
    for seed in range(5):
        run = Run()
        for place in Random(seed).sample(places, 9):
            run.add_post("x:u", place, b"s")
            run.add_output("ai:a", place, 20)
        states.append(run)
    assert all(state == states[0] for state in states)
    assert states[0].posts == {"x:u": places[:EACH]}
    assert (states[0].first, states[0].newest) == ((0.0, 0), 8.0)


def test_of_very_many_accounts_the_same_ones_are_kept_of_every_run() -> None:
    names = [f"x:u{n}" for n in range(5 * MAX_ACCOUNTS)]
    kept = []
    for seed in range(3):
        run = Run()
        run.add_output("ai:a", (0.5, len(names)), 20)
        for number, name in enumerate(Random(seed).sample(names, len(names))):
            run.add_post(name, (1.0, number), b"s")
        assert run.sampled
        assert len(run.posts) <= 2 * MAX_ACCOUNTS
        _, _, posts, first = run.row(b"s", WINDOW)
        assert first == (1.0, 0)
        kept.append({account for account, _, _ in posts})
    assert len(kept[0]) == MAX_ACCOUNTS
    assert kept[0] == kept[1] == kept[2]


def test_boilerplate_stays_boilerplate() -> None:
    run = Run()
    for number in range(9):
        run.add_output(f"ai:a{number}", (float(number), number), 4)
    assert (run.common, run.outputs) == (True, {})


def test_a_tick_gets_the_first_outputs_only() -> None:
    run = Run()
    for number in range(MAX_OUTPUTS + 4):
        run.add_output(f"ai:a{number}", (100.0 - number, number), 99)
    outputs, *_ = run.row(b"s", WINDOW)
    assert [at for _, at, _ in outputs] == [89.0 + n for n in range(MAX_OUTPUTS)]
