"""What an address of a case's graph asks for, and the addresses of other views of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Final, Protocol
from urllib.parse import urlencode

from django.urls import reverse

from cases.models import Case
from cases.selectors.graph import EXPANDED

EVERY: Final = "all"
DIGITS: Final = 18


class Lists(Protocol):
    """A query string, as Django reads it."""

    def get(self, key: str, default: str, /) -> str | None: ...
    def getlist(self, key: str, /) -> list[str]: ...


@dataclass(frozen=True, slots=True)
class GraphQuery:
    """expand: ids of nodes that show what they touch. around: the node that is shown with its
    neighbours alone, 0 for all. inside: first name of a bundle that is open. every: all links are
    drawn, however many.
    """

    expand: tuple[int, ...] = ()
    around: int = 0
    inside: str = ""
    every: bool = False

    @property
    def whole(self) -> bool:
        """Whether it asks for nothing in particular."""
        return self == GraphQuery()

    def path(self, case: Case) -> str:
        """The graph of the case in this view."""
        parts: list[tuple[str, object]] = [("expand", one) for one in self.expand]
        parts += [("around", self.around)] if self.around else []
        parts += [("inside", self.inside)] if self.inside else []
        parts += [("links", EVERY)] if self.every else []
        page = reverse("cases:graph", args=[case.ref])
        return f"{page}?{urlencode(parts)}" if parts else page

    def node(self, case: Case, entity_id: int) -> str:
        """One node beside this view; its buttons come back to it."""
        asked = self.path(case).partition("?")[2]
        page = reverse("cases:graph-node", args=[case.ref, entity_id])
        return f"{page}?{asked}" if asked else page

    def expanded(self, entity_id: int) -> GraphQuery:
        """With one more node expanded; the first one gives way to a seventh."""
        kept = [one for one in self.expand if one != entity_id]
        return replace(self, expand=tuple([*kept, entity_id][-EXPANDED:]))

    def folded(self, entity_id: int) -> GraphQuery:
        """With this node as it was."""
        return replace(self, expand=tuple(one for one in self.expand if one != entity_id))

    def isolated(self, entity_id: int) -> GraphQuery:
        """This node and its neighbours alone."""
        return GraphQuery(around=entity_id)


def graph_query(said: Lists | Mapping[str, str]) -> GraphQuery:
    """What `said` asks for; what is no number is not asked for."""
    many = said.getlist("expand") if hasattr(said, "getlist") else ()
    numbers = [int(one) for one in many if _is_number(one)]
    around = said.get("around", "") or ""
    return GraphQuery(
        expand=tuple(dict.fromkeys(numbers))[:EXPANDED],
        around=int(around) if _is_number(around) else 0,
        inside=(said.get("inside", "") or "").replace("\x00", ""),
        every=said.get("links", "") == EVERY,
    )


def _is_number(value: str) -> bool:
    return value.isascii() and value.isdigit() and len(value) <= DIGITS
