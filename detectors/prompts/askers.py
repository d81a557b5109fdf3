"""Who uses one template, and how much: the same for any order of requests, and bounded."""

from __future__ import annotations

import math
from collections.abc import Mapping
from functools import lru_cache
from typing import Any

import msgspec

from detectors import normalise
from detectors.base import HOUR_S, Signal
from detectors.synchrony.rows import keyed_rank

MAX_ASKERS = 1_000
KEPT_H = 24 * 24
"""Two weeks of the usual before a window of up to 3 days that ended up to a week ago."""
ASKER_H = 10 * 24
"""Of one asker only the windows themselves."""
EDUCATION = "education"
MAX_NAME = 80
MAX_LIMIT = 1e12


class Hour(msgspec.Struct, array_like=True, gc=False):
    """Requests of one hour, and the first of them."""

    requests: int
    at: float
    signal_id: int


class Asker(msgspec.Struct, array_like=True, gc=False):
    """One customer: an organisation with all its keys, else an account.

    account: of several the first by name. per_minute, per_day: its own limits, 0 when not sent.
    born: 0 when unknown. declared: what it says it does, empty for nothing.
    """

    account: str
    hours: dict[int, Hour]
    per_minute: float = 0.0
    per_day: float = 0.0
    born: float = 0.0
    network: str = ""
    asn_class: str = ""
    declared: str = ""

    def join(self, other: Asker) -> None:
        """Take in what another record of the same asker knows; any order gives the same."""
        self.account = min(self.account, other.account)
        for hour, one in other.hours.items():
            self.count(hour, one)
        self.per_minute = _least(self.per_minute, other.per_minute)
        self.per_day = _least(self.per_day, other.per_day)
        self.born = _least(self.born, other.born)
        self.network = max(self.network, other.network)
        self.asn_class = max(self.asn_class, other.asn_class)
        self.declared = max(self.declared, other.declared)

    def count(self, hour: int, one: Hour) -> None:
        """Add requests to an hour."""
        known = self.hours.get(hour)
        if known is None:
            self.hours[hour] = Hour(one.requests, one.at, one.signal_id)
            return
        known.requests += one.requests
        known.at, known.signal_id = min((known.at, known.signal_id), (one.at, one.signal_id))

    def without_before(self, hour: int) -> None:
        """Forget hours before this one."""
        self.hours = {number: one for number, one in self.hours.items() if number >= hour}


class Usage(msgspec.Struct):
    """One template: its signature, requests by hour since 1970, and who made them.

    askers: those of the lowest keyed rank when there are more than MAX_ASKERS; `sampled` says so.
    """

    space: str = ""
    signature: bytes = b""
    hours: dict[int, int] = {}
    askers: dict[str, Asker] = {}
    first_at: float = math.inf
    newest: float = 0.0
    sampled: bool = False

    def add(self, signal: Signal) -> None:
        """Count one request."""
        hour = int(signal.at // HOUR_S)
        self.first_at, self.newest = min(self.first_at, signal.at), max(self.newest, signal.at)
        self.hours[hour] = self.hours.get(hour, 0) + 1
        known, came = self.askers.get(name := customer(signal)), asker_of(signal, hour)
        if known is None:
            self.askers[name] = came
        else:
            known.join(came)
        if known is not None and len(known.hours) > 2 * ASKER_H:
            known.without_before(int(self.newest // HOUR_S) - ASKER_H)
        if len(self.hours) > 2 * KEPT_H:
            self._forget()

    def trim(self, secret: bytes, slack: int = 1) -> None:
        """Bound the askers: those of the lowest keyed rank stay, whatever came first.

        slack: how many times the bound may be reached before it is worth the work.
        """
        if len(self.askers) > slack * MAX_ASKERS:
            names = sorted(self.askers, key=lambda name: (keyed_rank(name, secret), name))
            self.askers = {name: self.askers[name] for name in names[:MAX_ASKERS]}
            self.sampled = True

    def _forget(self) -> None:
        least = int(self.newest // HOUR_S) - KEPT_H
        self.hours = {hour: count for hour, count in self.hours.items() if hour >= least}
        for asker in self.askers.values():
            asker.without_before(least)
        self.askers = {name: asker for name, asker in self.askers.items() if asker.hours}


def customer(signal: Signal) -> str:
    """Who is behind a request: the organisation, so that its keys are one; else the account."""
    if signal.ai is not None and signal.ai.org:
        return f"org {signal.platform}:{signal.ai.org[:MAX_NAME]}"
    return signal.account


def asker_of(signal: Signal, hour: int) -> Asker:
    """What one request tells about its asker."""
    told, profile = signal.attributes, signal.profile
    born = profile.created_at if profile is not None else None
    asn_class = told.get("asn_class")
    return Asker(
        signal.account,
        {hour: Hour(1, signal.at, signal.id)},
        number_in(told, "rate_limit_per_min"),
        number_in(told, "quota_per_day"),
        max(1.0, born.timestamp()) if born is not None else 0.0,
        network_of(signal),
        asn_class[:MAX_NAME] if isinstance(asn_class, str) else "",
        signal.ai.declared_use[:MAX_NAME].strip() if signal.ai is not None else "",
    )


def number_in(told: Mapping[str, Any], name: str) -> float:
    """A positive number among the attributes; 0 for none."""
    value = told.get(name)
    if isinstance(value, bool) or not isinstance(value, int | float):
        return 0.0
    return float(value) if 0 < value < MAX_LIMIT else 0.0


def network_of(signal: Signal) -> str:
    """The /24 or /48 of the first address; an address that the sender hashed stands for itself."""
    address = next(iter(signal.identifiers("ip")), "") if signal.identifier_map else ""
    return _block(address)


@lru_cache(maxsize=8_192)
def _block(address: str) -> str:
    return normalise.ip_block(address) if normalise.canonical_ip(address) else address


def _least(one: float, two: float) -> float:
    """The smaller of two known numbers; 0 is unknown."""
    return min(one, two) if one and two else one or two
