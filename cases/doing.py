"""Does and undoes one action on one of many cases, each by the service that owns the step."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Final

from abusedesk.core import clock, ids
from abusedesk.core.errors import ClaimLostError, ConflictError, InvalidError, StaleError
from abusedesk.core.models import User
from cases import claims, fields, lineage, policy
from cases import terms as structured
from cases.choices import ActionKind, BulkAction
from cases.deeds import Deed
from cases.involved import accounts_of_case
from cases.models import BulkItem, Case, PolicyVersion
from cases.services.assignment import assign_case
from cases.services.case import SNOOZE_MAX, end_snooze, snooze_case
from cases.services.decision import record_decision, undo_decision
from cases.services.marking import MAX_LABELS, label_case
from cases.terms import Act, Terms
from cases.timeline import last_change_of
from detectors.choices import Outcome

SNOOZE_MIN: Final = timedelta(hours=1)
"""The last case is put away later than the first."""


@dataclass(frozen=True, slots=True)
class Doing:
    """One case, locked, and what is to become of it. `item` (not saved) remembers the way back."""

    actor: User
    deed: Deed
    item: BulkItem
    case: Case


def checked(deed: Deed, actor: User) -> Deed:
    """The deed as it can be done. Raises ForbiddenError, or InvalidError that names the field."""
    policy.require(actor, "case.bulk")
    policy.require(actor, deed.rule.verb)
    return _CHECKS[deed.action](deed)


def do(actor: User, item: BulkItem, deed: Deed) -> None:
    """Change the case of `item`. Raises what the service of the step refuses with."""
    case = claims.lock(item.case)
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
    _UNDO[deed.action](Doing(actor, deed, item, case))


def _check_close(deed: Deed) -> Deed:
    """Questions that a policy asks have one answer a case, so nobody answers them for many."""
    outcome = structured.outcome_of(deed.outcome)
    terms = Terms(policy=_policy_of(deed))
    structured.check(terms, case=Case(), outcome=outcome)
    if not deed.act:
        return replace(deed, days=None)
    if outcome != Outcome.ABUSE:
        message = "Only confirmed abuse has actions."
        raise InvalidError(message, field="act")
    if deed.act not in structured.KINDS[True]:
        message = "Choose an action that accounts can have."
        raise InvalidError(message, field="act")
    if deed.days is not None and not 1 <= deed.days <= structured.MAX_DAYS:
        message = f"An action lasts 1 to {structured.MAX_DAYS:,} days."
        raise InvalidError(message, field="days")
    return deed


def _check_assign(deed: Deed) -> Deed:
    _person_of(deed)
    return deed


def _check_label(deed: Deed) -> Deed:
    add, remove = ({fields.label(word) for word in words} for words in (deed.add, deed.remove))
    if not add | remove or len(add) > MAX_LABELS:
        message = f"Name labels to add, at most {MAX_LABELS}, or to remove."
        raise InvalidError(message, field="add")
    if both := sorted(add & remove):
        message = f"{both[0]} cannot be added and removed."
        raise InvalidError(message, field="remove")
    return replace(deed, add=tuple(sorted(add)), remove=tuple(sorted(remove)))


def _check_snooze(deed: Deed) -> Deed:
    now = clock.now()
    if not now + SNOOZE_MIN <= _until(deed) <= now + SNOOZE_MAX:
        message = f"Choose a time in the next {SNOOZE_MAX.days} days, at least an hour away."
        raise InvalidError(message, field="until")
    return deed


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
        terms=Terms(policy=_policy_of(deed), actions=_acts(deed, case)),
        held=doing.item.job.held,
        timed=False,
    )


def _assign(doing: Doing) -> None:
    doing.item.before = {"assignee": doing.case.assignee_id}
    assign_case(actor=doing.actor, case=doing.case, assignee=_person_of(doing.deed))


def _label(doing: Doing) -> None:
    had = set(doing.case.labels)
    add, remove = set(doing.deed.add) - had, set(doing.deed.remove) & had
    doing.item.before = {"added": sorted(add), "removed": sorted(remove)}
    label_case(actor=doing.actor, case=doing.case, labels=had - remove | add)


def _snooze(doing: Doing) -> None:
    snooze_case(actor=doing.actor, case=doing.case, until=_until(doing.deed))


def _open_again(doing: Doing) -> None:
    if doing.item.decision is not None:
        undo_decision(actor=doing.actor, decision=doing.item.decision, reclaim=False)


def _assign_back(doing: Doing) -> None:
    person = _person_of(doing.deed)
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


def _policy_of(deed: Deed) -> PolicyVersion | None:
    return PolicyVersion.objects.get(pk=deed.policy) if deed.policy else None


def _acts(deed: Deed, case: Case) -> tuple[Act, ...]:
    if not deed.act:
        return ()
    kind = ActionKind(deed.act)
    return tuple(Act(one, kind, deed.days) for one in accounts_of_case(case))


def _until(deed: Deed) -> datetime:
    if deed.until is None:
        message = "Say until when."
        raise InvalidError(message, field="until")
    return deed.until


def _person_of(deed: Deed) -> User | None:
    if not deed.assignee:
        return None
    person = User.objects.filter(username=deed.assignee, is_active=True).first()
    if person is None or not policy.allowed(person, "case.claim"):
        message = f"{deed.assignee} does not work on cases."
        raise InvalidError(message, field="assignee")
    return person


_CHECKS: Final[dict[BulkAction, Callable[[Deed], Deed]]] = {
    BulkAction.CLOSE: _check_close,
    BulkAction.ASSIGN: _check_assign,
    BulkAction.LABEL: _check_label,
    BulkAction.SNOOZE: _check_snooze,
}
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
