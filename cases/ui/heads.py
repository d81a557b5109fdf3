"""Heads of lists of cases: which columns somebody sees, and where a click on each leads."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, NamedTuple

from abusedesk.core.models import User
from abusedesk.core.query import Query
from cases.columns import COLUMNS, Column, columns_of
from cases.ordering import SORTS, Order
from cases.ui import filters

CLOSED, AWAY = "Closed", "Until"
"""What the last column tells on these tabs."""
TITLES: Final = {one.sort: one.title.lower() for one in COLUMNS if one.sort}
MARKS: Final = {True: "↓", False: "↑"}


@dataclass(frozen=True, slots=True)
class Listing:
    """A list that can be sorted.

    query: its filter. path: the rest of its address. asked: the order that the address names.
    own: the order that it has without one, where a head stands for it. own_words: what stands
    first then. when: what the last column is called.
    """

    query: Query
    path: str = ""
    asked: Order | None = None
    own: Order | None = None
    own_words: str = ""
    when: str = ""

    @property
    def here(self) -> str:
        """The address of the list, without the query, with its order."""
        return with_order(self.path, self.asked)

    @property
    def words(self) -> str:
        """What stands first, in words."""
        return said(self.asked) if self.asked else self.own_words


class Head(NamedTuple):
    """href: empty for what nothing is sorted by. way: value of `aria-sort`. tip: of the link."""

    column: Column
    title: str
    href: str = ""
    way: str = ""
    mark: str = ""
    tip: str = ""


def with_order(path: str, order: Order | None) -> str:
    """`state=open&sort=-hits`."""
    return "&".join(filter(None, [path, f"sort={order}" if order else ""]))


def said(order: Order) -> str:
    """`by hits, highest first`."""
    return f"by {TITLES[order.name]}, {order.words}"


def heads_for(viewer: User, listing: Listing | None) -> list[Head]:
    """The heads that this person sees; without a listing none of them leads anywhere."""
    columns = columns_of(viewer.own_columns)
    if listing is None:
        return [Head(one, one.title) for one in columns]
    return [_head(one, listing) for one in columns]


def _head(column: Column, listing: Listing) -> Head:
    title = listing.when or column.title if column.id == "due" else column.title
    if not column.sort:
        return Head(column, title)
    order = listing.asked or listing.own
    stands = order is not None and order.name == column.sort
    following = _following(column.sort, listing)
    return Head(
        column,
        title,
        filters.link(listing.query, with_order(listing.path, following)),
        way=("descending" if order.falling else "ascending") if order and stands else "",
        mark=MARKS[order.falling] if order and stands else "",
        tip=f"Sort {said(following)}" if following else f"Back to {listing.own_words}",
    )


def _following(name: str, listing: Listing) -> Order | None:
    """The order after the next click: one way, the other way, and none again."""
    first = Order(name, SORTS[name].falling)
    second = Order(name, not first.falling)
    if listing.asked is None:
        return second if listing.own == first else first
    if listing.asked.name != name:
        return None if listing.own == first else first
    return second if listing.asked == first and second != listing.own else None
