"""Does and undoes one action on one of many cases, each by the service that owns the step."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from abusedesk.core import ids
from abusedesk.core.errors import ClaimLostError, ConflictError, StaleError
from abusedesk.core.models import User
from cases import claims, doable, lineage
from cases.choices import ActionKind, BulkAction, State
from cases.deeds import Deed
from cases.involved import accounts_of_case
from cases.models import BulkItem, Case
from cases.services.assignment import assign_case
from cases.services.case import end_snooze, snooze_case
from cases.services.decision import record_decision, undo_decision
from cases.services.marking import label_case
from cases.terms import Act, Terms
from cases.timeline import last_change_of
from detectors.choices import Outcome


@dataclass(frozen=True, slots=True)
class Doing:
    """One case, locked, and what is to become of it. `item` (not saved) remembers the way back."""

    actor: User
    deed: Deed
    item: BulkItem
    case: Case


def do(actor: User, item: BulkItem, deed: Deed) -> None:
    """Change the case of `item`. Raises what the service of the step refuses with."""
    case = claims.lock(item.case)
    if State(case.state) not in deed.rule.states:
        raise _moved_on(case)
    holder = claims.holder_of(case)
    if holder not in (None, actor):
        message = f"{case.ref} is claimed by {holder}."
        raise ClaimLostError(message, holder=str(holder))
    if deed.rule.careful and case.version != item.version:
        message = f"{case.ref} has changed since: {last_change_of(case)}."
        raise StaleError(message, version=case.version)
    _DO[deed.action](Doing(actor, deed, item, case))


def undo(actor: User, item: BulkItem, deed: Deed) -> None:
    """Put the case of `item` back. Raises ConflictError that says what changed since."""
    case = claims.lock(item.case)
    if case.state == State.MERGED:
        raise _moved_on(case)
    _UNDO[deed.action](Doing(actor, deed, item, case))


def _close(doing: Doing) -> None:
    actor, case, deed = doing.actor, doing.case, doing.deed
    claim_id = case.claim_id if claims.holder_of(case) else None
    if claim_id is None:
        claim_id = claims.give(case, actor)
        case.save(update_fields=claims.FIELDS)
    lineage.touch(case)
    doing.item.decision = record_decision(
        actor=actor,
        case=case,
        claim_id=claim_id,
        outcome=Outcome(deed.outcome),
        reason=doing.item.job.reason,
        key=ids.new_uuid(),
        terms=Terms(policy=doable.policy_of(deed), actions=_acts(deed, case)),
        held=doing.item.job.held,
        timed=False,
    )


def _assign(doing: Doing) -> None:
    doing.item.before = {"assignee": doing.case.assignee_id}
    assign_case(actor=doing.actor, case=doing.case, assignee=doable.person_of(doing.deed))


def _label(doing: Doing) -> None:
    had = set(doing.case.labels)
    add, remove = set(doing.deed.add) - had, set(doing.deed.remove) & had
    doing.item.before = {"added": sorted(add), "removed": sorted(remove)}
    label_case(actor=doing.actor, case=doing.case, labels=had - remove | add)


def _snooze(doing: Doing) -> None:
    snooze_case(actor=doing.actor, case=doing.case, until=doable.until_of(doing.deed))


def _open_again(doing: Doing) -> None:
    if doing.item.decision is not None:
        undo_decision(actor=doing.actor, decision=doing.item.decision, reclaim=False)


def _assign_back(doing: Doing) -> None:
    person = doable.person_of(doing.deed)
    if doing.case.assignee != person:
        message = f"{doing.case.ref} waits for {doing.case.assignee or 'nobody'} now."
        raise ConflictError(message)
    earlier = User.objects.filter(pk=doing.item.before["assignee"]).first()
    assign_case(actor=doing.actor, case=doing.case, assignee=earlier)


def _label_back(doing: Doing) -> None:
    added, removed = (set(doing.item.before[name]) for name in ("added", "removed"))
    labels = set(doing.case.labels) - added | removed
    label_case(actor=doing.actor, case=doing.case, labels=labels)


def _wake(doing: Doing) -> None:
    end_snooze(actor=doing.actor, case=doing.case)


def _moved_on(case: Case) -> ConflictError:
    message = f"{case.ref} is {case.get_state_display().lower()} now."
    return ConflictError(message, state=case.state)


def _acts(deed: Deed, case: Case) -> tuple[Act, ...]:
    if not deed.act:
        return ()
    kind = ActionKind(deed.act)
    return tuple(Act(one, kind, deed.days) for one in accounts_of_case(case))


_DO: Final[dict[BulkAction, Callable[[Doing], None]]] = {
    BulkAction.CLOSE: _close,
    BulkAction.ASSIGN: _assign,
    BulkAction.LABEL: _label,
    BulkAction.SNOOZE: _snooze,
}
_UNDO: Final[dict[BulkAction, Callable[[Doing], None]]] = {
    BulkAction.CLOSE: _open_again,
    BulkAction.ASSIGN: _assign_back,
    BulkAction.LABEL: _label_back,
    BulkAction.SNOOZE: _wake,
}
