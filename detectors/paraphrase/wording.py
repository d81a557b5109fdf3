"""What a story says: sentence, conditions, values and links."""

from __future__ import annotations

from typing import Any

from detectors.base import HOUR_S, Condition
from detectors.emission import Link, counted, lasting, neighbour_links, shortened
from detectors.lives.tongue import worded
from detectors.paraphrase.meeting import IDENTIFIERS
from detectors.paraphrase.params import ParaphraseParams
from detectors.paraphrase.stories import Story

LLR = 1.5
NAMED = 3


def links_of(story: Story, subjects: tuple[str, ...]) -> tuple[Link, ...]:
    """Accounts that told it in different tongues, as far as known; copies in one are not meant.

    The first one with each other one, and neighbours on a ring where tongues take turns.
    """
    tongues = {one.post.account: one.post.tongue for one in story.told}
    turns: dict[str, int] = {}
    ranked = []
    for place, name in enumerate(subjects):
        turn = turns[tongues[name]] = turns.get(tongues[name], 0) + 1
        ranked.append((turn, tongues[name], place))
    ring = [place for _, _, place in sorted(ranked)]
    first = subjects.index(story.told[0].post.account)
    star = [(min(first, place), max(first, place)) for place in ring if place != first]
    pairs = {*star, *((low, high) for low, high, _ in neighbour_links(ring, lambda *_: LLR))}
    return tuple(
        (low, high, LLR)
        for low, high in sorted(pairs)
        if tongues[subjects[low]] != tongues[subjects[high]]
    )


def values_of(story: Story) -> dict[str, Any]:
    """The story as the case page shows it."""
    first, *others = story.told
    return {
        "accounts": len(story.told),
        "people": len({one.post.person for one in story.told}),
        "platforms": sorted({one.post.account.partition(":")[0] for one in story.told}),
        "tongues": sorted({worded(one.post.tongue).strip() for one in story.told}),
        "cosine_min": min(one.cosine for one in others),
        "cosine_max": max(one.cosine for one in others),
        "after_max_s": max(one.post.at for one in others) - first.post.at,
        "met_by": story.keys,
        "posts": [
            {
                "signal": one.post.id,
                "account": one.post.account,
                "tongue": one.post.tongue,
                "after_s": round(one.post.at - first.post.at, 3),
                "cosine": one.cosine,
            }
            for one in story.told
        ],
    }


def sentence_of(values: dict[str, Any]) -> str:
    """`4 accounts on 2 platforms wrote the same in cyrillic script and latin (en), 40 min, ...`."""
    low, high = f"{values['cosine_min']:.2f}", f"{values['cosine_max']:.2f}"
    platforms = counted(len(values["platforms"]), "platform")
    who = f"{counted(values['accounts'], 'account')} on {platforms}"
    return ", ".join(
        (
            f"{who} wrote the same in {_listed(values['tongues'])}",
            lasting(values["after_max_s"]),
            f"cosine {low}" if low == high else f"cosine {low}-{high}",
            f"met by {_listed([_key(name) for name in values['met_by']])}",
        )
    )


def conditions_of(values: dict[str, Any], p: ParaphraseParams) -> tuple[Condition, ...]:
    """What was compared."""
    hours = round(values["after_max_s"] / HOUR_S, 2)
    rows = (
        ("people that wrote it", values["people"], ">=", p.min_accounts, "people"),
        ("languages or scripts", len(values["tongues"]), ">=", 2, "languages"),
        ("lowest cosine to the first text", values["cosine_min"], ">=", p.cosine, "cosine"),
        ("time after the first text", hours, "<=", p.window_h, "hours"),
    )
    return tuple(
        Condition(name, value, op, limit, unit, value >= limit if op == ">=" else value <= limit)
        for name, value, op, limit, unit in rows
    )


def _key(name: str) -> str:
    """`hashtag river`; of what is private only the kind: `the same device`."""
    kind, _, value = name.partition(" ")
    return f"the same {kind}" if kind in IDENTIFIERS else f"{kind} {shortened(value)}"


def _listed(names: list[str]) -> str:
    """`a`, `a and b`, `a, b, c and 4 more`."""
    shown, more = names[:NAMED], len(names) - NAMED
    if more > 0:
        return f"{', '.join(shown)} and {more} more"
    return " and ".join(part for part in (", ".join(shown[:-1]), shown[-1]) if part)
