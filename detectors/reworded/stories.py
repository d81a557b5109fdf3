"""Stories: texts that are alike, told by several accounts, perhaps on several occasions."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from detectors.reworded.compare import Alike, Bounds, Crowd, alike, alike_later, weigh, weighty
from detectors.reworded.gathered import Ints, Texts
from detectors.reworded.params import RewordedParams
from detectors.reworded.texts import Text, in_time

REPRESENTATIVES = 5
"""So many wordings stand for a story when it is asked who else tells it."""


@dataclass(frozen=True, slots=True)
class Story:
    """texts: in order of time. thing: the first text of all stories that hang together with it,
    so that two halves of one story are not taken for two. share: the least and the most that two
    neighbouring wordings have in common, 1.0 where all are the same words. sampled: whether some
    word of it is in too many wordings to compare them all."""

    thing: str
    texts: tuple[Text, ...]
    share: tuple[float, float]
    sampled: bool

    @property
    def accounts(self) -> list[str]:
        """Who tells it, those for whom it was drafted too."""
        return sorted({text.account for text in self.texts})


Told = dict[int, list[Text]]
"""Wording -> its texts in order of time. Wordings go by their place in `Texts.sets`."""
Near = dict[int, dict[int, float]]
"""Wording -> wordings that are like it, and how much."""


def stories(texts: Texts, p: RewordedParams, secret: bytes) -> list[Story]:
    """All stories of two accounts or more, by their first text."""
    bounds = Bounds(p.alike, p.min_rarity, p.common)
    wordings = weigh(texts)
    pairs = alike(wordings, bounds, secret)
    repeated = np.flatnonzero(np.bincount(texts.wording, minlength=len(texts.sets)) > 1)
    copied = repeated[weighty(wordings, repeated, bounds)]
    told = _told(texts, np.concatenate([copied, pairs.a, pairs.b]))
    near: Near = {place: {} for place in told}
    _tie(near, pairs)
    groups = _groups(near)
    if pairs.crowd is not None:
        few = _representatives(groups, pairs.crowd)
        later = alike_later(pairs.crowd, np.array([*few], dtype=np.int64), bounds)
        told |= _told(texts, np.setdiff1d(later.a, [*told]))
        near |= {place: {} for place in told if place not in near}
        _tie(near, later)
        groups = _with_the_rest(groups, few, near)
    things = _things(near, told)
    found = []
    for group in groups:
        texts_of = [text for place in group for text in told[place]]
        if len({text.account for text in texts_of}) > 1:
            ordered = tuple(sorted(texts_of, key=in_time))
            sampled = pairs.crowd is not None and bool(pairs.crowd.has(group).any())
            found.append(Story(things[group[0]], ordered, _share(group, near), sampled))
    return found


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


def _told(texts: Texts, wordings: Ints) -> Told:
    """What was said in these wordings, in order of time."""
    taking_part = np.zeros(len(texts.sets), dtype=np.bool_)
    taking_part[wordings] = True
    places = np.flatnonzero(taking_part)
    place = dict(zip(texts.sets.some(places), places.tolist(), strict=True))
    told: Told = {}
    for text in texts.of(taking_part):
        told.setdefault(place[text.words], []).append(text)
    return told


def _tie(near: Near, pairs: Alike) -> None:
    for a, b, share in zip(pairs.a.tolist(), pairs.b.tolist(), pairs.share.tolist(), strict=True):
        near[a][b] = near[b][a] = share


def _groups(near: Near) -> list[list[int]]:
    """Wordings by story: each, by time, joins the one of which most, at least half, are like it.

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


def _representatives(groups: Sequence[Sequence[int]], crowd: Crowd) -> dict[int, int]:
    """A few wordings of each story -> the place of the story.

    They are those that drew the lowest lots: such were drawn of most crowded words.
    """
    return {
        place: number
        for number, group in enumerate(groups)
        if len(group) > 1
        for place in sorted(group, key=lambda one: int(crowd.lot[one]))[:REPRESENTATIVES]
    }


def _with_the_rest(
    groups: Sequence[list[int]], few: Mapping[int, int], near: Near
) -> list[list[int]]:
    """Groups and who was not drawn: each joins that of which half of the few are like it."""
    size = Counter(few.values())
    joined: dict[int, int] = {}
    settled = {place for group in groups if len(group) > 1 for place in group}
    for place in near.keys() - settled:
        count = Counter(few[other] for other in near[place] if other in few)
        fits = [(n / size[number], -number) for number, n in count.items()]
        best, number = max(fits, default=(0.0, 0))
        if 2 * best >= 1:
            joined[place] = -number
    found = [group for group in groups if len(group) > 1 or group[0] not in joined]
    for place, number in joined.items():
        groups[number].append(place)
    return found


def _things(near: Near, told: Told) -> dict[int, str]:
    """Wording -> the first text of all wordings that hang together with it."""
    found: dict[int, str] = {}
    for first in sorted(near, key=lambda place: in_time(told[place][0])):
        waiting = [first]
        while waiting:
            place = waiting.pop()
            if place not in found:
                found[place] = told[first][0].mark
                waiting += near[place]
    return found


def _share(group: Sequence[int], near: Near) -> tuple[float, float]:
    inside = set(group)
    shares = [s for place in group for other, s in near[place].items() if other in inside]
    return (min(shares), max(shares)) if shares else (1.0, 1.0)
