"""Reads which cases an entity plays a part in, how they ended, and what happened to it when."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from django.db.models import Prefetch, Q

from abusedesk.core.models import User
from cases import golden
from cases.blind import unveiled
from cases.choices import State
from cases.models import (
    AutomatedAction,
    Case,
    CaseAddition,
    CaseReport,
    Decision,
    EntityAction,
    Strike,
)
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
    """Cases with this account, that rest on one of these findings, about a report of it, or to
    which a person added it; newest first.
    """
    if entity.type == EntityType.ACCOUNT:
        members = CampaignMember.objects.filter(account=entity.value)
        named = Q(campaign_links__campaign__in=members.values("campaign"))
    else:
        evidence = CampaignFinding.objects.filter(finding__in=finding_ids)
        named = Q(campaign_links__campaign__in=evidence.values("campaign"))
    reports = CaseReport.objects.filter(digest=bytes(entity.digest)).values("case")
    added = CaseAddition.objects.filter(digest=bytes(entity.digest)).values("case")
    found = Case.objects.filter(named | Q(pk__in=reports) | Q(pk__in=added))
    rows = cases_for(viewer).filter(golden.seen_as(found.values("pk")))
    asked = EntityAction.objects.filter(
        entity_type=entity.type, value=entity.value, reversed_at=None
    )
    made = Decision.objects.filter(unveiled(viewer), undone_at=None).select_related("actor")
    rows = rows.prefetch_related(
        Prefetch("decisions", made.prefetch_related(Prefetch("actions", asked)))
    )
    return [_involved(case) for case in rows.order_by("-opened_at", "-id")[:SHOWN]]


def refs_by_account(accounts: Collection[str], viewer: User, *, but: Case) -> dict[str, list[str]]:
    """Account -> cases of the viewer's queues that name it, the oldest first, without `but`."""
    rows = (
        cases_for(viewer)
        .exclude(pk__in={but.pk, but.rests_on})
        .exclude(state=State.MERGED)
        .filter(campaign_links__campaign__members__account__in=accounts)
        .order_by("pk")
        .values_list("campaign_links__campaign__members__account", "ref")
        .distinct()
    )
    found: dict[str, list[str]] = {}
    wanted = set(accounts)
    for account, ref in rows:
        if account in wanted:
            found.setdefault(account, []).append(ref)
    return found


def history_of(
    entity: Entity,
    findings: Iterable[Finding],
    cases: Iterable[Involved],
    standings: Iterable[Standing],
    automated: Iterable[AutomatedAction] = (),
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
        *(Moment(one.created_at, "detector", _automated(one)) for one in automated),
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


def _automated(one: AutomatedAction) -> str:
    """What a detector set off, or would have."""
    why = f", {one.why}" if one.why else ""
    state = one.get_state_display().lower()
    by = f"{one.detector} version {one.config.number}"
    return f"{one.get_kind_display().lower()} by itself, {by}: {state}{why}"


def _struck(strike: Strike, standing: Standing) -> str:
    """Whom it was given to, where that was another account of the person."""
    other = "" if strike.value == standing.account else f" of {strike.value}"
    return f"{strike.points} strike points{other}"


def _ref(strike: Strike) -> str:
    return strike.decision.case.ref
