"""What the right rail of the case page shows: claim, verdicts, position, notes."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from abusedesk.core import ids
from abusedesk.core.models import User
from cases import policy, states
from cases.blind import by_who_decided, unveiled
from cases.choices import ReviewState, State
from cases.claims import holder_of
from cases.models import Case, Decision, Note, SecondReview
from cases.selectors.lineage import family_of
from cases.selectors.place import NOWHERE, place_of
from cases.selectors.presence import viewers_of
from cases.ui import routing, terms
from detectors.choices import Outcome

VERDICTS = [
    {"value": outcome.value, "label": outcome.label, "hotkey": f"verdict-{number}"}
    for number, outcome in enumerate(Outcome, 1)
]


YOU = "you"
"""How a page is told that the claim is its own."""


def viewing(names: Sequence[str]) -> str:
    """Who else looks at the case, in words."""
    if not names:
        return ""
    *others, last = names
    said = f"{', '.join(others)} and {last} are" if others else f"{last} is"
    return f"{said} viewing too"


def context(case: Case, viewer: User, *, lost: bool = False) -> dict[str, Any]:
    """lost: the viewer's claim ran out while they typed; their fields stay open."""
    claim = claim_state(case, viewer)
    waiting = case.state in states.WAITING
    place = place_of(case, viewer) if waiting else NOWHERE
    decided = None if waiting else _last_decision(case, viewer)
    return {
        "claim": claim,
        "holder": {"mine": YOU, "other": str(case.claimed_by)}.get(claim, ""),
        "viewing": viewing(viewers_of(case, viewer)),
        "open": waiting,
        "can_decide": waiting and (claim == "mine" or lost),
        "can_snooze": case.state == State.OPEN and policy.offered(viewer, "case.snooze", case),
        "can_escalate": case.state == State.OPEN and policy.offered(viewer, "case.escalate", case),
        "can_claim": case.state in policy.claimable_states(viewer),
        "can_take_over": policy.allowed(viewer, "case.take_over"),
        "hold": case.hold if case.hold and not case.hold.released_at else None,
        "can_hold": policy.offered(viewer, "case.hold", case),
        "verdicts": VERDICTS,
        **routing.context(case, viewer),
        "place": place,
        "decided": decided,
        "can_undo": bool(decided) and can_undo(decided, viewer),
        "can_reverse": bool(decided) and policy.allowed(viewer, "decision.reverse"),
        "can_test": bool(decided and decided.outcome == Outcome.ABUSE)
        and policy.offered(viewer, "case.test", case),
        "appeal_key": ids.new_uuid() if decided else "",
        "veiled": _veiled(case) if case.state == State.CLOSED and not decided else None,
        **(terms.context(case, viewer) if waiting else {}),
        **notes(case, viewer),
    }


def notes(case: Case, viewer: User, *, error: str = "", body: str = "") -> dict[str, Any]:
    """The notes that the viewer may read, and their composer."""
    refs = family_of(case).refs
    rows = Note.objects.filter(case__in=refs).annotate(kept=by_who_decided(refs, viewer))
    found = list(rows.select_related("author", "case"))
    shown = [one for one in found if not one.kept]
    kept = len(found) - len(shown)
    return {"notes": shown, "notes_kept": kept, "note_error": error, "note_body": body,
            "not_told": ""}  # fmt: skip


def claim_state(case: Case, viewer: User) -> str:
    """`mine`, `other` or `` when nobody holds the case."""
    holder = holder_of(case)
    if holder is None:
        return ""
    return "mine" if holder == viewer else "other"


def can_undo(decision: Decision | None, viewer: User) -> bool:
    """Whether the button is worth showing; the service decides."""
    if decision is None or decision.undone_at:
        return False
    verb = "case.undo" if decision.actor_id == viewer.pk else "case.undo_others"
    return policy.allowed(viewer, verb)


def _last_decision(case: Case, viewer: User) -> Decision | None:
    """The decision that closed the case, once the viewer may know it."""
    if case.state != State.CLOSED:
        return None
    rows = case.decisions.filter(unveiled(viewer), undone_at=None)
    return rows.select_related("actor", "policy_version").first()


def _veiled(case: Case) -> SecondReview | None:
    """The second look that is awaited before the verdict shows."""
    return SecondReview.objects.filter(
        decision__case=case, decision__undone_at=None, state=ReviewState.WAITING
    ).first()
