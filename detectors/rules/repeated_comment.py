"""Accounts that write one short comment under one target, more often than chance would."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from hashlib import blake2b

from detectors.base import (
    DAY_S,
    HOUR_S,
    Condition,
    Detector,
    Family,
    FindingDraft,
    Key,
    Meta,
    Rescored,
    Score,
    Signal,
    Tier,
    Told,
    param,
)
from detectors.emission import counted, is_due, lasting
from detectors.overrides import ScopedParams, need_of
from detectors.walls import (
    Beginning,
    Chance,
    Wall,
    beginning_of,
    chance_of,
    forget_before,
    note,
    repeat,
    wall_of,
    words_of,
)

WALL = "wall"
LLR = 1.0
"""Far below a long text: sayings go round among people who do not know each other, and share
buttons write for them."""


class RepeatedCommentParams(ScopedParams):
    """How long the same beginning must be, and how unlikely."""

    min_accounts: int = param(
        3,
        help="Accounts that must write the comment",
        unit="accounts",
        ge=3,
        le=100,
        step=1,
        overridable=True,
    )
    window_h: int = param(
        720,
        help="Time within which they write it; a found group grows until it rests so long",
        unit="hours",
        ge=1,
        le=720,
        step=1,
    )
    words: int = param(
        6, help="First words that must be the same", unit="words", ge=4, le=20, step=1
    )
    min_chars: int = param(
        24, help="Characters of these words together", unit="characters", ge=10, le=100, step=1
    )
    max_exponent: float = param(
        -1.0,
        help="Groups like it that chance would bring on the wall: at most 10 to the power of this",
        unit="power of ten",
        ge=-20.0,
        le=0.0,
        step=0.5,
    )
    min_rare: int = param(
        1,
        help="Words among them that at most a tenth of the other comments there hold",
        unit="words",
        ge=1,
        le=10,
        step=1,
    )
    common_limit: int = param(
        250,
        help="A comment of more accounts is a slogan or a greeting",
        unit="accounts",
        ge=20,
        le=1_000,
        step=10,
    )


class RepeatedComment(Detector[Wall, RepeatedCommentParams]):
    """State per target: how often its comments use each word, and who began with the same ones."""

    meta = Meta(
        slug="repeated-comment",
        title="Repeated short comment",
        version=1,
        family=Family.CONTENT,
        kinds=("post", "reply", "message"),
        lookback_s=30 * DAY_S,
        rescored=Rescored.CONSTANTS,
        doc=(
            "Finds accounts that write one short comment under one target, as rings do that send "
            "the readers of a video elsewhere: too short, and spread over too many days, for near-"
            "duplicate text. Comments are compared by their first words, where these are most of "
            "the comment, without links, @names, case and look-alike letters. What everybody "
            "writes there is no ring: of each word it is counted how many other comments under "
            "this target hold it, and the group must be larger than chance would make it, with "
            "a word among them that is rare there. Wants `objects` of type `target` or `reply-to`. "
            "Scripts without spaces are not seen. It only supports: a case needs other evidence."
        ),
        falsifiers=(
            "A share button or an app writes the comment for its users.",
            "It is a saying that goes round, a line of the song or a greeting of this audience.",
            "The wall is young: what its people usually write is not known yet.",
        ),
        source=(
            "Comment spam on YouTube: O'Callaghan 2012 (campaigns as repeated comments). The "
            "number of groups expected by chance is the project's own."
        ),
    )
    Params = RepeatedCommentParams
    State = Wall

    def keys(self, signal: Signal, p: RepeatedCommentParams) -> Iterable[Key]:
        wall = wall_of(signal) if signal.actor and signal.text else ""
        return (Key(WALL, wall),) if wall else ()

    def apply(
        self, key: Key, signal: Signal, state: Wall, p: RepeatedCommentParams
    ) -> list[FindingDraft]:
        note(state, words_of(signal.text))
        start = beginning_of(signal.text, p.words, p.min_chars)
        if not start:
            return []
        horizon = signal.at - p.window_h * HOUR_S
        one = repeat(state, start, signal, horizon)
        if not one.said:
            forget_before(one, horizon)
        cited = (id_ for _, id_ in one.accounts.values())
        need = need_of(p, "min_accounts", one.accounts, cited, self.tell)
        if one.common or not need.met:
            return []
        chance = chance_of(state, start, one.copies)
        if len(one.accounts) > p.common_limit:
            return _dropped(key, start, one, chance, p)
        news = is_due(len(one.accounts), one.said) or self.every
        if not news or not (one.said or _is_met(len(one.accounts), chance, p)):
            return []
        one.said = len(one.accounts)
        return [need.shown(_draft(key, start, one, chance, p, truncated=state.truncated))]

    def score_again(
        self, told: Told, signals: Sequence[Signal], p: RepeatedCommentParams
    ) -> Score | None:
        """The accounts from their comments; how usual the words were is taken from the record."""
        cited = {
            signal.id: signal.account
            for signal in signals
            if (start := beginning_of(signal.text, p.words, p.min_chars))
            and _anchor(wall_of(signal), start) == told.anchor
        }
        kept = tuple(sorted(set(told.subjects).intersection(cited.values())))
        if not need_of(p, "min_accounts", kept, cited, self.tell).met:
            return None
        seen = (told.constants[name] for name in ("comments", "bits", "rare"))
        return Score(_score(len(kept), Chance(*seen)), LLR, kept)


def _is_met(accounts: int, chance: Chance, p: RepeatedCommentParams) -> bool:
    return chance.exponent(accounts) <= p.max_exponent and chance.rare >= p.min_rare


def _score(accounts: int, chance: Chance) -> float:
    return round(-chance.exponent(accounts), 4)


def _anchor(wall: str, start: str) -> Key:
    """What stands before the slash is the same on every wall: the fusion takes it for one text."""
    names = (blake2b(one.encode(), digest_size=8).hexdigest() for one in (start, wall))
    return Key("text", "/".join(names))


def _dropped(
    key: Key, start: str, one: Beginning, chance: Chance, p: RepeatedCommentParams
) -> list[FindingDraft]:
    """The comment turned out to be everybody's: take back what was said and stay silent."""
    draft = _draft(key, start, one, chance, p, truncated=False)
    one.common, one.accounts = True, {}
    sentence = f"More than {p.common_limit} accounts write this comment: it proves nothing"
    return [replace(draft, lapsed=True, sentence=sentence)] if one.said else []


