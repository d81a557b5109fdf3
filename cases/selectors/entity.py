"""Reads which cases an entity plays a part in, how they ended, and what happened to it when."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from django.db.models import Prefetch, Q

from abusedesk.core.models import User
from cases import golden
from cases.blind import unveiled
from cases.models import Case, CaseReport, Decision, EntityAction, Strike
from cases.selectors.case import cases_for
from cases.selectors.strike import Standing
from detectors.choices import EntityType
from detectors.models import CampaignFinding, CampaignMember, Entity, Finding

SHOWN: Final = 20
MOMENTS: Final = 60


@dataclass(frozen=True, slots=True)
class Involved:
    """A case, its decision in force that the viewer may know, and what that asks for the entity."""

    case: Case
    decision: Decision | None
    actions: list[EntityAction]


@dataclass(frozen=True, slots=True)
class Moment:
    """Something that happened to an entity. ref: of the case it happened in, "" for none."""

    at: datetime
    icon: str
    sentence: str
    ref: str = ""


def cases_by_entity(entity: Entity, finding_ids: Sequence[int], viewer: User) -> list[Involved]:
    """Cases with this account, that rest on one of these findings, or about a report of it, newest
    first.
    """
    if entity.type == EntityType.ACCOUNT:
        members = CampaignMember.objects.filter(account=entity.value)
        named = Q(campaign_links__campaign__in=members.values("campaign"))
    else:
        evidence = CampaignFinding.objects.filter(finding__in=finding_ids)
        named = Q(campaign_links__campaign__in=evidence.values("campaign"))
    reports = CaseReport.objects.filter(digest=bytes(entity.digest)).values("case")
    found = Case.objects.filter(named | Q(pk__in=reports))
    rows = cases_for(viewer).filter(golden.seen_as(found.values("pk")))
    asked = EntityAction.objects.filter(
        entity_type=entity.type, value=entity.value, reversed_at=None
    )
    made = Decision.objects.filter(unveiled(viewer), undone_at=None).select_related("actor")
    rows = rows.prefetch_related(
        Prefetch("decisions", made.prefetch_related(Prefetch("actions", asked)))
    )
    return [_involved(case) for case in rows.order_by("-opened_at", "-id")[:SHOWN]]


def history_of(
    entity: Entity,
    findings: Iterable[Finding],
    cases: Iterable[Involved],
    standings: Iterable[Standing],
) -> list[Moment]:
    """What the page of an entity speaks of in the order of time, the newest first."""
    moments = [
        Moment(entity.first_seen_at, "signal", "seen for the first time"),
        Moment(entity.last_seen_at, "signal", "seen last"),
        *(Moment(one.first_at, "detector", f"{one.detector}: {one.sentence}") for one in findings),
        *(moment for one in cases for moment in _moments(one)),
        *(
            Moment(one.strike.given_at, "warn", _struck(one.strike, standing), _ref(one.strike))
            for standing in standings
            for one in standing.strikes
        ),
    ]
    return sorted(moments, key=lambda one: one.at, reverse=True)[:MOMENTS]


def _involved(case: Case) -> Involved:
    made = next(iter(case.decisions.all()), None)
    return Involved(case, made, list(made.actions.all()) if made else [])


def _moments(one: Involved) -> Iterator[Moment]:
    yield Moment(one.case.opened_at, "case", "a case was opened", one.case.ref)
    if (made := one.decision) is not None:
        said = f"{made.actor} decided: {made.get_outcome_display().lower()}"
        yield Moment(made.created_at, "check", said, one.case.ref)


def _struck(strike: Strike, standing: Standing) -> str:
    """Whom it was given to, where that was another account of the person."""
    other = "" if strike.value == standing.account else f" of {strike.value}"
    return f"{strike.points} strike points{other}"


def _ref(strike: Strike) -> str:
    return strike.decision.case.ref
