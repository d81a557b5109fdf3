"""A world whose desk has a watch list: rows as the linker writes them behind each signal."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Sequence
from typing import Final

import msgspec

from bench.worlds.kit import World
from detectors.base import Signal
from detectors.engine import WATCH
from detectors.entities import mentioned
from detectors.watching.things import SAID, Notice, Thing, things_of

ITEMS: Final = (("exchange", 0.6), ("own finding", 0.7))
"""Who warned of every value, and how far each is trusted."""
MIN_ACCOUNTS: Final = 3
MAX_VALUES: Final = 200
_UNLISTED: Final = frozenset({"account"})


def with_sightings(signals: Sequence[Signal], listed: Collection[Thing]) -> list[Signal]:
    """The signals, each followed by what it used of the list. Their ids stay."""
    number = max((one.id for one in signals), default=0)
    rows = []
    for signal in signals:
        rows.append(signal)
        for thing in sorted(_things(signal) & set(listed)) if signal.account else ():
            number += 1
            rows.append(_row(number, signal, thing))
    return rows


def warned_of(world: World) -> frozenset[Thing]:
    """What others may have warned of: values that several accounts of one campaign used."""
    used: Counter[Thing] = Counter()
    for operation in world.truth.operations:
        users: dict[Thing, set[str]] = {}
        for place in operation.positions.tolist():
            signal = world.signals[place]
            for thing in _things(signal):
                users.setdefault(thing, set()).add(signal.account)
        used.update({thing: len(by) for thing, by in users.items() if len(by) >= MIN_ACCOUNTS})
    ordered = sorted(used, key=lambda thing: (-used[thing], thing))
    return frozenset(ordered[:MAX_VALUES])


def _things(signal: Signal) -> set[Thing]:
    return {one for one in things_of(signal, mentioned(signal)) if one[0] not in _UNLISTED}


def _row(number: int, signal: Signal, thing: Thing) -> Signal:
    notice = Notice(
        type=thing[0],
        value=thing[1],
        stated_at=signal.received or signal.at,
        items=ITEMS,
        account=signal.account,
        signal=signal.id,
    )
    return Signal(
        id=number,
        at=signal.at,
        received=signal.received,
        platform="engine",
        kind=WATCH,
        attributes={SAID: msgspec.to_builtins(notice)},
    )
