"""Customers of AI services by day, and those that share a prompt template taken as one."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import msgspec

from detectors.base import Key
from detectors.prompts.habits import Day
from detectors.prompts.kin import chains
from detectors.prompts.templates import Template

MIN_MEMBERS = 3
MAX_NAMED = 500


class Customer(msgspec.Struct, array_like=True):
    """One customer as it travels to a tick; or several that share a template, taken as one.

    ids: by day, the first signal of each. members: customers that are taken together.
    """

    key: Key
    accounts: list[str]
    days: dict[int, Day]
    ids: dict[int, list[int]]
    members: int = 1


def crews(customers: Sequence[Customer], j: float) -> Iterator[Customer]:
    """Three customers or more that share a family of templates, as one; a customer may be in two.

    j: Jaccard from which two wordings are one template.
    """
    known: dict[str, Template] = {}
    users: dict[str, dict[int, None]] = {}
    for place, one in enumerate(customers):
        for day in one.days.values():
            for name, (space, signature) in day.templates.items():
                known[name] = Template(name, space, signature)
                users.setdefault(name, {})[place] = None
    templates = [known[name] for name in sorted(known)]
    told: set[tuple[int, ...]] = set()
    for family in chains(templates, j):
        names = [templates[place].name for place in family]
        places = tuple(sorted({place for name in names for place in users[name]}))
        if len(places) >= MIN_MEMBERS and places not in told:
            told.add(places)
            yield _as_one(names[0], [customers[place] for place in places])


def _as_one(name: str, members: Sequence[Customer]) -> Customer:
    days: dict[int, Day] = {}
    ids: dict[int, list[int]] = {}
    for one in members:
        for number, day in one.days.items():
            days.setdefault(number, Day()).join(day)
            ids.setdefault(number, []).append(day.first_id)
    accounts = sorted({account for one in members for account in one.accounts})[:MAX_NAMED]
    return Customer(Key("prompt", name), accounts, days, ids, len(members))
