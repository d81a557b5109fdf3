"""D2, across languages: one story, told by several accounts in several languages."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from typing import Any
from zlib import crc32

import msgspec

from detectors import embeddings
from detectors.base import (
    DAY_S,
    HOUR_S,
    Detector,
    Family,
    FindingDraft,
    Key,
    Meta,
    Rescored,
    Score,
    Signal,
    Tell,
    Tier,
    Told,
    nobody,
)
from detectors.comparables import has_tokens
from detectors.embeddings import Encoder
from detectors.lives.tongue import tongue_of
from detectors.paraphrase.meeting import Meeting, Met, Post, Row, keys_of, meet
from detectors.paraphrase.params import ParaphraseParams
from detectors.paraphrase.stories import OUTPUT, Story, Texts, stories
from detectors.paraphrase.wording import LLR, conditions_of, links_of, sentence_of, values_of

TOLD_S = 7 * DAY_S
"""How long a story is told after its window ended."""


class CrossLanguage(Detector[Meeting, ParaphraseParams]):
    """State per link, hashtag, target or address: who wrote with it, in which tongue.

    A state names signals only. Those that meet in different tongues are read again at the tick, and
    their meanings compared.
    """

    meta = Meta(
        slug="cross-language",
        title="One story in several languages",
        version=1,
        family=Family.CONTENT,
        kinds=(OUTPUT, "post", "reply", "message", "mail", "site"),
        lookback_s=16 * DAY_S,
        tick_s=900,
        rescored=Rescored.CONSTANTS,
        needs=(embeddings.PACKAGE,),
        doc=(
            "Finds accounts that tell one story in several languages: translations, which no "
            "comparison of letters sees. Only texts are compared that have something in common "
            "in any language: a link, a hashtag, a name, what they answer, or an identifier such "
            "as a device or an address; AI outputs too, of which each line counts as a draft. What "
            "more than `common` accounts share on one day brings nobody together. Meaning is "
            "compared by an optional package (`make paraphrase` installs it on each machine with "
            "workers); without it nothing is found. It knows 16 languages. A denial of a claim is "
            "near the claim: read both. The language is what the sender's attribute `language` or "
            "`lang` says, else a guess from script and frequent words. Only supports: a case needs "
            "other evidence. At most 1,000 texts are compared at a time, those with the rarest "
            "things in common first. A story is told for a week."
        ),
        falsifiers=(
            "The accounts are one organisation's, a page in each of its languages.",
            "The texts report one event: news agencies and their translators do.",
            "Some of the texts quote or deny what the others claim.",
            "People translate for their friends what they read.",
        ),
        source=(
            "Yang et al. 2019 (multilingual universal sentence encoder). Which texts are compared, "
            "and the threshold, are the project's own."
        ),
    )
    Params = ParaphraseParams
    State = Meeting

    def __init__(
        self,
        secret: bytes = b"",
        *,
        every: bool = False,
        tell: Tell = nobody,
        encoder: Encoder | None = None,
    ) -> None:
        super().__init__(secret, every=every, tell=tell)
        self._given = encoder

    def keys(self, signal: Signal, p: ParaphraseParams) -> Iterable[Key]:
        if self._encoder is None or not has_tokens(signal.text, p.min_words):
            return ()
        if not _account(signal) or (signal.ai is not None and signal.ai.refused):
            return ()
        return keys_of(signal)

    def keep_s(self, key: Key, p: ParaphraseParams) -> float:
        """Seconds for which an untouched key matters; whole days are forgotten, so one more."""
        del key
        return float(p.window_h * HOUR_S + TOLD_S + DAY_S)

    def apply(
        self, key: Key, signal: Signal, state: Meeting, p: ParaphraseParams
    ) -> list[FindingDraft]:
        """Only remembers; what texts mean is looked at when they meet."""
        kept_days = math.ceil(self.keep_s(key, p) / DAY_S) + 1
        text = crc32(signal.text.encode("utf-8", "surrogatepass"))
        state.add(_post(signal), text, p.common, kept_days)
        return []

    def matters(self, state: Meeting) -> bool:
        """Keys that two accounts have in different tongues."""
        return state.has_tongues

    def part(self, clock: float, states: Mapping[Key, Meeting], p: ParaphraseParams) -> list[Row]:
        """Who met in this shard."""
        since = clock - self.keep_s(Key("", ""), p)
        rows = [(f"{key.type} {key.value}", state.posts(since)) for key, state in states.items()]
        return [row for row in rows if len(row[1]) > 1]

    def reads(self, clock: float, parts: Sequence[Any], p: ParaphraseParams) -> Sequence[int]:
        """The texts that met."""
        del clock
        return sorted(_met(parts, p).posts) if self._encoder else ()

    def tick_with(
        self,
        clock: float,
        parts: Sequence[Any],
        signals: Mapping[int, Signal],
        p: ParaphraseParams,
    ) -> list[FindingDraft]:
        """Compare what met; one finding a story."""
        del clock
        if self._encoder is None:
            return []
        met = _met(parts, p)
        found = stories(met, signals, self._encoder, p.cosine, p.min_accounts, p.min_words)
        return [_draft(story, met, p) for story in found]

    def score_again(
        self, told: Told, signals: Sequence[Signal], p: ParaphraseParams
    ) -> Score | None:
        """The lowest cosine of the cited texts to the first one, in order of the record."""
        if self._encoder is None:
            message = f"{embeddings.PACKAGE} is not installed"
            raise ValueError(message)
        known = {signal.id: signal for signal in signals}
        ids = [one["signal"] for one in told.values["posts"] if one["signal"] in known]
        posts = [_post(known[id_]) for id_ in ids]
        if len({post.person for post in posts}) < p.min_accounts:
            return None
        texts = Texts([known[id_] for id_ in ids], self._encoder, p.min_words)
        lowest = min(texts.nearness(ids[0], ids[1:]))
        subjects = tuple(sorted({post.account for post in posts}))
        return Score(lowest, LLR, subjects) if lowest >= p.cosine else None

    @property
    def _encoder(self) -> Encoder | None:
        return self._given or embeddings.installed()


def _account(signal: Signal) -> str:
    """Who wrote; at an AI service that names nobody the key, else the organisation."""
    if signal.actor or signal.ai is None:
        return signal.account
    name = signal.ai.key or signal.ai.org
    return f"{signal.platform}:{name}" if name else ""


def _post(signal: Signal) -> Post:
    return Post(_account(signal), signal.at, signal.id, tongue_of(signal))


def _met(parts: Sequence[Any], p: ParaphraseParams) -> Met:
    rows = [row for part in parts for row in msgspec.convert(part, list[Row])]
    return meet(rows, p.window_h * HOUR_S)


def _draft(story: Story, met: Met, p: ParaphraseParams) -> FindingDraft:
    subjects = tuple(sorted(one.post.account for one in story.told))
    first, last = story.told[0].post, max(one.post.at for one in story.told)
    values = values_of(story)
    return FindingDraft(
        anchor=Key("story", str(first.id)),
        subjects=subjects,
        signal_ids=tuple(sorted(one.post.id for one in story.told)),
        llr=LLR,
        links=links_of(story, subjects),
        score=values["cosine_min"],
        sentence=sentence_of(values),
        first_at=first.at,
        last_at=last,
        tier=Tier.SUPPORTING,
        values=values,
        constants={"encoder": embeddings.PACKAGE},
        conditions=conditions_of(values, p),
        flags=("truncated",) if met.truncated else (),
    )
