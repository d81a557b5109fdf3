"""The filter box of lists of cases: what was typed, read, and said back."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final
from urllib.parse import urlencode

from django.db.models import Q
from django.http import QueryDict

from abusedesk.core.models import User
from abusedesk.core.query import MAX_CHARS, Query, QueryError, Term, parse
from abusedesk.core.text import visible
from cases.search import FIELDS, where

SHOWN: Final = 60  # characters


@dataclass(frozen=True, slots=True)
class Typed:
    """typed: as it came. query: empty when it has faults."""

    typed: str = ""
    query: Query = field(default_factory=Query)
    faults: tuple[str, ...] = ()

    def condition(self, now: datetime, viewer: User) -> Q:
        """What a case must be."""
        return where(self.query, now, viewer)

    def context(self, path: str = "") -> dict[str, Any]:
        """What the box shows. path: the rest of the address, before the query."""
        return {
            "typed": self.typed[: 2 * MAX_CHARS],
            "faults": self.faults,
            "chips": [
                {"text": _shown(str(term)), "href": link(self.query.without(term), path)}
                for term in self.query.terms
            ],
            "help": [(one.example, one.help) for one in FIELDS.values()],
            "clear": link(Query(), path),
        }


def read(values: QueryDict) -> Typed:
    """`?q=`; links from before the filter language also bring `provider` and `state`."""
    typed = values.get("q", "").strip()
    try:
        query = parse(typed, FIELDS)
    except QueryError as error:
        return Typed(typed, Query(), tuple(error.faults))
    provider = values.get("provider", "").strip().replace("\x00", "").lower()[:SHOWN]
    if provider:
        query = query.adding(Term("provider", (provider,)))
    return Typed(str(query), query)


def link(query: Query, path: str = "") -> str:
    """`?state=open&q=...`"""
    more = urlencode({"q": str(query)}) if query else ""
    return f"?{'&'.join(filter(None, [path, more]))}"


def _shown(text: str) -> str:
    return visible(text if len(text) <= SHOWN else f"{text[:SHOWN]}…")
