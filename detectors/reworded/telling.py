"""What is said of a story: findings, sentences, values, conditions."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from detectors.base import HOUR_S, MAX_SIGNAL_IDS, Condition, Family, FindingDraft, Key, Tier
from detectors.emission import Link, at_least, counted, lasting, neighbour_links
from detectors.reworded.params import RewordedParams
from detectors.reworded.stories import Story, occasions
from detectors.reworded.texts import Text

STORY, OUTPUT_STORY = "story", "output-story"
LINKED_ALL = 60
"""Accounts of which all pairs are linked; of more each with its neighbours in time."""
REWORDED_LLR, COPIED_LLR, OUTPUT_LLR = 4.5, 1.0, 5.0
"""Quotations go round in the same words; who changes them has a reason. Of pairs in tuning worlds
that tell one thing in other words 95 % are of one operation, of those that copy one in a thousand.
"""
SHOWN = 20
PAIR, AGAIN = 2, 3
"""Two accounts are enough for a story that is told on so many occasions."""


def findings(story: Story, p: RewordedParams) -> Iterator[FindingDraft]:
    """One for the story, one for each further occasion on which it is told, one for its draft."""
    told = [text for text in story.texts if not text.is_draft]
    parts = occasions_of(told, p)
    # two who tell it once may have read the same; not those who do so again and again
    least = p.min_accounts if len(parts) < AGAIN else PAIR
    if not least <= _accounts(told) <= p.common:
        return
    yield _draft(Key(STORY, f"{story.thing}/{told[0].mark}"), story, told, least, p)
    for part in parts[1:]:
        yield _draft(Key(STORY, f"{story.thing}+{part[0].mark}"), story, part, PAIR, p)
    published = _published(story, told, p)
    least = p.min_accounts + 1  # the one for whom it was drafted
    if _accounts(published) >= least:
        anchor = Key(OUTPUT_STORY, f"{story.thing}/{published[0].mark}")
        yield _draft(anchor, story, published, least, p)


def occasions_of(texts: Sequence[Text], p: RewordedParams) -> list[list[Text]]:
    """The times at which two accounts or more told it."""
    parts = occasions(texts, p.pause_h * HOUR_S)
    return [part for part in parts if _accounts(part) > 1]


def _published(story: Story, told: Sequence[Text], p: RewordedParams) -> list[Text]:
    """The first draft of an AI service and what followed in time; nothing where it was public."""
    draft = next((text for text in story.texts if text.is_draft), None)
    if draft is None or told[0].at < draft.at:
        return []
    return [draft, *(text for text in told if text.at <= draft.at + p.output_h * HOUR_S)]


def _draft(
    anchor: Key, story: Story, texts: Sequence[Text], least: int, p: RewordedParams
) -> FindingDraft:
    """least: accounts that are enough for a finding of this kind."""
    is_output = anchor.type == OUTPUT_STORY
    is_copied = len({text.words for text in texts}) == 1
    llr = OUTPUT_LLR if is_output else COPIED_LLR if is_copied else REWORDED_LLR
    ids = sorted({text.id for text in texts})
    subjects = tuple(sorted({text.account for text in texts}))
    values = _values(story, texts, p)
    return FindingDraft(
        anchor=anchor,
        subjects=subjects,
        signal_ids=tuple(ids[:MAX_SIGNAL_IDS]),
        signal_total=len(ids),
        llr=llr,
        links=_links(texts, subjects, llr),
        score=values["share_min"],
        sentence=_sentence(values, is_output=is_output),
        first_at=texts[0].at,
        last_at=texts[-1].at,
        tier=Tier.SUPPORTING,
        family=Family.AI if is_output else Family.CONTENT,
        values=values,
        conditions=_conditions(values, least, p),
        flags=("sampled",) if story.sampled else (),
    )


def _accounts(texts: Sequence[Text]) -> int:
    return len({text.account for text in texts})


def _links(texts: Sequence[Text], subjects: tuple[str, ...], llr: float) -> tuple[Link, ...]:
    if len(subjects) <= LINKED_ALL:
        return ()
    place = {name: index for index, name in enumerate(subjects)}
    ring = [place[name] for name in dict.fromkeys(text.account for text in texts)]
    return neighbour_links(ring, lambda *_: llr)


def _values(story: Story, texts: Sequence[Text], p: RewordedParams) -> dict[str, Any]:
    """The numbers behind the sentence, and the first texts as the case page shows them."""
    return {
        "accounts": _accounts(texts),
        "platforms": sorted({text.account.partition(":")[0] for text in texts}),
        "texts": len(texts),
        "wordings": len({text.words for text in texts}),
        "share_min": round(story.share[0], 4),
        "share_max": round(story.share[1], 4),
        "occasions": len(occasions_of(texts, p)),
        "lasting_s": texts[-1].at - texts[0].at,
        "posts": [
            {"signal": text.id, "account": text.account, "draft": text.is_draft}
            for text in texts[:SHOWN]
        ],
    }


def _sentence(values: dict[str, Any], *, is_output: bool) -> str:
    """`5 accounts on 2 platforms told one thing in 7 wordings, 46-80 % of ... common, 40 min`."""
    low, high = (round(100 * values[name]) for name in ("share_min", "share_max"))
    share = f"{low} %" if low == high else f"{low}-{high} %"
    platforms = counted(len(values["platforms"]), "platform")
    who = f"{counted(values['accounts'], 'account')} on {platforms}"
    what = "published what an AI service had drafted" if is_output else "told one thing"
    times = f", on {values['occasions']} occasions" if values["occasions"] > 1 else ""
    return (
        f"{who} {what} in {counted(values['wordings'], 'wording')}, {share} of the weight of their "
        f"words in common, within {lasting(values['lasting_s'])}{times}"
    )


def _conditions(values: dict[str, Any], least: int, p: RewordedParams) -> tuple[Condition, ...]:
    common = Condition(
        "not common", values["accounts"], "<=", p.common, "accounts", values["accounts"] <= p.common
    )
    return (
        at_least("accounts that told it", values["accounts"], least, "accounts"),
        common,
        at_least("least share of two wordings", values["share_min"], p.alike, "share"),
    )
