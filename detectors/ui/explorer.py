"""What the explorer shows of a query and its hits: links that change it, chips, facets, bars."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final
from urllib.parse import urlencode

from abusedesk.core.query import Query, Term
from abusedesk.core.text import visible
from detectors.choices import EntityType
from detectors.models import Entity
from detectors.search import FIELDS, Found, Position
from detectors.search.fields import ENTITIES
from detectors.selectors.search import Bar, Overview

FACETS: Final = {
    "platform": "Platform", "kind": "Kind", "source": "Source", "provider": "AI provider",
}  # fmt: skip
OWN: Final = frozenset({"platform", "kind", "source"})
SHOWN: Final = 60  # characters
WIDTH: Final = 20  # of a bar, in the units of the picture
HEIGHT: Final = 100


def link(query: Query, start: Position | None = None) -> str:
    """The page with this query. start: what comes behind it."""
    values = {"q": str(query)} if query else {}
    if start is not None:
        values["from"] = str(start)
    return f"?{urlencode(values)}"


def about(entity: Entity) -> str:
    """The search for the signals that mention it, "" for a type that has no token."""
    platform, _, name = entity.value.partition(":")
    terms = {
        EntityType.ACCOUNT.value: (Term("platform", (platform,)), Term("actor", (name,))),
        **{token: (Term(token, (entity.value,)),) for token in ENTITIES},
    }.get(entity.type)
    return str(Query(terms)) if terms else ""


def chips(query: Query) -> list[dict[str, str]]:
    """Each condition, and the page without it."""
    return [
        {"text": _shown(term.name, str(term)), "href": link(query.without(term))}
        for term in query.terms
    ]


def total(found: Found, most: int) -> str:
    """How many there are, never more exact than we know."""
    count = len(found.hits)
    if found.end is None:
        return f"{count:,}"
    return f"{most - 1:,}+" if count >= most else f"at least {count:,}"


def basis(found: Found, most: int) -> str:
    """Of what facets and bars speak, when that is not everything."""
    return "" if found.end is None else f"of the newest {min(len(found.hits), most - 1):,}"


def facets(query: Query, overview: Overview) -> list[dict[str, Any]]:
    """The most frequent values; a click adds the token, or takes it away when it is there."""
    return [
        {"name": name, "label": label, "values": list(_values(query, name, overview.facets[name]))}
        for name, label in FACETS.items()
        if overview.facets[name]
    ]


def chart(query: Query, bars: list[Bar]) -> dict[str, Any]:
    """Bars as numbers of a picture; each leads to its time."""
    top = max((bar.count for bar in bars), default=0)
    return {
        "width": WIDTH * len(bars),
        "height": HEIGHT,
        "top": top,
        "bars": [_bar(query, bar, place, top) for place, bar in enumerate(bars)],
    }


def help_lines() -> list[tuple[str, str]]:
    """Example and meaning of each token."""
    return [(field.example, field.help) for field in FIELDS.values()]


def _values(query: Query, name: str, counted: list[tuple[str, int]]) -> Iterator[dict[str, Any]]:
    for value, count in counted:
        term = Term(name, (value,))
        there = term in query.terms
        changed = query.without(term) if there else query.adding(term)
        yield {"shown": _shown(name, value), "count": count, "href": link(changed), "there": there}


def _shown(name: str, text: str) -> str:
    """Harmless to look at; the words of the desk's own vocabulary are no addresses."""
    short = text if len(text) <= SHOWN else f"{text[:SHOWN]}…"
    return short if name in OWN else visible(short)


def _bar(query: Query, bar: Bar, place: int, top: int) -> dict[str, Any]:
    since, until = (moment.strftime("%Y-%m-%dT%H:%M") for moment in (bar.start, bar.end))
    narrowed = query.replacing(Term("since", (since,)), Term("until", (until,)))
    height = max(2, round(HEIGHT * bar.count / top)) if bar.count else 0
    return {
        "x": place * WIDTH + 1,
        "y": HEIGHT - height,
        "width": WIDTH - 2,
        "height": height,
        "start": bar.start,
        "end": bar.end,
        "count": bar.count,
        "href": link(narrowed),
    }
