"""Small detectors that the engine's tests run: two find at once, one at ticks."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any, ClassVar

import msgspec

from detectors.base import (
    DAY_S,
    BaseParams,
    Detector,
    Family,
    FindingDraft,
    Key,
    Meta,
    Signal,
    param,
)

LOOKBACK_S = 1_000


class Seen(msgspec.Struct):
    accounts: dict[str, int] = {}


class Sharing(Detector[Seen, BaseParams]):
    """Accounts that share one object, told at once."""

    meta = Meta(
        slug="sharing",
        title="Sharing",
        version=1,
        family=Family.CONTENT,
        kinds=("post", "poison"),
        lookback_s=LOOKBACK_S,
        doc="A detector of the tests.",
        falsifiers=("none",),
        source="none",
    )
    State: ClassVar[type[msgspec.Struct]] = Seen

    class Params(BaseParams):
        least: int = param(2, ge=1, le=9, step=1, unit="accounts", help="Accounts")

    def keys(self, signal: Signal, p: Any) -> Iterable[Key]:
        if signal.kind == "poison":
            message = "bad signal"
            raise RuntimeError(message)
        return [Key("object", value) for value in signal.objects]

    def apply(self, key: Key, signal: Signal, state: Seen, p: Any) -> list[FindingDraft]:
        state.accounts.setdefault(signal.account, signal.id)
        return [_draft(key, state)] if len(state.accounts) >= p.least else []


class Counting(Sharing):
    """How many accounts each object has, told at ticks; an object that lost its lead lapses."""

    meta = Meta(
        slug="counting",
        title="Counting",
        version=1,
        family=Family.TIMING,
        kinds=("post", "poison"),
        lookback_s=LOOKBACK_S,
        tick_s=100,
        doc="A detector of the tests.",
        falsifiers=("none",),
        source="none",
    )

    def apply(self, key: Key, signal: Signal, state: Seen, p: Any) -> list[FindingDraft]:
        state.accounts.setdefault(signal.account, signal.id)
        return []

    def part(self, clock: float, states: Mapping[Key, Seen], p: Any) -> Any:
        return [(key.value, state.accounts) for key, state in sorted(states.items())]

    def tick(self, clock: float, parts: Sequence[Any], p: Any) -> list[FindingDraft]:
        rows = sorted((value, accounts) for part in parts for value, accounts in part)
        most = max((len(accounts) for _, accounts in rows), default=0)
        return [
            _draft(Key("object", value), Seen(accounts))
            for value, accounts in rows
            if len(accounts) == most
        ]


class Second(Sharing):
    """Names the second account on an object: a finding that only the order decides."""

    meta = replace(Sharing.meta, lookback_s=7 * DAY_S)

    def apply(self, key: Key, signal: Signal, state: Seen, p: Any) -> list[FindingDraft]:
        if signal.text == "poison":
            message = "bad signal"
            raise RuntimeError(message)
        state.accounts.setdefault(signal.account, signal.id)
        if list(state.accounts)[1:] != [signal.account]:
            return []
        return [replace(_draft(key, state), subjects=(signal.account,))]


def _draft(key: Key, state: Seen) -> FindingDraft:
    return FindingDraft(
        anchor=key,
        subjects=tuple(sorted(state.accounts)),
        signal_ids=tuple(sorted(state.accounts.values())),
        llr=3.0,
        sentence=f"{len(state.accounts)} accounts",
        first_at=0.0,
        last_at=0.0,
    )
