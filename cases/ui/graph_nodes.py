"""Nodes of a case's graph as they are drawn, and where those stand that no layout placed."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from django.urls import reverse

from abusedesk.core import text
from cases import drawing
from cases.models import Case
from cases.selectors.graph import Added, CaseGraph, Connector
from cases.selectors.reach import Reach, Touched
from cases.ui.graph_query import GraphQuery
from detectors.choices import EntityType

MARGIN: Final = 130
LABEL: Final = 24
RING: Final = 90
RINGS: Final = 8
WIDE: Final = 110
HIGH: Final = 55
TURNS: Final = ((1, -1), (-1, 1), (1, 1), (-1, -1), (0, 1), (1, 0), (0, -1), (-1, 0))


@dataclass
class Around:
    """Nodes beside the members, and what joins them. at: name -> place; by_id: entity -> name."""

    case: Case
    query: GraphQuery
    at: dict[str, tuple[int, int]]
    by_id: dict[int, str]
    nodes: list[dict[str, Any]] = field(default_factory=list)
    joins: set[tuple[str, str]] = field(default_factory=set)

    def connector(self, one: Connector, ends: list[str]) -> None:
        """Shared infrastructure, in the middle of those that share it."""
        finding = reverse("detectors:finding-recompute", args=[one.finding_id])
        extra = {"accounts": len(one.accounts), "finding": finding}
        node = self._put("connector", one.type, one.value, one.entity_id, self._middle(ends))
        node.update(extra, href=node["href"] or finding)
        self._join(node["name"], ends)

    def addition(self, one: Added, ends: list[str]) -> None:
        """What a person added, in the middle of the accounts that share it."""
        row = one.row
        node = self._put("added", row.type, row.value, one.entity_id, self._middle(ends))
        node["addition"] = row
        self._join(node["name"], ends)

    def reach(self, one: Reach) -> None:
        """What a node touches, around it; a node that is not drawn has no place for it."""
        home = self.by_id.get(one.entity.pk)
        if home is None and one.entity.pk == self.query.around:
            middle = (drawing.SIDE // 2, drawing.SIDE // 2)
            home = self._put("used", one.entity.type, one.entity.value, one.entity.pk, middle)[
                "name"
            ]
        for thing in one.things if home else ():
            self._touch(str(home), thing)

    def _touch(self, home: str, thing: Touched) -> None:
        other = self.by_id.get(thing.id)
        if other is None:
            kind = "outside" if thing.type == EntityType.ACCOUNT else "used"
            other = self._put(kind, thing.type, thing.value, thing.id, self.at[home])["name"]
        self._join(other, [home])

    def _put(
        self, kind: str, type: str, value: str, entity_id: int | None, near: tuple[int, int]
    ) -> dict[str, Any]:
        name = f"{kind} {type}:{value}"
        at = self._beside(near)
        self.at[name] = at
        if entity_id:
            self.by_id[entity_id] = name
        shown = value if type == EntityType.ACCOUNT else text.defang(value)
        label = f"{type} {shown}"
        node = {
            "kind": kind,
            "name": name,
            "label": f"{label}, not in the case" if kind == "outside" else label,
            "short": short(shown),
            "type": type,
            "value": value,
            "chosen": entity_id in {*self.query.expand, self.query.around},
            **addresses(self.case, self.query, entity_id),
            **place(at),
        }
        node["label_y"] = node["y"] - 20
        self.nodes.append(node)
        return node

    def _join(self, name: str, ends: Iterable[str]) -> None:
        self.joins |= {(min(name, end), max(name, end)) for end in ends if end != name}

    def _middle(self, ends: list[str]) -> tuple[int, int]:
        spots = [self.at[end] for end in ends] or [(drawing.SIDE // 2, drawing.SIDE // 2)]
        return sum(x for x, _ in spots) // len(spots), sum(y for _, y in spots) // len(spots)

    def _beside(self, near: tuple[int, int]) -> tuple[int, int]:
        """The first free step of a spiral around a place, inside the drawing."""
        for turn in range(len(TURNS) * RINGS):
            dx, dy = TURNS[turn % len(TURNS)]
            reach = RING * (1 + turn // len(TURNS))
            x, y = near[0] + dx * reach, near[1] + dy * reach
            if _inside(x) and _inside(y) and self._is_free(x, y):
                return x, y
        return near

    def _is_free(self, x: int, y: int) -> bool:
        """Names are wider than high, so more room is left beside a node than above it."""
        return all(
            abs(x - one) >= WIDE or abs(y - other) >= HIGH for one, other in self.at.values()
        )


def _inside(value: int) -> bool:
    return -MARGIN // 2 <= value <= drawing.SIDE + MARGIN // 2


def account_nodes(
    case: Case, query: GraphQuery, found: CaseGraph, drawn: drawing.Drawing
) -> Iterator[dict[str, Any]]:
    """Accounts, and bundles of accounts that lead to themselves, opened."""
    for name, at in drawn.at.items():
        group = drawn.folded.get(name, ())
        number = None if group else found.ids.get(name)
        yield {
            "kind": "community" if group else "account",
            "name": name,
            "label": f"{len(group)} accounts: {name} …" if group else name,
            "short": f"{len(group)} accounts" if group else short(name),
            "size": len(group) or 1,
            "faded": all(found.members[one] for one in group or (name,)),
            "by_hand": not group and name in found.by_hand,
            "chosen": number is not None and number in {*query.expand, query.around},
            **addresses(case, query, number),
            **({"href": GraphQuery(inside=name).path(case)} if group else {}),
            **place(at),
        }


def addresses(case: Case, query: GraphQuery, entity_id: int | None) -> dict[str, Any]:
    """Where a node leads; empty for what no signal mentions."""
    if not entity_id:
        return {"id": None, "href": "", "expand": "", "isolate": ""}
    return {
        "id": entity_id,
        "href": query.node(case, entity_id),
        "expand": query.expanded(entity_id).path(case),
        "isolate": query.isolated(entity_id).path(case),
    }


def place(point: tuple[int, int]) -> dict[str, int]:
    """Where it is drawn, with its name below."""
    return {"x": point[0] + MARGIN, "y": point[1] + MARGIN, "label_y": point[1] + MARGIN + 34}


def short(name: str) -> str:
    """As much of a name as fits under a node."""
    return name if len(name) <= LABEL else f"{name[: LABEL - 1]}…"


def ends_of(accounts: Iterable[str], within: Mapping[str, str]) -> list[str]:
    """The drawn nodes that stand for these accounts."""
    return sorted({within[name] for name in accounts if name in within})
