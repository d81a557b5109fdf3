"""The plan of a purge: rules in force, what stands against them, counts by month. Pure."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from datetime import datetime, timedelta
from hashlib import sha256
from typing import Any, NamedTuple

import msgspec

GOES, HELD, CITED, UNREAD = FATES = ("goes", "held", "cited", "unread")


class Rule(NamedTuple):
    """Signals of a source (None: of every one) and a kind ("": every one) are kept `days` days.

    days: None keeps them for good.
    """

    source: int | None
    kind: str
    days: int | None


class InUse(NamedTuple):
    """Evidence that cases rest on, and that stays: that of campaigns, and signals by themselves."""

    campaigns: Collection[int] = ()
    signals: Collection[int] = ()


class ReadTo(NamedTuple):
    """How far every consumer has read a stream; what lies beyond is not purged."""

    stream: int
    epoch: int
    tx: int
    signal: int


class Plan(msgspec.Struct, frozen=True):
    """What a verified count rests on. The purge never takes what it would not have taken then.

    at: the moment from which days are counted. holds, campaigns, signals: ids of the legal holds in
    force and of what was in use.
    """

    at: datetime
    rules: tuple[Rule, ...] = ()
    read: tuple[ReadTo, ...] = ()
    holds: tuple[int, ...] = ()
    campaigns: tuple[int, ...] = ()
    signals: tuple[int, ...] = ()

    def cutoff(self, source: int, kind: str) -> datetime | None:
        """Signals that happened before this may go; None: none of them."""
        rule = winner(self.rules, source, kind)
        if rule is None or rule.days is None:
            return None
        return self.at - timedelta(days=rule.days)

    @property
    def newest_cutoff(self) -> datetime | None:
        """No rule touches what happened since."""
        days = [rule.days for rule in self.rules if rule.days is not None]
        return self.at - timedelta(days=min(days)) if days else None


class Line(NamedTuple):
    """Signals of one source and kind in one month with one fate. ids: their sum, a fingerprint."""

    source: int
    kind: str
    fate: str
    signals: int
    ids: int


class Month(msgspec.Struct):
    """One partition in a plan.

    total: signals in it; bytes: on disk, with mentions and indexes. after: signals up to this id
    are dealt with; gone, gone_ids: those deleted. counted, checked: at verification, and again
    before the purge. done: all of it that may go is gone.
    """

    month: str
    total: int = 0
    bytes: int = 0
    lines: list[Line] = []
    after: int = 0
    gone: int = 0
    gone_ids: int = 0
    counted: bool = False
    checked: bool = False
    done: bool = False

    def of(self, fate: str) -> int:
        """Signals with this fate."""
        return sum(line.signals for line in self.lines if line.fate == fate)

    @property
    def goes(self) -> int:
        """Signals that would be deleted."""
        return self.of(GOES)

    @property
    def goes_ids(self) -> int:
        """Sum of their ids."""
        return sum(line.ids for line in self.lines if line.fate == GOES)

    @property
    def whole(self) -> bool:
        """Whether the partition is dropped; else rows are deleted."""
        return self.total > 0 and self.goes == self.total

    @property
    def freed(self) -> int:
        """Bytes that become free: exact for a whole partition, else its share of rows."""
        return self.bytes * self.goes // self.total if self.total else 0


def winner(rules: Iterable[Rule], source: int, kind: str) -> Rule | None:
    """The most specific rule: source and kind, then source, then kind, then all."""
    fitting = [rule for rule in rules if rule.source in {None, source} and rule.kind in {"", kind}]
    return max(fitting, key=_rank, default=None)


def digest(plan: Plan, months: Sequence[Month], letters: Sequence[Sequence[int]]) -> str:
    """SHA-256 over what was verified: rules, moment, every count."""
    counts = [(one.month, one.total, sorted(one.lines)) for one in months]
    told = msgspec.json.encode((plan, counts, letters))
    return sha256(told).hexdigest()


def load(plan: Any) -> Plan:
    """A plan out of its JSON."""
    return msgspec.convert(plan, Plan)


def load_months(months: Any) -> list[Month]:
    """The months of a plan out of their JSON."""
    return msgspec.convert(months, list[Month])


def _rank(rule: Rule) -> tuple[bool, bool]:
    return rule.source is not None, bool(rule.kind)
