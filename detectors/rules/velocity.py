"""D13: more acts in a window than one person, address or key should make."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Literal

from detectors.base import (
    DAY_S,
    BaseParams,
    Condition,
    Detector,
    Family,
    FindingDraft,
    Key,
    Meta,
    Signal,
    Tier,
    param,
)
from detectors.emission import counted, is_due, lasting, shortened
from detectors.grouping import GROUP_NOUNS, GROUPS, MAX_VALUES, text_name
from detectors.sliding import Act, Window, count

LLR = 2.0
MAX_THRESHOLD = 1_000
OPENING_ACCOUNTS = 3
POSTS = ("post", "reply", "message", "mail")

Kind = Literal[
    "any",
    "account.created",
    "account.updated",
    "login",
    "post",
    "repost",
    "reply",
    "message",
    "mail",
    "reaction",
    "follow",
    "report",
    "payment",
    "ai.request",
    "ai.response",
    "site",
]
Group = Literal["actor", "ip", "device", "text", "url", "domain", "ai-key", "object"]
Measure = Literal["count", "actors", "texts"]


@dataclass(frozen=True, slots=True)
class Rule:
    """At least `threshold` of `measure` within `window_s`, by the values that `group` names."""

    name: str
    kinds: frozenset[str]
    group: str
    measure: str
    threshold: int
    window_s: int
    object_type: str = ""


class VelocityParams(BaseParams):
    """Four fixed conditions and one free one; a threshold of 0 switches a condition off."""

    signups: int = param(
        3,
        help="Accounts created from one IP address with one user agent; 0: off",
        unit="accounts",
        ge=0,
        le=MAX_THRESHOLD,
        step=1,
    )
    signups_window_s: int = param(
        600, help="Window of that condition", unit="seconds", ge=10, le=7 * DAY_S, step=10
    )
    copies: int = param(
        100,
        help="Posts, replies and messages with exactly one text, by whomever; 0: off",
        unit="posts",
        ge=0,
        le=MAX_THRESHOLD,
        step=5,
    )
    copies_window_s: int = param(
        60, help="Window of that condition", unit="seconds", ge=10, le=7 * DAY_S, step=10
    )
    posts: int = param(
        60,
        help="Posts, replies and messages of one account; 0: off",
        unit="posts",
        ge=0,
        le=MAX_THRESHOLD,
        step=5,
    )
    posts_window_s: int = param(
        600, help="Window of that condition", unit="seconds", ge=10, le=7 * DAY_S, step=10
    )
    ai_requests: int = param(
        600,
        help="Requests with one key of an AI service; 0: off",
        unit="requests",
        ge=0,
        le=MAX_THRESHOLD,
        step=10,
    )
    ai_requests_window_s: int = param(
        60, help="Window of that condition", unit="seconds", ge=10, le=7 * DAY_S, step=10
    )
    custom: int = param(
        0,
        help="Own condition: at least so many within its window; 0: off",
        unit="of its measure",
        ge=0,
        le=MAX_THRESHOLD,
        step=1,
    )
    custom_measure: Measure = param(
        "actors",
        help="Own condition: count every act, different accounts, or different texts",
        unit="choice",
        rebuild=True,
    )
    custom_kind: Kind = param(
        "any", help="Own condition: which signals count", unit="choice", rebuild=True
    )
    custom_group: Group = param(
        "ip", help="Own condition: counted for each value of this", unit="choice", rebuild=True
    )
    custom_object_type: str = param(
        "",
        help="Own condition by object: only objects of this type, such as hashtag; empty: all",
        unit="object type",
        rebuild=True,
    )
    custom_window_s: int = param(
        600, help="Own condition: the window", unit="seconds", ge=10, le=7 * DAY_S, step=10
    )

    @cached_property
    def rules(self) -> dict[str, Rule]:
        """Conditions in use, by name."""
        kinds = frozenset() if self.custom_kind == "any" else frozenset({self.custom_kind})
        found = (
            Rule(
                "signups",
                frozenset({"account.created"}),
                "client",
                "actors",
                self.signups,
                self.signups_window_s,
            ),
            Rule("copies", frozenset(POSTS), "text", "count", self.copies, self.copies_window_s),
            Rule("posts", frozenset(POSTS), "actor", "count", self.posts, self.posts_window_s),
            Rule(
                "ai-requests",
                frozenset({"ai.request"}),
                "ai-key",
                "count",
                self.ai_requests,
                self.ai_requests_window_s,
            ),
            Rule(
                "custom",
                kinds,
                self.custom_group,
                self.custom_measure,
                self.custom,
                self.custom_window_s,
                self.custom_object_type,
            ),
        )
        return {rule.name: rule for rule in found if rule.threshold}


class Velocity(Detector[Window, VelocityParams]):
    """State per condition and value: the members inside the sliding window."""

    meta = Meta(
        slug="velocity",
        title="Velocity",
        version=1,
        family=Family.BEHAVIOUR,
        lookback_s=7 * DAY_S,
        doc=(
            "Counts acts, different accounts or different texts in an exact sliding window: "
            "sign-ups from one address with one client, copies of one text, posts of one account, "
            "requests of one AI key, and one condition of your own (at least N of a measure in T "
            "seconds, for each address, device, text, link, domain, key, object or account). A "
            "busy single account never opens a case; it only supports other evidence. Up to 1,024 "
            "members are kept; above that the finding is marked as sampled. Thresholds do not "
            "follow the time of day: set them above the peaks that your platforms know."
        ),
        falsifiers=(
            "A campus, a carrier NAT or an event put many people behind one address at one time.",
            "A breaking story or a live event made many people post the same.",
            "The account or key is a declared bot, feed or batch job.",
        ),
        source=(
            "The vocabulary count, count distinct, BY key LAST window of rule engines as SQRL; "
            "exact sliding windows instead of buckets are the project's own."
        ),
    )
    Params = VelocityParams
    State = Window

    def keys(self, signal: Signal, p: VelocityParams) -> Iterable[Key]:
        return _keys(signal, p) if signal.actor else ()

    def keep_s(self, key: Key, p: VelocityParams) -> float:
        """Seconds for which an untouched key matters."""
        return float(p.rules[key.type].window_s)

    def apply(
        self, key: Key, signal: Signal, state: Window, p: VelocityParams
    ) -> list[FindingDraft]:
        rule = p.rules[key.type]
        member = _member(signal, rule.measure)
        if not member:
            return []
        count(state, member, Act(signal.at, signal.id, signal.account), rule.window_s)
        number = len(state.acts)
        if number < rule.threshold:
            if 2 * number < rule.threshold:
                state.said = state.said_accounts = 0
            return []
        if not _is_news(state):
            return []
        state.said, state.said_accounts = number, len(state.by_account)
        return [_draft(key, state, rule)]


def _keys(signal: Signal, p: VelocityParams) -> Iterator[Key]:
    for rule in p.rules.values():
        if rule.kinds and signal.kind not in rule.kinds:
            continue
        for value in GROUPS[rule.group](signal, rule.object_type)[:MAX_VALUES]:
            yield Key(rule.name, value)


def _member(signal: Signal, measure: str) -> str:
    if measure == "actors":
        return signal.account
    return text_name(signal.text) if measure == "texts" else str(signal.id)


def _is_news(state: Window) -> bool:
    """New accounts as for every finding; besides, the measure has doubled."""
    doubled = len(state.acts) >= 2 * state.said
    return doubled or is_due(len(state.by_account), state.said_accounts)


def _draft(key: Key, state: Window, rule: Rule) -> FindingDraft:
    names = tuple(sorted(state.by_account))
    acts = state.acts.values()
    number = len(acts)
    return FindingDraft(
        anchor=key,
        subjects=names,
        signal_ids=tuple(sorted(act.signal_id for act in acts)),
        llr=LLR,
        score=round(number / rule.threshold, 4),
        sentence=_sentence(key, rule, number, len(names)),
        first_at=min(act.at for act in acts),
        last_at=max(act.at for act in acts),
        tier=Tier.OPENING if len(names) >= OPENING_ACCOUNTS else Tier.SUPPORTING,
        values={
            "condition": rule.name,
            "measure": rule.measure,
            "value": number,
            "accounts": len(names),
            "platforms": sorted({name.partition(":")[0] for name in names}),
            "window_s": rule.window_s,
        },
        conditions=(
            Condition(
                rule.measure,
                number,
                ">=",
                rule.threshold,
                f"in {rule.window_s} s",
                number >= rule.threshold,
            ),
        ),
        flags=("sampled",) if state.sampled else (),
    )


def _sentence(key: Key, rule: Rule, number: int, accounts: int) -> str:
    by = f"by {counted(accounts, 'account')}"
    match rule.name:
        case "signups":
            said = f"{number} accounts created from {_shown(key)} with one client"
        case "copies":
            said = f"{number} posts of one text {by}"
        case "posts":
            said = f"{number} posts by {shortened(key.value)}"
        case "ai-requests":
            said = f"{number} AI requests with key {shortened(key.value)} {by}"
        case _:
            said = f"{_amount(rule, number)} on one {GROUP_NOUNS[rule.group]} ({_shown(key)})"
    return f"{said} in {lasting(rule.window_s)}, limit {rule.threshold}"


def _amount(rule: Rule, number: int) -> str:
    noun = {"count": "signal", "actors": "different account", "texts": "different text"}
    return counted(number, noun[rule.measure])


def _shown(key: Key) -> str:
    return shortened(key.value.partition(" ")[0])
