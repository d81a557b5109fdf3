"""What goes into the synchrony test and what comes out of it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import IntEnum

import numpy as np
import numpy.typing as npt

WINDOWS_S = (10, 60, 300, 1_800, 3_600)
PAIR_BUDGET = 20_000_000

Ints = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]
Levels = npt.NDArray[np.int8]
Flags = npt.NDArray[np.bool_]


class EdgeTier(IntEnum):
    """What a pair's synchrony may do; the names match `detectors.base.Tier`."""

    OPENING = 0
    SUPPORTING = 1
    EVENT_EXPLAINED = 2


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """The tunable numbers of the test; bounds are those of the rule's parameters."""

    n_min: int = 4
    c_min: int = 3
    alpha: float = 0.01
    p_open: float = 1e-4
    min_strangers: int = 50
    stranger_min_objects: int = 3
    cap: int = 400
    use_prior: bool = True
    pair_budget: int = PAIR_BUDGET


@dataclass(frozen=True, slots=True, kw_only=True)
class Postings:
    """Who shared what and when: one row per share, in any order.

    object, account: (rows,) indices from 0; at: (rows,) seconds; signal: (rows,) ids.
    accounts: label of each account index; labels decide the keyed sample of large objects.
    alone: (accounts,) further objects of each account that have no row here; empty: none.
    step, skew: seconds, one number or (rows,): clock step and clock error of the row's source.
    """

    object: npt.ArrayLike
    account: npt.ArrayLike
    at: npt.ArrayLike
    signal: npt.ArrayLike
    accounts: Sequence[str]
    alone: npt.ArrayLike = ()
    step: npt.ArrayLike = 0.0
    skew: npt.ArrayLike = 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Edges:
    """Pairs that passed, sorted by (a, b); every column is (edges,).

    a < b: account indices; n: distinct shared objects; c: of them within window_s (s);
    sum_q: count that chance explains within window_s; p: 0..1, corrected for `tests` windows;
    tier: EdgeTier.
    first: (edges + 1,) offsets into the shared columns, which are sorted by object inside an edge:
    shared_object; signal_a, signal_b: what was shared through which signals; at_a, at_b: ms;
    shared_level: first window that holds the object. Objects of one bundle all appear.
    shared_q: (shared, windows) rate of the object, 0 where a clock is too coarse for the window.
    """

    a: Ints
    b: Ints
    n: Ints
    c: Ints
    window_s: Ints
    sum_q: Floats
    p: Floats
    tests: Ints
    tier: Ints
    first: Ints
    shared_object: Ints
    signal_a: Ints
    signal_b: Ints
    at_a: Ints
    at_b: Ints
    shared_level: Levels
    shared_q: Floats

    def __len__(self) -> int:
        return len(self.a)

    def shared(self, edge: int) -> slice:
        """Rows of the shared columns that belong to one edge."""
        return slice(int(self.first[edge]), int(self.first[edge + 1]))


@dataclass(frozen=True, slots=True, kw_only=True)
class Result:
    """One run: the edges and every population number that was used.

    m: pairs tested; q: (windows,) global rate; threshold: largest kept p, 0.0 when nothing passed,
    event_threshold the same under the global rate alone; rated_objects: behind q;
    capped: whether an object had more accounts than cap_effective.
    """

    edges: Edges
    m: int
    q: tuple[float, ...]
    windows_s: tuple[int, ...]
    cap_effective: int
    capped: bool
    prior_used: bool
    rated_objects: int
    threshold: float
    event_threshold: float
