"""Accounts that bore one handle, one after the other or by turns."""

from __future__ import annotations

from zlib import crc32

import msgspec

MAX_HOLDERS = 8


class Holder(msgspec.Struct, array_like=True):
    """When an account was seen under the handle, first and last, and by which signals."""

    first: float
    last: float
    first_id: int
    last_id: int


def hold(holders: dict[str, Holder], account: str, at: float, signal_id: int) -> bool:
    """Note one sighting; whether an account had to go because there are too many.

    Those with the smallest hashes stay, so that the order of signals does not matter.
    """
    known = holders.get(account)
    if known is None:
        holders[account] = Holder(at, at, signal_id, signal_id)
        if len(holders) <= MAX_HOLDERS:
            return False
        del holders[max(holders, key=_rank)]
        return True
    known.first, known.first_id = min((known.first, known.first_id), (at, signal_id))
    known.last, known.last_id = max((known.last, known.last_id), (at, signal_id))
    return False


def passed_on(holders: dict[str, Holder], within_s: float) -> list[str]:
    """Accounts that took the handle soon after another left it, and those they took it from.

    In order of their first sighting. A handle that was free for longer may be anybody's.
    """
    ordered = sorted(holders, key=lambda account: (holders[account].first, account))
    found: dict[str, None] = {}
    for place, account in enumerate(ordered[1:], 1):
        before = max(ordered[:place], key=lambda one: (holders[one].last, one))
        if holders[account].first - holders[before].last <= within_s:
            found[before] = found[account] = None
    return sorted(found, key=ordered.index)


def _rank(account: str) -> tuple[int, str]:
    return crc32(account.encode("utf-8", "surrogatepass")), account
