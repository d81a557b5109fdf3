"""Which templates many customers use at once, far above what is usual and below their limits."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from statistics import median

from detectors.base import DAY_S, HOUR_S
from detectors.prompts.askers import EDUCATION, Asker
from detectors.prompts.kin import Memory, companies
from detectors.prompts.rows import BASE_H, HELD_H, Row, Rows

ONE_NETWORK = 0.5
"""Share of the accounts on one network from which they are one institution: a class, an office."""
MOST_MEDIANS = 3
HIDING = frozenset({"hosting", "vpn", "proxy"})
"""Networks that nobody sits in together."""


@dataclass(frozen=True, slots=True)
class Question:
    """What makes a swarm; times in hours."""

    accounts: int
    factor: float
    j: float
    share: float
    window_h: int


@dataclass(frozen=True, slots=True)
class Swarm:
    """A family of templates in its best window: that with the most accounts, the newest of them.

    accounts: customers that count, institutions as one. requests: theirs, where nobody counts for
    more than three times the median. heavy, declared: customers that do not count.
    share: the largest share of an own limit, None where nobody's limit is known.
    """

    family: Sequence[Row]
    end: int
    accounts: int
    requests: int
    usual: float
    watched_h: int
    askers: Mapping[str, Asker]
    heavy: int
    declared: int
    share: float | None
    limits_known: int

    @property
    def factor(self) -> float:
        """How many times the usual rate."""
        return self.requests / self.usual

    @property
    def sampled(self) -> bool:
        """Whether a template had more askers than are kept."""
        return any(row.customers > len(row.askers) for row in self.family)


def swarms(
    rows: Rows, since: int, now: int, ask: Question, memory: Memory | None = None
) -> Iterator[Swarm]:
    """Every family of templates that is a swarm in some window of the last week.

    memory: of the templates that were compared at the tick before.
    """
    customers = rows.customers
    for places in companies(rows.templates, ask.j, customers, ask.accounts, memory):
        if sum(customers[place] for place in places) < ask.accounts:
            continue
        family = [rows[place] for place in places]
        askers = _joined(family)
        found = [_judged(family, askers, end, since, ask) for end in _ends(now, ask.window_h)]
        met = [one for one in found if one is not None]
        if met:
            yield max(met, key=lambda one: (one.accounts, one.end))


def _ends(now: int, window_h: int) -> list[int]:
    """Last hours of the windows: that of the clock, and fixed ones half a window apart."""
    step = max(1, window_h // 2)
    fixed = range(now - now % step - 1, now - HELD_H, -step)
    return [now, *fixed]


def _joined(family: Sequence[Row]) -> dict[str, Asker]:
    askers: dict[str, Asker] = {}
    for row in family:
        for name, asker in row.askers.items():
            known = askers.setdefault(name, Asker(asker.account, {}))
            known.join(asker)
    return askers


def _judged(
    family: Sequence[Row], askers: Mapping[str, Asker], end: int, since: int, ask: Question
) -> Swarm | None:
    """One window of one family; None unless every limit is met."""
    start = end - ask.window_h
    watched = min(BASE_H, start + 1 - since)
    if watched < ask.window_h:
        return None
    past = math.fsum(_between(row, start - watched, start) * row.stands_for for row in family)
    usual = max(1.0, past * ask.window_h / watched)
    if sum(_between(row, start, end) for row in family) < ask.factor * usual:
        return None  # most templates end here: whom they belong to need not be looked at
    made = {name: requests for name, one in askers.items() if (requests := _made(one, start, end))}
    undeclared = [name for name in made if not askers[name].declared]
    shares = {name: share_of_limit(askers[name], start, end) for name in undeclared}
    quiet = {name: askers[name] for name in undeclared if (shares[name] or 0.0) < ask.share}
    more = _unsampled(family)
    accounts = round(_institutions(quiet) * more)
    requests = round(_evened([made[name] for name in quiet]) * more)
    if accounts < ask.accounts or requests < ask.factor * usual:
        return None
    known = [share for name in quiet if (share := shares[name]) is not None]
    return Swarm(
        family=family,
        end=end,
        accounts=accounts,
        requests=requests,
        usual=usual,
        watched_h=watched,
        askers=quiet,
        heavy=len(undeclared) - len(quiet),
        declared=len(made) - len(undeclared),
        share=max(known, default=None),
        limits_known=len(known),
    )


def share_of_limit(asker: Asker, start: int, end: int) -> float | None:
    """The largest share of an own limit that was used in hours (start, end]; None if not known.

    Per minute: the mean over the busiest hour. Per day: the busiest 24 hours by UTC day.
    """
    busy = {hour: one.requests for hour, one in asker.hours.items() if start < hour <= end}
    days = Counter[int]()
    for hour, requests in busy.items():
        days[hour * HOUR_S // DAY_S] += requests
    found = []
    if asker.per_minute:
        found.append(max(busy.values(), default=0) / 60 / asker.per_minute)
    if asker.per_day:
        found.append(max(days.values(), default=0) / asker.per_day)
    return max(found, default=None)


def _institutions(askers: Mapping[str, Asker]) -> int:
    """Askers, where all those of one place of education count as one.

    So do those of a network on which at least half of them sit, unless nobody sits in it together.
    """
    networks = Counter(one.network for one in askers.values() if _has_seats(one))
    whole = {name for name, count in networks.items() if count >= ONE_NETWORK * len(askers)}
    folded = set()
    alone = 0
    for one in askers.values():
        if one.asn_class == EDUCATION or (_has_seats(one) and one.network in whole):
            folded.add(one.network)
        else:
            alone += 1
    return alone + len(folded)


def _evened(requests: Sequence[int]) -> int:
    """Sum in which nobody counts for more than three times the median.

    One busy customer on a template must not make a swarm of its other users.
    """
    most = max(1, int(MOST_MEDIANS * median(requests))) if requests else 0
    return sum(min(each, most) for each in requests)


def _made(asker: Asker, start: int, end: int) -> int:
    """Requests of one asker in hours (start, end]."""
    return sum(one.requests for hour, one in asker.hours.items() if start < hour <= end)


def _has_seats(asker: Asker) -> bool:
    return bool(asker.network) and asker.asn_class not in HIDING


def _unsampled(family: Sequence[Row]) -> float:
    """Customers for each one that is kept."""
    kept = sum(len(row.askers) for row in family)
    return sum(row.customers for row in family) / kept if kept else 1.0


def _between(row: Row, start: int, end: int) -> int:
    """Requests in hours (start, end]."""
    return sum(count for hour, count in row.hours.items() if start < hour <= end)
