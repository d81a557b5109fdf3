"""What an admin may tune of detector D13, and the conditions that it makes."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any, Literal

from detectors.base import DAY_S, BaseParams, param
from detectors.velocity.season import Rhythm

MAX_THRESHOLD = 1_000_000
MAX_WINDOW_S = 7 * DAY_S
POSTS = ("post", "reply", "message", "mail")
CYCLE_HOURS = {"day": 24, "week": 168}

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
Group = Literal[
    "actor",
    "ip",
    "device",
    "email",
    "phone",
    "payment",
    "wallet",
    "agent",
    "text",
    "url",
    "domain",
    "ai-key",
    "object",
]
SecondGroup = Literal["none", Group]
Measure = Literal["count", "actors", "texts", "rate"]


@dataclass(frozen=True, slots=True)
class Rule:
    """At least `threshold` of `measure` within `window_s`, by the values that `groups` name.

    refill: for a rate, acts that a bucket of `threshold` loses in `window_s`; 0 otherwise.
    """

    name: str
    kinds: frozenset[str]
    groups: tuple[str, ...]
    measure: str
    threshold: int
    window_s: int
    object_type: str = ""
    refill: int = 0

    @property
    def distinct(self) -> bool:
        """Whether one member may come several times."""
        return self.measure in {"actors", "texts"}

    @property
    def drain(self) -> float:
        """Acts a second that run out of the bucket."""
        return self.refill / self.window_s

    @property
    def span_s(self) -> float:
        """Seconds for which an act counts: the window, or as long as a full bucket drains."""
        if not self.refill:
            return float(self.window_s)
        return min(self.threshold / self.drain, float(MAX_WINDOW_S))


def _threshold(default: int, what: str, *, unit: str, step: int) -> Any:
    return param(default, help=f"{what}; 0: off", unit=unit, ge=0, le=MAX_THRESHOLD, step=step)


def _window(default: int, what: str = "Window of that condition") -> Any:
    return param(default, help=what, unit="seconds", ge=10, le=MAX_WINDOW_S, step=10)


class VelocityParams(BaseParams):
    """Four fixed conditions and one free one; a threshold of 0 switches a condition off."""

    signups: int = _threshold(
        3, "Accounts created from one IP address with one user agent", unit="accounts", step=1
    )
    signups_window_s: int = _window(600)
    copies: int = _threshold(
        100, "Posts, replies and messages with exactly one text, by whomever", unit="posts", step=5
    )
    copies_window_s: int = _window(60)
    posts: int = _threshold(60, "Posts, replies and messages of one account", unit="posts", step=5)
    posts_window_s: int = _window(600)
    ai_requests: int = _threshold(
        600, "Requests with one key of an AI service", unit="requests", step=10
    )
    ai_requests_window_s: int = _window(60)
    custom: int = _threshold(
        0,
        "Own condition: at least so many within its window, or the size of its bucket",
        unit="of its measure",
        step=1,
    )
    custom_measure: Measure = param(
        "actors",
        help=(
            "Own condition: count every act, different accounts or different texts; or rate, a "
            "bucket that every act fills and that loses the refill in each window"
        ),
        unit="choice",
        rebuild=True,
    )
    custom_refill: int = param(
        10,
        help=(
            "Own condition by rate: acts a window that are always fine. 100 in a window of 60 s "
            "with a refill of 10 allows 10 a minute for ever and 100 at once"
        ),
        unit="acts a window",
        ge=1,
        le=MAX_THRESHOLD,
        step=1,
    )
    custom_kind: Kind = param(
        "any", help="Own condition: which signals count", unit="choice", rebuild=True
    )
    custom_group: Group = param(
        "ip",
        help="Own condition: counted for each value of this; agent is the user agent or JA4",
        unit="choice",
        rebuild=True,
    )
    custom_second_group: SecondGroup = param(
        "none",
        help="Own condition: counted for each value of the group together with one of this",
        unit="choice",
        rebuild=True,
    )
    custom_object_type: str = param(
        "",
        help="Own condition by object: only objects of this type, such as hashtag; empty: all",
        unit="object type",
        rebuild=True,
    )
    custom_window_s: int = _window(600, "Own condition: the window")
    season: Literal["off", "day", "week"] = param(
        "off",
        help=(
            "All conditions: also ask for more than what is usual for that value at that hour of "
            "the day or week, so that a nightly job grows quiet"
        ),
        unit="choice",
        rebuild=True,
    )
    season_sigma: float = param(
        3.0,
        help="Season: how far above the usual peak of its hour a value must be",
        unit="standard deviations",
        ge=1.0,
        le=10.0,
        step=0.5,
    )
    season_busy: int = param(
        7,
        help=(
            "Season: busy days or weeks, with more than half the threshold at that hour, before "
            "anything is usual"
        ),
        unit="times",
        ge=3,
        le=28,
        step=1,
    )

    @cached_property
    def rhythm(self) -> Rhythm | None:
        """How seasons are kept; None where they are off."""
        hours = CYCLE_HOURS.get(self.season)
        return Rhythm(hours, self.season_sigma, self.season_busy) if hours else None

    @cached_property
    def rules(self) -> dict[str, Rule]:
        """Conditions in use, by name."""
        posts = frozenset(POSTS)
        found = (
            Rule(
                "signups",
                frozenset({"account.created"}),
                ("ip", "agent"),
                "actors",
                self.signups,
                self.signups_window_s,
            ),
            Rule("copies", posts, ("text",), "count", self.copies, self.copies_window_s),
            Rule("posts", posts, ("actor",), "count", self.posts, self.posts_window_s),
            Rule(
                "ai-requests",
                frozenset({"ai.request"}),
                ("ai-key",),
                "count",
                self.ai_requests,
                self.ai_requests_window_s,
            ),
            self._own(),
        )
        return {rule.name: rule for rule in found if rule.threshold}

    def _own(self) -> Rule:
        groups = dict.fromkeys((self.custom_group, self.custom_second_group))
        return Rule(
            "custom",
            frozenset() if self.custom_kind == "any" else frozenset({self.custom_kind}),
            tuple(group for group in groups if group != "none"),
            self.custom_measure,
            self.custom,
            self.custom_window_s,
            self.custom_object_type,
            self.custom_refill if self.custom_measure == "rate" else 0,
        )
