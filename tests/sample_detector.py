"""A small detector that the engine's tests run: it finds at once, ticks, and can be poisoned."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import msgspec

from detectors.base import BaseParams, Detector, Family, FindingDraft, Key, Meta, Signal, param

LOOKBACK_S = 1_000


class Seen(msgspec.Struct):
    accounts: dict[str, int] = {}


class Sharing(Detector[Seen, BaseParams]):
    """Accounts that share one object, told at once and once more at every tick."""

    meta = Meta(
        slug="sharing",
        title="Sharing",
        version=1,
        family=Family.CONTENT,
        kinds=("post", "poison"),
        lookback_s=LOOKBACK_S,
        tick_s=100,
        doc="A detector of the tests.",
        falsifiers=("none",),
        source="none",
    )
    State = Seen

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

    def part(self, clock: float, states: Mapping[Key, Seen], p: Any) -> Any:
        return [(key.value, len(state.accounts)) for key, state in sorted(states.items())]

    def tick(self, clock: float, parts: Sequence[Any], p: Any) -> list[FindingDraft]:
        total = sum(count for part in parts for _, count in part)
        return [_draft(Key("tick", ""), Seen({f"x:{total}": 1}))]


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
