"""The texts of all accounts as columns: what shards hand to a tick, and how it reads them.

Most texts are like no other one, so that no object is made of a text before it is in a story.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import accumulate, pairwise
from typing import Any, TypedDict

import msgspec
import numpy as np
import numpy.typing as npt

from detectors.base import Key
from detectors.reworded.texts import DRAFTS, Place, Text, Writer, in_time
from detectors.reworded.words import WIDTH, Words, numbers_of

Ints = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]
Flags = npt.NDArray[np.bool_]
Codes = npt.NDArray[np.int32]
PLACE, TIME, NUMBER = np.dtype("<i4"), np.dtype("<f8"), np.dtype("<i8")
"""Columns of a part: places, seconds, ids of signals."""
WORD = np.dtype("<u4")


class Columns(TypedDict):
    """Texts of one shard, plain data; columns are bytes.

    accounts: of each writer, a list that is encoded once more, as most ticks ask for none of them;
    writers: how many there are; distinct: whether no account is two of them; is_draft: whether an
    AI service wrote its texts. writer, wording: one entry a text, places among the writers and the
    different wordings; at, ids: its time and signal.
    vocabulary: numbers of words, in any order; users: writers that use each, empty where nobody
    counted them; sizes: words of each wording; codes: these words as places in the vocabulary, one
    wording after the other, in each by number.
    """

    accounts: bytes
    writers: int
    distinct: bool
    is_draft: bytes
    writer: bytes
    wording: bytes
    at: bytes
    ids: bytes
    vocabulary: bytes
    users: bytes
    sizes: bytes
    codes: bytes | memoryview


@dataclass(slots=True)
class Names:
    """Labels of accounts, read when one is asked for. told: encoded."""

    told: bytes
    size: int
    _read: list[str] = field(default_factory=list)

    def __len__(self) -> int:
        return self.size

    def __getitem__(self, place: int) -> str:
        if not self._read:
            self._read = names_in(self.told)
        return self._read[place]


@dataclass(frozen=True, slots=True)
class Sets:
    """Different wordings. vocabulary: numbers of words; code: words of all wordings, one after the
    other, as places in the vocabulary; ends: (wordings + 1,) where each begins, and the last ends.
    """

    vocabulary: Ints
    code: Codes
    ends: Ints

    def __len__(self) -> int:
        return len(self.ends) - 1

    def __getitem__(self, place: int) -> Words:
        words = self.code[self.ends[place] : self.ends[place + 1]]
        return self.vocabulary[words].astype(WORD).tobytes()

    def some(self, places: Ints) -> list[Words]:
        """Those at these places."""
        cells, _ = spread(self.ends[:-1], self.sizes, places)
        told = self.vocabulary[self.code[cells]].astype(WORD).tobytes()
        ends = accumulate((WIDTH * self.sizes[places]).tolist(), initial=0)
        return [told[start:end] for start, end in pairwise(ends)]

    @property
    def sizes(self) -> Ints:
        """Words of each."""
        sizes: Ints = np.diff(self.ends)
        return sizes

    @classmethod
    def of(cls, wordings: Sequence[Words]) -> Sets:
        """From wordings, each once."""
        vocabulary, code = np.unique(numbers_of(wordings), return_inverse=True)
        ends = np.array([*accumulate(map(len, wordings), initial=0)], dtype=np.int64) // WIDTH
        return cls(vocabulary, code.astype(np.int32), ends)


@dataclass(frozen=True, slots=True)
class Texts:
    """Texts of all shards. accounts: each once; sets: different wordings; users: accounts that use
    each word, where somebody counted them; the rest one entry a text. account, wording: places in
    `accounts` and `sets`."""

    accounts: Names | Sequence[str]
    sets: Sets
    users: Ints | None
    account: Ints
    wording: Ints
    is_draft: Flags
    at: Floats
    ids: Ints

    def of(self, wordings: Flags) -> list[Text]:
        """Those of some wordings, in order of time."""
        places = np.flatnonzero(wordings[self.wording]).tolist()
        return sorted(map(self._text, places), key=in_time)

    def others(self, ids: set[int]) -> dict[str, int]:
        """Account -> its texts that came in none of these signals, where there are any."""
        left = np.isin(self.ids, np.array([*ids], dtype=np.int64))
        count = np.bincount(self.account[~left], minlength=len(self.accounts))
        return {self.accounts[place]: int(count[place]) for place in np.flatnonzero(count).tolist()}

    def _text(self, place: int) -> Text:
        account = self.accounts[int(self.account[place])]
        words = self.sets[int(self.wording[place])]
        is_draft = bool(self.is_draft[place])
        return Text(account, float(self.at[place]), int(self.ids[place]), words, is_draft)


def gather(writers: Mapping[Key, Writer], since_day: int) -> Columns:
    """What these writers said from that day on, counted since 1970."""
    told = [
        (
            key,
            [
                one
                for number, day in writer.days.items()
                if number >= since_day
                for one in day.items()
            ],
        )
        for key, writer in writers.items()
    ]
    return columns((key, texts) for key, texts in told if texts)


def columns(told: Iterable[tuple[Key, Sequence[tuple[Words, Place]]]]) -> Columns:
    """The texts of each writer."""
    keys, texts = list[Key](), list[tuple[Words, Place]]()
    writer = list[int]()
    for key, some in told:
        writer += [len(keys)] * len(some)
        keys.append(key)
        texts += some
    number: dict[Words, int] = {}
    wording = [number.setdefault(words, len(number)) for words, _ in texts]
    sets = Sets.of([*number])
    names = [key.value for key in keys]
    return Columns(
        accounts=msgspec.msgpack.encode(names),
        writers=len(names),
        distinct=len(set(names)) == len(names),
        is_draft=np.array([key.type == DRAFTS for key in keys], dtype=np.bool_).tobytes(),
        writer=np.array(writer, dtype=PLACE).tobytes(),
        wording=np.array(wording, dtype=PLACE).tobytes(),
        at=np.array([at for _, (at, _) in texts], dtype=TIME).tobytes(),
        ids=np.array([id_ for _, (_, id_) in texts], dtype=NUMBER).tobytes(),
        vocabulary=sets.vocabulary.astype(WORD).tobytes(),
        users=b"",
        sizes=sets.sizes.astype(PLACE).tobytes(),
        codes=sets.code.astype(PLACE).tobytes(),
    )


def merge(parts: Sequence[Columns]) -> Texts:
    """The texts of all shards. One account may be two writers: of its own texts and of drafts."""
    accounts, writers = _accounts(parts)
    is_draft = np.frombuffer(b"".join(part["is_draft"] for part in parts), np.bool_)
    before = accumulate((part["writers"] for part in parts), initial=0)
    writer = [
        np.frombuffer(part["writer"], PLACE).astype(np.int64) + start
        for part, start in zip(parts, before, strict=False)
    ]
    sets, wording = _wordings(parts)
    each = np.concatenate(writer) if parts else np.zeros(0, dtype=np.int64)
    # who is counted as two writers, or in two shards, would be two users
    is_counted = isinstance(accounts, Names) and bool(parts[0]["users"])
    return Texts(
        accounts=accounts,
        sets=sets,
        users=np.frombuffer(parts[0]["users"], PLACE).astype(np.int64) if is_counted else None,
        account=writers[each],
        wording=wording,
        is_draft=is_draft[each],
        at=_column(parts, "at", TIME),
        ids=_column(parts, "ids", NUMBER),
    )


def names_in(told: bytes) -> list[str]:
    """Labels as `Columns` holds them."""
    return msgspec.msgpack.decode(told, type=list[str])


def _accounts(parts: Sequence[Columns]) -> tuple[Names | Sequence[str], Ints]:
    """The accounts of all parts, each once, and the place of each writer's."""
    if len(parts) == 1 and parts[0]["distinct"]:
        size = parts[0]["writers"]
        return Names(parts[0]["accounts"], size), np.arange(size)
    names = [name for part in parts for name in names_in(part["accounts"])]
    accounts = dict(zip(dict.fromkeys(names), range(len(names)), strict=False))
    writers = np.fromiter(map(accounts.__getitem__, names), dtype=np.int64, count=len(names))
    return tuple(accounts), writers


