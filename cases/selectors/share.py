"""Reads shares: which there are, who gets them and why, what became of every field."""

from __future__ import annotations

import difflib
from dataclasses import dataclass

from django.db.models import Exists, OuterRef, QuerySet

from abusedesk.core.errors import NotFoundError
from abusedesk.core.models import User
from cases import policy
from cases.blind import unveiled
from cases.choices import ShareState
from cases.models import Case, Decision, Partner, Rendition, Share, SharedNote, ShareTarget
from cases.offering import refusals_of
from cases.selectors.case import cases_for
from cases.sharing import egress


@dataclass(frozen=True, slots=True)
class Receiver:
    """A partner and a share. refused: in words why it does not get it; empty when it does."""

    partner: Partner
    target: ShareTarget | None
    refused: list[str]


def shares_for(viewer: User) -> QuerySet[Share]:
    """Shares of cases that the viewer sees, newest first.

    One that tells a verdict which the viewer has yet to judge blind is not among them.
    """
    veiled = Decision.objects.filter(~unveiled(viewer), case=OuterRef("case"))
    rows = Share.objects.filter(~Exists(veiled), case__in=cases_for(viewer).values("pk"))
    if not policy.allowed(viewer, "share.view"):
        return rows.none()
    return rows.select_related("case__queue", "circle", "author", "changed_by", "approved_by")


def share_by_id(share_id: int, viewer: User) -> Share:
    """One share. Raises NotFoundError."""
    row = shares_for(viewer).filter(pk=share_id).first()
    if row is None:
        message = "There is no such share."
        raise NotFoundError(message)
    return row


def shares_of(case: Case, viewer: User) -> QuerySet[Share]:
    """Those of one case."""
    return shares_for(viewer).filter(case=case)


def shared_notes_of(case: Case, viewer: User) -> QuerySet[SharedNote]:
    """Notes of a case that were written for partners, oldest first."""
    if not policy.allowed(viewer, "share.view"):
        return SharedNote.objects.none()
    rows = SharedNote.objects.filter(case__in=cases_for(viewer).filter(pk=case.pk).values("pk"))
    return rows.select_related("author")


def receivers_of(share: Share, viewer: User) -> list[Receiver]:
    """Everybody in the circle or named in the share: who gets it as it is now, who not and why."""
    if not shares_for(viewer).filter(pk=share.pk).exists():
        return []
    rows = list(
        ShareTarget.objects.filter(share=share).select_related("partner", "approved", "pending")
    )
    refused = refusals_of(share, [one for one in rows if not one.dropped])
    targets = {one.partner_id: one for one in rows}
    partners = Partner.objects.in_bulk(refused.keys() | targets.keys())
    return [
        Receiver(
            partner,
            targets.get(pk),
            [egress.REFUSALS[name] for name in refused.get(pk, ["not-named"])],
        )
        for pk, partner in sorted(partners.items(), key=lambda one: one[1].title)
    ]


def renditions_of(share: Share, viewer: User) -> QuerySet[Rendition]:
    """What the revision that is worked on is, for each group of partners."""
    seen = shares_for(viewer).filter(pk=share.pk).values("pk")
    return Rendition.objects.filter(share__in=seen, revision=share.revision)


def rendition_by_partner(share: Share, partner: Partner, viewer: User) -> Rendition:
    """What this partner gets, or would get once it is approved. Raises NotFoundError."""
    seen = shares_for(viewer).filter(pk=share.pk).values("pk")
    target = ShareTarget.objects.filter(share__in=seen, partner=partner, dropped=False)
    row = target.select_related("pending__misp", "approved__misp").first()
    waiting = share.state in (ShareState.DRAFT, ShareState.WAITING)
    found = row and (row.pending if waiting else row.approved)
    if not found:
        message = "This partner would get nothing of it."
        raise NotFoundError(message)
    return found


def changes_for(row: Rendition, viewer: User) -> list[str]:
    """Lines in which a preview differs from what the same partners had before, as a diff."""
    seen = shares_for(viewer).filter(pk=row.share_id).values("pk")
    older = Rendition.objects.filter(
        share__in=seen, revision__lt=row.revision, profile=row.profile, partners__isnull=False
    )
    before = older.order_by("-revision").first()
    if before is None:
        return []
    lines = difflib.unified_diff(
        before.bundle.splitlines(), row.bundle.splitlines(), "before", "now", lineterm="", n=1
    )
    return list(lines)
