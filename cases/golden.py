"""Checks with a known answer: for whom they exist, and that they set off nothing.

A check is a copy of a closed case. It exists for one reviewer only, and for that reviewer takes the
place of the case itself until the own result was seen.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import timedelta
from typing import Any, Final

from django.db.models import BooleanField, F, Func, Q, QuerySet, Value

from abusedesk.core import clock
from abusedesk.core.models import User
from cases.models import Case, Decision, GoldenCheck

OWN_FIRST: Final = timedelta(hours=48)
"""A lead sees a result when the reviewer has seen it, at the latest after this time."""


def shown_to(viewer: User, case: str = "pk") -> Q:
    """Condition: `case` is no check of somebody else, nor what an unseen check stands for."""
    at = "" if case == "pk" else f"{case}__"
    own = Q(**{f"{at}only_for": None}) | Q(**{f"{at}only_for": viewer.pk})
    return own & Q(_NotUnseen(F(case), Value(viewer.pk)))


def seen_as(cases: QuerySet[Any, Any] | Iterable[int]) -> Q:
    """Condition: one of these cases, or a check that shows the evidence of one."""
    return Q(pk__in=cases) | Q(stands_for__in=cases)


def is_check(case: Case) -> bool:
    """Whether a decision on it sets off nothing."""
    return case.stands_for_id is not None


def told(checks: str = "") -> Q:
    """Condition on checks: decided, and no longer the reviewer's alone to see.

    checks: where they stand, such as `checks__`.
    """
    late = Q(**{f"{checks}decided_at__lte": clock.now() - OWN_FIRST})
    seen = Q(**{f"{checks}decided_at__isnull": False, f"{checks}seen_at__isnull": False})
    return seen | late


def answer(decision: Decision) -> None:
    """Keep what the reviewer said; once the result was seen, the first answer stands."""
    GoldenCheck.objects.filter(case=decision.case_id, seen_at=None).update(
        outcome=decision.outcome,
        policy_version=decision.policy_version_id,
        decided_at=decision.created_at,
    )


def forget(decision: Decision) -> None:
    """The answer was taken back before the result was seen."""
    GoldenCheck.objects.filter(case=decision.case_id, seen_at=None).update(
        outcome="", policy_version=None, decided_at=None
    )


class _NotUnseen(Func):
    """A case that no unseen check of this person stands for.

    In words of SQL: nine counts on every page ask it, and building nine querysets took longer than
    they run. An array, since the planner takes NOT IN for half of all cases.
    """

    template = "%(expressions)s))"
    arg_joiner = """ <> ALL (ARRAY(
        SELECT item.case_id FROM cases_goldencheck AS unseen
        JOIN cases_goldenitem AS item ON item.id = unseen.item_id
        WHERE unseen.seen_at IS NULL AND unseen.reviewer_id = """
    output_field = BooleanField()
