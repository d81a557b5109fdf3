"""Who used one identifier and when, in bounded memory."""

from __future__ import annotations

from collections import Counter

import msgspec

MAX_ACCOUNTS = 1_000
"""Highest limit there is; a state holds one more, so that it sees the limit passed."""


class Use(msgspec.Struct, array_like=True):
    """What is known of one account on an identifier. via: the address inside a network.

    signal_id, last_id, verified_id: the signals of the first and the last use, and that of the
    first verified one, 0 for none: together they give the same account again.
    """

    first_at: float
    last_at: float
    signal_id: int
    is_verified: bool
    via: str
    last_id: int
    verified_id: int

    @property
    def evidence(self) -> set[int]:
        """The signals that show all this."""
        return {self.signal_id, self.last_id, self.verified_id} - {0}


class Identifier(msgspec.Struct):
    """Accounts of one identifier. said: how many at the last emission, if hard, when."""

    accounts: dict[str, Use] = {}
    clock: float = 0.0
    said: int = 0
    said_hard: bool = False
    said_at: float = 0.0
    public: bool = False
    truncated: bool = False


def note(state: Identifier, account: str, use: Use, kept_s: float, renew_s: float) -> bool:
    """Keep a use; whether it can change what is known about the identifier.

    renew_s: seconds after which a further use by known accounts is news.
    """
    known = state.accounts.get(account)
    if known is not None and not _is_raised(known, use) and not is_stale(state, renew_s):
        return False
    _forget(state, state.clock - kept_s)
    state.accounts.setdefault(account, use)
    return True


def is_stale(state: Identifier, renew_s: float) -> bool:
    """Whether what was said of the identifier makes its last use look older than it is."""
    return state.said > 0 and state.clock - state.said_at >= renew_s


def spread(uses: dict[str, Use], cap: int) -> tuple[str, ...]:
    """Accounts of a network that say more than one address does: on two addresses or more.

    Those behind an address with more than `cap` accounts (carrier NAT) do not count.
    """
    crowd = Counter(use.via for use in uses.values())
    names = tuple(sorted(name for name, use in uses.items() if crowd[use.via] <= cap))
    return names if len({uses[name].via for name in names}) > 1 else ()


def _is_raised(known: Use, use: Use) -> bool:
    """Take in one more use of an account; whether it is the first verified one."""
    if use.last_at >= known.last_at:
        known.last_at, known.last_id, known.via = use.last_at, use.last_id, use.via
    if known.is_verified or not use.is_verified:
        return False
    known.is_verified, known.verified_id = True, use.verified_id
    return True


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
