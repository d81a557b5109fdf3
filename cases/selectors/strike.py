"""Reads what accounts, and the persons behind them, have against them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from django.db.models import Q, QuerySet

from abusedesk.core import clock
from abusedesk.core.models import User
from cases import strikes
from cases.involved import accounts_of_case, names_account_of
from cases.models import Case, Strike
from cases.selectors.decision import decisions_for
from detectors.selectors.person import Tie, persons_of


@dataclass(frozen=True, slots=True)
class Counted:
    """A strike, and what is left of its points today."""

    strike: Strike
    worth: float


@dataclass(frozen=True, slots=True)
class Standing:
    """One account: points today, and the strikes that still count, newest first.

    Strikes of accounts of the same person count too, but a decision once only. ties: to those
    accounts.
    """

    account: str
    points: float
    strikes: list[Counted]
    ties: list[Tie]


def strikes_for(viewer: User) -> QuerySet[Strike]:
    """Strikes that count today, of decisions that the viewer may know."""
    known = decisions_for(viewer).order_by()
    return Strike.objects.filter(
        decision__in=known, withdrawn_at=None, expires_at__gt=clock.now()
    ).select_related("decision__case", "decision__policy_version")


def standings_of(account: str, viewer: User) -> list[Standing]:
    """What one account has against it; nothing or one."""
    ties = persons_of([account])
    named = [account, *(tie.other for tie in ties)]
    return _standings([account], strikes_for(viewer).filter(value__in=named), ties)


def standings_by_case(case: Case, viewer: User) -> list[Standing]:
    """The accounts of a case with strikes from other cases, the worst first."""
    accounts = accounts_of_case(case)
    ties = persons_of(accounts)
    named = names_account_of(case, "value") | Q(value__in=[tie.other for tie in ties])
    rows = strikes_for(viewer).filter(named).exclude(decision__case=case.rests_on)
    return _standings(accounts, rows, ties)


def _standings(
    accounts: Sequence[str], rows: QuerySet[Strike], ties: Sequence[Tie]
) -> list[Standing]:
    at = clock.now()
    found: dict[str, list[Counted]] = defaultdict(list)
    for strike in rows.order_by("-pk"):
        found[strike.value].append(Counted(strike, strikes.worth(strike, at)))
    tied: dict[str, list[Tie]] = defaultdict(list)
    for tie in ties:
        if tie.other in found:
            tied[tie.account].append(tie)
    standings = [
        _standing(account, found, tied[account])
        for account in accounts
        if account in found or account in tied
    ]
    return sorted(standings, key=lambda one: (-one.points, one.account))


def _standing(
    account: str, found: Mapping[str, Sequence[Counted]], ties: Sequence[Tie]
) -> Standing:
    """A person with thirty accounts in one case got one strike there, not thirty."""
    persons = {account, *(tie.other for tie in ties)}
    counted = [one for name in persons for one in found.get(name, ())]
    counted.sort(key=lambda one: (one.worth, one.strike.pk))
    by_decision = {one.strike.decision_id: one for one in counted}
    kept = sorted(by_decision.values(), key=lambda one: -one.strike.pk)
    return Standing(account, sum(one.worth for one in kept), kept, list(ties))
