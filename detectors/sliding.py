"""An exact sliding window over counted members: signals, accounts or texts."""

from __future__ import annotations

import msgspec

MAX_KEPT = 1_024


class Act(msgspec.Struct, array_like=True):
    """The newest occurrence of one counted thing."""

    at: float
    signal_id: int
    account: str


class Window(msgspec.Struct):
    """Counted members (signals, accounts or texts), oldest occurrence first, and acts by account.

    said, said_accounts: members and accounts at the last emission.
    """

    acts: dict[str, Act] = {}
    by_account: dict[str, int] = {}
    clock: float = 0.0
    said: int = 0
    said_accounts: int = 0
    sampled: bool = False


def count(state: Window, member: str, act: Act, window_s: int) -> None:
    """Put one act into the window and let go what left it; `acts` stays ordered by time."""
    known = state.acts.pop(member, None)
    if known is not None:
        _leave(state, known)
        act = act if act.at >= known.at else known
    late = act.at < state.clock
    state.clock = max(state.clock, act.at)
    state.acts[member] = act
    state.by_account[act.account] = state.by_account.get(act.account, 0) + 1
    if late:
        state.acts = dict(sorted(state.acts.items(), key=lambda item: item[1].at))
    while len(state.acts) > MAX_KEPT:
        state.sampled = True
        _drop_oldest(state)
    while state.acts[next(iter(state.acts))].at <= state.clock - window_s:
        _drop_oldest(state)


def _drop_oldest(state: Window) -> None:
    _leave(state, state.acts.pop(next(iter(state.acts))))


def _leave(state: Window, act: Act) -> None:
    left = state.by_account[act.account] - 1
    if left:
        state.by_account[act.account] = left
    else:
        del state.by_account[act.account]
