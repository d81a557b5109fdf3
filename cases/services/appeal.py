"""Appeals against decisions: handed in, and ruled on by somebody who had no part in it."""

from __future__ import annotations

from datetime import timedelta
from typing import Final
from uuid import UUID

from django.db import transaction
from django.db.models import Q

from abusedesk.core import audit, clock, ids
from abusedesk.core.audit import Verb
from abusedesk.core.errors import ConflictError, ForbiddenError, InvalidError
from abusedesk.core.models import Role, User
from cases import claims, fields, policy
from cases import terms as structured
from cases.choices import AppealState, ReviewState
from cases.models import Appeal, Case, Decision, SecondReview
from cases.services.decision import REASON_LIMIT
from cases.services.reversal import replace_decision
from cases.terms import NO_TERMS, Terms
from detectors.choices import Outcome

STATEMENT_LIMIT: Final = 20_000
HOURS: Final = 72  # for a ruling, where no policy says otherwise
RULINGS: Final = (AppealState.UPHELD, AppealState.CHANGED, AppealState.OVERTURNED)


@transaction.atomic
def open_appeal(
    *, actor: User, decision: Decision, appellant: str, statement: str, key: UUID
) -> Appeal:
    """Hand in an appeal. The same `key` again returns the first one.

    Integrations pass on what they receive and see no case. Raises ForbiddenError, InvalidError, or
    ConflictError when the decision was undone or an appeal against it waits already.
    """
    seen = None if actor.role == Role.INTEGRATION else decision.case
    policy.require(actor, "appeal.open", seen)
    appellant = fields.text(appellant, field="appellant", limit=242)
    statement = fields.text(statement, field="statement", limit=STATEMENT_LIMIT)
    case = claims.lock(decision.case)  # one at a time for each case
    if (first := Appeal.objects.filter(key=key).first()) is not None:
        return _same(first, decision, actor)
    decision = Decision.objects.select_related("policy_version").get(pk=decision.pk)
    _require_appealable(decision)
    under = decision.policy_version
    hours = under.appeal_hours if under else HOURS
    appeal = Appeal.objects.create(
        decision=decision,
        key=key,
        appellant=appellant,
        statement=statement,
        opened_by=actor,
        due_at=clock.now() + timedelta(hours=hours),
    )
    _tell(Verb.APPEAL_OPENED, appeal, actor, case, appellant=appellant)
    return appeal


@transaction.atomic
def rule_appeal(
    *,
    actor: User,
    appeal: Appeal,
    ruling: AppealState,
    reason: str,
    outcome: Outcome | None = None,
    terms: Terms = NO_TERMS,
) -> Appeal:
    """Uphold, change (to `outcome` under `terms`) or overturn, which says that there was no abuse.

    A change and an overturn reverse the decision, with all that receivers were told. Raises
    ForbiddenError for who had a part in it, ConflictError, InvalidError.
    """
    policy.require(actor, "appeal.rule", appeal.decision.case)
    reason = fields.text(reason, field="reason", limit=REASON_LIMIT)
    case = claims.lock(appeal.decision.case)
    row = _locked(appeal)
    _require_impartial(row, actor)
    _require_waiting(row)
    wanted = _checked(ruling, outcome, terms, case)
    row.state, row.ruled_by, row.ruled_at = ruling, actor, clock.now()
    row.ruling = reason
    row.save()
    if wanted is not None:
        replace_decision(
            actor=actor,
            decision=row.decision,
            outcome=wanted,
            reason=reason,
            terms=terms,
            key=ids.new_uuid(),
        )
    _tell(Verb.APPEAL_RULED, row, actor, case, result=row.get_state_display(), reason=reason)
    return row


def _same(first: Appeal, decision: Decision, actor: User) -> Appeal:
    if (first.decision_id, first.opened_by_id) != (decision.pk, actor.pk):
        message = "This key belongs to another appeal."
        raise InvalidError(message, field="key")
    return first


def _require_appealable(decision: Decision) -> None:
    if decision.undone_at is not None:
        message = "This decision was taken back; there is nothing to appeal against."
        raise ConflictError(message)
    if decision.appeals.filter(state=AppealState.WAITING).exists():
        message = "An appeal against this decision waits already."
        raise ConflictError(message)


def _locked(appeal: Appeal) -> Appeal:
    rows = Appeal.objects.select_for_update(no_key=True, of=("self",))
    return rows.select_related("decision__case", "decision__second_review").get(pk=appeal.pk)


def _require_impartial(row: Appeal, actor: User) -> None:
    """Not who decided, gave the second opinion, settled, or ruled on an appeal before."""
    decision = row.decision
    part = (
        decision.actor_id == actor.pk
        or SecondReview.objects.filter(decision=decision)
        .filter(Q(reviewer=actor) | Q(settled_by=actor))
        .exists()
        or decision.appeals.filter(ruled_by=actor).exists()
    )
    if part:
        message = "You had a part in this decision; somebody else rules on the appeal."
        raise ForbiddenError(message)


def _require_waiting(row: Appeal) -> None:
    if row.state != AppealState.WAITING:
        message = f"This appeal is over: {row.get_state_display().lower()}."
        raise ConflictError(message, state=str(row.state))
    asked = (ReviewState.WAITING, ReviewState.DISAGREED)
    if SecondReview.objects.filter(decision=row.decision, state__in=asked).exists():
        message = "The second look at this decision comes first."
        raise ConflictError(message)


def _checked(
    ruling: AppealState, outcome: Outcome | None, terms: Terms, case: Case
) -> Outcome | None:
    """The outcome that takes the place of the first; None when that one stays."""
    if ruling not in RULINGS:
        message = f"Choose a ruling: {', '.join(RULINGS)}."
        raise InvalidError(message, field="ruling")
    if ruling == AppealState.UPHELD:
        return None
    if ruling == AppealState.OVERTURNED:
        outcome = Outcome.NO_ABUSE
    wanted = structured.outcome_of(outcome or "")
    structured.check(terms, case=case, outcome=wanted)
    return wanted


def _tell(verb: Verb, appeal: Appeal, actor: User, case: Case, **more: str) -> None:
    audit.append(
        actor=actor,
        verb=verb,
        target=case,
        appeal=appeal.pk,
        decision=appeal.decision_id,
        **more,
    )
