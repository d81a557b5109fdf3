"""Worlds whose campaigns try harder: the same acts with one thing changed, by so much."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from types import MappingProxyType
from typing import Final, NamedTuple

import msgspec
import numpy as np

from bench.worlds import words
from bench.worlds.kit import HOUR_S, NOBODY, Truth, World, sketch_of
from detectors.base import Signal
from detectors.schema import Kind

SAID_BY_PEOPLE: Final = frozenset({Kind.POST.value, Kind.REPLY.value, Kind.MESSAGE.value})
DECOY: Final = "decoy"
_DECOY_SPAN_S: Final = 2 * HOUR_S
_CHATTER_SPAN_S: Final = 24 * HOUR_S
_CHATTER_WORDS: Final = 14


class Act(NamedTuple):
    """A signal and the number of its campaign, NOBODY for none."""

    signal: Signal
    campaign: int


Change = Callable[[Act, float, random.Random], list[Act]]
"""One act of a campaign -> what is seen of it instead."""


def evading(world: World, change: Change, level: float) -> World:
    """The world with every act of a campaign changed; ids and order as a desk would hear of it."""
    owner = np.full(len(world.signals), NOBODY, dtype=np.int64)
    for number, one in enumerate(world.truth.operations):
        owner[one.positions] = number
    dice = random.Random(f"{world.seed}:{change.__name__}:{level}")
    acts = [
        seen
        for signal, number in zip(world.signals, owner.tolist(), strict=True)
        for seen in _seen(Act(signal, number), change, level, dice)
    ]
    acts.sort(key=lambda act: (act.signal.received, act.signal.id))
    campaigns = np.array([act.campaign for act in acts], dtype=np.int64)
    operations = tuple(
        replace(one, positions=np.flatnonzero(campaigns == number))
        for number, one in enumerate(world.truth.operations)
    )
    signals = tuple(
        msgspec.structs.replace(act.signal, id=place) for place, act in enumerate(acts, 1)
    )
    decoys = {one.account: DECOY for one in signals if one.actor.startswith(DECOY)}
    return World(
        world.name, world.seed, signals, Truth(operations, {**world.truth.coordinated, **decoys})
    )


def jitter(act: Act, hours: float, dice: random.Random) -> list[Act]:
    """Each act comes up to so many hours later."""
    return [act._replace(signal=_later(act.signal, dice.uniform(0, hours * HOUR_S)))]


def dilution(act: Act, posts: float, dice: random.Random) -> list[Act]:
    """Beside each act so many posts about nothing, within a day."""
    chatter = (
        msgspec.structs.replace(
            _later(act.signal, dice.uniform(0, _CHATTER_SPAN_S)),
            kind=Kind.POST.value, text=" ".join(dice.sample(words.NOUNS, _CHATTER_WORDS)),
            raw_urls=(), objects=(), identifier_map={}, ai=None, fingerprints=(), attributes={},
        )
        for _ in range(round(posts))
    )  # fmt: skip
    return [act, *(Act(one, act.campaign) for one in chatter)]


def paraphrase(act: Act, strength: float, dice: random.Random) -> list[Act]:
    """The same in other words; what lies in an address stays."""
    signal = act.signal
    if not signal.text:
        return [act]
    text = words.paraphrase(dice, signal.text, strength)
    sketches = (sketch_of(text),) if signal.fingerprints else ()
    return [act._replace(signal=msgspec.structs.replace(signal, text=text, fingerprints=sketches))]


def rotation(act: Act, part: float, dice: random.Random) -> list[Act]:
    """A fresh address, device or account of payment for this part of all that are left."""
    fresh = {
        kind: _fresh(kind, dice) if dice.random() < part else value
        for kind, value in act.signal.identifier_map.items()
    }
    return [act._replace(signal=msgspec.structs.replace(act.signal, identifier_map=fresh))]


def decoys(act: Act, accounts: float, dice: random.Random) -> list[Act]:
    """So many accounts that are seen once say the same after each public act."""
    if act.signal.kind not in SAID_BY_PEOPLE or not (act.signal.urls or act.signal.objects):
        return [act]
    others = (
        msgspec.structs.replace(
            _later(act.signal, dice.uniform(0, _DECOY_SPAN_S)),
            actor=f"{DECOY}{dice.getrandbits(64):x}", identifier_map={}, profile=None,
        )
        for _ in range(round(accounts))
    )  # fmt: skip
    return [act, *(Act(one, NOBODY) for one in others)]


CURVES: Final[Mapping[str, tuple[Change, str, tuple[float, ...]]]] = MappingProxyType(
    {
        "jitter": (jitter, "{:g} h", (1, 6, 24)),
        "dilution": (dilution, "{:g} posts an act", (2, 8)),
        "paraphrase": (paraphrase, "strength {:g}", (0.3, 0.6, 1)),
        "infrastructure rotated": (rotation, "{:.0%} of the traces", (0.5, 1)),
        "decoys": (decoys, "{:g} an act", (3, 12)),
    }
)
"""Name -> what changes, how a level reads, levels. Level 0 of all is the world as it is."""


def _seen(act: Act, change: Change, level: float, dice: random.Random) -> Iterator[Act]:
    if act.campaign == NOBODY:
        yield act
    else:
        yield from change(act, level, dice)


def _later(signal: Signal, seconds: float) -> Signal:
    whole = float(int(seconds))
    return msgspec.structs.replace(signal, at=signal.at + whole, received=signal.received + whole)


def _fresh(kind: str, dice: random.Random) -> str:
    digits = f"{dice.getrandbits(96):024x}"
    return f"2001:db8:{digits[:4]}:{digits[4:8]}::{digits[8:12]}" if kind == "ip" else digits