def spread(starts: Ints, sizes: Ints, which: Ints) -> tuple[Ints, Ints]:
    """Places of what these wordings hold, and for each the position in `which`."""
    count = sizes[which]
    position = np.repeat(np.arange(len(which)), count)
    nth = np.arange(len(position)) - np.repeat(np.cumsum(count) - count, count)
    return starts[which][position] + nth, position


def _wordings(parts: Sequence[Columns]) -> tuple[Sets, Ints]:
    """The different wordings of all parts, and that of each text."""
    each = [_sets(part) for part in parts]
    told = [np.frombuffer(part["wording"], PLACE).astype(np.int64) for part in parts]
    if len(parts) == 1:
        return each[0], told[0]
    number: dict[Words, int] = {}
    places = [
        [number.setdefault(words, len(number)) for words in sets.some(np.arange(len(sets)))]
        for sets in each
    ]
    renamed = [np.array(mine, dtype=np.int64)[one] for mine, one in zip(places, told, strict=True)]
    return Sets.of([*number]), np.concatenate([np.zeros(0, dtype=np.int64), *renamed])


def _sets(part: Columns) -> Sets:
    sizes = np.frombuffer(part["sizes"], PLACE)
    return Sets(
        np.frombuffer(part["vocabulary"], WORD).astype(np.int64),
        np.frombuffer(part["codes"], PLACE),
        np.concatenate([[0], np.cumsum(sizes, dtype=np.int64)]),
    )


def _column(parts: Sequence[Mapping[str, Any]], name: str, kind: np.dtype[Any]) -> Any:
    told = [np.frombuffer(part[name], kind) for part in parts]
    return np.concatenate(told) if told else np.zeros(0, dtype=kind)
