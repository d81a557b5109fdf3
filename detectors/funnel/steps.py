"""What is kept of one name: its adverts, first messages and payments, the same for any order."""

from __future__ import annotations

from bisect import insort
from collections.abc import Collection
from hashlib import blake2b
from typing import Any

import msgspec

from detectors import normalise
from detectors.base import Key, Signal
from detectors.funnel.acts import CHATS, PAYEE, Act, Role, is_declared, person
from detectors.synchrony.rows import keyed_rank
from detectors.synchrony.sharers import Sharers

MAX_ACCOUNTS = 201
"""Accounts kept in one role, one more than the largest that is not public."""
MAX_PEOPLE = 200
MAX_BILLS_EACH = 8
MAX_BILLS_OF_NOBODY = 200
MAX_PURPOSE = 24
MAX_CURRENCY = 8
MAX_RAW = 200
MAX_AMOUNT = 1e15
NOBODY = ""

_OF_ITS_OWN = frozenset({Role.OWNS, Role.COLLECTS})


class Bill(msgspec.Struct, array_like=True, frozen=True, order=True):
    """One payment or request. amount: 0 when unknown. account: who collects, "" for a payer's."""

    at: float
    signal_id: int
    platform: str
    account: str
    amount: float
    currency: str
    purpose: str
    refund: bool = False

    @property
    def act(self) -> tuple[object, ...]:
        """What it is under any id."""
        return (self.at, self.platform, self.account, self.amount, self.currency, self.purpose)


class Talk(msgspec.Struct, array_like=True, frozen=True, order=True):
    """The first message to one person."""

    at: float
    signal_id: int
    account: str


class Steps(msgspec.Struct, omit_defaults=True):
    """Adverts by account and day; owners and writers by account; talks and bills by person.

    People stand here by a keyed hash alone; bills of nobody name no payer.
    """

    ads: Sharers = msgspec.field(default_factory=Sharers)
    owners: dict[str, tuple[float, int]] = {}
    writers: dict[str, tuple[float, int]] = {}
    talks: dict[str, Talk] = {}
    bills: dict[str, list[Bill]] = {}
    declared: bool = False
    truncated: bool = False


def fold(steps: Steps, act: Act, signal: Signal, secret: bytes) -> None:
    """Take in one act."""
    if is_declared(signal) and (act.role in _OF_ITS_OWN or act.key.type == CHATS):
        steps.declared = True
    if act.role is Role.ADVERTISES:
        steps.ads.add(signal.account, signal.at, signal.id)
        _bound(steps, steps.ads.shares, secret)
    elif act.role is Role.OWNS:
        _earliest(steps.owners, signal)
        _bound(steps, steps.owners, secret)
    elif act.role is Role.WRITES:
        _earliest(steps.writers, signal)
        _bound(steps, steps.writers, secret)
        _talk(steps, signal, secret)
    else:
        _charge(steps, signal, secret)


def sampled(accounts: Collection[str], secret: bytes) -> list[str]:
    """At most MAX_ACCOUNTS, the lowest by keyed rank."""
    if len(accounts) <= MAX_ACCOUNTS:
        return [*accounts]
    ranked = sorted(accounts, key=lambda account: (keyed_rank(account, secret), account))
    return ranked[:MAX_ACCOUNTS]


def named_by(key: Key, steps: Steps) -> set[str]:
    """Accounts of all roles under a name, payers left out."""
    collectors = {bill.account for bills in steps.bills.values() for bill in bills if bill.account}
    found = {*steps.ads.shares, *steps.owners, *collectors}
    return found if key.type == PAYEE else found | {*steps.writers}


def hidden(name: str, secret: bytes) -> str:
    """A person as they are kept: nobody without the deployment's secret can test a guess."""
    key = secret if len(secret) <= blake2b.MAX_KEY_SIZE else blake2b(secret).digest()
    return blake2b(name.encode("utf-8", "surrogatepass"), digest_size=8, key=key).hexdigest()


def _earliest(accounts: dict[str, tuple[float, int]], signal: Signal) -> None:
    known = accounts.get(signal.account)
    accounts[signal.account] = signal.place if known is None else min(known, signal.place)


def _bound(steps: Steps, accounts: dict[str, Any], secret: bytes) -> None:
    """Now and then let go those who rank too high; who remains does not depend on when."""
    if len(accounts) <= 2 * MAX_ACCOUNTS:
        return
    kept = sampled(accounts, secret)
    steps.truncated = True
    for account in accounts.keys() - set(kept):
        del accounts[account]


def _talk(steps: Steps, signal: Signal, secret: bytes) -> None:
    who, talk = hidden(person(signal), secret), Talk(signal.at, signal.id, signal.account)
    known = steps.talks.get(who)
    steps.talks[who] = talk if known is None else min(known, talk)
    if len(steps.talks) > MAX_PEOPLE:
        del steps.talks[max(steps.talks)]
        steps.truncated = True


def _charge(steps: Steps, signal: Signal, secret: bytes) -> None:
    payer = person(signal)
    bills = steps.bills.setdefault(hidden(payer, secret) if payer else NOBODY, [])
    bill = _bill(signal, payer)
    same = next((n for n, known in enumerate(bills) if known.act == bill.act), None)
    if same is None:
        insort(bills, bill)
    else:
        bills[same] = min(bills[same], bill)
    limit = MAX_BILLS_EACH if payer else MAX_BILLS_OF_NOBODY
    if len(bills) > limit:
        del bills[0]
        steps.truncated = True
    if len(steps.bills) > MAX_PEOPLE + (NOBODY in steps.bills):
        del steps.bills[max(steps.bills)]
        steps.truncated = True


def _bill(signal: Signal, payer: str) -> Bill:
    told = signal.attributes
    amount = _number(told.get("amount"))
    return Bill(
        signal.at,
        signal.id,
        signal.platform,
        "" if payer == signal.actor else signal.account,
        abs(amount),
        _text(told.get("currency"), MAX_CURRENCY),
        _text(told.get("purpose"), MAX_PURPOSE),
        amount < 0 or told.get("refund") is True,
    )


def _number(value: object) -> float:
    """An amount of money; 0 for everything else."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        return 0.0
    return float(value) if abs(value) < MAX_AMOUNT else 0.0


def _text(value: object, size: int) -> str:
    return normalise.match_text(value[:MAX_RAW])[:size].strip() if isinstance(value, str) else ""
