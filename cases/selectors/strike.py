"""Reads what accounts have against them."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass

from django.db.models import QuerySet

from abusedesk.core import clock
from abusedesk.core.models import User
from cases import strikes
from cases.involved import names_account_of
from cases.models import Case, Strike
from cases.selectors.decision import decisions_for


@dataclass(frozen=True, slots=True)
class Counted:
    """A strike, and what is left of its points today."""

    strike: Strike
    worth: float


@dataclass(frozen=True, slots=True)
class Standing:
    """One account: points today, and the strikes that still count, newest first."""

    account: str
    points: float
    strikes: list[Counted]


def strikes_for(viewer: User) -> QuerySet[Strike]:
    """Strikes that count today, of decisions that the viewer may know."""
    known = decisions_for(viewer).order_by()
    return Strike.objects.filter(
        decision__in=known, withdrawn_at=None, expires_at__gt=clock.now()
    ).select_related("decision__case", "decision__policy_version")


def standings_of(account: str, viewer: User) -> list[Standing]:
    """What one account has against it; nothing or one."""
    return _standings(strikes_for(viewer).filter(value=account))


def standings_by_case(case: Case, viewer: User) -> list[Standing]:
    """The accounts of a case with strikes from other cases, the worst first."""
    rows = strikes_for(viewer).filter(names_account_of(case, "value"))
    return _standings(rows.exclude(decision__case=case.rests_on))


def _standings(rows: QuerySet[Strike]) -> list[Standing]:
    at = clock.now()
    found: dict[str, list[Counted]] = defaultdict(list)
    for strike in rows.order_by("-pk"):
        found[strike.value].append(Counted(strike, strikes.worth(strike, at)))
    standings = [Standing(name, sum(one.worth for one in of), of) for name, of in found.items()]
    return sorted(standings, key=lambda one: (-one.points, one.account))
