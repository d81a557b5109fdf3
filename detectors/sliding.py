"""A sliding window over counted members: exact up to 1,024 of them, by slices of time above."""

from __future__ import annotations

from collections.abc import Callable
from math import floor

import msgspec

from detectors import hyperloglog

MAX_KEPT = 1_024
SLICES = 16
"""Slices of a window. Each leaves as a whole, so that the slices together cover the newest 15/16 of
the window at least and never more than the window."""

Hash = Callable[[str], int]


class Act(msgspec.Struct, array_like=True):
    """The newest occurrence of one counted thing. level: of the bucket after it, for a rate."""

    at: float
    signal_id: int
    account: str
    level: float | None = None


class Ring(msgspec.Struct, omit_defaults=True):
    """Members by slice of time: their number, or the registers of a HyperLogLog that saw them.

    total: members of all slices; exact for numbers, within the error of the registers otherwise.
    """

    slice_s: float
    counts: dict[int, int] = {}
    registers: dict[int, bytearray] = {}
    total: int = 0


class Window(msgspec.Struct, omit_defaults=True):
    """Counted members (signals, accounts or texts), oldest occurrence first, and acts by account.

    lost_at: time of the newest act that left because there were too many. ring: all members, as
    long as such an act would still be in the window; `acts` are then the newest 1,024.
    """

    acts: dict[str, Act] = {}
    by_account: dict[str, int] = {}
    clock: float = 0.0
    lost_at: float = 0.0
    ring: Ring | None = None


def count(state: Window, member: str, act: Act, window_s: float, hashed: Hash | None = None) -> int:
    """Put one act into the window, let go what left it; say how many members it holds.

    Exact while no more than 1,024 are in the window. Above that, for members that come once each
    (no `hashed`), a lower bound that misses at most the oldest slice; else an estimate of those in
    the same slices from the 64 bits of each. Never less than the members that are kept.
    """
    _put(state, member, act)
    horizon = state.clock - window_s
    while state.acts[next(iter(state.acts))].at <= horizon:
        _leave(state, state.acts.pop(next(iter(state.acts))))
    kept = len(state.acts)
    if kept <= MAX_KEPT and (state.ring is None or state.lost_at <= horizon):
        state.ring = None
        return kept
    ring, came = state.ring, [(member, act)]
    if ring is None or ring.slice_s != window_s / SLICES:  # none yet, or one of other parameters
        ring, came = Ring(window_s / SLICES), [*state.acts.items()]
        state.ring = ring
    _turn(ring, came, horizon, hashed)
    while len(state.acts) > MAX_KEPT:
        oldest = state.acts.pop(next(iter(state.acts)))
        state.lost_at = max(state.lost_at, oldest.at)
        _leave(state, oldest)
    return max(len(state.acts), ring.total)


def clear(state: Window) -> None:
    """Forget everything: the window has passed."""
    state.acts, state.by_account = {}, {}
    state.clock = state.lost_at = 0.0
    state.ring = None


def _put(state: Window, member: str, act: Act) -> None:
    """Insert one act where it belongs; `acts` stays ordered by time."""
    acts = state.acts
    known = acts.pop(member, None)
    if known is not None:
        _leave(state, known)
        act = act if act.at >= known.at else known
    state.by_account[act.account] = state.by_account.get(act.account, 0) + 1
    if not acts or act.at >= state.clock:
        state.clock = act.at
        acts[member] = act
        return
    newer = []
    while acts and acts[next(reversed(acts))].at > act.at:
        newer.append(acts.popitem())
    acts[member] = act
    acts.update(reversed(newer))


def _turn(ring: Ring, came: list[tuple[str, Act]], horizon: float, hashed: Hash | None) -> None:
    """Let slices go that are not wholly inside the window any more, and add what came."""
    slices: dict[int, int] | dict[int, bytearray] = ring.registers if hashed else ring.counts
    gone = [number for number in slices if number * ring.slice_s <= horizon]
    for number in gone:
        del slices[number]
    changed = bool(gone)
    for member, act in came:
        number = floor(act.at / ring.slice_s)
        if number * ring.slice_s <= horizon:
            continue
        if hashed is None:
            ring.counts[number] = ring.counts.get(number, 0) + 1
            continue
        if number not in ring.registers:
            ring.registers[number] = hyperloglog.new_registers()
        changed = hyperloglog.add(ring.registers[number], hashed(member)) or changed
    if hashed is None:
        ring.total = sum(ring.counts.values())
    elif changed:
        ring.total = round(hyperloglog.estimate(ring.registers.values()))


def _leave(state: Window, act: Act) -> None:
    left = state.by_account[act.account] - 1
    if left:
        state.by_account[act.account] = left
    else:
        del state.by_account[act.account]
