"""D2, in other words: accounts that tell one thing in different wordings."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from itertools import chain

from detectors.base import DAY_S, HOUR_S, Detector, Family, FindingDraft, Key, Meta, Signal
from detectors.reworded.gathered import Columns, gather, merge
from detectors.reworded.insisting import insisting
from detectors.reworded.joint import joint
from detectors.reworded.kept import KeptTexts
from detectors.reworded.params import RewordedParams
from detectors.reworded.stories import stories
from detectors.reworded.telling import findings
from detectors.reworded.texts import OUTPUT, Writer, compared, key_of
from detectors.reworded.timing import together


class RewordedText(Detector[Writer, RewordedParams]):
    """State per account: the words of its texts, as numbers. The tick compares all of them."""

    meta = Meta(
        slug="reworded-text",
        title="One thing in other words",
        version=1,
        family=Family.CONTENT,
        kinds=(OUTPUT, "post", "reply", "message", "mail", "site", "report"),
        lookback_s=31 * DAY_S,
        tick_s=HOUR_S,
        doc=(
            "Finds accounts that tell one thing in different wordings: synonyms, another order, "
            "words put in between, which no comparison of letters sees. Texts are compared as sets "
            "of words, in which a word weighs the more the fewer accounts use it. A story that is "
            "told again after a pause counts as told twice. Accounts that tell several stories at "
            "the same times are put to the test of synchronous sharing; two different things told "
            "within an hour of each other, each in other words, are evidence without it. Who "
            "tells one thing several times, ten minutes or more apart and always in new words, is "
            "named for that too where others do the same. Lines that an AI service wrote take "
            "part, and whoever publishes them afterwards is named. "
            "Texts in the same words weigh less: quotations go round. Where more than 60 wordings "
            "share a rare word a sample of them is compared, whoever is like a few of a story "
            "joins it, and findings are marked as sampled. What more than `common` accounts tell "
            "is passed over. Raise `alike` when people who talk of one event are found; lower it "
            "for freer rewriting."
        ),
        falsifiers=(
            "The accounts report one event, and its names are what they have in common.",
            "A form, a template or a share button wrote the texts.",
            "Shops, fans or activists who advertise one cause, each in own words.",
            "The accounts belong to one declared organisation, newsroom or syndicate.",
        ),
        source=(
            "Inverse document frequency: Sparck Jones 1972. How texts are compared, the test of "
            "timing and the thresholds are the project's own."
        ),
    )
    Params = RewordedParams
    State = Writer

    def keys(self, signal: Signal, p: RewordedParams) -> Iterable[Key]:
        key = key_of(signal)
        return (key,) if key.value and compared(signal, p.min_words) else ()

    def keep_s(self, key: Key, p: RewordedParams) -> float:
        """Seconds for which an untouched key matters; whole days are forgotten, so one more."""
        del key
        return float((p.lookback_d + 1) * DAY_S)

    def apply(
        self, key: Key, signal: Signal, state: Writer, p: RewordedParams
    ) -> list[FindingDraft]:
        """Only remembers; what is common and what is rare is a question over all texts."""
        del key
        for words in compared(signal, p.min_words):
            state.add(words, signal.place, p.lookback_d + 1)
        return []

    def part(self, clock: float, states: Mapping[Key, Writer], p: RewordedParams) -> Columns:
        """The texts of this shard, of whole days inside the lookback."""
        return gather(states, math.floor(clock / DAY_S - p.lookback_d))

    def standing(self, p: RewordedParams) -> KeptTexts:
        """The same, kept from one tick to the next."""
        return KeptTexts(p.lookback_d)

    def tick(self, clock: float, parts: Sequence[Columns], p: RewordedParams) -> list[FindingDraft]:
        """Compare all texts; findings of stories, and of those who tell them together."""
        del clock
        texts = merge(parts)
        found = stories(texts, p, self.secret)
        if not found:
            return []
        drafts = [chain.from_iterable(findings(story, p) for story in found)]
        alone = texts.others({text.id for story in found for text in story.texts})
        timed = together(found, alone, p, self.secret)
        return [*chain.from_iterable(drafts), *joint(found, p), *insisting(found, p), *timed]
