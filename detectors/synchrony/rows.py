"""First shares: one row per (object, account), bounded by the caps of the test."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from hashlib import blake2b
from typing import Any

import numpy as np
import numpy.typing as npt

from detectors.synchrony.model import Flags, Floats, Ints, Postings

MAX_OBJECTS_PER_ACCOUNT = 2_000
SMALLEST_CAP = 2
MS = 1_000


@dataclass(frozen=True, slots=True)
class Rows:
    """Columns, (rows,) each. at, skew in ms, so that inclusive windows are exact; step in s."""

    object: Ints
    account: Ints
    at: Ints
    signal: Ints
    step: Floats
    skew: Ints

    def __len__(self) -> int:
        return len(self.object)

    def take(self, index: npt.NDArray[Any]) -> Rows:
        """The rows at these positions or where a mask is true."""
        return Rows(*(taken(column, index) for column in self.columns))

    def moved(self, start: int) -> Rows:
        """The same, objects counted from there."""
        return replace(self, object=self.object + start)

    @classmethod
    def joined(cls, parts: Sequence[Rows]) -> Rows:
        """The rows of one part after the other."""
        columns = zip(*(part.columns for part in parts), strict=True)
        return cls(*map(_joined, columns))

    @property
    def columns(self) -> tuple[Any, ...]:
        """All of them, in the order of the fields."""
        return (self.object, self.account, self.at, self.signal, self.step, self.skew)


def all_rows(postings: Postings) -> Rows:
    """Columns of one length and exact types."""
    objects = np.asarray(postings.object, dtype=np.int64)
    size = len(objects)
    return Rows(
        object=objects,
        account=np.asarray(postings.account, dtype=np.int64),
        at=_ms(postings.at),
        signal=np.asarray(postings.signal, dtype=np.int64),
        step=np.broadcast_to(np.asarray(postings.step, dtype=np.float64), size),
        skew=np.broadcast_to(_ms(postings.skew), size),
    )


def first_shares(postings: Postings) -> Rows:
    """The earliest share of each (object, account), sorted by object, then account."""
    rows = all_rows(postings)
    place = rows.object * (int(rows.account.max(initial=0)) + 1) + rows.account
    if (place[1:] > place[:-1]).all():  # each account once per object, in order, as a tick has it
        return rows
    rows = rows.take(np.lexsort((rows.signal, rows.at, rows.account, rows.object)))
    return rows.take(~repeats(rows.object, rows.account))


def objects_of(rows: Rows, postings: Postings) -> Ints:
    """(accounts,) distinct objects of each account, before anything is dropped."""
    count = np.bincount(rows.account, minlength=len(postings.accounts)).astype(np.int64)
    alone = np.asarray(postings.alone, dtype=np.int64)
    return count + alone if alone.size else count


def bounded(
    rows: Rows, accounts: Sequence[str], cap: int, budget: int, secret: bytes
) -> tuple[Rows, int, bool]:
    """Objects of at least two accounts, under every cap.

    Returns the rows, the cap in force after halving, and whether it cut an object.
    """
    rows = _shared(_newest(rows))
    size = np.bincount(rows.object) if len(rows) else np.zeros(0, dtype=np.int64)
    cap = _affordable(size, cap, budget)
    over = (size > cap)[rows.object]
    if not over.any():
        return rows, cap, False
    keep = ~over
    keep[np.flatnonzero(over)[_sampled(rows.take(over), accounts, cap, secret)]] = True
    return rows.take(keep), cap, True


def repeats(*columns: Ints) -> Flags:
    """Rows of sorted columns that equal the row before."""
    same = np.zeros(len(columns[0]), dtype=np.bool_)
    if len(same):
        same[1:] = np.logical_and.reduce([column[1:] == column[:-1] for column in columns])
    return same


def taken(column: npt.NDArray[Any], index: npt.NDArray[Any]) -> npt.NDArray[Any]:
    """Some of a column; one that holds a single value for all rows goes on doing so."""
    if column.strides != (0,):
        some: npt.NDArray[Any] = column[index]
        return some
    size = np.count_nonzero(index) if index.dtype == np.bool_ else len(index)
    return np.broadcast_to(column[:1], int(size))


def keyed_rank(account: str, secret: bytes) -> int:
    """64 bits that order accounts in every sample; without the secret nobody can predict them."""
    key = secret if len(secret) <= blake2b.MAX_KEY_SIZE else blake2b(secret).digest()
    raw = account.encode("utf-8", "surrogatepass")
    return int.from_bytes(blake2b(raw, digest_size=8, key=key).digest(), "big")


def _joined(columns: Sequence[npt.NDArray[Any]]) -> npt.NDArray[Any]:
    """One column after the other; still a single value where all hold the same one."""
    told = [column for column in columns if len(column)]
    if told and all(column.strides == (0,) and column[0] == told[0][0] for column in told):
        return np.broadcast_to(told[0][:1], sum(map(len, told)))
    return np.concatenate(columns)


def _ms(seconds: npt.ArrayLike) -> Ints:
    return np.rint(np.asarray(seconds, dtype=np.float64) * MS).astype(np.int64)


def _positions(group: Ints) -> Ints:
    """Place of each row inside its run of equal values."""
    index = np.arange(len(group))
    start = np.where(repeats(group), 0, index)
    return index - np.maximum.accumulate(start) if len(group) else index


def _newest(rows: Rows) -> Rows:
    """At most MAX_OBJECTS_PER_ACCOUNT objects of each account, the newest."""
    busy = np.flatnonzero((np.bincount(rows.account) > MAX_OBJECTS_PER_ACCOUNT)[rows.account])
    order = busy[np.lexsort((rows.object[busy], -rows.at[busy], rows.account[busy]))]
    keep = np.ones(len(rows), dtype=np.bool_)
    keep[order] = _positions(rows.account[order]) < MAX_OBJECTS_PER_ACCOUNT
    return rows.take(keep) if len(busy) else rows


def _shared(rows: Rows) -> Rows:
    if not len(rows):
        return rows
    shared = (np.bincount(rows.object) > 1)[rows.object]
    return rows if shared.all() else rows.take(shared)


def _affordable(size: Ints, cap: int, budget: int) -> int:
    """Halve the cap while the objects together would give more pairs than the budget."""
    while cap > SMALLEST_CAP:
        kept = np.minimum(size, cap)
        if int((kept * (kept - 1) // 2).sum()) <= budget:
            break
        cap = max(SMALLEST_CAP, cap // 2)
    return cap


def _sampled(rows: Rows, accounts: Sequence[str], cap: int, secret: bytes) -> Ints:
    """Bottom-k: positions of the accounts with the lowest keyed rank on each object.

    The same accounts stay on every object, so repeats accumulate.
    """
    who, where = np.unique(rows.account, return_inverse=True)
    rank = np.array([keyed_rank(accounts[index], secret) for index in who], dtype=np.uint64)
    order = np.lexsort((rows.account, rank[where], rows.object))
    return order[_positions(rows.object[order]) < cap]
