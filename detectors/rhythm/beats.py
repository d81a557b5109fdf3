"""Beats of many accounts as columns: what shards hand to a tick, and how it reads them.

Most accounts keep no rhythm with anybody, so that no object is made of a beat before it is in a
finding.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import chain
from typing import Any, Final, TypedDict

import numpy as np
from numpy.typing import NDArray

from detectors.base import Key
from detectors.rhythm.bins import (
    BIN_S,
    LOOKBACK_S,
    MAX_BINS,
    MAX_TIES,
    PER_HOUR,
    SCHEDULED,
    WEEK_H,
    Beat,
    Rhythm,
    spread,
)

WHOLE: Final = 0xFFFFFFFF
"""The reach of a beat of which every bin is compared."""
_NUMBER, _HASH = np.dtype("<i8"), np.dtype("<u4")

Ints = NDArray[np.int64]


class Columns(TypedDict):
    """Beats of one shard, plain data; columns are bytes.

    sizes, tied, reach: one entry an account; bins, ids: one a bin; ties: one a tie; of one account
    after the other, the bins in order.
    """

    accounts: list[str]
    sizes: bytes
    bins: bytes
    ids: bytes
    tied: bytes
    ties: bytes
    reach: bytes


@dataclass(frozen=True, slots=True)
class Beats:
    """Beats by account. sizes, tied: bins and ties of each; ends, tie_ends: where each begins, and
    the last ends."""

    accounts: tuple[str, ...]
    sizes: Ints
    bins: Ints
    ids: Ints
    tied: Ints
    ties: Ints
    reach: Ints
    ends: Ints
    tie_ends: Ints

    def __len__(self) -> int:
        return len(self.accounts)

    def __getitem__(self, place: int) -> Beat:
        some = slice(self.ends[place], self.ends[place + 1])
        ties = self.ties[self.tie_ends[place] : self.tie_ends[place + 1]]
        return Beat(
            self.accounts[place],
            self.bins[some].tolist(),
            self.ids[some].tolist(),
            ties.tolist(),
            int(self.reach[place]),
        )

    def weeks(self) -> Ints:
        """How many bins of each are in each hour of the week; shape (beats, 168)."""
        owner = np.repeat(np.arange(len(self)), self.sizes)
        hour = owner * WEEK_H + self.bins // PER_HOUR % WEEK_H
        return np.bincount(hour, minlength=len(self) * WEEK_H).reshape(-1, WEEK_H)


def collect(states: Mapping[Key, Rhythm], clock: float, least: int) -> Columns:
    """What a tick compares: the beats of accounts with at least so many bins."""
    known = [(key.value, one) for key, one in states.items() if len(one.bins) >= least]
    count = np.fromiter((len(one.bins) for _, one in known), np.int64, len(known))
    owner = np.repeat(np.arange(len(known)), count)
    total = len(owner)
    bins = np.fromiter(chain.from_iterable(one.bins for _, one in known), np.int64, total)
    ids = np.fromiter(chain.from_iterable(one.bins.values() for _, one in known), np.int64, total)
    kept, reach = _smallest(owner, bins, int((clock - LOOKBACK_S) // BIN_S), len(known))
    kept = kept[_unscheduled(owner[kept], bins[kept], len(known))]
    size = np.bincount(owner[kept], minlength=len(known))
    kept = kept[size[owner[kept]] >= least]
    first = bins[kept].min(initial=0)
    kept = kept[np.argsort(owner[kept] << 32 | bins[kept] - first)]
    told = np.flatnonzero(size >= least)
    ties = [sorted(known[place][1].ties)[:MAX_TIES] for place in told.tolist()]
    return Columns(
        accounts=[known[place][0] for place in told.tolist()],
        sizes=size[told].astype(_NUMBER).tobytes(),
        bins=bins[kept].astype(_NUMBER).tobytes(),
        ids=ids[kept].astype(_NUMBER).tobytes(),
        tied=np.array([len(mine) for mine in ties], dtype=_NUMBER).tobytes(),
        ties=np.array([*chain.from_iterable(ties)], dtype=_HASH).tobytes(),
        reach=reach[told].astype(_HASH).tobytes(),
    )


def columns(beats: Sequence[Beat]) -> Columns:
    """The same of beats that are at hand."""
    return Columns(
        accounts=[one.account for one in beats],
        sizes=np.array([len(one.bins) for one in beats], dtype=_NUMBER).tobytes(),
        bins=np.array([place for one in beats for place in one.bins], dtype=_NUMBER).tobytes(),
        ids=np.array([id_ for one in beats for id_ in one.ids], dtype=_NUMBER).tobytes(),
        tied=np.array([len(one.ties) for one in beats], dtype=_NUMBER).tobytes(),
        ties=np.array([tie for one in beats for tie in one.ties], dtype=_HASH).tobytes(),
        reach=np.array([one.reach for one in beats], dtype=_HASH).tobytes(),
    )


def merge(parts: Sequence[Columns], most: int) -> Beats:
    """The first so many beats of all shards, by account."""
    names = [name for part in parts for name in part["accounts"]]
    order = np.array(sorted(range(len(names)), key=names.__getitem__)[:most], dtype=np.int64)
    sizes, tied, reach = _joined(parts, "sizes"), _joined(parts, "tied"), _joined(parts, "reach")
    bins, ids = _joined(parts, "bins"), _joined(parts, "ids")
    cells, ties = _cells(sizes, order), _cells(tied, order)
    return Beats(
        accounts=tuple(names[place] for place in order.tolist()),
        sizes=sizes[order],
        bins=bins[cells],
        ids=ids[cells],
        tied=tied[order],
        ties=_joined(parts, "ties")[ties],
        reach=reach[order],
        ends=np.concatenate([[0], np.cumsum(sizes[order])]),
        tie_ends=np.concatenate([[0], np.cumsum(tied[order])]),
    )


def _smallest(owner: Ints, bins: Ints, since: int, owners: int) -> tuple[Ints, Ints]:
    """Places of the bins from `since` on, of very many those with the smallest hashes; how far
    these reach."""
    kept = np.flatnonzero(bins >= since)
    reach = np.full(owners, WHOLE, dtype=np.int64)
    size = np.bincount(owner[kept], minlength=owners)
    many = size > MAX_BINS
    if not many.any():
        return kept, reach
    full = kept[many[owner[kept]]]
    hashed = spread(bins[full])
    order = np.lexsort((hashed, owner[full]))
    full, hashed = full[order], hashed[order]
    starts = np.concatenate([[0], np.cumsum(size[many])])[:-1]
    nth = np.arange(len(full)) - np.repeat(starts, size[many])
    reach[many] = hashed[starts + MAX_BINS - 1]
    return np.concatenate([kept[~many[owner[kept]]], full[nth < MAX_BINS]]), reach


def _unscheduled(owner: Ints, bins: Ints, owners: int) -> NDArray[np.bool_]:
    """Which bins are at no minute of the hour at which a scheduler acts."""
    minute = owner * PER_HOUR + bins % PER_HOUR
    at_minute = np.bincount(minute, minlength=owners * PER_HOUR)
    most = SCHEDULED * np.bincount(owner, minlength=owners)
    kept: NDArray[np.bool_] = at_minute[minute] <= most[owner]
    return kept


def _joined(parts: Sequence[Mapping[str, Any]], name: str) -> Ints:
    kind = _HASH if name in {"ties", "reach"} else _NUMBER
    told = [np.frombuffer(part[name], kind).astype(np.int64) for part in parts]
    return np.concatenate([np.zeros(0, dtype=np.int64), *told])


def _cells(sizes: Ints, order: Ints) -> Ints:
    """Places of what these hold, one after the other."""
    starts, count = (np.cumsum(sizes) - sizes)[order], sizes[order]
    nth = np.arange(int(count.sum())) - np.repeat(np.cumsum(count) - count, count)
    cells: Ints = np.repeat(starts, count) + nth
    return cells
