"""D12: what an AI service wrote, in the posts of several accounts."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

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
)
from detectors.reappearance.chains import MIN_PEOPLE, Chain, chains
from detectors.reappearance.matching import Reader, matches
from detectors.reappearance.meeting import Meetings, Row, Run, meetings
from detectors.reappearance.params import ReappearanceParams
from detectors.reappearance.runs import Runs, leading, prepare_runs, runs_of
from detectors.reappearance.wording import (
    conditions_of,
    links_of,
    sentence_of,
    values_of,
    weight_of,
)

RUN = "text-run"
OUTPUT = "ai.response"
PROMPT = "ai.request"
POSTS = ("post", "reply", "message", "mail", "site")
# Of its runs, those with the least hashes: an output waits under each fourth, so that even of a
# post of 20 words four stand among them, and any post asks under its first four or more.
OUTPUT_KEYS = (4, 24, 128)
POST_KEYS = (8, 4, 24)
OPENING_ACCOUNTS = 3

Part = tuple[list[Row], bool]


Kept = tuple[Sequence[Any], tuple[Meetings, bool] | None]
"""The parts of a tick, and who met in them."""
_NOTHING: Kept = ((), None)


class OutputReappearance(Detector[Run, ReappearanceParams]):
    """State per run of words. Outputs wait under many of theirs, posts ask under few of theirs.

    A state names signals only. Those that meet are read again at the tick and compared whole.
    """

    meta = Meta(
        slug="output-reappearance",
        title="AI output in posts",
        version=1,
        family=Family.AI,
        kinds=(OUTPUT, PROMPT, *POSTS),
        lookback_s=30 * DAY_S,
        tick_s=300,
        doc=(
            "Finds posts, replies, messages, mails and sites that hold what an AI service wrote "
            "shortly before, and shows the chain: output, posts, delays. Texts are cut into runs "
            "of 4 words (8 characters in scripts without spaces); the share of a post's runs that "
            "stand in the output counts, so that one output with seven drafts is found in seven "
            "posts. Where an output was fed to another AI account that answered within an hour, "
            "and the answer was posted, both are one chain. AI services need not send texts: "
            "`fingerprints` are compared with those of posts under the same key. Runs that a post "
            "said before the output, and runs from very many AI accounts, do not count. Refused "
            "answers and reposts are not read. Paraphrase and translation are not seen. Raise "
            "`known_d` where old texts are quoted through AI services."
        ),
        falsifiers=(
            "One account published the text, and the others quote it from there.",
            "The text was public before, unseen by the desk, and went through the AI service.",
            "An agency, a newsroom or a tool writes with one AI account for those who ask it to.",
            "The accounts belong to one person who posts the same text everywhere.",
        ),
        source=(
            "Broder 1997 (containment of shingles); the case of seven drafts from one prompt: "
            "threat report of February 2026. Lookup by few runs is the project's own."
        ),
    )
    Params = ReappearanceParams
    State = Run
    _kept: Kept = _NOTHING

    def prepare(self, signals: Sequence[Signal], p: ReappearanceParams) -> None:
        """Texts are hashed together."""
        long = (one for one in signals if len(one.text) >= 2 * p.min_tokens - 1)
        prepare_runs(long, p.least, self.secret)

    def keys(self, signal: Signal, p: ReappearanceParams) -> Iterable[Key]:
        if len(signal.text) < 2 * p.min_tokens - 1 and not signal.fingerprints:
            return ()
        if not _account(signal) or (signal.ai is not None and signal.ai.refused):
            return ()
        return [
            key
            for runs in runs_of(signal, p.least, self.secret)
            for key in Key.each(RUN, leading(runs, _count(signal, runs)))
        ]

    def keep_s(self, key: Key, p: ReappearanceParams) -> float:
        """Seconds for which an untouched run matters."""
        del key
        return float(max(p.known_d * DAY_S, p.window_h * HOUR_S))

    def apply(
        self, key: Key, signal: Signal, state: Run, p: ReappearanceParams
    ) -> list[FindingDraft]:
        """Only remembers; who shares how many runs is a question over many of them."""
        if signal.kind == OUTPUT:
            state.add_output(_account(signal), signal.place, p.common_outputs)
        elif signal.kind == PROMPT:
            state.add_prompt(_account(signal), signal.place, self.secret)
        else:
            state.add_post(signal.account, signal.place, self.secret)
        return []

    def matters(self, state: Run) -> bool:
        """Runs that an output and something else have."""
        return bool(state.outputs and (state.posts or state.prompts))

    def part(self, clock: float, states: Mapping[Key, Run], p: ReappearanceParams) -> Part:
        """Who has the runs of this shard, and whether only a sample of them is known."""
        since = clock - max(p.known_d * DAY_S, p.window_h * HOUR_S)
        live = [state for state in states.values() if state.newest >= since and self.matters(state)]
        rows = [state.row(self.secret, p.window_h * HOUR_S) for state in live]
        return rows, any(state.sampled for state in live)

    def reads(self, clock: float, parts: Sequence[Any], p: ReappearanceParams) -> Sequence[int]:
        """The signals that met. Who met is kept for `tick_with`, which gets the same parts."""
        del clock
        met = _met(parts, p)
        self._kept = parts, met
        return sorted(met[0].signal_ids())

    def tick_with(
        self,
        clock: float,
        parts: Sequence[Any],
        signals: Mapping[int, Signal],
        p: ReappearanceParams,
    ) -> list[FindingDraft]:
        """Compare what met; one finding a chain."""
        del clock
        (of, told), self._kept = self._kept, _NOTHING
        met, sampled = told if told is not None and of is parts else _met(parts, p)
        found = matches(met, signals, self._read(p), p.limits)
        flags = ("sampled",) * sampled + ("truncated",) * met.truncated
        return [_draft(chain, met, p, flags) for chain in chains(found, met.prompts, p.limits)]

    def _read(self, p: ReappearanceParams) -> Reader:
        return lambda signal: [*runs_of(signal, p.least, self.secret)]


def _account(signal: Signal) -> str:
    """Who acted; at an AI service that names nobody the key, else the organisation."""
    if signal.actor or signal.ai is None or signal.kind in POSTS:
        return signal.account
    name = signal.ai.key or signal.ai.org
    return f"{signal.platform}:{name}" if name else ""


def _count(signal: Signal, runs: Runs) -> int:
    """Runs under which a signal is kept: a post is found by few, an output by any."""
    share, least, most = OUTPUT_KEYS if signal.kind == OUTPUT else POST_KEYS
    return max(least, min(most, runs.total // share))


def _met(parts: Sequence[Any], p: ReappearanceParams) -> tuple[Meetings, bool]:
    read = [msgspec.convert(part, Part) for part in parts]
    rows = (row for rows, _ in read for row in rows)
    return meetings(rows, p.window_h * HOUR_S), any(sampled for _, sampled in read)


def _draft(
    chain: Chain, met: Meetings, p: ReappearanceParams, flags: tuple[str, ...]
) -> FindingDraft:
    subjects = tuple(sorted({*chain.ai_accounts, *chain.accounts}))
    steps = [*chain.posts, *chain.prompts]
    cited = {match.output[2] for match in steps} | {match.text[2] for match in steps}
    known = {id_ for match in steps for id_ in met.known.get(match.output[2], ())}
    values = values_of(chain)
    shared = chain.largest >= MIN_PEOPLE
    people = len({match.person for match in chain.posts})
    return FindingDraft(
        anchor=Key("output", chain.root),
        subjects=subjects,
        signal_ids=tuple(sorted(cited)),
        llr=weight_of(chain),
        links=links_of(chain, subjects),
        score=values["containment_min"],
        sentence=sentence_of(chain, values),
        first_at=min(match.output[1] for match in steps),
        last_at=max(match.text[1] for match in steps),
        tier=Tier.OPENING if shared and people >= OPENING_ACCOUNTS else Tier.SUPPORTING,
        values=values,
        constants={"window_h": p.window_h, "known_before": sorted(known)},
        conditions=conditions_of(chain, p.limits, p.window_h),
        flags=flags,
    )
