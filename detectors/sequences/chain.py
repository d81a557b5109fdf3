"""What the sequence detector keeps of one common value, in bounded memory."""

from __future__ import annotations

import msgspec

from detectors.base import DAY_S, Signal

KEPT_S = 7 * DAY_S
MAX_FIRST = 200


class Act(msgspec.Struct, array_like=True):
    """The newest first step of one account."""

    at: float
    signal_id: int


class Part(msgspec.Struct, array_like=True):
    """What one account did in completed sequences: when, in which signals (0: not that step)."""

    first_at: float
    last_at: float
    led: int = 0
    followed: int = 0


class Chain(msgspec.Struct, omit_defaults=True):
    """One common value. waiting: first steps in the window. parts: accounts of completed ones.

    longest_s: the longest time between the steps of a completed one. said: accounts at the last
    emission.
    """

    waiting: dict[str, Act] = {}
    parts: dict[str, Part] = {}
    longest_s: float = 0.0
    said: int = 0
    public: bool = False
    truncated: bool = False


def forget(state: Chain, now: float, window_s: float) -> None:
    """Let first steps go that nothing can follow any more, and sequences of a week ago."""
    for name in [name for name, act in state.waiting.items() if act.at < now - window_s]:
        del state.waiting[name]
    for name in [name for name, part in state.parts.items() if part.last_at < now - KEPT_S]:
        del state.parts[name]
        state.said = min(state.said, len(state.parts))


def complete(state: Chain, signal: Signal) -> None:
    """Join a second step with the first steps that wait for one."""
    if not state.waiting:
        return
    for name, act in state.waiting.items():
        _note(state, name, act.at).led = act.signal_id
        state.longest_s = max(state.longest_s, signal.at - act.at)
    _note(state, signal.account, signal.at).followed = signal.id


def wait(state: Chain, signal: Signal) -> None:
    """Keep a first step; the oldest one goes where there are too many."""
    state.waiting.pop(signal.account, None)
    state.waiting[signal.account] = Act(signal.at, signal.id)
    if len(state.waiting) > MAX_FIRST:
        del state.waiting[next(iter(state.waiting))]
        state.truncated = True


def _note(state: Chain, name: str, at: float) -> Part:
    part = state.parts.setdefault(name, Part(at, at))
    part.last_at = max(part.last_at, at)
    return part
