"""Whether the customers of a swarm were made together, when other customers were not. Pure."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from scipy.stats import binom

LEAST = 5
SHARE = 2 / 3
"""Of the customers whose birth is known; a pool is filled up now and then."""
LEAST_OTHERS = 50
"""Customers outside whose births say what is usual; with fewer nothing is said."""


@dataclass(frozen=True, slots=True)
class Together:
    """Accounts that were made between `start` and `end`, seconds since 1970, both included.

    known: accounts of the swarm whose birth is known. others: customers outside, `during` of them
    made in that time. p: the chance of so many, for all `looked` stretches that were looked at.
    """

    accounts: tuple[str, ...]
    start: float
    end: float
    known: int
    others: int
    during: int
    looked: int
    p: float


def made_together(own: Mapping[str, float], others: Sequence[float]) -> Together | None:
    """The stretch that holds two thirds of the swarm or more and is the strangest.

    own: account -> birth, where known. others: births of customers outside, in order.
    """
    ordered = sorted((born, account) for account, born in own.items())
    size, least = len(ordered), max(LEAST, math.ceil(SHARE * len(ordered)))
    if size < least or len(others) < LEAST_OTHERS:
        return None
    births, outside = np.array([born for born, _ in ordered]), np.array(others)
    first, last = np.triu_indices(size, k=least - 1)
    during = np.searchsorted(outside, births[last], "right") - np.searchsorted(
        outside, births[first], "left"
    )
    chances = chance(last - first + 1, size, during, len(others))
    best = int(np.argmin(chances))
    a, b = int(first[best]), int(last[best])
    return Together(
        accounts=tuple(sorted(account for _, account in ordered[a : b + 1])),
        start=ordered[a][0],
        end=ordered[b][0],
        known=size,
        others=len(others),
        during=int(during[best]),
        looked=len(chances),
        p=min(1.0, float(chances[best]) * len(chances)),
    )


def chance(inside: np.ndarray, size: int, during: np.ndarray, others: int) -> np.ndarray:
    """P of `inside` of `size` or more in a stretch in which `during` of the others were made.

    One more is counted than was seen: none is not never.
    """
    return np.asarray(binom.sf(inside - 1, size, (during + 1) / (others + 2)))
