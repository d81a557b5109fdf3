"""D7, in other words: accounts that introduce themselves after one template, reworded."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

import msgspec

from detectors.base import (
    DAY_S,
    HOUR_S,
    Detector,
    Family,
    FindingDraft,
    Key,
    Meta,
    Signal,
    Tier,
    param,
)
from detectors.emission import at_least, counted
from detectors.overrides import ScopedParams, enough
from detectors.reworded.gathered import Columns, columns, merge
from detectors.reworded.params import RewordedParams
from detectors.reworded.stories import Story, stories
from detectors.reworded.words import WIDTH, Words, words_of

LLR = 1.5
SHARING = "accounts with the template"
MIN_WORDS = 6


class RewordedBioParams(ScopedParams):
    """From when two introductions follow one template, and how many make a group."""

    alike: float = param(
        0.4,
        help="How much of all their words two bios must share, rare words counting more",
        unit="share",
        ge=0.3,
        le=0.95,
        step=0.01,
    )
    min_accounts: int = param(
        3,
        help="Accounts that share the template",
        unit="accounts",
        ge=2,
        le=100,
        step=1,
        overridable=True,
    )
    min_rarity: float = param(
        8.0,
        help="How rare the shared words must be together, as natural logarithms",
        unit="nats",
        ge=5,
        le=100,
        step=1,
    )
    common: int = param(
        200,
        help="A template on more accounts is a fashion, a school or an app",
        unit="accounts",
        ge=10,
        le=1_000,
        step=10,
    )


class Bio(msgspec.Struct, omit_defaults=True):
    """The newest bio of one account: its words, and where it was first seen."""

    words: Words = b""
    at: float = 0.0
    id: int = 0


class RewordedBio(Detector[Bio, RewordedBioParams]):
    """State per account; the tick compares all bios as sets of words."""

    meta = Meta(
        slug="reworded-bio",
        title="One introduction in other words",
        version=1,
        family=Family.IDENTITY,
        lookback_s=90 * DAY_S,
        tick_s=6 * HOUR_S,
        doc=(
            "Finds accounts whose bios follow one template with words exchanged or put in another "
            "order. Bios are compared as sets of words, in which a word weighs the more the fewer "
            "bios have it. It only supports: colleagues and members of a club introduce themselves "
            "alike."
        ),
        falsifiers=(
            "The accounts belong to one firm, club or course that suggests the wording.",
            "The bio is a motto or a fashion of the moment.",
        ),
        source="Bio templates in other words are the project's own; see the rule on texts",
    )
    Params = RewordedBioParams
    State = Bio

    def keys(self, signal: Signal, p: RewordedBioParams) -> Iterable[Key]:
        del p
        if not signal.actor or signal.profile is None or not signal.profile.bio:
            return ()
        enough = len(words_of(signal.profile.bio)) >= MIN_WORDS * WIDTH
        return (Key("bio", signal.account),) if enough else ()

    def apply(
        self, key: Key, signal: Signal, state: Bio, p: RewordedBioParams
    ) -> list[FindingDraft]:
        """Only remembers the newest; the same words again are no news."""
        del key, p
        words = words_of(signal.profile.bio) if signal.profile else b""
        if words != state.words and signal.place >= (state.at, state.id):
            state.words, state.at, state.id = words, signal.at, signal.id
        elif words == state.words and signal.place < (state.at, state.id):
            state.at, state.id = signal.at, signal.id
        return []

    def part(self, clock: float, states: Mapping[Key, Bio], p: RewordedBioParams) -> Columns:
        """The bios of this shard."""
        del clock, p
        return columns((key, [(bio.words, (bio.at, bio.id))]) for key, bio in states.items())

    def tick(
        self, clock: float, parts: Sequence[Columns], p: RewordedBioParams
    ) -> list[FindingDraft]:
        """One finding a template."""
        del clock
        like = RewordedParams(alike=p.alike, min_rarity=p.min_rarity, common=p.common)
        found = stories(merge(parts), like, self.secret)
        least = p.least("min_accounts")
        told = (_draft(one, p) for one in found if least <= len(one.accounts) <= p.common)
        return list(enough(p, "min_accounts", told, self.tell, SHARING))


def _draft(story: Story, p: RewordedBioParams) -> FindingDraft:
    low, high = (round(100 * share) for share in story.share)
    shared = f"{low} %" if low == high else f"{low}-{high} %"
    subjects = tuple(story.accounts)
    return FindingDraft(
        anchor=Key("bio-story", story.texts[0].mark),
        subjects=subjects,
        signal_ids=tuple(sorted({text.id for text in story.texts})),
        llr=LLR,
        score=round(story.share[0], 4),
        sentence=(
            f"{counted(len(subjects), 'account')} introduce themselves alike, {shared} of the "
            "weight of the words in common"
        ),
        first_at=story.texts[0].at,
        last_at=story.texts[-1].at,
        tier=Tier.SUPPORTING,
        values={
            "accounts": len(subjects),
            "share_min": story.share[0],
            "share_max": story.share[1],
        },
        conditions=(
            at_least(SHARING, len(subjects), p.min_accounts, "accounts"),
            at_least("least share of two bios", story.share[0], p.alike, "share"),
        ),
        flags=("sampled",) if story.sampled else (),
    )
