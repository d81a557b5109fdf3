"""Templates as they travel from a shard to a tick, and how much of them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from itertools import chain
from typing import Any, NamedTuple

import msgspec

from detectors.base import HOUR_S, Key
from detectors.prompts.askers import MAX_ASKERS, Asker, Usage
from detectors.prompts.templates import Template
from detectors.synchrony.rows import keyed_rank

BASE_H = 14 * 24
HELD_H = 7 * 24
MAX_LIVE = 20_000
MAX_PAST = 5_000


class Row(msgspec.Struct):
    """One template at a tick. stands_for: templates of a sample, itself included.

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


class Use(msgspec.Struct, array_like=True):
    """What of a row is read only where its template may be in a swarm."""

    first_at: float
    hours: dict[int, int]
    askers: dict[str, Asker]


class Told(NamedTuple):
    """What a shard gives of one template. use: a `Use`, encoded, as it is most of it."""

    space: str
    signature: bytes
    customers: int
    use: bytes


class Part(msgspec.Struct, array_like=True):
    """Of one shard: the first hour it knows of, and its templates, column by column.

    truncated: not all of them.
    """

    since: int
    names: list[str] = []
    spaces: list[str] = []
    signatures: list[bytes] = []
    customers: list[int] = []
    uses: list[bytes] = []
    stand_for: list[float] = []
    truncated: bool = False


class Rows:
    """Templates of all shards, by name; what somebody did with one is decoded when it is read."""

    def __init__(self, parts: Sequence[Part]) -> None:
        names = _joined(part.names for part in parts)
        order = sorted(range(len(names)), key=names.__getitem__)
        spaces, signatures, self._uses, self._stand_for, customers = (
            [*map(_joined(column).__getitem__, order)]
            for column in (
                (part.spaces for part in parts),
                (part.signatures for part in parts),
                (part.uses for part in parts),
                (part.stand_for for part in parts),
                (part.customers for part in parts),
            )
        )
        named = zip(map(names.__getitem__, order), spaces, signatures, strict=True)
        self.templates = [*map(Template._make, named)]
        self.customers: list[int] = customers

    def __len__(self) -> int:
        return len(self.templates)

    def __iter__(self) -> Iterator[Row]:
        return map(self.__getitem__, range(len(self)))

    def __getitem__(self, place: int) -> Row:
        use = _decoder.decode(self._uses[place])
        return Row(
            *self.templates[place],
            use.first_at,
            use.hours,
            use.askers,
            self.customers[place],
            self._stand_for[place],
        )


_decoder = msgspec.msgpack.Decoder(Use)


def collect(states: Iterable[tuple[Key, Usage]], now: int, window_h: int, secret: bytes) -> Part:
    """What a shard gives: templates in use during the last week, and a sample of older ones."""
    live: list[tuple[str, Usage]] = []
    past: list[tuple[str, Usage]] = []
    since = now
    for key, usage in states:
        newest = int(usage.newest // HOUR_S)
        if newest > oldest(now, window_h):
            (live if newest > now - HELD_H - window_h else past).append((key.value, usage))
            since = min(since, int(usage.first_at // HOUR_S))
    live.sort(key=lambda one: (-len(one[1].askers), one[0]))
    past.sort(key=lambda one: one[0])
    some = live[:MAX_LIVE] + past[:MAX_PAST]
    told = [told_of(usage, secret) for _, usage in some]
    return part_of(since, [name for name, _ in some], told, len(live), len(past))


def oldest(now: int, window_h: int) -> int:
    """The hour after which a template counts."""
    return now - BASE_H - HELD_H - window_h


def told_of(usage: Usage, secret: bytes) -> Told:
    """What travels of one template."""
    usage.trim(secret)
    use = msgspec.msgpack.encode(Use(usage.first_at, usage.hours, usage.askers))
    return Told(usage.space, usage.signature, _customers(usage, secret), use)


def part_of(since: int, names: list[str], told: Sequence[Told], live: int, past: int) -> Part:
    """So many live ones and then past ones. live, past: how many there are of each."""
    lasting = min(live, MAX_LIVE)
    spaces, signatures, customers, uses = map(list, zip(*told, strict=True)) if told else [[]] * 4
    weights = [1.0] * lasting + [max(1.0, past / MAX_PAST)] * (len(told) - lasting)
    truncated = live > MAX_LIVE or past > MAX_PAST
    return Part(since, names, spaces, signatures, customers, uses, weights, truncated)


def _joined(columns: Iterable[list[Any]]) -> list[Any]:
    return [*chain.from_iterable(columns)]


def _customers(usage: Usage, secret: bytes) -> int:
    """Customers of a template; from the k lowest ranks where only those are kept (Beyer 2007)."""
    if not usage.sampled or len(usage.askers) < MAX_ASKERS:
        return len(usage.askers)
    highest = max(keyed_rank(name, secret) for name in usage.askers)
    return max(MAX_ASKERS, round((MAX_ASKERS - 1) * 2**64 / (highest + 1)))