def _draft(
    key: Key,
    start: str,
    one: Beginning,
    chance: Chance,
    p: RepeatedCommentParams,
    *,
    truncated: bool,
) -> FindingDraft:
    names = tuple(sorted(one.accounts))
    at = [at for at, _ in one.accounts.values()]
    people = len(names)
    return FindingDraft(
        anchor=_anchor(key.value, start),
        subjects=names,
        signal_ids=tuple(sorted(signal_id for _, signal_id in one.accounts.values())),
        llr=LLR,
        score=_score(people, chance),
        sentence=(
            f"{counted(people, 'account')} began a comment with the same {p.words} words in "
            f"{lasting(max(at) - min(at))}; {10 ** chance.exponent(people):.1g} such groups "
            f"expected among {counted(chance.comments, 'comment')}"
        ),
        first_at=min(at),
        last_at=max(at),
        tier=Tier.SUPPORTING,
        values={
            WALL: key.value,
            "accounts": people,
            "comments_alike": one.copies,
            "platforms": sorted({name.partition(":")[0] for name in names}),
        },
        constants={"comments": chance.comments, "bits": chance.bits, "rare": chance.rare},
        conditions=_conditions(people, chance, p),
        flags=("truncated",) if truncated else (),
    )


def _conditions(people: int, chance: Chance, p: RepeatedCommentParams) -> tuple[Condition, ...]:
    least, most, limit = p.min_accounts, p.common_limit, p.max_exponent
    exponent = round(chance.exponent(people), 4)
    return (
        Condition("accounts", people, ">=", least, "accounts", people >= least),
        Condition("by chance", exponent, "<=", limit, "power of ten", exponent <= limit),
        Condition("rare words", chance.rare, ">=", p.min_rare, "words", chance.rare >= p.min_rare),
        Condition("not common", people, "<=", most, "accounts", people <= most),
    )
