"""Accounts that tell one thing again and again, each time in new words."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import combinations

from detectors.base import MAX_SIGNAL_IDS, MINUTE_S, Family, FindingDraft, Key, Tier
from detectors.emission import Link, at_least, counted, lasting, neighbour_links
from detectors.reworded.params import RewordedParams
from detectors.reworded.stories import Story
from detectors.reworded.texts import Text, in_time

INSISTING = "insisting"
PAUSE_S = 10.0 * MINUTE_S
"""Sooner it is a correction or the next part of a thread."""
AGAIN, OFTEN = 2, 3
OFTEN_LLR, AGAIN_LLR = 4.0, 2.0
"""Who found new words for one thing twice may mean it; who did so three times writes variants."""
LINKED_ALL = 60

Told = Mapping[str, Sequence[Text]]
"""Account -> the texts with which it told the thing anew."""


def insisting(stories: Sequence[Story], p: RewordedParams) -> Iterator[FindingDraft]:
    """One finding a thing that enough accounts told again in other words."""
    things: dict[str, list[Text]] = {}
    for story in stories:
        things.setdefault(story.thing, []).extend(t for t in story.texts if not t.is_draft)
    for thing, texts in sorted(things.items()):
        if len({text.account for text in texts}) <= p.common:
            told = {name: mine for name, mine in _anew(texts).items() if len(mine) >= AGAIN}
            if len(told) >= p.min_accounts:
                yield _draft(thing, told, p)


def _anew(texts: Sequence[Text]) -> dict[str, list[Text]]:
    """Of each account what it said in words that it had not used, a while after the last time."""
    found: dict[str, list[Text]] = {}
    for text in sorted(texts, key=in_time):
        mine = found.setdefault(text.account, [])
        rested = not mine or text.at - mine[-1].at >= PAUSE_S
        if rested and all(text.words != other.words for other in mine):
            mine.append(text)
    return found


def _draft(thing: str, told: Told, p: RewordedParams) -> FindingDraft:
    subjects = tuple(sorted(told))
    texts = sorted((text for mine in told.values() for text in mine), key=in_time)
    ids = sorted({text.id for text in texts})
    most = max(map(len, told.values()))
    return FindingDraft(
        anchor=Key(INSISTING, thing),
        subjects=subjects,
        signal_ids=tuple(ids[:MAX_SIGNAL_IDS]),
        signal_total=len(ids),
        llr=OFTEN_LLR if most >= OFTEN else AGAIN_LLR,
        links=_links(subjects, told, texts),
        score=float(most),
        sentence=(
            f"{counted(len(subjects), 'account')} told one thing again and again, up to {most} "
            f"times, each time in new words, within {lasting(texts[-1].at - texts[0].at)}"
        ),
        first_at=texts[0].at,
        last_at=texts[-1].at,
        tier=Tier.SUPPORTING,
        family=Family.BEHAVIOUR,
        values={"accounts": len(subjects), "times_most": most, "texts": len(texts)},
        conditions=(
            at_least("accounts that told it again", len(subjects), p.min_accounts, "accounts"),
        ),
    )


def _links(subjects: Sequence[str], told: Told, texts: Sequence[Text]) -> tuple[Link, ...]:
    """All pairs; of many accounts each with its neighbours in time."""

    def llr(a: int, b: int) -> float:
        least = min(len(told[subjects[a]]), len(told[subjects[b]]))
        return OFTEN_LLR if least >= OFTEN else AGAIN_LLR

    places = range(len(subjects))
    if len(subjects) <= LINKED_ALL:
        return tuple((a, b, llr(a, b)) for a, b in combinations(places, 2))
    place = dict(zip(subjects, places, strict=True))
    return neighbour_links([place[name] for name in dict.fromkeys(t.account for t in texts)], llr)
