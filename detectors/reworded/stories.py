"""Stories: texts that are alike, told by several accounts, perhaps on several occasions."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from detectors.reworded.compare import Alike, alike, weigh
from detectors.reworded.gathered import Texts
from detectors.reworded.params import RewordedParams
from detectors.reworded.texts import Text
from detectors.reworded.words import Words


@dataclass(frozen=True, slots=True)
class Story:
    """texts: in order of time. thing: the first signal of all stories that hang together with it,
    so that two halves of one story are not taken for two. share: the least and the most that two
    neighbouring wordings have in common, 1.0 where all are the same words."""

    thing: int
    texts: tuple[Text, ...]
    share: tuple[float, float]

    @property
    def accounts(self) -> list[str]:
        """Who tells it, AI accounts that drafted it too."""
        return sorted({text.account for text in self.texts})


Near = Mapping[int, Mapping[int, float]]
"""Wording -> wordings that are like it, and how much. Wordings go by their place in time."""


def stories(texts: Texts, p: RewordedParams, secret: bytes) -> tuple[list[Story], bool]:
    """All stories of two accounts or more, by their first text; whether a crowd was sampled."""
    pairs = alike(weigh(texts), p.alike, p.min_rarity, p.common, secret)
    told = _told(texts, pairs)
    place = {words: number for number, words in enumerate(told)}
    wordings = [*told.values()]
    repeated = (number for number, same in enumerate(wordings) if len(same) > 1)
    near = _near(pairs, [place.get(words, -1) for words in texts.sets], repeated)
    things = _things(near, wordings)
    found = []
    for group in _groups(near):
        texts_of = [text for place in group for text in wordings[place]]
        if len({text.account for text in texts_of}) > 1:
            ordered = tuple(sorted(texts_of, key=lambda one: (one.at, one.id, one.words)))
            found.append(Story(things[group[0]], ordered, _share(group, near)))
    return found, pairs.sampled


def occasions(texts: Sequence[Text], pause_s: float) -> Iterator[list[Text]]:
    """Texts in order of time, parted where nothing was said for longer than that."""
    part: list[Text] = []
    for text in texts:
        if part and text.at - part[-1].at > pause_s:
            yield part
            part = []
        part.append(text)
    if part:
        yield part


def _told(texts: Texts, pairs: Alike) -> dict[Words, list[Text]]:
    """Wordings that are like another one or were told twice, by their first text."""
    taking_part = np.bincount(texts.wording, minlength=len(texts.sets)) > 1
    taking_part[pairs.a] = taking_part[pairs.b] = True
    told: dict[Words, list[Text]] = {}
    for text in texts.of(taking_part):
        told.setdefault(text.words, []).append(text)
    return told


def _near(pairs: Alike, place: Sequence[int], repeated: Iterable[int]) -> Near:
    """place: of each wording in time. repeated: those that are a story without any other one."""
    near: dict[int, dict[int, float]] = {number: {} for number in repeated}
    for a, b, share in zip(pairs.a.tolist(), pairs.b.tolist(), pairs.share.tolist(), strict=True):
        near.setdefault(place[a], {})[place[b]] = share
        near.setdefault(place[b], {})[place[a]] = share
    return {number: near[number] for number in sorted(near)}


def _groups(near: Near) -> list[list[int]]:
    """Wordings by story: each joins the one of which most, at least half, are like it.

    So no chain of small changes leads from one story to another one.
    """
    groups: list[list[int]] = []
    of: dict[int, int] = {}
    for place in near:
        count = Counter(of[other] for other in near[place] if other in of)
        fits = [(n / len(groups[group]), -group) for group, n in count.items()]
        best, group = max(fits, default=(0.0, 0))
        if 2 * best >= 1:
            of[place] = -group
            groups[-group].append(place)
        else:
            of[place] = len(groups)
            groups.append([place])
    return groups


def _things(near: Near, wordings: Sequence[Sequence[Text]]) -> dict[int, int]:
    """Wording -> the first signal of all wordings that hang together with it."""
    found: dict[int, int] = {}
    for first in near:  # by time
        waiting = [first]
        while waiting:
            place = waiting.pop()
            if place not in found:
                found[place] = wordings[first][0].id
                waiting += near[place]
    return found


def _share(group: Sequence[int], near: Near) -> tuple[float, float]:
    inside = set(group)
    shares = [s for place in group for other, s in near[place].items() if other in inside]
    return (min(shares), max(shares)) if shares else (1.0, 1.0)
