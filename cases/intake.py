"""Pulls campaigns into cases: gates, attach or open, regress. Never two cases for one campaign."""

from __future__ import annotations

from functools import partial
from typing import Any, Final

import structlog
from django.db import transaction

from abusedesk.core import audit, clock
from abusedesk.core.audit import Verb
from cases import facts, gates, lineage, routing, states
from cases.choices import BENIGN, State
from cases.effects import decision_ref
from cases.facts import Picture
from cases.faults import Taken, attempt, one_by_one
from cases.models import Case, CaseCampaign, Decision
from cases.opening import new_case, one_at_a_time
from cases.services.task import hand_out
from detectors.choices import CampaignState
from detectors.models import Campaign
from detectors.selectors.verdict import verdicts_of
from detectors.services import intake as campaigns
from detectors.services.audit_draw import is_drawn

log = structlog.get_logger(__name__)

Told = tuple[Verb, dict[str, Any]]

GROWTH: Final = 2


def intake(limit: int = 50) -> int:
    """Take in up to `limit` campaigns, each in its own transaction. Returns how many."""
    return one_by_one(_take_one, limit, odd=_tell, task="cases.intake")


def _tell(campaign_id: int, fault: str) -> None:
    log.error("A campaign cannot be taken in", campaign=campaign_id, fault=fault)


@transaction.atomic
def _take_one(without: set[int]) -> Taken:
    campaign = campaigns.next_for_intake(without=without)
    if campaign is None:
        return None, None
    return attempt(campaign.pk, partial(_take_in, campaign))


def _take_in(campaign: Campaign) -> None:
    """Allow-list, snooze, attach to the case there is, open: in this order."""
    campaigns.mark_taken(campaign=campaign)
    heir = lineage.heir_of(campaign)
    one_at_a_time()
    case, others = lineage.cases_of(heir)
    if case is None and heir.state != CampaignState.OPEN and not is_drawn(campaign=heir):
        return
    gates.count_hits(heir)
    held = gates.held_by(heir)
    if held is not None:
        _note_held(heir, case, held)
    elif case is not None:
        _attach(case, heir, others)
    else:
        open_case(heir)


def _note_held(campaign: Campaign, case: Case | None, held: gates.Held) -> None:
    audit.append(
        actor=None,
        verb=Verb.CAMPAIGN_HELD,
        target=case or campaign,
        campaign=campaign.pk,
        gate=held.kind.label,
        accounts=held.accounts,
        size=campaign.size,
    )


def open_case(campaign: Campaign) -> Case:
    """A new case for a campaign that is in none."""
    picture = facts.picture_of([campaign])
    case = new_case(hits=max(1, picture.facts.signals))
    facts.describe(case, picture)
    case.save(force_insert=True)
    CaseCampaign.objects.create(case=case, campaign=campaign, revision=campaign.revision)
    rule = routing.route(case)
    tasks = hand_out(case=case)
    audit.append(
        actor=None,
        verb=Verb.CASE_OPENED,
        target=case,
        campaign=campaign.pk,
        hits=case.hits,
        accounts=case.accounts,
        severity=case.severity,
        priority=case.priority,
        tasks=tasks,
    )
    routing.tell(case, rule)
    return case


def _attach(case: Case, heir: Campaign, others: list[Case]) -> None:
    """Count what is new, and let the state decide what it means."""
    absorbed = lineage.absorb(case, others)
    CaseCampaign.objects.update_or_create(
        campaign=heir, defaults={"case": case, "revision": heir.revision}
    )
    if lineage.is_touched(case):
        lineage.touch(case)
    picture = facts.picture_of(facts.live_campaigns(case) or [heir])
    new = max(0, picture.facts.signals + case.reports - case.hits)
    case.hits += new
    case.new_hits += new
    told = (_late if case.state == State.CLOSED else _grow)(case, picture, new)
    case.save()
    lineage.tell(absorbed, new)
    if told is not None:
        verb, data = told
        audit.append(actor=None, verb=verb, target=case, campaign=heir.pk, hits=new, **data)


def _grow(case: Case, picture: Picture, new: int) -> Told | None:
    """An open case takes everything in; a changed picture without new signals says so."""
    before = (case.accounts, case.severity, case.title)
    facts.describe(case, picture)
    states.touch(case)
    if new:
        return Verb.CASE_GREW, {"accounts": case.accounts, "priority": case.priority}
    if before != (case.accounts, case.severity, case.title):
        return Verb.CASE_CHANGED, {"what": f"{case.accounts} accounts", "title": case.title}
    return None


def _late(case: Case, picture: Picture, new: int) -> Told | None:
    """Evidence after closing: it regresses the case, or stays quiet under a benign decision."""
    decision = case.decisions.filter(undone_at=None).first()
    why, until = _reopens(decision, picture, new)
    if why:
        facts.describe(case, picture)
        states.regress(case)
        return Verb.CASE_REGRESSED, {"why": why, "accounts": case.accounts}
    if new:
        case.updated_at = clock.now()
        return Verb.CASE_SUPPRESSED, {"until": until}
    return None


def _reopens(decision: Decision | None, picture: Picture, new: int) -> tuple[str, str]:
    """(why the case comes back, or "", until when it is kept closed)."""
    if decision is None or decision.outcome not in BENIGN:
        return ("new evidence after the decision" if new else ""), ""
    verdicts = list(verdicts_of(decision_ref(decision)))
    ends = [one.expires_at for one in verdicts if one.expires_at is not None]
    if not ends or max(ends) <= clock.now():
        return ("the benign decision has expired" if new else ""), ""
    until = f"{max(ends):%-d %b %Y}"
    known = {family for one in verdicts for family in one.families}
    if fresh := sorted(picture.families - known):
        return f"new kind of evidence: {', '.join(fresh)}", until
    size = sum(one.size for one in verdicts)
    if picture.facts.accounts >= GROWTH * size:
        return f"{picture.facts.accounts} accounts, {size} when it was decided", until
    return "", until
