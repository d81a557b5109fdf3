"""The texts of all accounts as columns: what shards hand to a tick, and how it reads them.

Most texts are like no other one, so that no object is made of a text before it is in a story.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import compress
from typing import Any, TypedDict

import numpy as np
import numpy.typing as npt

from detectors.base import Key
from detectors.reworded.texts import DRAFTS, Place, Text, Writer, in_time
from detectors.reworded.words import Words

Ints = npt.NDArray[np.int64]
Flags = npt.NDArray[np.bool_]


class Columns(TypedDict):
    """Texts of one shard, plain data, writer by writer. counts: texts of each writer; is_draft:
    whether an AI service wrote them; the last three have one entry a text."""

    accounts: list[str]
    is_draft: list[bool]
    counts: list[int]
    words: list[Words]
    at: list[float]
    ids: list[int]


@dataclass(frozen=True, slots=True)
class Texts:
    """Texts of all shards. accounts: each once; sets: different wordings; the rest one entry a
    text. account, wording: places in `accounts` and `sets`."""

    accounts: tuple[str, ...]
    sets: tuple[Words, ...]
    account: Ints
    wording: Ints
    is_draft: Flags
    at: Sequence[float]
    ids: Sequence[int]

    def of(self, wordings: Flags) -> list[Text]:
        """Those of some wordings, in order of time."""
        places = np.flatnonzero(wordings[self.wording]).tolist()
        return sorted(map(self._text, places), key=in_time)

    def others(self, ids: set[int]) -> dict[str, int]:
        """Account -> its texts that came in none of these signals, where there are any."""
        left = np.isin(np.array(self.ids, dtype=np.int64), np.array([*ids], dtype=np.int64))
        count = np.bincount(self.account[~left], minlength=len(self.accounts))
        return {self.accounts[place]: int(count[place]) for place in np.flatnonzero(count)}

    def _text(self, place: int) -> Text:
        account = self.accounts[self.account[place]]
        words = self.sets[self.wording[place]]
        return Text(account, self.at[place], self.ids[place], words, bool(self.is_draft[place]))


def gather(writers: Mapping[Key, Writer], since_day: int) -> Columns:
    """What these writers said from that day on, counted since 1970."""
    found = Columns(accounts=[], is_draft=[], counts=[], words=[], at=[], ids=[])
    places: list[Place] = []
    for key, writer in writers.items():
        before = len(places)
        for number, day in writer.days.items():
            if number >= since_day:
                found["words"] += day
                places += day.values()
        if len(places) > before:
            found["accounts"].append(key.value)
            found["is_draft"].append(key.type == DRAFTS)
            found["counts"].append(len(places) - before)
    found["at"] = [at for at, _ in places]
    found["ids"] = [id_ for _, id_ in places]
    return found


def merge(parts: Sequence[Columns]) -> Texts:
    """The texts of all shards. One account may be two writers: of its own texts and of drafts."""
    accounts: dict[str, int] = {}
    words = _joined(parts, "words")
    # where each wording stands first: what is put in last remains
    first = dict(zip(reversed(words), range(len(words) - 1, -1, -1), strict=True))
    place = np.fromiter(map(first.__getitem__, words), np.int64, len(words))
    is_first = place == np.arange(len(words))
    writers = [accounts.setdefault(name, len(accounts)) for name in _joined(parts, "accounts")]
    counts = np.array(_joined(parts, "counts"), dtype=np.int64)
    return Texts(
        accounts=tuple(accounts),
        sets=tuple(compress(words, is_first.tolist())),
        account=np.repeat(np.array(writers, dtype=np.int64), counts),
        wording=(np.cumsum(is_first) - 1)[place],
        is_draft=np.repeat(np.array(_joined(parts, "is_draft"), dtype=np.bool_), counts),
        at=_joined(parts, "at"),
        ids=_joined(parts, "ids"),
    )


def _joined(parts: Sequence[Mapping[str, Any]], column: str) -> list[Any]:
    return [value for part in parts for value in part[column]]
