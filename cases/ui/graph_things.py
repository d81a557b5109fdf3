"""What an expanded node of the graph touches, for the tables below the drawing."""

from __future__ import annotations

from typing import Any

from cases.models import Case
from cases.ui.graph_query import GraphQuery
from detectors.choices import EntityType


def told(reach: Any, case: Case, query: GraphQuery) -> dict[str, Any]:
    """An expanded node for the table below the drawing."""
    return {
        "reach": reach,
        "fold": query.folded(reach.entity.pk).path(case),
        "things": things_of(reach, case, query),
    }


def things_of(reach: Any, case: Case, query: GraphQuery) -> list[dict[str, Any]]:
    """What a node touches, with where each leads."""
    return [
        {
            "thing": one,
            "account": one.type == EntityType.ACCOUNT,
            "href": query.node(case, one.id),
            "expand": query.expanded(reach.entity.pk).expanded(one.id).path(case),
        }
        for one in reach.things
    ]
