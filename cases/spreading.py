"""Where a campaign will probably go next, by those that took the same way before. Pure."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from statistics import median
from typing import Final, NamedTuple

LEAST_WAY: Final = 2
"""An order takes two platforms."""
LEAST_ALIKE: Final = 3


class Step(NamedTuple):
    """When the evidence first reached a platform; at: seconds since 1970."""

    platform: str
    at: float


class Way(NamedTuple):
    """The steps of a case, the first one first. case: its id."""

    case: int
    steps: Sequence[Step]


@dataclass(frozen=True, slots=True)
class Next:
    """The platform to which most went. alike: how many took the same way so far.

    cases: those that went there, in the order in which they were given. after_s: median of the time
    from the last common platform to it.
    """

    platform: str
    alike: int
    cases: Sequence[int]
    after_s: float


def next_platform(steps: Sequence[Step], closed: Iterable[Way]) -> Next | None:
    """Where more than half of those went that began as `steps` did; None: too few to tell.

    Campaigns that took the same way and ended there count as such that went nowhere.
    """
    begun = [one.platform for one in steps]
    here = len(begun)
    if here < LEAST_WAY:
        return None
    alike = [way for way in closed if [one.platform for one in way.steps[:here]] == begun]
    went: dict[str, list[Way]] = defaultdict(list)
    for way in alike:
        if len(way.steps) > here:
            went[way.steps[here].platform].append(way)
    if len(alike) < LEAST_ALIKE or not went:
        return None
    platform, ways = max(went.items(), key=lambda one: len(one[1]))
    if 2 * len(ways) <= len(alike):
        return None
    after = median(way.steps[here].at - way.steps[here - 1].at for way in ways)
    return Next(platform, len(alike), [way.case for way in ways], after)
