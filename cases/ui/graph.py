"""The graph of a case as it is drawn: nodes, lines, and the rows of the table below."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Any, Final
from urllib.parse import urlencode

from django.urls import reverse

from cases import drawing, tangle
from cases.models import Case
from cases.selectors.graph import CaseGraph
from cases.ui.families import FAMILY_NAMES
from cases.ui.graph_nodes import MARGIN, Around, account_nodes, ends_of
from cases.ui.graph_query import GraphQuery
from cases.ui.graph_things import told
from detectors import scoring
from detectors.choices import EntityType
from detectors.models import CampaignEdge, Finding

NAMED: Final = 40
"""Drawings of at most so many nodes bear names; above it names are in titles and the table."""
WIDTHS: Final = 5


def graph_page(case: Case, found: CaseGraph, query: GraphQuery | None = None) -> dict[str, Any]:
    """What the templates need."""
    query = query or GraphQuery()
    here = _names_of(found, query)
    inner = [one for one in found.ties if one.a in here and one.b in here and _asked(one, found)]
    connectors = [one for one in found.connectors if here.intersection(one.accounts)]
    beside = len(connectors) + len(found.added) + sum(len(one.things) for one in found.reaches)
    drawn = drawing.draw(here, [(one.a, one.b) for one in inner], drawing.MOST - beside)
    nodes = list(account_nodes(case, query, found, drawn))
    ties = _ties(case, inner, drawn)
    around = _around(case, query, found, drawn, connectors)
    _finish(nodes, ties, whole=here == found.members.keys(), every=query.every)
    everything = {one["name"]: one for one in (*nodes, *around.nodes)}
    joins = [{"a": a, "b": b} for a, b in sorted(around.joins)]
    for number, one in enumerate(everything.values()):
        one["number"] = number
    for one in (*ties, *joins):
        one["from"], one["to"] = everything[one["a"]], everything[one["b"]]
    return {
        "query": query,
        "nodes": nodes,
        "ties": ties,
        "lines": [one for one in ties if one["drawn"]],
        "extra": around.nodes,
        "joins": joins,
        "connectors": [one for one in around.nodes if one["kind"] == "connector"],
        "reaches": [told(one, case, query) for one in found.reaches],
        "by_hand": found.additions,
        "families": _legend(ties),
        "account_total": len(found.members),
        "folds": bool(drawn.folded),
        "bundles": len(found.members) <= drawing.MOST,
        "every": GraphQuery(query.expand, query.around, query.inside, every=True).path(case),
        "inside": query.inside if here != found.members.keys() and not found.around else "",
        "around": found.around if here != found.members.keys() or found.reaches else None,
        "side": drawing.SIDE + 2 * MARGIN,
        "names": len(everything) <= NAMED,
    }


def tie_page(tie: CampaignEdge, findings: Mapping[int, Finding]) -> dict[str, Any]:
    """One tie in words: what each family adds, by which finding, and how it fades."""
    return {
        "tie": tie,
        "p": scoring.probability(tie.score),
        "parts": [
            {
                "label": FAMILY_NAMES.get(name, name),
                "css": name,
                "llr": llr,
                "finding": findings.get(int(number)),
                "weight": scoring.WEIGHTS.get(name),
            }
            for name, (llr, number) in _by_weight(tie.parts)
        ],
    }


def _names_of(found: CaseGraph, query: GraphQuery) -> set[str]:
    """Members to draw: all, a node's neighbours, or those of one bundle of the whole."""
    everybody = set(found.members)
    if (centre := found.around) is not None:
        if centre.type == EntityType.ACCOUNT:
            ends = [{one.a, one.b} for one in found.ties]
            tied = {centre.value}.union(*(pair for pair in ends if centre.value in pair))
            return tied & everybody or everybody
        reach = next((one for one in found.reaches if one.entity == centre), None)
        return {one.value for one in reach.things} & everybody if reach else everybody
    if query.inside not in found.members:
        return everybody
    pairs = [(one.a, one.b) for one in found.ties]
    beside = len(found.connectors) + len(found.added)
    whole = drawing.draw(everybody, pairs, drawing.MOST - beside)
    return set(whole.folded.get(whole.within[query.inside], everybody))


