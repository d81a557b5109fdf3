"""What an admin may tune of the sequence detector: two steps and what joins them."""

from __future__ import annotations

from functools import cached_property
from typing import Literal, NamedTuple

from detectors.base import Signal, param
from detectors.overrides import ScopedParams
from detectors.velocity.params import Kind

MAX_ACCOUNTS = 1_000

Joined = Literal[
    "off",
    "ip",
    "device",
    "agent",
    "text",
    "url",
    "domain",
    "email",
    "phone",
    "payment",
    "wallet",
    "ai-key",
    "object",
]


class Step(NamedTuple):
    """Platform and kind of a step; empty: any."""

    platform: str
    kind: str

    @classmethod
    def of(cls, platform: str, kind: str) -> Step:
        """From what the form holds."""
        return cls(platform.strip(), "" if kind == "any" else kind)

    def takes(self, signal: Signal) -> bool:
        """Whether a signal is this step."""
        here = not self.platform or signal.platform == self.platform
        return here and (not self.kind or signal.kind == self.kind)


class SequenceParams(ScopedParams):
    """The two steps, what joins them, and when it says something. Off until something joins."""

    joined_by: Joined = param(
        "off",
        help="What both steps must have in common; off: the detector does nothing",
        unit="choice",
        rebuild=True,
    )
    object_type: str = param(
        "",
        help="Joined by object: only objects of this type, such as hashtag; empty: all",
        unit="object type",
        rebuild=True,
    )
    first_platform: str = param(
        "", help="First step: platform; empty: any", unit="platform", rebuild=True
    )
    first_kind: Kind = param("any", help="First step: which signals", unit="choice", rebuild=True)
    second_platform: str = param(
        "", help="Second step: platform; empty: any", unit="platform", rebuild=True
    )
    second_kind: Kind = param("any", help="Second step: which signals", unit="choice", rebuild=True)
    window_h: int = param(
        24, help="The second step comes within so many hours", unit="hours", ge=1, le=168, step=1
    )
    min_accounts: int = param(
        3,
        help="Accounts in completed sequences with one common value",
        unit="accounts",
        ge=2,
        le=MAX_ACCOUNTS,
        step=1,
        overridable=True,
    )
    public_cap: int = param(
        200,
        help="Accounts above which the common value is everybody's and says nothing",
        unit="accounts",
        ge=10,
        le=MAX_ACCOUNTS,
        step=10,
    )

    @cached_property
    def first(self) -> Step:
        """The first step."""
        return Step.of(self.first_platform, self.first_kind)

    @cached_property
    def second(self) -> Step:
        """The second step."""
        return Step.of(self.second_platform, self.second_kind)
