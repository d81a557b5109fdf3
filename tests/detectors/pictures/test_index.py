"""The index of PDQ hashes: every pair within 31 bits is found, however the bits are spread."""

from __future__ import annotations

from random import Random

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from detectors.pictures import index
from detectors.pictures.hashes import distance
from detectors.pictures.index import SURE_DISTANCE, Near, far_from, leaders, near, table_of

bits = st.integers(0, 255)
hashes = st.integers(0, 2**256 - 1)


def named(number: int) -> str:
    return f"{number:064x}"


def turned(number: int, places: frozenset[int]) -> int:
    """The number with these bits turned."""
    for place in places:
        number ^= 1 << place
    return number


def pairs_of(found: Near) -> list[tuple[int, int]]:
    return sorted(zip(found.earlier.tolist(), found.later.tolist(), strict=True))


def compared(names: list[str], reach: int) -> list[tuple[int, int]]:
    """What comparing all with all finds."""
    return [
        (one, two)
        for one in range(len(names))
        for two in range(one + 1, len(names))
        if distance(names[one], names[two]) <= reach
    ]


def copies(seed: int, pictures: int, of_each: int, most: int) -> list[str]:
    """A world of pictures with copies in which up to `most` random bits are turned."""
    dice = Random(seed)
    made = []
    for _ in range(pictures):
        picture = dice.getrandbits(256)
        for _ in range(of_each):
            places = dice.sample(range(256), dice.randint(0, most))
            made.append(named(turned(picture, frozenset(places))))
    return list(dict.fromkeys(made))


@given(picture=hashes, places=st.frozensets(bits, max_size=SURE_DISTANCE))
def test_no_pair_within_31_bits_is_missed(picture: int, places: frozenset[int]) -> None:
    names = [named(picture), named(turned(picture, places))]
    assert pairs_of(near(table_of(names), len(places))) == [(0, 1)]


@given(
    picture=hashes,
    places=st.lists(st.integers(0, 15), min_size=16, max_size=16),
    second=st.lists(st.integers(0, 14), min_size=15, max_size=15),
)
def test_not_even_where_every_chunk_but_one_has_two_bits_turned(
    picture: int, places: list[int], second: list[int]
) -> None:
    """31 bits in the worst arrangement: two in each of 15 chunks and one in the last."""
    worst = {16 * chunk + place for chunk, place in enumerate(places)}
    worst |= {16 * chunk + (places[chunk] + 1 + other) % 16 for chunk, other in enumerate(second)}
    assert len(worst) == SURE_DISTANCE
    names = [named(picture), named(turned(picture, frozenset(worst)))]
    assert pairs_of(near(table_of(names), SURE_DISTANCE)) == [(0, 1)]


@settings(max_examples=25, deadline=None)
@given(seed=st.integers(0, 2**32), most=st.integers(0, 31), reach=st.integers(0, SURE_DISTANCE))
def test_the_index_finds_what_comparing_all_with_all_finds(
    seed: int, most: int, reach: int
) -> None:
    names = copies(seed, pictures=8, of_each=6, most=most)
    assert pairs_of(near(table_of(names), reach)) == compared(names, reach)


def test_in_a_world_of_thousands_every_pair_of_copies_is_found_and_nothing_else() -> None:
    names = copies(3, pictures=3_000, of_each=1, most=0) + copies(4, 40, of_each=8, most=15)
    found = near(table_of(names), SURE_DISTANCE)
    assert pairs_of(found) == compared(names, SURE_DISTANCE)
    assert len(found.earlier) > 1_000
    assert not found.truncated


def test_32_bits_can_be_missed_and_33_are_out_of_reach() -> None:
    two_in_each = frozenset(range(0, 256, 8))
    names = [named(0), named(turned(0, two_in_each))]
    assert distance(*names) == 32
    assert pairs_of(near(table_of(names), 63)) == []
    assert pairs_of(near(table_of(names), SURE_DISTANCE)) == []


@pytest.mark.parametrize("size", [0, 1])
def test_fewer_than_two_make_no_pair(size: int) -> None:
    assert pairs_of(near(table_of([named(7)] * size), 31)) == []


def test_a_flood_of_copies_is_cut_and_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(index, "CANDIDATES", 20_000)
    names = copies(5, pictures=1, of_each=400, most=12)
    found = near(table_of(names), SURE_DISTANCE)
    assert found.truncated
    assert set(pairs_of(found)) < set(compared(names, SURE_DISTANCE))
    monkeypatch.setattr(index, "CANDIDATES", 10**9)
    monkeypatch.setattr(index, "NEAR", 1_000)
    found = near(table_of(names), SURE_DISTANCE)
    assert found.truncated
    assert 1_000 < len(found.earlier) < len(compared(names, SURE_DISTANCE))


def test_parts_of_the_work_make_the_same_pairs(monkeypatch: pytest.MonkeyPatch) -> None:
    table = table_of(copies(6, pictures=4, of_each=30, most=10))
    whole = pairs_of(near(table, SURE_DISTANCE))
    monkeypatch.setattr(index, "_AT_ONCE", 7)
    assert pairs_of(near(table, SURE_DISTANCE)) == whole


def test_a_leader_is_near_to_all_that_follow_it() -> None:
    """A row of pictures, each 20 bits from the next: no group reaches from one end to the other."""
    row = [named((1 << 20 * step) - 1) for step in range(6)]
    assert leaders(6, near(table_of(row), SURE_DISTANCE)) == [0, 0, 2, 2, 4, 4]


def test_the_oldest_picture_leads_whatever_came_between() -> None:
    names = [named(0), named(1 << 255 | (1 << 40) - 1), named(3), named((1 << 45) - 1)]
    assert leaders(4, near(table_of(names), SURE_DISTANCE)) == [0, 1, 0, 1]


@given(pictures=st.lists(hashes, min_size=1, max_size=8), stock=st.lists(hashes, max_size=3))
def test_what_is_far_from_stock_pictures_is_what_no_distance_reaches(
    pictures: list[int], stock: list[int]
) -> None:
    names, others = [*map(named, pictures)], [*map(named, stock)]
    far = far_from(table_of(names), table_of(others), 120)
    assert far.dtype == np.bool_
    assert far.tolist() == [all(distance(one, two) > 120 for two in others) for one in names]