def _asked(tie: CampaignEdge, found: CaseGraph) -> bool:
    """Around an account only its own ties count: those between its neighbours hide them."""
    centre = found.around
    if centre is None or centre.type != EntityType.ACCOUNT:
        return True
    return centre.value in {tie.a, tie.b}


def _around(
    case: Case,
    query: GraphQuery,
    found: CaseGraph,
    drawn: drawing.Drawing,
    connectors: Collection[Any],
) -> Around:
    """What is no member: beside those that share it, or around the node that touches it."""
    by_id = {
        number: drawn.within[name] for name, number in found.ids.items() if name in drawn.within
    }
    around = Around(case, query, dict(drawn.at), by_id)
    for one in connectors:
        around.connector(one, ends_of(one.accounts, drawn.within))
    for added in found.added:
        ends = ends_of(added.accounts, drawn.within)
        if ends or not (found.around or query.inside):
            around.addition(added, ends)
    for reach in found.reaches:
        around.reach(reach)
    return around


def _finish(
    nodes: list[dict[str, Any]], ties: list[dict[str, Any]], *, whole: bool, every: bool
) -> None:
    """Count the links of each node, and choose the lines that are drawn."""
    degree = Counter(end for one in ties for end in (one["a"], one["b"]))
    for one in nodes:
        one["links"] = degree[one["name"]]
        if one["kind"] == "community" and not whole:
            one["href"] = ""  # what folds again inside a community does not open further
    thin = not every and tangle.is_tangle(len(nodes), len(ties))
    kept = tangle.backbone((one["a"], one["b"], one["score"]) for one in ties) if thin else None
    for one in ties:
        one["drawn"] = kept is None or (one["a"], one["b"]) in kept


def _ties(case: Case, ties: Iterable[CampaignEdge], drawn: drawing.Drawing) -> list[dict[str, Any]]:
    """One line for each pair of nodes: their strongest tie. count: how many there are."""
    lines: dict[tuple[str, str], dict[str, Any]] = {}
    for one in ties:
        if one.a not in drawn.within or one.b not in drawn.within:
            continue
        a, b = sorted((drawn.within[one.a], drawn.within[one.b]))
        if a == b:
            continue
        if (line := lines.get((a, b))) is not None:
            line["count"] += 1
            continue
        parts = _by_weight(one.parts)
        family = next((name for name, _ in parts if name in scoring.WEIGHTS), "declared")
        lines[a, b] = {
            "a": a,
            "b": b,
            "count": 1,
            "score": one.score,
            "width": max(1, min(WIDTHS, 1 + int(one.score / 2))),
            "family": family,
            "family_name": FAMILY_NAMES[family],
            "kinds": ", ".join(f"{FAMILY_NAMES.get(n, n)} {part[0]:+.1f}" for n, part in parts),
            "href": reverse("cases:graph-tie", args=[case.ref, one.pk]),
            "cut": f"{reverse('cases:lineage', args=[case.ref])}?"
            f"{urlencode({'left': one.a, 'right': one.b})}#cut",
        }
    return list(lines.values())


def _by_weight(parts: Mapping[str, Sequence[float]]) -> list[tuple[str, Sequence[float]]]:
    return sorted(parts.items(), key=lambda one: (-one[1][0], one[0]))


def _legend(ties: Iterable[Mapping[str, Any]]) -> list[dict[str, Any]]:
    counts = Counter(one["family"] for one in ties)
    names = [*scoring.WEIGHTS, "declared"]
    return [
        {"css": name, "label": FAMILY_NAMES[name], "count": counts[name]}
        for name in names
        if counts[name]
    ]
