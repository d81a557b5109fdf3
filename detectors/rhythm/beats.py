"""Beats of many accounts as columns: what shards hand to a tick, and how it reads them.

Most accounts keep no rhythm with anybody, so that no object is made of a beat before it is in a
finding.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from itertools import chain
from typing import Any, Final, NamedTuple, TypedDict

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
_PLACE_BITS: Final = 31
_NUMBER, _HASH = np.dtype("<i8"), np.dtype("<u4")

Ints = NDArray[np.int64]
Flags = NDArray[np.bool_]


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


class Rows(NamedTuple):
    """Bins of many accounts, a row each, in the order of (owner, bin). owner: place of the account;
    id: a signal of the bin."""

    owner: Ints
    bin: Ints
    id: Ints

    def take(self, some: Flags | Ints) -> Rows:
        """Some of them."""
        return Rows(self.owner[some], self.bin[some], self.id[some])


class Holders(NamedTuple):
    """Places of the accounts on one tie after the other. size: how many are on each."""

    place: Ints
    size: Ints


def collect(states: Mapping[Key, Rhythm], clock: float, least: int) -> Columns:
    """What a tick compares: the beats of accounts with at least so many bins."""
    known = [(key.value, one) for key, one in states.items() if len(one.bins) >= least]
    count = np.fromiter((len(one.bins) for _, one in known), np.int64, len(known))
    total = int(count.sum())
    bins = np.fromiter(chain.from_iterable(one.bins for _, one in known), np.int64, total)
    ids = np.fromiter(chain.from_iterable(one.bins.values() for _, one in known), np.int64, total)
    rows = Rows(np.repeat(np.arange(len(known)), count), bins, ids).take(bins >= oldest(clock))
    first = rows.bin.min(initial=0)
    rows = rows.take(np.argsort(rows.owner << 32 | rows.bin - first))
    return columns_of(
        rows, len(known), least, lambda place: (known[place][0], ties_told(known[place][1]))
    )


def columns_of(
    rows: Rows, owners: int, least: int, told_of: Callable[[int], tuple[str, bytes]]
) -> Columns:
    """Columns of the accounts that are left with so many bins. told_of: the name and the ties of
    an owner."""
    rows = rows.take((np.bincount(rows.owner, minlength=owners) >= least)[rows.owner])
    kept, reach = _smallest(rows, owners)
    rows = rows.take(kept)
    rows = rows.take(_unscheduled(rows, owners))
    size = np.bincount(rows.owner, minlength=owners)
    rows, told = rows.take((size >= least)[rows.owner]), np.flatnonzero(size >= least)
    names, ties = [], []
    for place in told.tolist():
        name, tied = told_of(place)
        names.append(name)
        ties.append(tied)
    return Columns(
        accounts=names,
        sizes=size[told].astype(_NUMBER).tobytes(),
        bins=rows.bin.astype(_NUMBER).tobytes(),
        ids=rows.id.astype(_NUMBER).tobytes(),
        tied=np.array([len(mine) // _HASH.itemsize for mine in ties], dtype=_NUMBER).tobytes(),
        ties=b"".join(ties),
        reach=reach[told].astype(_HASH).tobytes(),
    )


def oldest(clock: float) -> int:
    """The first bin that counts."""
    return int((clock - LOOKBACK_S) // BIN_S)


def ties_told(state: Rhythm) -> bytes:
    """What an account is compared by."""
    return np.array(sorted(state.ties)[:MAX_TIES], dtype=_HASH).tobytes()


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


def holders(beats: Beats, least: int, most: int) -> Holders:
    """Accounts on the ties that so many have, the rarest tie first, of equals the lowest."""
    place = np.repeat(np.arange(len(beats)), beats.tied)
    packed = np.sort(beats.ties << _PLACE_BITS | place)
    starts = np.flatnonzero(np.diff(packed >> _PLACE_BITS, prepend=-1))
    size = np.diff(starts, append=len(packed))
    some = np.flatnonzero((size >= least) & (size <= most))
    some = some[np.argsort(size[some], kind="stable")]
    return Holders(packed[_cells(size, some)] & (1 << _PLACE_BITS) - 1, size[some])


def _smallest(rows: Rows, owners: int) -> tuple[Flags, Ints]:
    """Of the bins of an account with very many those with the smallest hashes; how far these
    reach."""
    kept = np.ones(len(rows.owner), dtype=np.bool_)
    reach = np.full(owners, WHOLE, dtype=np.int64)
    size = np.bincount(rows.owner, minlength=owners)
    many = size > MAX_BINS
    full = np.flatnonzero(many[rows.owner])
    if len(full):
        owner, hashed = rows.owner[full], spread(rows.bin[full])
        ordered = np.sort(owner << 32 | hashed)
        starts = np.cumsum(size[many]) - size[many]
        reach[many] = ordered[starts + MAX_BINS - 1] & WHOLE
        kept[full] = hashed <= reach[owner]
    return kept, reach


def _unscheduled(rows: Rows, owners: int) -> Flags:
    """Which bins are at no minute of the hour at which a scheduler acts."""
    minute = rows.owner * PER_HOUR + rows.bin % PER_HOUR
    at_minute = np.bincount(minute, minlength=owners * PER_HOUR)
    most = SCHEDULED * np.bincount(rows.owner, minlength=owners)
    kept: Flags = at_minute[minute] <= most[rows.owner]
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
