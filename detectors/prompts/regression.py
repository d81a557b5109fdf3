"""Whether a filter began to refuse everybody: then refusals say nothing about who was refused."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import msgspec

from detectors.prompts.trials import Trials

MIN_ACCOUNTS = 20
MIN_HOURS = 6
UNKNOWN_SHARE = 0.05
"""What is taken as usual for a model that the desk has watched for less than 6 hours."""
LEAST_SHARE = 0.1
"""Below this share of accounts refusals are few, whatever the rise."""


class Population(msgspec.Struct, array_like=True):
    """One model: by hour, accounts of the sample and how many of them were refused."""

    model: str
    hours: dict[int, tuple[int, int]]


@dataclass(frozen=True, slots=True)
class Rise:
    """Hours of one model in which many more accounts than usual were refused.

    share: of the accounts in those hours; usual: of all other hours.
    """

    hours: frozenset[int]
    share: float
    usual: float
    accounts: int


def population(model: str, state: Trials) -> Population:
    """What a shard tells of one model."""
    hours = {
        hour: (len(accounts), sum(accounts.values())) for hour, accounts in state.sample.items()
    }
    return Population(model, hours)


def rises(populations: Iterable[Population], factor: float) -> dict[str, Rise]:
    """Models whose filter refused everybody for some hours, by name.

    An hour counts when at least 20 accounts are in its sample, and at least a tenth of them and
    `factor` times the usual share were refused. The usual is that of the quieter half of hours.
    """
    found = {}
    for one in sorted(populations, key=lambda each: each.model):
        usual = _usual(one.hours)
        limit = max(LEAST_SHARE, factor * usual)
        high = frozenset(
            hour
            for hour, (accounts, refused) in one.hours.items()
            if accounts >= MIN_ACCOUNTS and refused >= limit * accounts
        )
        if high:
            told = [one.hours[hour] for hour in high]
            accounts = sum(each for each, _ in told)
            share = sum(refused for _, refused in told) / accounts
            found[one.model] = Rise(high, share, usual, accounts)
    return found


def _usual(hours: Mapping[int, tuple[int, int]]) -> float:
    """Share of accounts that are refused in the half of the hours with the fewest refusals.

    A rise may last for days: it must not become the usual.
    """
    shares = sorted(
        (refused / accounts, hour, accounts, refused)
        for hour, (accounts, refused) in hours.items()
        if accounts
    )
    if len(shares) < MIN_HOURS:
        return UNKNOWN_SHARE
    quiet = shares[: (len(shares) + 1) // 2]
    return sum(one[3] for one in quiet) / sum(one[2] for one in quiet)
