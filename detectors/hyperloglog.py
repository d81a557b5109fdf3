"""How many different things were seen, from 2 KiB of registers: HyperLogLog."""

from __future__ import annotations

from collections.abc import Iterable
from math import inf, log, sqrt
from typing import Final

import numpy as np
from numpy.typing import NDArray

INDEX_BITS: Final = 11
REGISTERS: Final = 1 << INDEX_BITS
STANDARD_ERROR: Final = 1.04 / sqrt(REGISTERS)
"""Of one estimate, relative: 0.023. Two in three estimates are nearer, nineteen in twenty within
twice as much; below 2,048 things they are better than that."""

_RANK_BITS = 64 - INDEX_BITS
_MASK = (1 << _RANK_BITS) - 1
_TOP = _RANK_BITS + 1
_SCALE = REGISTERS * REGISTERS / (2 * log(2))


def new_registers() -> bytearray:
    """Registers that have seen nothing."""
    return bytearray(REGISTERS)


def add(registers: bytearray, word: int) -> bool:
    """See one thing by its 64 hashed bits, 0 <= word < 2^64. Returns whether a register changed.

    The order in which things come, and how often, leaves no trace.
    """
    place = word >> _RANK_BITS
    rank = _TOP - (word & _MASK).bit_length()
    if registers[place] >= rank:
        return False
    registers[place] = rank
    return True


def estimate(several: Iterable[bytes | bytearray]) -> float:
    """Different things that any of these registers saw; 0 for none. Relative error as above.

    Source: Ertl 2017, "New cardinality estimation algorithms for HyperLogLog sketches",
    algorithm 6: one formula without bias from nothing up to 2^64, and only arithmetic that IEEE 754
    rounds in one way, so that every machine says the same.
    """
    joined = b"".join(several)
    if not joined:
        return 0.0
    registers = np.frombuffer(joined, dtype=np.uint8).reshape(-1, REGISTERS).max(axis=0)
    return _estimate(np.bincount(registers, minlength=_TOP + 1))


def _estimate(having: NDArray[np.intp]) -> float:
    """having: how many registers have each rank, shape (55,)."""
    total = REGISTERS * _tau(1.0 - int(having[_TOP]) / REGISTERS)
    for count in having[_TOP - 1 : 0 : -1].tolist():
        total = 0.5 * (total + count)
    return _SCALE / (total + REGISTERS * _sigma(int(having[0]) / REGISTERS))


def _sigma(share: float) -> float:
    """Correction for registers that have seen nothing; share of them, 0..1."""
    if share == 1.0:
        return inf
    weight, total, before = 1.0, share, -1.0
    while total != before:
        share *= share
        before = total
        total += share * weight
        weight += weight
    return total


def _tau(share: float) -> float:
    """Correction for registers at the highest rank; share of those that are not, 0..1."""
    if share in {0.0, 1.0}:
        return 0.0
    weight, total, before = 1.0, 1.0 - share, -1.0
    while total != before:
        share = sqrt(share)
        before = total
        weight *= 0.5
        total -= (1.0 - share) ** 2 * weight
    return total / 3.0
