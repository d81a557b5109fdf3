"""The five-minute bins in which an account acted: a set, the same for any order of signals."""

from __future__ import annotations

from collections.abc import Iterable
from typing import overload
from zlib import crc32

import msgspec
import numpy as np
from numpy.typing import NDArray

from detectors.base import DAY_S, HOUR_S, MINUTE_S, Signal

BIN_S = 5 * MINUTE_S
PER_HOUR = HOUR_S // BIN_S
WEEK_H = 168
LOOKBACK_S = 28 * DAY_S
MAX_BINS = 400
FEW = 64
MAX_TIES = 24
SCHEDULED = 1 / 3
"""An account with this share of its bins at one minute of the hour is a scheduler there."""
TIE_TYPES = frozenset({"device", "payment", "wallet", "cookie", "ip", "email", "phone"})
_SPREAD, _MASK = 0x9E3779B1, 0xFFFFFFFF
_MAX_VALUES = 10


class Rhythm(msgspec.Struct, omit_defaults=True):
    """bins: number of a bin -> the smallest signal id in it; a month has 8,064.

    ties: hashes of what was shared, those with the smallest values: the same ones in every account.
    """

    bins: dict[int, int] = {}
    ties: dict[int, None] = {}
    newest: float = 0.0


class Beat(msgspec.Struct, array_like=True, frozen=True):
    """One account at a tick. bins: after scheduled minutes were dropped; ids: a signal of each.

    Of very many bins those with the smallest spread hashes are compared, up to `reach`: the same
    ones in every account, so that what two have in common is a fair sample.
    """

    account: str
    bins: list[int]
    ids: list[int]
    ties: list[int]
    reach: int


def act(state: Rhythm, signal: Signal) -> None:
    """Take in one act; one in the first minute of an hour only tells what is shared."""
    at = signal.at
    state.newest = max(state.newest, at)
    for tie in ties_of(signal):
        state.ties[tie] = None
    if len(state.ties) > 2 * MAX_TIES:
        state.ties = dict.fromkeys(sorted(state.ties)[:MAX_TIES])
    place = bin_of(at)
    if place is None:
        return
    known = state.bins.get(place)
    state.bins[place] = signal.id if known is None else min(known, signal.id)
    number = len(state.bins)
    if known is None and number >= FEW and not number & (number - 1):  # now and then
        state.bins = _since(state.bins, state.newest - LOOKBACK_S - DAY_S)


def bin_of(at: float) -> int | None:
    """The bin of a time; none in the first minute of an hour, when schedulers act."""
    return None if at % HOUR_S < MINUTE_S else int(at // BIN_S)


@overload
def spread(place: int) -> int: ...


@overload
def spread(place: NDArray[np.int64]) -> NDArray[np.int64]: ...


def spread(place: int | NDArray[np.int64]) -> int | NDArray[np.int64]:
    """A hash of a bin; no two bins of some centuries share one."""
    return place * _SPREAD & _MASK


def hour_of_week(place: int) -> int:
    """0..167 in UTC."""
    return place // PER_HOUR % WEEK_H


def ties_of(signal: Signal) -> Iterable[int]:
    """Hashes of identifiers, links and objects: what makes two accounts worth comparing."""
    names = [
        f"{kind}:{value}"
        for kind in signal.identifier_map
        if kind in TIE_TYPES
        for value in signal.identifiers(kind)
    ]
    names += signal.objects[:_MAX_VALUES]
    names += signal.urls[:_MAX_VALUES]
    return [crc32(name.encode("utf-8", "surrogatepass")) for name in names]


def _since(bins: dict[int, int], moment: float) -> dict[int, int]:
    first = int(moment // BIN_S)
    if not bins or min(bins) >= first:
        return bins
    return {place: id_ for place, id_ in bins.items() if place >= first}
