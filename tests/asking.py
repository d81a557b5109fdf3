"""Requests to an AI service, for stories of detectors that read them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

from detectors.base import DAY_S, BaseParams, Detector, FindingDraft, Signal
from detectors.engine import Runner, Ticked, tick_drafts
from detectors.schema import ActorProfile, Ai

START = 1_790_000_000 // DAY_S * DAY_S
"""A midnight, UTC."""
ONE_TICK = 10**9


def ask(number: int, at: float, actor: str, text: str, **more: Any) -> Signal:
    """A request `at` seconds after START; org, key and so on of `ai`, other fields as they are."""
    told = {name: more.pop(name) for name in Ai.__struct_fields__ if name in more}
    if "born" in more:
        born = datetime.fromtimestamp(START + more.pop("born") * DAY_S, UTC)
        more["profile"] = ActorProfile(created_at=born)
    fields = {"platform": "acme-ai", "kind": "ai.request", "ai": Ai(**told), **more}
    return Signal(id=number, at=START + at, actor=actor, text=text, **fields)


def unlike(number: int) -> str:
    """A prompt that has nothing to do with any other."""
    places = (number * 31 + place * 7_919 for place in range(1, 15))
    return " ".join("".join(chr(97 + place // 26**n % 26) for n in range(4)) for place in places)


def numbered(signals: Sequence[Signal]) -> list[Signal]:
    """In order of time, with ids in that order."""
    ordered = sorted(signals, key=lambda one: (one.at, one.id))
    fields = Signal.__struct_fields__
    return [
        Signal(**{name: getattr(one, name) for name in fields} | {"id": place})
        for place, one in enumerate(ordered, 1)
    ]


def one_tick(
    rule: Detector[Any, Any],
    params: BaseParams,
    signals: Sequence[Signal],
    *,
    shards: int = 1,
    cuts: Sequence[int] = (),
) -> list[FindingDraft]:
    """What holds after the last signal; batches end at `cuts`, each with a restart."""
    parts, clock = [], 0.0
    for shard in range(shards):
        runner = Runner(rule, params, shard=shard, of=shards, tick_floor_s=ONE_TICK)
        events, begin = [], 0
        for end in (*cuts, len(signals)):
            events += runner.feed(signals[begin:end])
            told, clock = runner.dump(), runner.clock
            runner = Runner(rule, params, shard=shard, of=shards, tick_floor_s=ONE_TICK)
            assert runner.load(clock, told)
            begin = end
        events += runner.finish()
        parts += [event.part for event in events if isinstance(event, Ticked)]
    return tick_drafts(rule, params, clock, parts)
