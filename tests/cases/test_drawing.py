"""The drawing of a graph: the same for the same graph, bounded, and inside its square."""

from __future__ import annotations

import subprocess
import sys
from itertools import combinations, pairwise
from random import Random

from hypothesis import given, settings
from hypothesis import strategies as st

from cases.drawing import MOST, SIDE, draw

NAMES = [f"x:a{number}" for number in range(12)]
PAIRS = st.lists(st.tuples(st.sampled_from(NAMES), st.sampled_from(NAMES)), max_size=30)
SCRIPT = """
from cases.drawing import draw
names = {f"x:{n}" for n in range(40)}
ties = {(f"x:{n}", f"x:{n * 7 % 40}") for n in range(40)}
print(sorted(draw(names, ties, 9).at.items()))
"""


@settings(max_examples=40, deadline=None)
@given(pairs=PAIRS, most=st.integers(2, 14), seed=st.integers(0, 99))
def test_the_order_of_names_and_ties_changes_nothing(
    pairs: list[tuple[str, str]], most: int, seed: int
) -> None:
    names, turned = NAMES.copy(), [(b, a) for a, b in pairs]
    Random(seed).shuffle(names)
    Random(seed).shuffle(turned)
    assert draw(names, turned, most) == draw(NAMES, pairs, most)


@settings(max_examples=40, deadline=None)
@given(pairs=PAIRS, most=st.integers(2, 14))
def test_every_name_is_in_one_node_inside_the_square(
    pairs: list[tuple[str, str]], most: int
) -> None:
    found = draw(NAMES, pairs, most)
    assert len(found.at) <= most
    assert found.within.keys() == set(NAMES)
    assert set(found.within.values()) == found.at.keys()
    assert all(0 <= value <= SIDE for point in found.at.values() for value in point)
    for head, names in found.folded.items():
        assert {found.within[name] for name in names} == {head}


def test_the_seed_of_hashes_changes_nothing() -> None:
    told = {
        subprocess.run(
            [sys.executable, "-c", SCRIPT],
            env={"PYTHONHASHSEED": seed},
            capture_output=True,
            text=True,
            check=True,
        ).stdout
        for seed in ("0", "1", "77")
    }
    assert len(told) == 1
    assert "x:0" in told.pop()


def test_two_crowds_fold_to_two_nodes_and_fewer_names_do_not_fold() -> None:
    left, right = [f"l{n:03}" for n in range(160)], [f"r{n:03}" for n in range(160)]
    ties = [pair for side in (left, right) for pair in combinations(side[:40], 2)]
    ties += [(side[0], name) for side in (left, right) for name in side[1:]]
    found = draw([*left, *right], [*ties, (left[0], right[0])])
    assert found.within["l001"] == found.within["l002"] != found.within["r001"]
    assert len(found.at) < MOST
    assert draw(left, pairwise(left)).folded == {}


def test_one_crowd_that_nothing_divides_is_drawn_in_bounded_pieces() -> None:
    found = draw([f"x:{n}" for n in range(1_000)], [])
    assert 1 < len(found.at) <= MOST
    assert sum(len(names) for names in found.folded.values()) == 1_000
