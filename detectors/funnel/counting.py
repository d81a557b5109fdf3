"""How many people went through which steps of a funnel, and how hard they were pressed."""

from __future__ import annotations

from bisect import bisect_left
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from statistics import median

from detectors.base import Key
from detectors.funnel.acts import CONTACT
from detectors.funnel.steps import NOBODY, Bill, Talk

RISE = 1.25
CHAT_AND_PAYMENT = "chat and payment"
PRESSED = 1 / 3
"""Share of payers who were asked again from which no shop explains it."""


@dataclass(frozen=True, slots=True)
class Rules:
    """Windows in seconds, and the numbers of people and accounts that count."""

    ping_zing_s: float
    zing_sting_s: float
    least: int
    public_cap: int


@dataclass(slots=True)
class Funnel:
    """All that was found from one name. ads: (at, signal id, account), by time.

    soft: accounts that only posted a link to the site, which others may do too.
    declared: one of its names is a known merchant's.
    complete: people who went through all steps; pairs: people in two of three, by which two.
    """

    seed: Key
    names: list[Key]
    ads: list[tuple[float, int, str]] = field(default_factory=list)
    soft: set[str] = field(default_factory=set)
    talks: dict[str, Talk] = field(default_factory=dict)
    bills: list[tuple[str, Bill]] = field(default_factory=list)
    owners: set[str] = field(default_factory=set)
    payees: int = 0
    complete: int = 0
    pairs: dict[str, int] = field(default_factory=dict)
    pressed: float = 0.0
    declared: bool = False
    truncated: bool = False

    @property
    def accounts(self) -> list[str]:
        """Those who advertise, write and collect."""
        found = {account for _, _, account in self.ads}
        found |= {talk.account for talk in self.talks.values()} | self.owners
        return sorted(found | {bill.account for _, bill in self.bills if bill.account})

    @property
    def platforms(self) -> set[str]:
        """Where the steps were taken; a payment counts where it was made."""
        found = {account.partition(":")[0] for account in self.accounts}
        return found | {bill.platform for _, bill in self.bills}

    @property
    def partial(self) -> str:
        """The two steps that most people went through; empty when nobody did."""
        pairs = dict(self.pairs)
        if self.seed.type != CONTACT:
            pairs.pop("advert and chat", None)
        if self.pressed < PRESSED:
            pairs.pop("advert and payment", None)
        return max(pairs, key=lambda name: (pairs[name], name), default="")


def count(funnel: Funnel, rules: Rules) -> None:
    """How many people went through which steps in order."""
    moments = [at for at, _, _ in funnel.ads]
    lured = {
        person: talk
        for person, talk in funnel.talks.items()
        if _within(moments, talk.at, rules.ping_zing_s)
    }
    window = rules.zing_sting_s
    funnel.complete = _stung(lured, funnel.bills, window)
    reach = rules.ping_zing_s + window
    called = {
        person
        for person, bill in funnel.bills
        if person != NOBODY and _within(moments, bill.at, reach)
    }
    funnel.pairs = {
        "advert and chat": len(lured),
        CHAT_AND_PAYMENT: _stung(funnel.talks, funnel.bills, window),
        "advert and payment": len(called),
    }
    funnel.pressed = _pressed(funnel.bills, rules.least)


def _within(moments: list[float], at: float, window_s: float) -> bool:
    """Whether the last of the sorted moments before `at` is at most `window_s` older."""
    place = bisect_left(moments, at)
    return place > 0 and at - moments[place - 1] <= window_s


def _stung(talks: Mapping[str, Talk], bills: Sequence[tuple[str, Bill]], window_s: float) -> int:
    """People who were asked for money in time. Bills of nobody take one person each, and of those
    for several purposes only the commonest counts: one person pays a fee, then a deposit."""
    asked = {
        person
        for person, bill in bills
        if (talk := talks.get(person)) and talk.at < bill.at <= talk.at + window_s
    }
    rest = sorted(talk.at for person, talk in talks.items() if person not in asked)
    purposes: dict[str, list[float]] = defaultdict(list)
    for person, bill in bills:
        if person == NOBODY and not bill.refund:
            purposes[bill.purpose].append(bill.at)
    return len(asked) + max((_paired(rest, at, window_s) for at in purposes.values()), default=0)


def _paired(talks: Sequence[float], bills: Sequence[float], window_s: float) -> int:
    """How many bills, by time, find a talk of their own that is before them and not too old."""
    found = place = 0
    for at in bills:
        while place < len(talks) and talks[place] < at - window_s:
            place += 1
        if place < len(talks) and talks[place] < at:
            place += 1
            found += 1
    return found


def _pressed(bills: Sequence[tuple[str, Bill]], least: int) -> float:
    """Share of payers who were asked again for as much or more."""
    by_person: dict[str, list[Bill]] = defaultdict(list)
    for person, bill in bills:
        if not bill.refund:
            by_person[person].append(bill)
    nobody = by_person.pop(NOBODY, [])
    again = sum(len(some) > 1 and some[-1].amount >= some[0].amount for some in by_person.values())
    total = len(by_person)
    if nobody:
        count, repeated = _pressed_nobody(nobody, least)
        total, again = total + count, again + repeated
    return again / total if total else 0.0


def _pressed_nobody(bills: Sequence[Bill], least: int) -> tuple[int, int]:
    """Payers behind bills of nobody, and those of them who were asked again.

    As many payers as the commonest purpose has bills. Fees of a second purpose and another size are
    for the same people; one that stands here less than `least` times is an expense of the payee.
    """
    amounts: dict[str, list[float]] = defaultdict(list)
    for bill in bills:
        amounts[bill.purpose].append(bill.amount)
    most, *others = sorted(amounts.values(), key=len, reverse=True)
    often = [some for some in others if len(some) >= least]
    levels = [median(some) for some in (most, *often)]
    rises = bool(often) and max(levels) >= RISE * min(levels)
    return len(most), len(often[0]) if rises else 0
