"""Gives reports their case: the one about what they report, else a new one. Never two."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from functools import partial
from typing import Any, Final

import structlog
from django.db import transaction
from django.db.models import QuerySet

from abusedesk.core import audit, clock
from abusedesk.core.audit import Verb
from cases import facts, gates, lineage, reported, routing, states
from cases.choices import BENIGN, State
from cases.effects import BENIGN_FOR, decision_ref
from cases.faults import Taken, attempt, one_by_one
from cases.models import Case, CaseCampaign, CaseReport
from cases.opening import new_case, one_at_a_time
from cases.services.task import hand_out
from detectors.choices import CampaignState, EntityType
from detectors.selectors.verdict import verdicts_of

log = structlog.get_logger(__name__)

AT_ONCE: Final = 1_000
"""Reports of one target that are taken together: mass reporting is one change of one case."""
NAMED: Final = 3


def place(limit: int = 200) -> int:
    """Give up to `limit` targets that wait their case, each in a transaction. Returns how many."""
    return one_by_one(_place_one, limit, odd=_tell, task="cases.place_reports")


def _tell(row_id: int, fault: str) -> None:
    log.error("A report cannot be taken in", report=row_id, fault=fault)


@transaction.atomic
def _place_one(without: set[int]) -> Taken:
    one_at_a_time()
    row = _waiting().exclude(pk__in=without).order_by("pk").first()
    if row is None:
        return None, None
    return attempt(row.pk, partial(_place, row))


def _place(row: CaseReport) -> None:
    """Allow-list and snooze, the case there is, a new one: in this order."""
    rows = list(_waiting().filter(digest=row.digest).order_by("pk")[:AT_ONCE])
    if row.target_type == EntityType.ACCOUNT and gates.holds(row.target, len(rows)):
        _mark(rows, held=True)
        return
    case = _case_of(row)
    if case is None:
        _open(rows)
    else:
        _attach(case, rows)


def _open(rows: Sequence[CaseReport]) -> None:
    case = new_case(hits=len({row.signal_id for row in rows}))
    case.reports = case.hits
    case.severity = case.how_sure = case.priority = case.accounts = 0
    case.platforms = []
    case.save(force_insert=True)
    _mark(rows, case=case)
    facts.redescribe(case)
    case.save()
    rule = routing.route(case)
    tasks = hand_out(case=case)
    audit.append(
        actor=None,
        verb=Verb.CASE_OPENED_BY_REPORT,
        target=case,
        hits=case.hits,
        by=_by(rows),
        about=reported.shown(rows[0].target_type, rows[0].target),
        severity=case.severity,
        priority=case.priority,
        tasks=tasks,
    )
    routing.tell(case, rule)


def _attach(case: Case, rows: Sequence[CaseReport]) -> None:
    """Count the reports that are new to the case, and let its state decide what they mean."""
    signals = {row.signal_id for row in rows}
    known = CaseReport.objects.filter(case=case, signal_id__in=signals)
    new = len(signals - set(known.values_list("signal_id", flat=True)))
    _mark(rows, case=case)
    case.reports += new
    case.hits += new
    case.new_hits += new
    verb, data = (_late if case.state == State.CLOSED else _grow)(case)
    case.save()
    if new:
        audit.append(actor=None, verb=verb, target=case, hits=new, by=_by(rows), **data)


def _grow(case: Case) -> tuple[Verb, dict[str, Any]]:
    facts.redescribe(case)
    states.touch(case)
    return Verb.CASE_REPORTED, {}


def _late(case: Case) -> tuple[Verb, dict[str, Any]]:
    """A report after closing: it regresses the case, or stays quiet under a benign decision."""
    until = _quiet_until(case)
    if until is not None and until > clock.now():
        case.updated_at = clock.now()
        return Verb.CASE_SUPPRESSED, {"until": f"{until:%-d %b %Y}"}
    facts.redescribe(case)
    states.regress(case)
    why = "reported again after the decision" if until is None else "the benign decision expired"
    return Verb.CASE_REGRESSED, {"why": why}


def _quiet_until(case: Case) -> datetime | None:
    """When the benign decision ends that closed the case; None: it was no benign one."""
    decision = case.decisions.filter(undone_at=None).first()
    if decision is None or decision.outcome not in BENIGN:
        return None
    ends = [one.expires_at for one in verdicts_of(decision_ref(decision)) if one.expires_at]
    return max(ends, default=decision.created_at + BENIGN_FOR)


def _case_of(row: CaseReport) -> Case | None:
    """The case about this target, locked: active ones first.

    A closed case of a campaign says nothing of one of its accounts alone, so only a closed case
    that somebody reported is asked. Targets of one report that have no case of their own share one.
    """
    same = CaseReport.objects.exclude(case=None)
    about = _ids(same.filter(digest=row.digest))
    members = CaseCampaign.objects.filter(campaign__members__account=row.target).exclude(
        campaign__state=CampaignState.MERGED
    )
    of_campaigns = _ids(members) if row.target_type == EntityType.ACCOUNT else set()
    known = lineage.lock(about | of_campaigns)
    if active := [one for one in known if one.state in states.ACTIVE]:
        return active[0]
    if closed := [one for one in known if one.pk in about]:
        return max(closed, key=lambda one: (one.closed_at or one.opened_at, one.pk))
    siblings = lineage.lock(_ids(same.filter(signal_id=row.signal_id)))
    return next((one for one in siblings if one.state in states.ACTIVE), None)


def _ids(links: QuerySet[CaseReport] | QuerySet[CaseCampaign]) -> set[int]:
    """Cases of these rows, or those that took them in."""
    found = links.values_list("case", flat=True).order_by().distinct()
    return {lineage.survivor_id(case_id) for case_id in found}


def _mark(rows: Iterable[CaseReport], **values: Any) -> None:
    CaseReport.objects.filter(pk__in=[row.pk for row in rows]).update(**values)


def _waiting() -> QuerySet[CaseReport]:
    return CaseReport.objects.filter(case=None, held=False)


def _by(rows: Iterable[CaseReport]) -> str:
    names = list(dict.fromkeys(row.reporter for row in rows))
    more = f" and {len(names) - NAMED} more" if len(names) > NAMED else ""
    return ", ".join(names[:NAMED]) + more
