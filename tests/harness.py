"""Runs one rule over signals in memory, without engine, clock or database."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import msgspec

from detectors.base import BaseParams, Detector, FindingDraft, Key, Signal

T0 = 1_790_000_000.0
"""A round moment for stories: 2026-09-21."""


def run(
    detector: Detector[Any, Any],
    params: BaseParams,
    signals: Sequence[Signal],
    *,
    shards: int = 1,
    states: dict[Key, Any] | None = None,
) -> list[tuple[int, FindingDraft]]:
    """Drafts with the position of the signal behind each, ordered by (position, key).

    Each shard walks the stream alone, as a worker would. `states` is filled with what they keep.
    """
    kept: dict[Key, Any] = {} if states is None else states
    found: list[tuple[int, Key, FindingDraft]] = []
    for shard in range(shards):
        for position, signal in enumerate(signals):
            if detector.meta.kinds and signal.kind not in detector.meta.kinds:
                continue
            for key in dict.fromkeys(detector.keys(signal, params)):
                if key.digest() % shards != shard:
                    continue
                state = kept.setdefault(key, detector.State())
                drafts = detector.apply(key, signal, state, params)
                found += [(position, key, draft) for draft in drafts]
    found.sort(key=lambda one: one[:2])
    return [(position, draft) for position, _, draft in found]


def bag(found: Sequence[tuple[int, FindingDraft]]) -> list[str]:
    """The drafts as a sorted list of texts: equal for equal multisets."""
    return sorted(f"{position} {draft!r}" for position, draft in found)


def rewound(detector: Detector[Any, Any], states: dict[Key, Any]) -> dict[Key, Any]:
    """States after a checkpoint and a restart."""
    kind = detector.State
    encode, decode = msgspec.msgpack.encode, msgspec.msgpack.decode
    return {key: decode(encode(state), type=kind) for key, state in states.items()}


def largest_state(states: dict[Key, Any]) -> int:
    """Bytes of the largest checkpointed state."""
    return max(len(msgspec.msgpack.encode(state)) for state in states.values())


def post(position: int, actor: str, text: str, *, at: float | None = None, **more: Any) -> Signal:
    """A post on platform `x`, one minute after the one before unless `at` (seconds) is given."""
    moment = T0 + (60.0 * position if at is None else at)
    fields: dict[str, Any] = {"platform": "x", "kind": "post", **more}
    return Signal(id=position + 1, at=moment, actor=actor, text=text, **fields)
