"""What the tabs of the case page show."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from abusedesk.core.models import User
from cases import policy, states
from cases.choices import State, TaskState, Tlp
from cases.claims import holder_of
from cases.media import INLINE
from cases.models import Case
from cases.priority import WEIGHTS
from cases.selectors.addition import additions_of
from cases.selectors.attribution import attribution_for
from cases.selectors.content import (
    custodies_of,
    files_of,
    playbooks_for,
    tasks_of,
    watchers_of,
)
from cases.selectors.evidence import (
    contributions_of,
    evidence_of,
    findings_of,
    purged_of,
)
from cases.selectors.faded import faded_for
from cases.selectors.graph import graph_for
from cases.selectors.masking import cover_for
from cases.selectors.precedent import precedents_of
from cases.selectors.related import case_links_of, similar_to
from cases.selectors.report import reported_acts_of, reports_of
from cases.selectors.spreading import next_platform_for
from cases.selectors.strike import standings_by_case
from cases.services.file import MAX_BYTES
from cases.timeline import timeline_of
from cases.ui import chain, evidence, rail
from cases.ui.families import FAMILY_NAMES
from cases.ui.graph import graph_page
from detectors.selectors.evidence import shared_of

FINDINGS = 50
FADED = 50
PRECEDENTS = 3  # in a preview
TABS = ("summary", "evidence", "files", "why", "graph", "timeline", "related", "precedents")
ICONS = {
    "case.opened": "case",
    "case.opened_by_report": "case",
    "case.grew": "signal",
    "case.reported": "signal",
    "case.regressed": "warn",
    "case.claimed": "lock",
    "case.taken_over": "lock",
    "case.released": "unlock",
    "case.noted": "note",
    "case.decided": "check",
    "case.in_force": "check",
    "case.undone": "undo",
    "case.reversed": "undo",
    "review.given": "check",
    "review.settled": "check",
    "appeal.opened": "up",
    "appeal.ruled": "check",
    "case.escalated": "up",
    "case.snoozed": "clock",
    "case.at_risk": "clock",
    "case.late": "warn",
    "case.escalating": "warn",
    "case.added": "check",
    "case.taken_off": "undo",
    "case.assigned": "person",
    "case.moved": "queue",
    "case.routed": "queue",
    "case.held": "lock",
    "case.freed": "unlock",
    "case.unmerged": "undo",
    "case.rejoined": "undo",
    "case.file_broken": "warn",
    "case.task_changed": "check",
}
PRIORITY_NAMES = {
    "harm": "Harm",
    "reach": "Reach",
    "velocity": "Velocity",
    "novelty": "Novelty",
}


def tab_of(asked: str) -> str:
    """The tab that was asked for, or the first."""
    return asked if asked in TABS else TABS[0]


def context(case: Case, tab: str, viewer: User) -> dict[str, Any]:
    """The tabs and what the chosen one shows."""
    return {
        "tab": tab,
        "tabs": [
            {"slug": slug, "label": slug.capitalize(), "hotkey": f"tab-{slug}", "count": None}
            for slug in TABS
        ],
        "panel_template": f"cases/case_{tab}.html",
        **PANELS[tab](case, viewer),
    }


def preview(case: Case, viewer: User) -> dict[str, Any]:
    """The case in short: what a person reads before opening it."""
    return {
        "case": case,
        "sentences": [_sentence(line) for line in case.summary],
        "precedents": precedents_of(case, viewer)[:PRECEDENTS],
        "can_claim": not holder_of(case) and case.state in policy.claimable_states(viewer),
        "can_escalate": case.state == State.OPEN and policy.offered(viewer, "case.escalate", case),
    }


def may_add(case: Case, viewer: User) -> bool:
    """Whether the page offers to add things by hand, and to take them off."""
    return case.state in states.ACTIVE and policy.offered(viewer, "case.add", case)


def _summary(case: Case, viewer: User) -> dict[str, Any]:
    return {
        "sentences": [_sentence(line) for line in case.summary],
        "next_platform": next_platform_for(case, viewer),
        "additions": additions_of(case, viewer),
        "may_add": may_add(case, viewer),
        **_faded(case, viewer),
        **_work(case, viewer),
    }


def _faded(case: Case, viewer: User) -> dict[str, Any]:
    """Members whom no evidence ties any more, with the way to let them go."""
    found = faded_for(case, viewer)
    return {
        "faded": found[:FADED],
        "faded_total": len(found),
        "may_let_go": bool(found)
        and case.state in states.ACTIVE
        and policy.offered(viewer, "case.cut", case),
    }


def _work(case: Case, viewer: User) -> dict[str, Any]:
    """Checklist, labels, TLP and watchers."""
    tasks = list(tasks_of(case, viewer))
    watchers = list(watchers_of(case, viewer))
    used = {task.playbook_id for task in tasks}
    return {
        "tasks": tasks,
        "tasks_left": sum(task.state == TaskState.OPEN for task in tasks),
        "task_states": TaskState.choices,
        "playbooks": [one for one in playbooks_for(viewer) if one.active and one.pk not in used],
        "tlps": Tlp.choices,
        "watchers": watchers,
        "watching": any(one.user_id == viewer.pk for one in watchers),
    }


def _files(case: Case, viewer: User) -> dict[str, Any]:
    files = list(files_of(case, viewer))
    custody = custodies_of(case, viewer)
    return {
        "cover": cover_for(case, viewer),
        "files": [
            {"file": one, "picture": one.media_type in INLINE, "custody": custody.get(one.pk, [])}
            for one in files
        ],
        "most_mib": MAX_BYTES // 1024 // 1024,
    }


def _related(case: Case, viewer: User) -> dict[str, Any]:
    links = case_links_of(case, viewer)
    return {
        "similar": similar_to(case, viewer),
        "case_links": [
            {"link": one, "other": one.other if one.case_id == case.pk else one.case}
            for one in links
        ],
    }


def _evidence(case: Case, viewer: User) -> dict[str, Any]:
    findings = findings_of(case, viewer)
    signals = evidence_of(findings, viewer)
    return {
        "cover": cover_for(case, viewer),
        "reports": reports_of(case, viewer),
        "acts": [evidence.item(act) for act in reported_acts_of(case, viewer)],
        "together": evidence.together(shared_of(findings, viewer)),
        "young": evidence.young_sites(findings),
        "chains": chain.chains(findings, viewer),
        "groups": evidence.twins(findings, signals),
        "items": [evidence.item(signal) for signal in signals],
        "signal_total": case.hits - case.reports,
        "purged": purged_of(findings, viewer, signals),
    }


def _why(case: Case, viewer: User) -> dict[str, Any]:
    parts = contributions_of(case)
    findings = findings_of(case, viewer)
    return {
        "findings": findings[:FINDINGS],
        "finding_total": len(findings),
        "attribution": attribution_for(findings, viewer),
        **_faded(case, viewer),
        "sure_parts": _bars(parts, FAMILY_NAMES),
        "sure_sum": f"{sum(parts.values()):+.2f}",
        "bad_parts": _bars(_points(case.priority_parts), PRIORITY_NAMES),
    }


def _graph(case: Case, viewer: User) -> dict[str, Any]:
    return {"graph": graph_page(case, graph_for(case, viewer)), "may_add": may_add(case, viewer)}


def _timeline(case: Case, viewer: User) -> dict[str, Any]:
    undoable = {
        row.pk for row in case.decisions.filter(undone_at=None) if rail.can_undo(row, viewer)
    }
    removable = set()
    if may_add(case, viewer):
        removable = set(additions_of(case, viewer).values_list("pk", flat=True))
    return {
        "timeline": [
            {
                "at": entry.at,
                "actor": entry.actor,
                "sentence": entry.sentence,
                "origin": entry.origin,
                "icon": ICONS.get(entry.verb, "about"),
                "undo": _undo_of(entry.data, "decision", undoable),
                "addition": _undo_of(entry.data, "addition", removable),
            }
            for entry in timeline_of(case, viewer)
        ]
    }


def _precedents(case: Case, viewer: User) -> dict[str, Any]:
    return {
        "precedents": precedents_of(case, viewer),
        "all_standings": standings_by_case(case, viewer)[:FINDINGS],
    }


PANELS: Mapping[str, Callable[[Case, User], dict[str, Any]]] = {
    "summary": _summary,
    "evidence": _evidence,
    "files": _files,
    "why": _why,
    "graph": _graph,
    "timeline": _timeline,
    "precedents": _precedents,
    "related": _related,
}


def _sentence(line: dict[str, Any]) -> dict[str, Any]:
    """One line; it links to its finding when it rests on a single one."""
    findings = line.get("finding_ids") or []
    return {**line, "finding": findings[0] if len(findings) == 1 else None}


def _points(parts: Mapping[str, float]) -> dict[str, float]:
    """Points of priority that each part gives; their sum is the priority."""
    sure = parts.get("p", 0.0)
    return {name: 100 * sure * weight * parts.get(name, 0.0) for name, weight in WEIGHTS.items()}


def _bars(parts: Mapping[str, float], names: Mapping[str, str]) -> list[dict[str, Any]]:
    largest = max((abs(value) for value in parts.values()), default=1.0) or 1.0
    return [
        {
            "label": names.get(key, key),
            "value": f"{value:+.2f}",
            "share": abs(value) / largest,
            "css": "neg" if value < 0 else "",
        }
        for key, value in parts.items()
    ]


def _undo_of(data: Mapping[str, Any], name: str, undoable: set[int]) -> int | None:
    number = data.get(name)
    return number if number in undoable else None
