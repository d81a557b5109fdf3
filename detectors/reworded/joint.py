"""Few accounts that tell different things together: each in other words, within an hour, again."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import combinations

from detectors.base import HOUR_S, MAX_SIGNAL_IDS, Family, FindingDraft, Key, Tier
from detectors.emission import at_least, counted, hanging_together
from detectors.reworded.params import RewordedParams
from detectors.reworded.stories import Story, occasions
from detectors.reworded.texts import Text

JOINT = "joint-stories"
PAUSE_S = float(HOUR_S)
MANY = 3
MANY_LLR, SOME_LLR = 4.0, 2.0
"""Who reads the same news may retell two of them within an hour, hardly three."""
FEW = 12
"""Of what more accounts tell, many a pair is close in time by chance: `timing.py` puts it to the
test."""

Meeting = tuple[Text, Text]
Shared = Mapping[tuple[str, str], Mapping[str, Meeting]]
"""Two accounts -> thing -> the texts with which they first told it together."""


def joint(stories: Sequence[Story], p: RewordedParams) -> Iterator[FindingDraft]:
    """One finding a group of accounts of which each told enough things with another one."""
    shared = {
        pair: met for pair, met in _meetings(stories).items() if len(met) >= p.things_together
    }
    names = sorted({name for pair in shared for name in pair})
    place = {name: number for number, name in enumerate(names)}
    for group in hanging_together((place[a], place[b]) for a, b in shared):
        inside = {names[number] for number in group}
        yield _draft({pair: met for pair, met in shared.items() if pair[0] in inside}, p)


def _meetings(stories: Sequence[Story]) -> Shared:
    found: dict[tuple[str, str], dict[str, Meeting]] = {}
    for story in stories:
        told = [text for text in story.texts if not text.is_draft]
        if len({text.account for text in told}) > FEW:
            continue
        for part in occasions(told, PAUSE_S):
            first = {text.account: text for text in reversed(part)}
            for one, other in combinations(sorted(first.values()), 2):
                # the same words are a quotation, which may come from anywhere
                if one.words != other.words:
                    met = found.setdefault((one.account, other.account), {})
                    met.setdefault(story.thing, (one, other))
    return found


def _draft(shared: Shared, p: RewordedParams) -> FindingDraft:
    subjects = tuple(sorted({name for pair in shared for name in pair}))
    place = {name: number for number, name in enumerate(subjects)}
    texts = sorted({text for met in shared.values() for two in met.values() for text in two})
    by_time = sorted(texts, key=lambda text: (text.at, text.mark))
    ids = sorted({text.id for text in texts})
    things = len({thing for met in shared.values() for thing in met})
    most = max(map(len, shared.values()))
    return FindingDraft(
        anchor=Key(JOINT, by_time[0].mark),
        subjects=subjects,
        signal_ids=tuple(ids[:MAX_SIGNAL_IDS]),
        signal_total=len(ids),
        llr=MANY_LLR if most >= MANY else SOME_LLR,
        links=tuple(
            (place[a], place[b], MANY_LLR if len(met) >= MANY else SOME_LLR)
            for (a, b), met in sorted(shared.items())
        ),
        score=float(most),
        sentence=(
            f"{counted(len(subjects), 'account')} told {counted(things, 'thing')} together, two of "
            f"them up to {most}, each time in other words and within an hour"
        ),
        first_at=by_time[0].at,
        last_at=by_time[-1].at,
        tier=Tier.SUPPORTING,
        family=Family.TIMING,
        values={"accounts": len(subjects), "things": things, "together_most": most},
        conditions=(
            at_least("things that two of them told together", most, p.things_together, "things"),
        ),
    )
