"""Checks what is to be done to many cases before anything is, and reads what it names."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Final

from abusedesk.core import clock
from abusedesk.core.errors import InvalidError
from abusedesk.core.models import User
from cases import fields, policy
from cases import terms as structured
from cases.choices import BulkAction
from cases.deeds import Deed
from cases.models import Case, PolicyVersion
from cases.services.case import SNOOZE_MAX
from cases.services.marking import MAX_LABELS
from cases.terms import Terms
from detectors.choices import Outcome

SNOOZE_MIN: Final = timedelta(hours=1)
"""The last case is put away later than the first."""


def checked(deed: Deed, actor: User) -> Deed:
    """The deed as it can be done. Raises ForbiddenError, or InvalidError that names the field."""
    policy.require(actor, "case.bulk")
    policy.require(actor, deed.rule.verb)
    return _CHECKS[deed.action](deed)


def policy_of(deed: Deed) -> PolicyVersion | None:
    """The version that a close is decided under."""
    return PolicyVersion.objects.get(pk=deed.policy) if deed.policy else None


def until_of(deed: Deed) -> datetime:
    """The end of a snooze. Raises InvalidError without one."""
    if deed.until is None:
        message = "Say until when."
        raise InvalidError(message, field="until")
    return deed.until


def person_of(deed: Deed) -> User | None:
    """Whom cases are given to. Raises InvalidError for who takes none."""
    if not deed.assignee:
        return None
    person = User.objects.filter(username=deed.assignee, is_active=True).first()
    if person is None or not policy.allowed(person, "case.claim"):
        message = f"{deed.assignee} does not work on cases."
        raise InvalidError(message, field="assignee")
    return person


def _check_close(deed: Deed) -> Deed:
    """Questions that a policy asks have one answer a case, so nobody answers them for many."""
    outcome = structured.outcome_of(deed.outcome)
    terms = Terms(policy=policy_of(deed))
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
    person_of(deed)
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
    if not now + SNOOZE_MIN <= until_of(deed) <= now + SNOOZE_MAX:
        message = f"Choose a time in the next {SNOOZE_MAX.days} days, at least an hour away."
        raise InvalidError(message, field="until")
    return deed


_CHECKS: Final[dict[BulkAction, Callable[[Deed], Deed]]] = {
    BulkAction.CLOSE: _check_close,
    BulkAction.ASSIGN: _check_assign,
    BulkAction.LABEL: _check_label,
    BulkAction.SNOOZE: _check_snooze,
}
