"""Reads own patterns: who gets them, what left, and how they fare with partners."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from django.db.models import Count, Max, Q, QuerySet

from abusedesk.core import clock
from abusedesk.core.errors import NotFoundError
from abusedesk.core.models import User
from cases import packing, policy
from cases.choices import PatternState
from cases.models import Circle, OutcomeTold, Partner, Pattern, PatternHandover, PatternRelease
from cases.offering import audience_of
from cases.sharing import egress, tlp
from cases.sharing.patterns import outcomes
from cases.sharing.patterns.outcomes import CONFIRMED, FALSE, Outcome


@dataclass(frozen=True, slots=True)
class PatternReceiver:
    """A partner and an own pattern. refused: in words why it does not get it as it is now.

    had: the newest revision that it may have; reached_at: when something of it last reached it.
    """

    partner: Partner
    refused: list[str]
    named: bool
    had: int
    reached_at: object


@dataclass(frozen=True, slots=True)
class Fares:
    """How one revision fares with partners: floors of what they told, never exact counts.

    imported: partners that it reached. enabled: those of them that told of any week.
    """

    revision: int
    imported: int
    enabled: int
    confirmed: int
    false: int

    @property
    def disputed(self) -> bool:
        """More of it was found false than right."""
        return outcomes.is_disputed({CONFIRMED: self.confirmed, FALSE: self.false})


def patterns_for(viewer: User) -> QuerySet[Pattern]:
    """Own patterns, newest first."""
    rows = Pattern.objects.select_related("circle", "author", "changed_by", "backtest")
    return rows if policy.allowed(viewer, "pattern.view") else rows.none()


def pattern_by_id(pattern_id: int, viewer: User) -> Pattern:
    """One of them. Raises NotFoundError."""
    row = patterns_for(viewer).filter(pk=pattern_id).first()
    if row is None:
        message = "There is no such pattern."
        raise NotFoundError(message)
    return row


def pattern_receivers_of(row: Pattern, viewer: User) -> list[PatternReceiver]:
    """Everybody in the circle or named: who gets it as it is now, who not and why."""
    if not policy.allowed(viewer, "pattern.view"):
        return []
    refused = packing.refusals_of(row)
    named = {one.pk for one in row.partners.all()}
    had = dict(
        PatternRelease.objects.filter(pattern=row, partners__in=refused.keys())
        .order_by()
        .values("partners")
        .annotate(newest=Max("revision"))
        .values_list("partners", "newest")
    )
    reached = dict(
        PatternHandover.objects.filter(release__pattern=row)
        .order_by()
        .values("partner")
        .annotate(last=Max("at"))
        .values_list("partner", "last")
    )
    partners = Partner.objects.filter(pk__in=refused.keys())
    return [
        PatternReceiver(
            one,
            [egress.REFUSALS[name] for name in refused[one.pk]],
            one.pk in named,
            had.get(one.pk, 0),
            reached.get(one.pk),
        )
        for one in partners
    ]


def fares_of(row: Pattern, viewer: User) -> list[Fares]:
    """Each revision that left, newest first."""
    if not policy.allowed(viewer, "pattern.view"):
        return []
    releases = row.releases.filter(revoked=False).annotate(
        reached=Count("handovers__partner", distinct=True)
    )
    told: dict[int, list[OutcomeTold]] = {}
    for one in OutcomeTold.objects.filter(pattern=row):
        told.setdefault(one.revision, []).append(one)
    return [
        _fares(one.revision, one.reached, told.get(one.revision, ()))
        for one in releases.order_by("-revision")
    ]


def releases_by_partner(circle: Circle, viewer: User) -> QuerySet[PatternRelease]:
    """What the partner behind a token may have of a circle's collection *Patterns*, in order.

    Decided before rows are counted off, as for objects of shares: what it was let out to, not over,
    of patterns that were not taken back, at a level that reaches it now. A revocation always does.
    """
    partner = Partner.objects.filter(user=viewer, active=True, memberships__circle=circle).first()
    if partner is None or not viewer.is_active:
        return PatternRelease.objects.none()
    audience = audience_of(circle, partner)
    today = clock.now().date()
    levels = [one for one in tlp.LEVELS if not egress.refusals(one, audience, today)]
    lives = Q(valid_until__gt=clock.now()) & ~Q(pattern__state=PatternState.REVOKED)
    named = Q(pattern__partners=partner)
    rows = PatternRelease.objects.filter(Q(revoked=True) | (lives & named), tlp__in=levels)
    mine = rows.filter(pattern__circle=circle, partners=partner)
    return mine.select_related("pattern").distinct().order_by("seq")


def pattern_handovers_for(viewer: User) -> QuerySet[PatternHandover]:
    """Lines of the ledger that are about patterns, newest first."""
    rows = PatternHandover.objects.select_related("partner", "release__pattern", "actor")
    return rows if policy.allowed(viewer, "ledger.view") else rows.none()


def _fares(revision: int, imported: int, told: Iterable[OutcomeTold]) -> Fares:
    rows = list(told)
    counts = outcomes.totals(
        Outcome("", one.revision, one.kind, one.monday, one.floor) for one in rows
    )
    enabled = len({one.partner_id for one in rows})
    return Fares(revision, imported, enabled, counts[CONFIRMED], counts[FALSE])
