"""Lists of cases in an order that somebody asked for: pages by key, as in the order of "next"."""

from __future__ import annotations

import math
from collections.abc import Callable
from datetime import datetime
from typing import Any, Final, NamedTuple

from django.db.models import F, Q, QuerySet
from django.db.models.expressions import Combinable
from django.db.models.functions import Coalesce

from abusedesk.core.errors import InvalidError
from cases import paging
from cases.models import Case
from cases.paging import EPOCH, LATEST_US, MARK, TICK, Page

DOWN: Final = "-"


def _whole(text: str) -> int | None:
    return paging.number_in(text)


def _real(text: str) -> float | None:
    try:
        value = float(text)
    except ValueError:
        return None
    return value if math.isfinite(value) else None


def _moment(text: str) -> datetime | None:
    at = paging.number_in(text)
    return None if at is None or at > LATEST_US else EPOCH + at * TICK


def _ticks(at: datetime) -> str:
    return str((at - EPOCH) // TICK)


class Sort(NamedTuple):
    """What a list can be sorted by. No row is without a value.

    read, write: a value as part of a cursor. falling: which way the first click sorts. words: what
    stands first when it falls and when it rises.
    """

    expression: Combinable
    read: Callable[[str], Any]
    write: Callable[[Any], str]
    words: tuple[str, str]
    falling: bool = True


LARGEST: Final = ("highest first", "lowest first")
NEWEST: Final = ("newest first", "oldest first")
# What the column "due" of a row tells: when it was closed, until when it is away, when it is due.
WHEN: Final = Coalesce("closed_at", "snoozed_until", "due_at")
SORTS: Final[dict[str, Sort]] = {
    "bad": Sort(F("severity"), _whole, str, ("worst first", "least bad first")),
    "accounts": Sort(F("accounts"), _whole, str, LARGEST),
    "hits": Sort(F("hits"), _whole, str, LARGEST),
    "reports": Sort(F("reports"), _whole, str, LARGEST),
    "sure": Sort(Coalesce("calibrated", "how_sure"), _real, repr, LARGEST),
    "priority": Sort(F("priority"), _real, repr, LARGEST),
    "opened": Sort(F("opened_at"), _moment, _ticks, NEWEST),
    "changed": Sort(F("updated_at"), _moment, _ticks, NEWEST),
    "due": Sort(WHEN, _moment, _ticks, ("latest first", "earliest first"), falling=False),
}


class Order(NamedTuple):
    """One way to sort; as text `hits` rises and `-hits` falls."""

    name: str
    falling: bool

    def __str__(self) -> str:
        return f"{DOWN if self.falling else ''}{self.name}"

    @property
    def words(self) -> str:
        """`highest first`."""
        return SORTS[self.name].words[not self.falling]


NEW_FIRST: Final = Order("opened", falling=True)
CLOSED_FIRST: Final = Order("due", falling=True)
CHOICES: Final = tuple(str(Order(name, way)) for name in SORTS for way in (True, False))


def read(text: str) -> Order | None:
    """`-hits`; None for what is no order, as for nothing: lists then have their own."""
    name = text.removeprefix(DOWN)
    return Order(name, text.startswith(DOWN)) if name in SORTS else None


def read_strictly(text: str) -> Order | None:
    """The same. Raises InvalidError for what is no order."""
    order = read(text)
    if text and order is None:
        message = f"Sort by one of {', '.join(CHOICES)}."
        raise InvalidError(message, field="sort")
    return order


def in_order(cases: QuerySet[Case], order: Order, after: str = "", size: int = paging.SIZE) -> Page:
    """A page in this order, then by id the same way. A cursor that is none begins at the start.

    One narrow index, `case_sorts`, holds what every order compares: a page of 100,000 cases is
    chosen in it before a row is read.
    """
    sort = SORTS[order.name]
    rows = cases.annotate(key=sort.expression)
    if (start := _read(sort, after)) is not None:
        rows = rows.filter(_behind(*start, falling=order.falling))
    sign = DOWN if order.falling else ""
    ids = rows.order_by(f"{sign}key", f"{sign}pk").values_list("pk", "key")
    found = list(ids[: size + 1])
    shown = paging.loaded([pk for pk, _ in found[:size]])
    if len(found) <= size:
        return Page(shown)
    pk, key = found[size - 1]
    return Page(shown, f"{sort.write(key)}{MARK}{pk}")


def is_cursor(order: Order, text: str) -> bool:
    """Whether a list in this order can have given it out."""
    return _read(SORTS[order.name], text) is not None


def _behind(key: Any, pk: int, *, falling: bool) -> Q:
    than = "lt" if falling else "gt"
    same = Q(key=key, **{f"pk__{than}": pk})
    return Q(**{f"key__{than}e": key}) & (Q(**{f"key__{than}": key}) | same)


def _read(sort: Sort, text: str) -> tuple[Any, int] | None:
    first, _, second = text.partition(MARK)
    key, pk = sort.read(first), paging.number_in(second)
    return None if key is None or pk is None else (key, pk)
