"""Who used one identifier and when, in bounded memory."""

from __future__ import annotations

from collections import Counter

import msgspec

MAX_ACCOUNTS = 1_000
"""Highest limit there is; a state holds one more, so that it sees the limit passed."""


class Use(msgspec.Struct, array_like=True):
    """What is known of one account on an identifier. via: the address inside a network."""

    first_at: float
    last_at: float
    signal_id: int
    is_verified: bool
    via: str


class Identifier(msgspec.Struct):
    """Accounts of one identifier. said: accounts at the last emission, and whether it was hard."""

    accounts: dict[str, Use] = {}
    clock: float = 0.0
    said: int = 0
    said_hard: bool = False
    public: bool = False
    truncated: bool = False


def note(state: Identifier, account: str, use: Use, kept_s: float) -> bool:
    """Keep a use; whether it can change what is known about the identifier."""
    known = state.accounts.get(account)
    if known is not None:
        raised = use.is_verified and not known.is_verified
        known.is_verified |= use.is_verified
        known.last_at = max(known.last_at, use.last_at)
        known.via = use.via
        return raised
    _forget(state, state.clock - kept_s)
    state.accounts[account] = use
    return True


def spread(uses: dict[str, Use], cap: int) -> tuple[str, ...]:
    """Accounts of a network that say more than one address does: on two addresses or more.

    Those behind an address with more than `cap` accounts (carrier NAT) do not count.
    """
    crowd = Counter(use.via for use in uses.values())
    names = tuple(sorted(name for name, use in uses.items() if crowd[use.via] <= cap))
    return names if len({uses[name].via for name in names}) > 1 else ()


def _forget(state: Identifier, horizon: float) -> None:
    """Drop uses that ended before `horizon`, and the oldest one of a full state."""
    if any(use.last_at < horizon for use in state.accounts.values()):
        kept = {name: use for name, use in state.accounts.items() if use.last_at >= horizon}
        state.accounts = kept
        state.said = min(state.said, len(kept))
    if len(state.accounts) > MAX_ACCOUNTS:
        oldest = min(state.accounts, key=lambda name: (state.accounts[name].last_at, name))
        del state.accounts[oldest]
        state.truncated = True
