"""Where texts in different languages meet: what is kept of one link, hashtag, target or address."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from itertools import islice
from typing import NamedTuple

import msgspec

from detectors.base import DAY_S, Key, Signal
from detectors.grouping import GROUPS
from detectors.lives.tongue import is_other

MAX_KEYS = 8
EACH = 4
"""Different texts of one account under one key and day, its earliest ones."""
MAX_POSTS = 1_000
"""Texts that one tick compares."""
IDENTIFIERS = ("device", "payment", "wallet", "email", "phone", "ip")
MENTIONED = frozenset({"hashtag", "handle", "email", "phone", "wallet"})


class Post(NamedTuple):
    """Who wrote a text, when, in which signal and in which tongue."""

    account: str
    at: float
    id: int
    tongue: str

    @property
    def person(self) -> str:
        """One name on several platforms is one person."""
        return self.account.partition(":")[2].casefold()


Row = tuple[str, list[Post]]
"""A key in words, and the posts that have it, in order of time."""
Kept = tuple[float, int, str, int]
"""Of a text its event time, signal, tongue and a number that equal texts share."""


class Day(msgspec.Struct, array_like=True):
    """Texts of one day. common: so many accounts that nothing is kept any more."""

    accounts: dict[str, list[Kept]] = {}
    common: bool = False

    def put(self, post: Post, text: int) -> None:
        """Keep a text, if it is among the earliest; the same text again is no other one."""
        mine = self.accounts.setdefault(post.account, [])
        same = next((one for one in mine if one[3] == text), None)
        new = (post.at, post.id, post.tongue, text)
        if same is not None:
            mine[mine.index(same)] = min(same, new)
        else:
            mine.append(new)
        mine.sort()
        del mine[EACH:]


class Meeting(msgspec.Struct, omit_defaults=True):
    """Who wrote with one key; days, so that old ones go whole and any order gives the same."""

    days: dict[int, Day] = {}

    def add(self, post: Post, text: int, most: int, kept_days: int) -> None:
        """One more text, by its number; of a day with more than `most` accounts nothing is kept."""
        number = int(post.at // DAY_S)
        oldest = max(self.days, default=number) - kept_days
        if number < oldest:
            return
        day = self.days.setdefault(number, Day())
        for old in [one for one in self.days if one < number - kept_days]:
            del self.days[old]
        if day.common:
            return
        day.put(post, text)
        if len(day.accounts) > most:
            day.common, day.accounts = True, {}

    @property
    def has_tongues(self) -> bool:
        """Whether two accounts wrote in tongues that certainly differ."""
        seen: dict[str, str] = {}
        for day in self.days.values():
            for account, mine in day.accounts.items():
                for _, _, tongue, _ in mine:
                    if seen.setdefault(tongue, account) != account:
                        seen[tongue] = ""  # several accounts
        return any(
            is_other(one, two) and (not who or who != other)
            for one, who in seen.items()
            for two, other in seen.items()
        )

    def posts(self, since: float) -> list[Post]:
        """What is kept of the days that began at `since` or later, in order of time.

        Of others a part may be gone: whether a key rested long enough to be dropped depends on the
        order of arrival.
        """
        found = [
            Post(account, at, id_, tongue)
            for number, day in self.days.items()
            if number * DAY_S >= since
            for account, mine in day.accounts.items()
            for at, id_, tongue, _ in mine
        ]
        return sorted(found, key=lambda post: (post.at, post.id))


class Met(NamedTuple):
    """Texts to compare. later: of a text those after it that share a key with it. keys: its own."""

    posts: dict[int, Post]
    later: dict[int, set[int]]
    keys: dict[int, set[str]]
    truncated: bool


def keys_of(signal: Signal) -> list[Key]:
    """What a text can share with its translation: at most 8 of the things it names or comes from.

    What it answers and links to goes before what it mentions and the address it came from.
    """
    found: dict[Key, None] = {}
    for kind, _, value in (name.partition(":") for name in GROUPS["object"](signal, "")):
        found[Key(kind, value)] = None
    for url in signal.urls:
        found[Key("url", url)] = None
    for mention in signal.mentions:
        if mention.type in MENTIONED:
            found[Key(mention.type, mention.value)] = None
    for kind in IDENTIFIERS:
        for value in signal.identifiers(kind):
            found[Key(kind, value)] = None
    return list(islice(found, MAX_KEYS))


def meet(rows: Iterable[Row], window_s: float) -> Met:
    """Who meets whom, the rarest keys first; above `MAX_POSTS` texts the rest is left out."""
    posts: dict[int, Post] = {}
    later: defaultdict[int, set[int]] = defaultdict(set)
    keys: defaultdict[int, set[str]] = defaultdict(set)
    truncated = False
    for name, found in sorted(rows, key=lambda row: (len(row[1]), row)):
        new = [post for post in found if post.id not in posts]
        left_out = {post.id for post in new[max(0, MAX_POSTS - len(posts)) :]}
        truncated |= bool(left_out)
        kept = [post for post in found if post.id not in left_out]
        posts.update((post.id, post) for post in kept)
        for post in kept:
            keys[post.id].add(name)
        _pair(kept, window_s, later)
    return Met(posts, later, keys, truncated)


def _pair(posts: Sequence[Post], window_s: float, later: defaultdict[int, set[int]]) -> None:
    for place, one in enumerate(posts):
        for two in posts[place + 1 :]:
            if two.at > one.at + window_s:
                break
            if one.person != two.person:
                later[one.id].add(two.id)
