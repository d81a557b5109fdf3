"""Templates as they travel from a shard to a tick, and how much of them."""

from __future__ import annotations

from collections.abc import Iterable

import msgspec

from detectors.base import HOUR_S, Key
from detectors.prompts.askers import MAX_ASKERS, Asker, Usage
from detectors.synchrony.rows import keyed_rank

BASE_H = 14 * 24
HELD_H = 7 * 24
MAX_LIVE = 20_000
MAX_PAST = 5_000


class Row(msgspec.Struct, array_like=True):
    """One template as it travels to a tick. stands_for: templates of a sample, itself included.

    customers: how many there are, more than `askers` where those are a sample.
    """

    name: str
    space: str
    signature: bytes
    first_at: float
    hours: dict[int, int]
    askers: dict[str, Asker]
    customers: int
    stands_for: float = 1.0


class Part(msgspec.Struct, array_like=True):
    """Of one shard: the first hour it knows of, and its templates, encoded, as they are most of it.
    truncated: not all of them."""

    since: int
    encoded: bytes
    truncated: bool = False

    @property
    def rows(self) -> list[Row]:
        """The templates."""
        return msgspec.msgpack.decode(self.encoded, type=list[Row])


def collect(states: Iterable[tuple[Key, Usage]], now: int, window_h: int, secret: bytes) -> Part:
    """What a shard gives: templates in use during the last week, and a sample of older ones."""
    live: list[tuple[str, Usage]] = []
    past: list[tuple[str, Usage]] = []
    since = now
    for key, usage in states:
        newest = int(usage.newest // HOUR_S)
        if newest > now - BASE_H - HELD_H - window_h:
            (live if newest > now - HELD_H - window_h else past).append((key.value, usage))
            since = min(since, int(usage.first_at // HOUR_S))
    weight = max(1.0, len(past) / MAX_PAST)
    live.sort(key=lambda one: (-len(one[1].askers), one[0]))
    past.sort(key=lambda one: one[0])
    rows = [_row(name, usage, 1.0, secret) for name, usage in live[:MAX_LIVE]]
    rows += [_row(name, usage, weight, secret) for name, usage in past[:MAX_PAST]]
    return Part(since, msgspec.msgpack.encode(rows), len(live) > MAX_LIVE or len(past) > MAX_PAST)


def _row(name: str, usage: Usage, stands_for: float, secret: bytes) -> Row:
    usage.trim(secret)
    customers = _customers(usage, secret)
    return Row(
        name,
        usage.space,
        usage.signature,
        usage.first_at,
        usage.hours,
        usage.askers,
        customers,
        stands_for,
    )


def _customers(usage: Usage, secret: bytes) -> int:
    """Customers of a template; from the k lowest ranks where only those are kept (Beyer 2007)."""
    if not usage.sampled or len(usage.askers) < MAX_ASKERS:
        return len(usage.askers)
    highest = max(keyed_rank(name, secret) for name in usage.askers)
    return max(MAX_ASKERS, round((MAX_ASKERS - 1) * 2**64 / (highest + 1)))
