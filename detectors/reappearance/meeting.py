"""Where AI outputs and later texts meet: what is kept of one run of words, and who shares many."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple

import msgspec

from detectors.synchrony.rows import keyed_rank

MAX_ACCOUNTS = 200
"""Accounts kept of one run; above twice as many the keyed sample stays."""
EACH = 2
"""Signals of one account, its earliest ones."""
MAX_OUTPUTS = 8
"""The first outputs with a run are those that others can have it from."""
MAX_PAIRS = 4_000
MAX_KNOWN = 8

Place = tuple[float, int]
"""Event time and id of a signal."""
Told = tuple[str, float, int]
"""Account, event time and id of a signal."""
Row = tuple[list[Told], list[Told], list[Told], Place | None]
"""Of one run: the outputs that have it, prompts and posts that can have it from them, and its first
post of all."""


class Run(msgspec.Struct, omit_defaults=True):
    """Who wrote one run of words; the same for any order of signals.

    outputs, prompts: by AI account, posts by account: its earliest signals. first: the earliest
    post of all. common: whether so many AI accounts wrote it that it is boilerplate.
    """

    outputs: dict[str, list[Place]] = {}
    prompts: dict[str, list[Place]] = {}
    posts: dict[str, list[Place]] = {}
    first: Place | None = None
    newest: float = 0.0
    common: bool = False
    sampled: bool = False

    def add_output(self, account: str, place: Place, most: int) -> None:
        """One more output; of more than `most` AI accounts nothing is kept."""
        self.newest = max(self.newest, place[0])
        if not self.common:
            _put(self.outputs, account, place)
            if len(self.outputs) > most:
                self.common, self.outputs = True, {}

    def add_prompt(self, account: str, place: Place, secret: bytes) -> None:
        """One more input of an AI service."""
        self.newest = max(self.newest, place[0])
        _put(self.prompts, account, place)
        self.prompts = self._bounded(self.prompts, secret)

    def add_post(self, account: str, place: Place, secret: bytes) -> None:
        """One more text for people."""
        self.newest = max(self.newest, place[0])
        self.first = min(self.first or place, place)
        _put(self.posts, account, place)
        self.posts = self._bounded(self.posts, secret)

    def row(self, secret: bytes, window_s: float) -> Row:
        """What it gives to a tick, in order of time; of texts those that can be from an output.

        Most runs of words that many have were known before anybody let an AI service write them.
        """
        outputs = _told(self.outputs)[:MAX_OUTPUTS]
        new = [at for _, at, _ in _new(outputs, self.first)]
        if not new:
            return outputs, [], [], self.first
        prompts, posts = self.prompts, self.posts
        if self.sampled:
            prompts, posts = _sample(prompts, secret), _sample(posts, secret)
        first, last = min(new), max(new) + window_s
        return outputs, _told(prompts, first, last), _told(posts, first, last), self.first

    def _bounded(self, kept: dict[str, list[Place]], secret: bytes) -> dict[str, list[Place]]:
        if len(kept) <= 2 * MAX_ACCOUNTS:
            return kept
        self.sampled = True
        return _sample(kept, secret)


class Meetings(NamedTuple):
    """What may have come from where. outputs, texts: ids -> account and time.

    pairs: (output, text) that share runs which were new in the output, most shared first. known:
    output -> earlier posts that share runs with it, most shared first.
    """

    outputs: dict[int, Told]
    texts: dict[int, Told]
    prompts: frozenset[int]
    pairs: list[tuple[int, int]]
    known: dict[int, list[int]]
    truncated: bool

    def signal_ids(self) -> set[int]:
        """All signals that have to be compared."""
        ids = {id_ for pair in self.pairs for id_ in pair}
        return ids.union(*self.known.values()) if self.known else ids


def meetings(rows: Iterable[Row], window_s: float) -> Meetings:
    """Pairs of an output and a text up to `window_s` younger, from the rows of all runs."""
    outputs: dict[int, Told] = {}
    texts: dict[int, Told] = {}
    prompts: set[int] = set()
    pairs: Counter[tuple[int, int]] = Counter()
    known: Counter[tuple[int, int]] = Counter()
    for wrote, asked, posted, first in rows:
        later = [*asked, *posted]
        prompts.update(id_ for _, _, id_ in asked)
        new = _new(wrote, first)
        if first is not None and len(new) < len(wrote):
            known.update((one[2], first[1]) for one in wrote if one not in new)
        for output in new:
            account, at, id_ = output
            for text in later:
                if at < text[1] <= at + window_s and text[0] != account:
                    pairs[id_, text[2]] += 1
                    outputs[id_], texts[text[2]] = output, text
    ranked = sorted(pairs, key=lambda pair: (-pairs[pair], pair))
    kept = ranked[:MAX_PAIRS]
    return Meetings(
        outputs,
        texts,
        frozenset(prompts),
        kept,
        _most_shared(known, {output for output, _ in kept}),
        len(kept) < len(ranked),
    )


def _most_shared(known: Mapping[tuple[int, int], int], wanted: set[int]) -> dict[int, list[int]]:
    found: dict[int, list[int]] = {}
    for output, text in sorted(known, key=lambda pair: (-known[pair], pair)):
        earlier = found.setdefault(output, []) if output in wanted else []
        if len(earlier) < MAX_KNOWN:
            earlier.append(text)
    return found


def _sample(kept: dict[str, list[Place]], secret: bytes) -> dict[str, list[Place]]:
    """The same accounts of every run, and of any run the same in any order of signals."""
    ranked = sorted(kept, key=lambda account: (keyed_rank(account, secret), account))
    return {account: kept[account] for account in ranked[:MAX_ACCOUNTS]}


def _put(kept: dict[str, list[Place]], account: str, place: Place) -> None:
    mine = kept.get(account)
    if mine is None:
        kept[account] = [place]
    elif place not in mine:
        mine.append(place)
        mine.sort()
        del mine[EACH:]


def _new(outputs: Sequence[Told], first: Place | None) -> Sequence[Told]:
    """Those that are not of something known. first: the first post of all.

    What an AI account wrote before anybody posted it is its own, also when it writes it again.
    """
    if first is None:
        return outputs
    own = {account for account, at, _ in outputs if at < first[0]}
    return [one for one in outputs if one[1] < first[0] or one[0] in own]


def _told(
    kept: Mapping[str, Sequence[Place]], after: float = -math.inf, until: float = math.inf
) -> list[Told]:
    """In order of time those after one moment, up to another one."""
    found = [
        (account, at, id_)
        for account, places in kept.items()
        for at, id_ in places
        if after < at <= until
    ]
    return sorted(found, key=_in_time)


def _in_time(told: Told) -> tuple[float, int, str]:
    account, at, id_ = told
    return at, id_, account
