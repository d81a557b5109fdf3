"""The graph of a case as it is drawn: nodes, lines, and the rows of the table below."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final
from urllib.parse import urlencode

from django.urls import reverse

from abusedesk.core import text
from cases import drawing
from cases.models import Case
from cases.selectors.graph import CaseGraph, Connector, Used
from cases.ui.families import FAMILY_NAMES
from detectors import scoring
from detectors.models import CampaignEdge, Finding

MARGIN: Final = 130
NAMED: Final = 40
"""Drawings of at most so many nodes bear names; above it names are in titles and the table."""
LABEL: Final = 24
WIDTHS: Final = 5
RING: Final = 90


def graph_page(
    case: Case, found: CaseGraph, *, inside: str = "", expand: str = ""
) -> dict[str, Any]:
    """What the templates need. inside: a folded community to open, by its first name."""
    here = _names_of(found, inside)
    lines = [(one.a, one.b) for one in found.ties if one.a in here and one.b in here]
    connectors = [one for one in found.connectors if here.intersection(one.accounts)]
    drawn = drawing.draw(here, lines, drawing.MOST - len(connectors) - len(found.used))
    whole = f"{reverse('cases:graph', args=[case.ref])}?"
    nodes = [_node(name, found, drawn, whole, expand) for name in drawn.at]
    ties = _ties(case, found.ties, drawn)
    extra, joins = _around(drawn, connectors, found.used, expand)
    degree = Counter(end for one in ties for end in (one["a"], one["b"]))
    for one in nodes:
        one["links"] = degree[one["name"]]
        if one["kind"] == "community" and here != found.members.keys():
            one["href"] = ""  # what folds again inside a community does not open further
    everything = {one["name"]: one for one in nodes} | {one["name"]: one for one in extra}
    for number, one in enumerate(everything.values()):
        one["number"] = number
    for one in (*ties, *joins):
        one["from"], one["to"] = everything[one["a"]], everything[one["b"]]
    return {
        "nodes": nodes,
        "ties": ties,
        "extra": extra,
        "joins": joins,
        "connectors": [one for one in extra if one["kind"] == "connector"],
        "used": [one for one in extra if one["kind"] == "used"],
        "families": _legend(ties),
        "account_total": len(found.members),
        "folds": bool(drawn.folded),
        "inside": inside if here != found.members.keys() else "",
        "expand": expand if expand in here else "",
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


def _names_of(found: CaseGraph, inside: str) -> set[str]:
    """Members to draw: all, or those of one community of the whole."""
    pairs = [(one.a, one.b) for one in found.ties]
    if inside in found.members and len(found.members) > drawing.MOST:
        most = drawing.MOST - len(found.connectors)
        whole = drawing.draw(found.members, pairs, most)
        return set(whole.folded.get(whole.within[inside], [inside]))
    return set(found.members)


def _node(
    name: str, found: CaseGraph, drawn: drawing.Drawing, whole: str, expand: str
) -> dict[str, Any]:
    """An account that leads to its page, or a community that leads to itself, opened."""
    group = drawn.folded.get(name, ())
    number = found.ids.get(name)
    href = reverse("detectors:entity-detail", args=["account", number]) if number else ""
    return {
        "kind": "community" if group else "account",
        "name": name,
        "label": f"{len(group)} accounts: {name} …" if group else name,
        "short": f"{len(group)} accounts" if group else _short(name),
        "size": len(group) or 1,
        "faded": all(found.members[one] for one in group or (name,)),
        "href": f"{whole}{urlencode({'inside': name})}" if group else href,
        "expand": "" if group or not number else f"{whole}{urlencode({'expand': name})}",
        "chosen": name == expand,
        **_at(drawn.at[name]),
    }


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


def _around(
    drawn: drawing.Drawing, connectors: Iterable[Connector], used: Iterable[Used], expand: str
) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    """What is no member: in the middle of those that share it, or around the one that uses it."""
    nodes: list[dict[str, Any]] = []
    joins: list[dict[str, Any]] = []
    for one in connectors:
        ends = sorted({drawn.within[name] for name in one.accounts if name in drawn.within})
        places = [drawn.at[end] for end in ends]
        middle = sum(x for x, _ in places) // len(ends), sum(y for _, y in places) // len(ends)
        nodes.append(
            _extra("connector", one.type, one.value, middle, len(nodes))
            | {
                "accounts": len(one.accounts),
                "href": reverse("detectors:finding-recompute", args=[one.finding_id]),
            }
        )
        joins += [{"a": end, "b": nodes[-1]["name"]} for end in ends]
    if expand in drawn.within:
        home = drawn.within[expand]
        for place, thing in enumerate(used):
            nodes.append(
                _extra("used", thing.type, thing.value, drawn.at[home], place)
                | {
                    "signals": thing.signals,
                    "reason": thing.reason,
                    "href": reverse("detectors:entity-detail", args=[thing.type, thing.id]),
                }
            )
            joins.append({"a": home, "b": nodes[-1]["name"]})
    return nodes, joins


def _extra(kind: str, type: str, value: str, near: tuple[int, int], place: int) -> dict[str, Any]:
    """A node beside a place: the next step of a spiral around it."""
    turns = ((1, -1), (-1, 1), (1, 1), (-1, -1), (0, 1), (1, 0), (0, -1), (-1, 0))
    dx, dy = turns[place % len(turns)]
    reach = RING * (1 + place // len(turns))
    at = near[0] + dx * reach, near[1] + dy * reach
    limit = drawing.SIDE + MARGIN // 2
    x, y = (max(-MARGIN // 2, min(limit, one)) for one in at)
    return {
        "kind": kind,
        "name": f"{kind} {type}:{value}",
        "label": f"{type} {text.defang(value)}",
        "short": _short(text.defang(value)),
        "type": type,
        "value": value,
        **_at((x, y)),
        "label_y": y + MARGIN - 20,
    }


def _at(point: tuple[int, int]) -> dict[str, int]:
    return {"x": point[0] + MARGIN, "y": point[1] + MARGIN, "label_y": point[1] + MARGIN + 34}


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


def _short(name: str) -> str:
    return name if len(name) <= LABEL else f"{name[: LABEL - 1]}…"
