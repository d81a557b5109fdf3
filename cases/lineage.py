"""Which case a campaign belongs to when campaigns have gone into each other."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from abusedesk.core import audit
from abusedesk.core.audit import Verb
from abusedesk.core.models import User
from cases import belongings, claims, snapshot, states
from cases.choices import LineageKind, State, Tlp
from cases.models import Case, CaseCampaign, CaseLineage, CaseReport
from cases.reported import report_count
from detectors.choices import CampaignState, EntityType
from detectors.entities import digest_of
from detectors.models import Campaign, Touched
from detectors.services.intake import lock_campaign, mark_touched


def heir_of(campaign: Campaign) -> Campaign:
    """The campaign into which this one went, at the end of the chain, locked."""
    heir = campaign
    while heir.merged_into_id is not None:
        heir = lock_campaign(campaign_id=heir.merged_into_id)
    return heir


def cases_of(heir: Campaign) -> tuple[Case | None, list[Case]]:
    """The case that goes on, and others of campaigns that went into `heir`; all locked.

    Active cases in which a member was reported are among them: it is one operation. The heir's own
    case goes on; else one that is still open, else the oldest.
    """
    links = dict(
        CaseCampaign.objects.filter(campaign__in=_family(heir)).values_list("campaign", "case")
    )
    found = lock({survivor_id(case_id) for case_id in links.values()} | _reported(heir))
    if not found:
        return None, []
    own = survivor_id(links[heir.pk]) if heir.pk in links else 0
    found.sort(key=lambda case: (case.pk != own, case.state not in states.ACTIVE, case.pk))
    return found[0], found[1:]


def absorb(case: Case, others: list[Case]) -> list[CaseLineage]:
    """Merge into `case` those that nobody has touched; the rest stays as it is."""
    if case.state not in states.ACTIVE:
        return []
    return [take_in(case, other) for other in others if _untouched(other)]


def take_in(case: Case, other: Case, *, actor: User | None = None, reason: str = "") -> CaseLineage:
    """Move what `other` rests on into `case` (not saved); the row remembers the way back."""
    reports = CaseReport.objects.filter(case=other)
    before = {
        "case": snapshot.taken(case),
        "other": snapshot.taken(other),
        "reports": list(reports.values_list("pk", flat=True)),
        "belongings": belongings.move(other, case),
    }
    states.transition(other, to=State.MERGED)
    other.merged_into = case
    claims.drop(other)
    other.save()
    case.tlp = Tlp.narrowest(case.tlp, other.tlp)
    case.labels = belongings.labels_of_both(case, other)
    CaseCampaign.objects.filter(case=other).update(case=case)
    if other.reports:
        reports.update(case=case)
        case.reports = report_count(case)
    return CaseLineage.objects.create(
        kind=LineageKind.MERGE,
        case=case,
        other=other,
        actor=actor,
        reason=reason,
        before=before,
    )


def tell(rows: Iterable[CaseLineage], hits: int) -> None:
    """Both timelines say what happened; the lock on the chain comes after all writing."""
    for row in rows:
        case, other = row.case, row.other
        if other is None:
            continue
        said: dict[str, Any] = {"merge": row.pk, "reason": row.reason}
        audit.append(actor=row.actor, verb=Verb.CASE_MERGED, target=other, into=case.ref, **said)
        audit.append(
            actor=row.actor,
            verb=Verb.CASE_ABSORBED,
            target=case,
            absorbed=other.ref,
            hits=hits,
            **said,
        )


def touch(case: Case) -> None:
    """People work on this case: from now on its campaigns change hands by people alone."""
    links = CaseCampaign.objects.filter(case=case)
    mark_touched(campaign_ids=list(links.values_list("campaign", flat=True)))


def is_touched(case: Case) -> bool:
    """Whether anybody worked on it, ever."""
    return Touched.objects.filter(campaign__case_link__case=case).exists()


def survivor_id(case_id: int) -> int:
    """The case that took this one in, at the end of the chain."""
    following = Case.objects.values_list("merged_into", flat=True).get(pk=case_id)
    return case_id if following is None else survivor_id(following)


def lock(case_ids: set[int]) -> list[Case]:
    """In order of id, so that two workers never wait for each other in a ring."""
    rows = Case.objects.select_for_update(no_key=True).filter(pk__in=case_ids)
    return list(rows.order_by("pk"))


def _family(heir: Campaign) -> set[int]:
    """The heir and everything that went into it, directly or not."""
    family = fresh = {heir.pk}
    while fresh:
        rows = Campaign.objects.filter(merged_into__in=fresh).values_list("pk", flat=True)
        fresh = set(rows) - family
        family = family | fresh
    return family


def _reported(heir: Campaign) -> set[int]:
    """Active cases in which a member of a strong campaign was reported.

    A closed one is none of them: one benign report would silence a campaign.
    """
    if heir.state != CampaignState.OPEN:
        return set()
    members = heir.members.values_list("account", flat=True)
    digests = [digest_of(EntityType.ACCOUNT, account) for account in members]
    reported = CaseReport.objects.filter(digest__in=digests).values("case")
    active = Case.objects.filter(pk__in=reported, state__in=states.ACTIVE)
    return set(active.values_list("pk", flat=True))


def _untouched(case: Case) -> bool:
    """No person has decided, noted, moved, held or taken it."""
    return (
        case.state == State.OPEN
        and claims.holder_of(case) is None
        and case.hold_id is None
        and not case.decisions.exists()
        and not case.notes.exists()
        and not is_touched(case)
        and not case.files.exists()
        and not case.tasks.exclude(changed_by=None, added_by=None).exists()
        and not case.labels
        and not case.additions.exists()
    )
