"""Cuts a case in two where a person sees two operations, and joins it again."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Final

from django.db import transaction
from django.db.models import QuerySet

from abusedesk.core import audit, clock
from abusedesk.core.audit import Verb
from abusedesk.core.errors import ConflictError, ForbiddenError, InvalidError
from abusedesk.core.models import User
from cases import facts, fields, golden, intake, lineage, policy, states, workable
from cases.choices import LineageKind
from cases.models import Case, CaseLineage
from cases.opening import one_at_a_time
from detectors.choices import CampaignState
from detectors.models import Campaign, CampaignMember
from detectors.services import apart

REASON_LIMIT: Final = 500


@dataclass(frozen=True, slots=True)
class Part:
    """One side of a cut. p: mean probability of its edges; opens: strong enough for a case."""

    accounts: list[str]
    p: float
    families: Sequence[str]
    opens: bool


@dataclass(frozen=True, slots=True)
class Preview:
    """What a cut would leave: the first part keeps the case. loose: accounts in no part."""

    parts: list[Part]
    loose: list[str]

    @property
    def splits(self) -> bool:
        return len(self.parts) > 1


def preview_cut(
    *, actor: User, case: Case, left: Collection[str], right: Collection[str] = ()
) -> Preview:
    """Both parts, without changing anything. right: all other members where none are named."""
    policy.require(actor, "case.cut", case)
    campaign = _campaign_of(case, {*left, *right})
    left, right = _sides(campaign, left, right)
    found = apart.parts_without(campaign_id=campaign.pk, left=left, right=right)
    parts = [
        Part(sorted(one.members), one.p, one.families, one.opens and not one.declared)
        for one in found.groups
    ]
    return Preview(parts, found.loose)


@transaction.atomic
def cut_case(
    *,
    actor: User,
    case: Case,
    left: Collection[str],
    right: Collection[str] = (),
    reason: str,
) -> CaseLineage:
    """Keep the two sides apart; a part that is strong enough becomes a case of its own.

    Raises ForbiddenError, InvalidError for accounts that no campaign of the case holds, or
    ConflictError for a case that is not open.
    """
    policy.require(actor, "case.cut", case)
    reason = fields.text(reason, field="reason", limit=REASON_LIMIT)
    campaign = _campaign_of(case, {*left, *right})
    left, right = _sides(campaign, left, right)
    members = _members(campaign)
    cut = apart.part(actor=actor, left=left, right=right, reason=reason)
    one_at_a_time()
    case = workable.lock(case, actor)
    lineage.touch(case)
    others = [_opened(one, case) for one in _split_off(members)]
    origins: list[Case | None] = [*others] or [None]
    _told_again(case)
    rows = [
        CaseLineage.objects.create(
            kind=LineageKind.SPLIT, case=case, other=other, cut=cut, actor=actor, reason=reason
        )
        for other in origins
    ]
    parts = ", ".join(one.ref for one in others) or "no case of its own"
    for other in others:
        audit.append(
            actor=actor, verb=Verb.CASE_SPLIT_OFF, target=other, source=case.ref, reason=reason
        )
    audit.append(
        actor=actor,
        verb=Verb.CASE_CUT,
        target=case,
        left=len(left),
        right=len(right),
        parts=parts,
        reason=reason,
        cut=cut.pk,
    )
    return rows[0]


@transaction.atomic
def rejoin_case(*, actor: User, row: CaseLineage) -> CaseLineage:
    """Take a cut back: the case is one again. Raises ForbiddenError or ConflictError."""
    policy.require(actor, "case.cut", row.case)
    if row.cut is None or row.kind != LineageKind.SPLIT:
        message = "Only a cut can be taken back here."
        raise InvalidError(message, field="lineage")
    if row.actor != actor and not policy.allowed(actor, "case.undo_others"):
        message = f"Only {row.actor}, a lead or an admin can undo this cut."
        raise ForbiddenError(message)
    cut = apart.rejoin(link=row.cut)
    one_at_a_time()
    rows = list(CaseLineage.objects.filter(kind=LineageKind.SPLIT, cut=cut, undone_at=None))
    others = [workable.lock(one.other, actor) for one in rows if one.other is not None]
    case = workable.lock(row.case, actor)
    joined = [lineage.take_in(case, one, actor=actor, reason=row.reason) for one in others]
    CaseLineage.objects.filter(pk__in=[one.pk for one in joined]).update(cut=cut)
    CaseLineage.objects.filter(pk__in=[one.pk for one in rows]).update(
        undone_at=clock.now(), undone_by=actor
    )
    had = case.hits
    _told_again(case)
    lineage.tell(joined, case.hits - had)
    names = ", ".join(one.ref for one in others) or "what was cut"
    audit.append(actor=actor, verb=Verb.CASE_REJOINED, target=case, other=names, cut=cut.pk)
    return CaseLineage.objects.get(pk=row.pk)


def _campaign_of(case: Case, accounts: set[str]) -> Campaign:
    """The campaign of the case that holds all these accounts."""
    if golden.is_check(case):
        message = f"{case.ref} cannot be cut now; decide it first."
        raise ConflictError(message)
    for campaign in facts.live_campaigns(case):
        if accounts and accounts <= _members(campaign):
            return campaign
    message = f"No campaign of {case.ref} holds all these accounts."
    raise InvalidError(message, field="left")


def _sides(
    campaign: Campaign, left: Collection[str], right: Collection[str]
) -> tuple[set[str], set[str]]:
    return set(left), set(right) or _members(campaign) - set(left)


def _members(campaign: Campaign) -> set[str]:
    return set(campaign.members.values_list("account", flat=True))


def _split_off(members: set[str]) -> QuerySet[Campaign]:
    """Campaigns among these accounts that are strong enough and in no case."""
    named = CampaignMember.objects.filter(account__in=members).values("campaign")
    return Campaign.objects.filter(pk__in=named, state=CampaignState.OPEN, case_link=None).order_by(
        "pk"
    )


def _opened(campaign: Campaign, source: Case) -> Case:
    """A part travels no further than what it was cut from."""
    case = intake.open_case(campaign)
    case.tlp = source.tlp
    case.save(update_fields=["tlp"])
    lineage.touch(case)
    return case


def _told_again(case: Case) -> None:
    case.hits = facts.redescribe(case) or case.hits
    case.new_hits = min(case.new_hits, case.hits)
    states.touch(case)
    case.save()
