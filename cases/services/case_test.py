"""Saves a confirmed case as a test: what detectors found in it they must find from now on."""

from __future__ import annotations

from django.db import transaction

from abusedesk.core import audit
from abusedesk.core.audit import Verb
from abusedesk.core.errors import ConflictError
from abusedesk.core.models import User
from cases import claims, facts, golden, policy
from cases.choices import ReviewState, State
from cases.involved import accounts_of_case
from cases.models import Case, Decision, SecondReview
from detectors.choices import Outcome
from detectors.models import Scenario
from detectors.services.scenario import DAYS, erase_of, save_scenario

TAKEN_BACK = "its decision was taken back"


@transaction.atomic
def save_case_as_test(*, actor: User, case: Case, reason: str, days: int = DAYS) -> Scenario:
    """Copy the signals behind a case that was confirmed, for so many days.

    Raises ForbiddenError, NotFoundError, ConflictError for a case that is not closed as confirmed
    or is a test already, or InvalidError naming the field.
    """
    policy.require(actor, "case.test", case)
    case = claims.lock(case)
    if _second_look_waits(case):
        message = f"A second opinion on {case.ref} is still to come."
        raise ConflictError(message, field="case")
    if golden.is_check(case) or case.state != State.CLOSED or not _is_confirmed(case):
        message = f"{case.ref} is not closed as confirmed; only such a case has to be found again."
        raise ConflictError(message, field="case")
    scenario = save_scenario(
        actor=actor,
        origin=case.ref,
        accounts=accounts_of_case(case),
        findings=list(facts.findings_behind(facts.live_campaigns(case)).select_related("config")),
        reason=reason,
        days=days,
    )
    detectors = scenario.expected.order_by("detector").values_list("detector", flat=True)
    audit.append(
        actor=actor,
        verb=Verb.CASE_TESTED,
        target=case,
        detectors=", ".join(detectors),
        reason=scenario.reason,
    )
    return scenario


def end_case_test(*, case: Case) -> int:
    """Erase the test of a case whose decision was taken back. Returns how many that were."""
    return erase_of(origin=case.ref, reason=TAKEN_BACK)


def _second_look_waits(case: Case) -> bool:
    """Whether somebody is to judge it who may not know the first verdict: a test would tell it."""
    return SecondReview.objects.filter(
        decision__case=case, decision__undone_at=None, state=ReviewState.WAITING
    ).exists()


def _is_confirmed(case: Case) -> bool:
    """Whether the decision that stands says so, and is in force."""
    standing = Decision.objects.filter(case=case, undone_at=None, replaced_by=None)
    last = standing.order_by("-id").first()
    return last is not None and last.outcome == Outcome.ABUSE and not last.held
