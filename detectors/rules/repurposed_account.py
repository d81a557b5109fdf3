"""D17: accounts that became somebody else: handles passed on, long rests and another language."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from functools import lru_cache
from typing import Any

import msgspec

from detectors import normalise
from detectors.base import (
    DAY_S,
    HOUR_S,
    Detector,
    Family,
    FindingDraft,
    Key,
    Meta,
    Signal,
    param,
)
from detectors.lives.eras import Era, live
from detectors.lives.findings import CHANGED, handle_draft, turns_draft
from detectors.lives.holders import Holder, hold, passed_on
from detectors.lives.turns import Alike, Least, Turn, together, turn_of
from detectors.overrides import ScopedParams, enough

OWN_WORDS = frozenset({"post", "reply", "message"})
HANDLE = "handle"
ACCOUNT = "account"
MAX_HANDLES = 2_000


class Life(msgspec.Struct, omit_defaults=True):
    """Of an account its eras; of a handle its holders. newest: time of the newest signal."""

    eras: list[Era] = []
    holders: dict[str, Holder] = {}
    newest: float = 0.0
    truncated: bool = False


class Passed(msgspec.Struct, array_like=True, frozen=True):
    """A handle that went from one account to another."""

    platform: str
    handle: str
    accounts: list[str]
    holders: dict[str, Holder]
    truncated: bool


class Part(msgspec.Struct, array_like=True, frozen=True):
    """What one shard gives to a tick."""

    turns: list[Turn]
    passed: list[Passed]


class RepurposedAccountParams(ScopedParams):
    """What a long rest is, what a change, and which changes belong together."""

    rest_d: int = param(
        60,
        help="Days without a word after which an account counts as dormant",
        unit="days",
        ge=14,
        le=365,
        step=1,
        rebuild=True,
    )
    together_d: float = param(
        14.0, help="Time within which accounts wake together", unit="days", ge=1, le=90, step=1
    )
    min_accounts: int = param(
        3,
        help="Accounts that changed together",
        unit="accounts",
        ge=2,
        le=50,
        step=1,
        overridable=True,
    )
    min_posts: int = param(
        3, help="Posts of the sample before and after the rest", unit="posts", ge=2, le=6, step=1
    )
    max_kept: float = param(
        0.1,
        help="Largest share of the old words that an account with a new topic still uses",
        unit="share",
        ge=0,
        le=0.5,
        step=0.01,
    )
    shared_words: int = param(
        3, help="Words of the new topic that two accounts share", unit="words", ge=1, le=20, step=1
    )
    shared_share: float = param(
        0.25,
        help="The same as a share of the words of the one who wrote fewer",
        unit="share",
        ge=0.05,
        le=1,
        step=0.05,
    )
    handover_d: float = param(
        30.0,
        help="A handle that was free for longer may be taken by anybody",
        unit="days",
        ge=0,
        le=365,
        step=1,
    )
    hold_d: int = param(
        60, help="How long a change counts after its last signal", unit="days", ge=7, le=180, step=1
    )


class RepurposedAccount(Detector[Life, RepurposedAccountParams]):
    """Keys are accounts and handles; the tick looks for accounts that changed together."""

    meta = Meta(
        slug="repurposed-account",
        title="Repurposed account",
        version=1,
        family=Family.IDENTITY,
        kinds=(*sorted(OWN_WORDS), "account.created", "account.updated", "login", "repost"),
        lookback_s=365 * DAY_S,
        tick_s=6 * HOUR_S,
        doc=(
            "Finds two things. A handle that passed from one account id to another within 30 days, "
            "or that several ids bear by turns. And accounts that rested for 60 days or more and "
            "came back with another language or script and another topic: one alone may be sold or "
            "moved house, so three that woke within two weeks, write the same new language and "
            "share words are needed. Language comes from the attribute `language` or `lang`, else "
            "from the script and from frequent words of twelve languages; of each time in which "
            "an account wrote, a random sample of six posts counts. Accounts that used the new "
            "language before have not changed. Rests can be seen for a year at most, on desks "
            "with more than two million active accounts for less. It only supports other evidence."
        ),
        falsifiers=(
            "A person renamed the account, and another took the free handle.",
            "The page was sold or handed to a successor in the open.",
            "An event at home made people of one diaspora write in their first language.",
            "Two sources name one account by different ids.",
        ),
        source=(
            "Pacheco et al. 2021, case 1 (handles shared by several ids). Turns of language and "
            "topic after a rest, and their grouping, are the project's own."
        ),
    )
    Params = RepurposedAccountParams
    State = Life

    def keys(self, signal: Signal, p: RepurposedAccountParams) -> Iterable[Key]:
        if not signal.actor:
            return ()
        found = []
        if signal.text and signal.kind in OWN_WORDS:
            found.append(Key(ACCOUNT, signal.account))
        handle = _handle(signal.profile.handle) if signal.profile is not None else ""
        # a source that has no ids names accounts by their handles
        if handle and handle != _handle(signal.actor):
            found.append(Key(HANDLE, f"{signal.platform} {handle}"))
        return found

    def keep_s(self, key: Key, p: RepurposedAccountParams) -> float:
        """A handle matters as long as a finding about it; an account for all the lookback."""
        if key.type == HANDLE:
            return max(p.hold_d, p.handover_d) * DAY_S
        return float(self.meta.lookback_s)

    def apply(
        self, key: Key, signal: Signal, state: Life, p: RepurposedAccountParams
    ) -> list[FindingDraft]:
        """Only remembers; which changes belong together is a question over many accounts."""
        state.newest = max(state.newest, signal.at)
        if key.type == HANDLE:
            gone = hold(state.holders, signal.account, signal.at, signal.id)
            state.truncated = state.truncated or gone
        else:
            live(state.eras, signal, p.rest_d * DAY_S)
        return []

    def matters(self, state: Life) -> bool:
        """Accounts that rested, and handles of several accounts."""
        return len(state.eras) > 1 or len(state.holders) > 1

    def part(self, clock: float, states: Mapping[Key, Life], p: RepurposedAccountParams) -> Part:
        """Accounts of this shard that changed, and handles that were passed on."""
        # a group is looked at whole, as long as the last of it counts
        since = clock - (p.hold_d + p.together_d) * DAY_S
        least = Least(p.min_posts, p.max_kept)
        turns: list[Turn] = []
        passed: list[Passed] = []
        for key, state in states.items():
            if state.newest < since:
                continue
            if len(state.eras) > 1:
                turn = turn_of(key.value, state.eras, least)
                if turn is not None and turn.woke >= since:
                    turns.append(turn)
            elif len(state.holders) > 1:
                names = passed_on(state.holders, p.handover_d * DAY_S)
                if names:
                    platform, _, handle = key.value.partition(" ")
                    held = {name: state.holders[name] for name in names}
                    passed.append(Passed(platform, handle, names, held, state.truncated))
        return Part(turns, passed)

    def tick(
        self, clock: float, parts: Sequence[Any], p: RepurposedAccountParams
    ) -> list[FindingDraft]:
        """One finding for each handle that was passed on and for each group that turned."""
        told = [msgspec.convert(part, type=Part) for part in parts]
        passed = sorted(
            (one for part in told for one in part.passed),
            key=lambda one: (-max(held.last for held in one.holders.values()), one.handle),
        )
        found = [
            handle_draft(Key(HANDLE, f"{one.platform} {one.handle}"), one.accounts, one.holders,
                         p.handover_d, truncated=one.truncated)
            for one in passed[:MAX_HANDLES]
        ]  # fmt: skip
        turns = [turn for part in told for turn in part.turns]
        groups = together(turns, p.together_d * DAY_S, Alike(p.shared_words, p.shared_share))
        since = clock - p.hold_d * DAY_S
        least = p.least("min_accounts")
        turned = (
            turns_draft(group, p)
            for group in groups
            if len(group) >= least and group[-1].woke >= since
        )
        return [*found, *enough(p, "min_accounts", turned, self.tell, CHANGED)]


@lru_cache(maxsize=16_384)
def _handle(raw: str) -> str:
    """Canonical handle; empty where there is none."""
    return normalise.canonical_handle(raw) or "" if raw else ""
