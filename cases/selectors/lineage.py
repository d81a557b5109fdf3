"""Reads where cases came from, and what the fusion proposes to do with them."""

from __future__ import annotations

from dataclasses import dataclass, field
from operator import itemgetter

from django.db.models import F, Q, QuerySet

from abusedesk.core.errors import NotFoundError
from abusedesk.core.models import User
from cases import policy
from cases.choices import LineageKind
from cases.models import Case, CaseLineage
from cases.selectors.case import cases_for
from detectors.choices import CampaignState, ProposalKind, ProposalState
from detectors.models import CampaignEdge, CampaignMember, Proposal

EDGES = 50


@dataclass(frozen=True, slots=True)
class Family:
    """A case and those that went into it. refs: id -> reference; undone: mergers taken back."""

    refs: dict[int, str]
    undone: list[CaseLineage] = field(default_factory=list)


def family_of(case: Case) -> Family:
    """The case with all that went into it, directly or not; most cases are alone."""
    found = Family({case.pk: case.ref})
    fresh = {case.pk}
    while fresh:
        about = Q(case__in=fresh) | Q(other__in=fresh, undone_at__isnull=False)
        rows = CaseLineage.objects.filter(about, kind=LineageKind.MERGE).select_related("other")
        inside: dict[int, str] = {}
        for row in rows:
            if row.undone_at is not None:
                found.undone.append(row)
            elif row.other is not None:
                inside[row.other.pk] = row.other.ref
        fresh = inside.keys() - found.refs.keys()
        found.refs.update(inside)
    return found


def lineage_for(case: Case, viewer: User) -> list[CaseLineage]:
    """Mergers and splits of a case, newest first; nothing for who cannot see the case."""
    if not policy.can_see(viewer, case):
        return []
    rows = CaseLineage.objects.filter(Q(case=case) | Q(other=case))
    return list(rows.select_related("case", "other", "actor", "undone_by"))


def lineage_by_id(case: Case, lineage_id: int, viewer: User) -> CaseLineage:
    """One of them. Raises NotFoundError, also for what the viewer may not see."""
    row = next((one for one in lineage_for(case, viewer) if one.pk == lineage_id), None)
    if row is None:
        message = "There is no such merger or split."
        raise NotFoundError(message)
    return row


def ties_of(case: Case) -> QuerySet[CampaignEdge]:
    """Links of the case's living campaigns: one that was merged away keeps its last ones."""
    rows = CampaignEdge.objects.filter(campaign__case_link__case=case.rests_on)
    return rows.exclude(campaign__state=CampaignState.MERGED)


def members_of(case: Case) -> QuerySet[CampaignMember]:
    """Members of the case's living campaigns."""
    rows = CampaignMember.objects.filter(campaign__case_link__case=case.rests_on)
    return rows.exclude(campaign__state=CampaignState.MERGED)


def edges_for(case: Case, viewer: User) -> list[CampaignEdge]:
    """The weakest links of the case first: those that a cut takes."""
    if not policy.can_see(viewer, case):
        return []
    return list(ties_of(case).order_by("score", "a", "b")[:EDGES])


def members_for(case: Case, viewer: User) -> list[tuple[str, bool]]:
    """Accounts of the case's campaigns, by name; those last, and true, whose evidence has faded."""
    if not policy.can_see(viewer, case):
        return []
    chances = dict(members_of(case).order_by("p").values_list("account", "p"))
    found = [(name, p == 0.0) for name, p in chances.items()]
    return sorted(found, key=itemgetter(1, 0))


def proposals_for(viewer: User) -> QuerySet[Proposal]:
    """Mergers and splits that wait for an answer, newest first, of cases that the viewer sees."""
    seen = cases_for(viewer).values("pk")
    merges = Q(kind=ProposalKind.MERGE, other__case_link__case__in=seen) & ~Q(
        other__case_link__case=F("campaign__case_link__case")
    )
    rows = Proposal.objects.filter(
        merges | Q(kind=ProposalKind.SPLIT),
        state=ProposalState.OPEN,
        campaign__case_link__case__in=seen,
    )
    return rows.select_related("campaign__case_link__case", "other__case_link__case")


def proposal_by_id(proposal_id: int, viewer: User) -> Proposal:
    """One that waits. Raises NotFoundError, also for what the viewer may not see."""
    row = proposals_for(viewer).filter(pk=proposal_id).first()
    if row is None:
        message = "There is no such proposal, or it is settled."
        raise NotFoundError(message)
    return row
