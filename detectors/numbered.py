"""Keys that are numbers: found, looked up and forgotten in columns, a page at a time.

A detector of texts has twenty keys for each, and nearly none of them is ever met again. As objects
they would be most of its work, and fill the memory that all other detectors work in.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from itertools import chain
from typing import Any, NamedTuple

import msgspec
import numpy as np
import numpy.typing as npt

from detectors.base import Key
from detectors.minhash import Hashes, digits

Flags = npt.NDArray[np.bool_]
Ints = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]

_PLACE, NUMBER, TIME, ID = "<i4", "<u8", "<f8", "<i8"


class Numbered:
    """Keys of one type whose values are 64-bit numbers in 16 hexadecimal digits."""

    __slots__ = ("kind", "numbers")

    def __init__(self, kind: str, numbers: Hashes) -> None:
        self.kind, self.numbers = kind, numbers

    def __iter__(self) -> Iterator[Key]:
        return Key.each(self.kind, digits(self.numbers))


class Column(msgspec.Struct, array_like=True, frozen=True):
    """Numbered keys of consecutive signals, by place of the signal, as columns in bytes."""

    places: bytes = b""
    numbers: bytes = b""

    @classmethod
    def each_of(cls, found: Sequence[tuple[int, Numbered]], of: int) -> tuple[Column, ...]:
        """The keys of some places, in order, divided by shard."""
        if not found:
            return (cls(),) * of
        sizes = [len(one.numbers) for _, one in found]
        places = np.repeat(np.array([place for place, _ in found], dtype=_PLACE), sizes)
        numbers = np.concatenate([one.numbers for _, one in found])
        if of == 1:
            return (cls._told(places, numbers),)
        shard = numbers % np.uint64(of)
        return tuple(cls._told(places[shard == n], numbers[shard == n]) for n in range(of))

    @classmethod
    def _told(cls, places: npt.NDArray[np.int32], numbers: Hashes) -> Column:
        return cls(places.tobytes(), numbers.astype(NUMBER).tobytes())

    def read(self) -> tuple[Ints, Hashes]:
        """Places and numbers."""
        places = np.frombuffer(self.places, _PLACE).astype(np.int64)
        return places, np.frombuffer(self.numbers, NUMBER).astype(np.uint64)

    def part(self, start: int, stop: int) -> Column:
        """Those of the signals from `start` up to `stop`."""
        places, numbers = self.read()
        some = slice(*np.searchsorted(places, [start, stop]).tolist())
        return self._told((places[some] - start).astype(_PLACE), numbers[some])


class Named(Collection[str]):
    """Values of the keys of one type that are here, or of which something was said."""

    def __init__(self, kind: str, newest: Mapping[Key, Any], gone: Mapping[Key, Any]) -> None:
        self._kind, self._newest, self._gone = kind, newest, gone

    def __contains__(self, value: object) -> bool:
        key = (self._kind, value)
        return key in self._newest or key in self._gone

    def __iter__(self) -> Iterator[str]:
        known = chain(self._newest, self._gone)
        return (value for kind, value in known if kind == self._kind)

    def __len__(self) -> int:
        return sum(1 for _ in self)


class Run(NamedTuple):
    """Lone keys in order of number, each once, with their only signal."""

    number: Hashes
    at: Floats
    id: Ints

    @classmethod
    def of(cls, runs: Sequence[Run]) -> Run:
        """All of them in one."""
        run = cls(*map(np.concatenate, zip(*runs, strict=True)))
        return run.take(np.argsort(run.number, kind="stable"))

    def take(self, some: Flags | Ints) -> Run:
        """Some of them."""
        return Run(self.number[some], self.at[some], self.id[some])

    def find(self, numbers: Hashes) -> Ints:
        """Where those of these numbers are that are here."""
        place: Ints = np.searchsorted(self.number, numbers)
        place[place == len(self.number)] = 0
        return place.compress(self.number[place] == numbers)


def no_run() -> Run:
    """None of them."""
    return Run(np.zeros(0, np.uint64), np.zeros(0), np.zeros(0, np.int64))


def changes(ordered: npt.NDArray[Any]) -> npt.NDArray[Any]:
    """Each value once."""
    return ordered[np.append(True, ordered[1:] != ordered[:-1])] if len(ordered) else ordered


def places_in(ordered: npt.NDArray[Any], numbers: npt.NDArray[Any]) -> tuple[Ints, Flags]:
    """Where each number would stand in a column in order, and whether it is there."""
    place = np.searchsorted(ordered, numbers)
    if not len(ordered):
        return place, np.zeros(len(numbers), np.bool_)
    is_there: Flags = ordered[np.minimum(place, len(ordered) - 1)] == numbers
    return place, is_there


def numbers_of(values: Collection[str]) -> Hashes:
    """In order, each once."""
    told = bytes.fromhex("".join(values))
    return np.unique(np.frombuffer(told, ">u8").astype(np.uint64))
