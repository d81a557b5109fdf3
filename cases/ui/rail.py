"""What the right rail of the case page shows: claim, verdicts, position, notes."""

from __future__ import annotations

from typing import Any

from django.db.models import Q

from abusedesk.core import clock
from abusedesk.core.models import User
from cases import policy, states
from cases.choices import State
from cases.claims import holder_of
from cases.models import Case, Decision, Note
from cases.queue import ordered, position
from cases.selectors.case import cases_for
from cases.selectors.lineage import family_of
from cases.ui.forms import SNOOZES
from detectors.choices import Outcome

VERDICTS = [
    {"value": outcome.value, "label": outcome.label, "hotkey": f"verdict-{number}"}
    for number, outcome in enumerate(Outcome, 1)
]


def context(case: Case, viewer: User, *, lost: bool = False) -> dict[str, Any]:
    """lost: the viewer's claim ran out while they typed; their fields stay open."""
    claim = claim_state(case, viewer)
    waiting = case.state in states.WAITING
    index, total = position(case, viewer) if waiting else (0, 0)
    previous, following = neighbours(case, viewer) if waiting else ("", "")
    decided = None if waiting else _last_decision(case)
    return {
        "claim": claim,
        "open": waiting,
        "can_decide": waiting and (claim == "mine" or lost),
        "can_snooze": case.state == State.OPEN,
        "can_claim": case.state in policy.claimable_states(viewer),
        "can_take_over": policy.allowed(viewer, "case.take_over"),
        "hold": case.hold if case.hold and not case.hold.released_at else None,
        "can_hold": policy.allowed(viewer, "case.hold"),
        "verdicts": VERDICTS,
        "snoozes": SNOOZES,
        "index": index,
        "total": total,
        "previous": previous,
        "following": following,
        "decided": decided,
        "can_undo": bool(decided) and can_undo(decided, viewer),
        **notes(case),
    }


def notes(case: Case, *, error: str = "", body: str = "") -> dict[str, Any]:
    """The notes and their composer."""
    rows = Note.objects.filter(case__in=family_of(case).refs).select_related("author", "case")
    return {"notes": list(rows), "note_error": error, "note_body": body}


def claim_state(case: Case, viewer: User) -> str:
    """`mine`, `other` or `` when nobody holds the case."""
    holder = holder_of(case)
    if holder is None:
        return ""
    return "mine" if holder == viewer else "other"


def neighbours(case: Case, viewer: User) -> tuple[str, str]:
    """References of the cases before and after this one in its queue, "" at the ends."""
    now = clock.now()
    breached = case.due_at <= now
    same = Q(due_at__lte=now) if breached else Q(due_at__gt=now)
    ahead = same & (Q(priority__gt=case.priority) | Q(priority=case.priority, pk__lt=case.pk))
    if not breached:
        ahead |= Q(due_at__lte=now)
    peers = cases_for(viewer).filter(queue=case.queue_id, state=case.state).exclude(pk=case.pk)
    previous = ordered(peers.filter(ahead), now).reverse().values_list("ref", flat=True).first()
    following = ordered(peers.exclude(ahead), now).values_list("ref", flat=True).first()
    return previous or "", following or ""


def can_undo(decision: Decision | None, viewer: User) -> bool:
    """Whether the button is worth showing; the service decides."""
    if decision is None or decision.undone_at:
        return False
    verb = "case.undo" if decision.actor_id == viewer.pk else "case.undo_others"
    return policy.allowed(viewer, verb)


def _last_decision(case: Case) -> Decision | None:
    if case.state != State.CLOSED:
        return None
    return case.decisions.filter(undone_at=None).select_related("actor").first()
