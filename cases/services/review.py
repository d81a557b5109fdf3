"""Second opinions on decisions, and what a lead makes of two that differ."""

from __future__ import annotations

from uuid import UUID

from django.db import transaction

from abusedesk.core import audit, clock
from abusedesk.core.audit import Verb
from abusedesk.core.errors import ConflictError, ForbiddenError, InvalidError
from abusedesk.core.models import User
from cases import claims, effects, fields, policy, reporters
from cases import terms as structured
from cases.choices import Confidence, ReviewState
from cases.models import SecondReview
from cases.services.decision import REASON_LIMIT
from cases.services.reversal import replace_decision
from cases.terms import NO_TERMS, Terms
from detectors.choices import Outcome


@transaction.atomic
def give_opinion(
    *, actor: User, review: SecondReview, outcome: Outcome, reason: str, terms: Terms = NO_TERMS
) -> SecondReview:
    """Say, without knowing the first verdict, what the case is. Agreement ends the review.

    A second opinion has no actions. Raises ForbiddenError for who decided the case,
    ConflictError when somebody else was faster, InvalidError.
    """
    policy.require(actor, "review.give", review.decision.case)
    outcome = structured.outcome_of(outcome)
    reason = fields.text(reason, field="reason", limit=REASON_LIMIT)
    row = _locked(review)
    if row.decision.actor_id == actor.pk:
        message = "You made this decision; the second opinion is somebody else's."
        raise ForbiddenError(message)
    _require_state(row, ReviewState.WAITING)
    structured.check(terms, case=row.decision.case, outcome=outcome)
    if terms.actions:
        message = "A second opinion acts on nobody."
        raise InvalidError(message, field="actions")
    agreed = _same(row, outcome, terms)
    row.state = ReviewState.AGREED if agreed else ReviewState.DISAGREED
    row.reviewer, row.reviewed_at = actor, clock.now()
    row.outcome, row.reason = outcome, reason
    row.policy_version, row.confidence = terms.policy, terms.confidence
    row.assessment = dict(terms.assessment)
    row.save()
    audit.append(
        actor=actor,
        verb=Verb.REVIEW_GIVEN,
        target=row.decision.case,
        review=row.pk,
        decision=row.decision_id,
        outcome=outcome.value,
        outcome_label=outcome.label,
        result=row.get_state_display().lower(),
        reason=reason,
    )
    reporters.mark(row.decision.case)
    if agreed:
        effects.release(row.decision, actor=actor)
    return row


@transaction.atomic
def settle_review(
    *, actor: User, review: SecondReview, first: bool, reason: str, key: UUID
) -> SecondReview:
    """Settle two opinions that differ, for the first or for the second, which then is put in place.

    Raises ForbiddenError for the two, ConflictError when nothing is to be settled, InvalidError.
    """
    policy.require(actor, "review.settle", review.decision.case)
    reason = fields.text(reason, field="reason", limit=REASON_LIMIT)
    row = _locked(review)
    if actor.pk in {row.decision.actor_id, row.reviewer_id}:
        message = "Your own opinion is one of the two; another lead settles this."
        raise ForbiddenError(message)
    _require_state(row, ReviewState.DISAGREED)
    row.state, row.settled_by, row.settled_at = ReviewState.SETTLED, actor, clock.now()
    row.settled_reason = reason
    row.save()
    outcome = Outcome(row.decision.outcome if first else row.outcome)
    if not first:
        replace_decision(
            actor=actor,
            decision=row.decision,
            outcome=outcome,
            reason=reason,
            terms=_terms_of(row),
            key=key,
        )
    audit.append(
        actor=actor,
        verb=Verb.REVIEW_SETTLED,
        target=row.decision.case,
        review=row.pk,
        decision=row.decision_id,
        outcome=outcome.value,
        outcome_label=outcome.label,
        reason=reason,
    )
    if first:
        effects.release(row.decision, actor=actor)
    return row


def _locked(review: SecondReview) -> SecondReview:
    """The review, locked after its case: an undo of the decision locks in the same order."""
    claims.lock(review.decision.case)
    rows = SecondReview.objects.select_for_update(no_key=True, of=("self",))
    return rows.select_related(
        "decision__case__queue", "decision__policy_version", "policy_version"
    ).get(pk=review.pk)


def _require_state(row: SecondReview, state: ReviewState) -> None:
    if row.state != state:
        message = f"This second look is over: {row.get_state_display().lower()}."
        raise ConflictError(message, state=str(row.state))


def _same(row: SecondReview, outcome: Outcome, terms: Terms) -> bool:
    """The same verdict; for abuse also under the same policy, of whatever version."""
    if outcome != row.decision.outcome:
        return False
    first = row.decision.policy_version
    names = {one.slug for one in (first, terms.policy) if one is not None}
    return outcome != Outcome.ABUSE or len(names) <= 1


def _terms_of(row: SecondReview) -> Terms:
    """What the second person said. Where both confirm abuse, the actions of the first stay."""
    both = row.outcome == row.decision.outcome == Outcome.ABUSE
    return Terms(
        policy=row.policy_version,
        confidence=Confidence(row.confidence) if row.confidence else None,
        assessment=row.assessment,
        actions=structured.acts_of(row.decision) if both else (),
    )
