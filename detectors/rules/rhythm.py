"""D4: accounts that share something and keep one rhythm to the minute, or take turns."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from detectors.base import (
    HOUR_S,
    BaseParams,
    Detector,
    Family,
    FindingDraft,
    Key,
    Meta,
    Signal,
    param,
)
from detectors.emission import hanging_together
from detectors.rhythm.beats import Columns, collect, merge
from detectors.rhythm.bins import LOOKBACK_S, Rhythm, act
from detectors.rhythm.findings import rhythm_draft, shifts_draft
from detectors.rhythm.kept import KeptBeats
from detectors.rhythm.pairs import MAX_BEATS, Limits, Pair, pairs_of
from detectors.rhythm.shifts import ShiftLimits, shifts_of

KINDS = ("post", "repost", "reply", "message", "reaction", "follow", "report", "ai.request")
LEAST_ACTIONS = 10


class RhythmParams(BaseParams):
    """How much activity is a rhythm, and how alike two of them must be."""

    min_actions: int = param(
        30,
        help="Five-minute bins with acts, in 28 days, that an account needs",
        unit="actions",
        ge=LEAST_ACTIONS,
        le=1_000,
        step=5,
    )
    cosine: float = param(
        0.95,
        help="Least similarity of the hours of the week",
        unit="cosine",
        ge=0.5,
        le=0.999,
        step=0.01,
    )
    alpha: float = param(
        0.01,
        help="Largest chance of so many common minutes, all compared pairs considered",
        unit="p",
        ge=1e-6,
        le=0.1,
        step=1e-6,
    )
    tie_cap: int = param(
        50,
        help="Accounts on one link, object or identifier above which it makes no candidates",
        unit="accounts",
        ge=2,
        le=1_000,
        step=5,
    )

    min_population: int = param(
        20,
        help="Active accounts that together say what chance is; with fewer nothing is found",
        unit="accounts",
        ge=3,
        le=1_000,
        step=1,
    )
    shift_alone: float = param(
        0.95,
        help="Share of their acts that accounts which take turns do in hours of their own",
        unit="share of acts",
        ge=0.7,
        le=1.0,
        step=0.01,
    )
    shift_hours: int = param(
        84,
        help="Hours of the week that accounts which take turns cover together",
        unit="hours",
        ge=24,
        le=168,
        step=4,
    )

    @property
    def limits(self) -> Limits:
        """The numbers of the comparison."""
        return Limits(self.cosine, self.alpha, self.tie_cap)

    @property
    def shifts(self) -> ShiftLimits:
        """What it takes to take turns."""
        return ShiftLimits(self.shift_alone, self.shift_hours, self.alpha, self.tie_cap)


class RhythmDetector(Detector[Rhythm, RhythmParams]):
    """Keys are accounts; the tick compares those that share something rare."""

    meta = Meta(
        slug="rhythm",
        title="One rhythm",
        version=2,
        family=Family.TIMING,
        kinds=KINDS,
        lookback_s=int(LOOKBACK_S),
        tick_s=6 * HOUR_S,
        doc=(
            "Compares accounts that share a link, an object or an identifier which few others "
            "have: whether they act in the same hours of the week, and in the same five minutes "
            "more often than two accounts with these hours would by chance. Acts in the first "
            "minute of an hour do not count, nor any minute of the hour at which an account does a "
            "third of what it does: that is a scheduler. Minutes in which everybody acts count "
            "less. Three to eight of them may also take turns like the shifts of a desk: their "
            "hours make up half of the week and hardly overlap, more strictly than those of other "
            "accounts that are as busy. It only supports other evidence. Accounts with fewer than "
            "30 active bins in 28 days are not compared."
        ),
        falsifiers=(
            "One person or one desk runs the accounts openly.",
            "The same app posts for all of them.",
            "They react to the same programme, live.",
            "They take turns because they live in different time zones.",
        ),
        source="Pacheco et al. 2021, case 5; the minute test inside hours is the project's own.",
    )
    Params = RhythmParams
    State = Rhythm

    def keys(self, signal: Signal, p: RhythmParams) -> Iterable[Key]:
        return (Key("account", signal.account),) if signal.actor else ()

    def apply(self, key: Key, signal: Signal, state: Rhythm, p: RhythmParams) -> list[FindingDraft]:
        """Only remembers; a rhythm is compared with others."""
        act(state, signal)
        return []

    def part(self, clock: float, states: Mapping[Key, Rhythm], p: RhythmParams) -> Columns:
        """Accounts of this shard with enough acts."""
        return collect(states, clock, p.min_actions)

    def standing(self, p: RhythmParams) -> KeptBeats:
        """The same, kept from one tick to the next."""
        return KeptBeats(p.min_actions)

    def tick(self, clock: float, parts: Sequence[Columns], p: RhythmParams) -> list[FindingDraft]:
        """One finding for each group with one rhythm, and for each that takes turns."""
        beats = merge(parts, MAX_BEATS)
        if len(beats) < p.min_population:
            return []
        pairs = pairs_of(beats, p.limits)
        groups = hanging_together((pair.one, pair.two) for pair in pairs)
        number_of = {place: number for number, group in enumerate(groups) for place in group}
        inside: list[list[Pair]] = [[] for _ in groups]
        for pair in pairs:
            inside[number_of[pair.one]].append(pair)
        found = [
            rhythm_draft(beats, group, inside[number], p.limits, p.min_actions)
            for number, group in enumerate(groups)
        ]
        turns = shifts_of(beats, p.shifts)
        return found + [shifts_draft(beats, one, p.shifts, p.min_actions) for one in turns]
