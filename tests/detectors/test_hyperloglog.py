"""HyperLogLog: error, order, merging and what it costs."""

from __future__ import annotations

from hashlib import blake2b
from math import sqrt

import pytest
from hypothesis import given
from hypothesis import strategies as st

from detectors.hyperloglog import REGISTERS, STANDARD_ERROR, add, estimate, new_registers


def word(name: object, seed: int = 0) -> int:
    raw = blake2b(f"{seed} {name}".encode(), digest_size=8).digest()
    return int.from_bytes(raw, "big")


def seen(things: range, seed: int = 0) -> bytearray:
    registers = new_registers()
    for thing in things:
        add(registers, word(thing, seed))
    return registers


def test_nothing_is_nothing() -> None:
    assert estimate([]) == 0.0
    assert estimate([new_registers(), new_registers()]) == 0.0


@pytest.mark.parametrize("size", [1, 2, 10])
def test_a_few_things_are_counted_exactly(size: int) -> None:
    assert round(estimate([seen(range(size))])) == size


@pytest.mark.parametrize("size", [100, 1_025, 4_000, 10_000])
def test_the_error_is_as_documented(size: int) -> None:
    errors = [estimate([seen(range(size), seed)]) / size - 1 for seed in range(40)]
    assert sqrt(sum(error * error for error in errors) / 40) < 1.25 * STANDARD_ERROR
    assert abs(sum(errors) / 40) < STANDARD_ERROR / 2
    assert max(map(abs, errors)) < 4 * STANDARD_ERROR


def test_a_large_set_is_within_three_standard_errors() -> None:
    assert abs(estimate([seen(range(200_000))]) / 200_000 - 1) < 3 * STANDARD_ERROR


def test_words_at_both_ends_of_the_range_are_taken() -> None:
    registers = new_registers()
    assert add(registers, 0)
    assert add(registers, 2**64 - 1)
    assert (registers[0], registers[-1], max(registers)) == (54, 1, 54)
    assert round(estimate([registers])) == 2


def test_registers_at_their_highest_rank_give_a_finite_number() -> None:
    assert 1e18 < estimate([bytes([54] * (REGISTERS - 1) + [53])]) < 1e21


@given(
    things=st.lists(st.integers(0, 400), max_size=200),
    cuts=st.tuples(st.integers(0, 200), st.integers(0, 200)),
)
def test_order_repeats_and_splits_leave_no_trace(things: list[int], cuts: tuple[int, int]) -> None:
    whole, pieces = new_registers(), [new_registers() for _ in range(3)]
    for thing in sorted(set(things)):
        add(whole, word(thing))
    for place, thing in enumerate(things):
        add(pieces[sum(place >= cut for cut in cuts)], word(thing))
    assert bytes(map(max, *pieces)) == bytes(whole)
    assert estimate(pieces) == estimate([whole])


def test_adding_says_whether_anything_changed() -> None:
    registers = new_registers()
    assert add(registers, word("a"))
    before = bytearray(registers)
    assert not add(registers, word("a"))
    assert (registers, len(registers)) == (before, 2_048)


def test_the_estimate_is_pinned_to_the_last_bit() -> None:
    """Every machine must say the same: a replay elsewhere gives the same findings."""
    assert estimate([seen(range(3_000))]) == 2938.5044137647237
