"""State of one object: who shared it and when, bounded."""

from __future__ import annotations

from bisect import insort
from collections.abc import Sequence

import msgspec

from detectors.base import DAY_S
from detectors.synchrony.rows import keyed_rank

MAX_ACCOUNTS = 2_000
MAX_DAYS = 32


class Sharers(msgspec.Struct):
    """Who shared one object: account -> first share (s, signal id) of each UTC day, in order.

    The day keeps a moving lookback exact: a share that expires leaves the next one behind.
    """

    shares: dict[str, list[tuple[float, int]]] = {}
    newest: float = 0.0
    sampled: bool = False

    def add(self, account: str, at: float, signal_id: int) -> None:
        """Keep the earliest share of the day; any order of calls gives the same state."""
        days = self.shares.setdefault(account, [])
        self.newest = max(self.newest, at)
        for place, (known, _) in enumerate(days):
            if known // DAY_S == at // DAY_S:
                days[place] = min(days[place], (at, signal_id))
                return
        insort(days, (at, signal_id))
        del days[:-MAX_DAYS]

    def trim(self, secret: bytes) -> None:
        """Bound the accounts: the keyed sample that is the same on every object stays."""
        horizon = self.newest - MAX_DAYS * DAY_S
        live = [account for account, days in self.shares.items() if days[-1][0] >= horizon]
        kept = sample(live, secret)
        self.sampled = self.sampled or len(kept) < len(live)
        self.shares = {account: self.shares[account] for account in kept}

    def first_since(self, since: float) -> dict[str, tuple[float, int]]:
        """The first share of each account in the lookback."""
        found = {}
        for account, days in self.shares.items():
            if days[0][0] >= since:
                found[account] = days[0]
            elif days[-1][0] >= since:
                found[account] = next(share for share in days if share[0] >= since)
        return found


def sample(accounts: Sequence[str], secret: bytes) -> Sequence[str]:
    """At most MAX_ACCOUNTS, the lowest by keyed rank."""
    if len(accounts) <= MAX_ACCOUNTS:
        return accounts
    return sorted(accounts, key=lambda account: (keyed_rank(account, secret), account))[
        :MAX_ACCOUNTS
    ]
