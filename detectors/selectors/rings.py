"""Reads which accounts report as one."""

from __future__ import annotations

from typing import Final

import networkx as nx

from detectors.choices import FindingStatus
from detectors.models import Finding

DETECTOR: Final = "mass-reporting"
LOOKED_AT: Final = 1_000


def rings_of() -> dict[str, tuple[int, int]]:
    """Account -> the first finding of its ring, and how many the ring has.

    By the newest 1,000 findings in force; those that share an account are one ring.
    """
    rows = Finding.objects.filter(
        config__slug=DETECTOR,
        config__beside=None,
        detector=DETECTOR,
        status=FindingStatus.CURRENT,
    )
    told = dict(rows.order_by("-pk").values_list("pk", "subjects")[:LOOKED_AT])
    graph: nx.Graph[int | str] = nx.Graph()
    for finding_id, subjects in told.items():
        graph.add_edges_from((finding_id, name) for name in subjects)
    found: dict[str, tuple[int, int]] = {}
    for ring in nx.connected_components(graph):
        names = [one for one in ring if isinstance(one, str)]
        first = min(one for one in ring if isinstance(one, int))
        found.update(dict.fromkeys(names, (first, len(names))))
    return found
