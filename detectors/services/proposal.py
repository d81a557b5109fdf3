"""Keeps what the fusion offers people to do with campaigns they work on, and their answers."""

from __future__ import annotations

from collections.abc import Collection, Iterable

from django.db.models import Q

from abusedesk.core import clock
from abusedesk.core.errors import ConflictError
from abusedesk.core.models import User
from detectors.choices import ProposalKind, ProposalState
from detectors.hysteresis import Offer, alike
from detectors.models import Proposal

FINAL = (ProposalState.ACCEPTED, ProposalState.REJECTED)


def remember(*, offers: Iterable[Offer], among: Collection[int]) -> None:
    """Bring the open proposals about these campaigns to what is offered now.

    What a person has answered is not asked again.
    """
    about = Q(campaign__in=among) | Q(other__in=among)
    rows = list(Proposal.objects.filter(about).exclude(state=ProposalState.STALE))
    standing: set[int] = set()
    for offer in offers:
        same = [row for row in rows if _same(row, offer)]
        if not same:
            _write(Proposal(kind=_kind(offer)), offer)
            continue
        standing.update(row.pk for row in same)
        for row in same:
            if row.state == ProposalState.OPEN:
                _write(row, offer)
    stale = [row.pk for row in rows if row.state not in FINAL and row.pk not in standing]
    Proposal.objects.filter(pk__in=stale).update(state=ProposalState.STALE)


def settle_proposal(*, actor: User, proposal: Proposal, accepted: bool) -> Proposal:
    """A person's answer; call in a transaction. Raises ConflictError for one that has an answer."""
    row = Proposal.objects.select_for_update(no_key=True).get(pk=proposal.pk)
    if row.state != ProposalState.OPEN:
        message = f"This proposal is settled: {row.get_state_display().lower()}."
        raise ConflictError(message, state=row.state)
    row.state = ProposalState.ACCEPTED if accepted else ProposalState.REJECTED
    row.settled_at, row.settled_by = clock.now(), actor
    row.save(update_fields=["state", "settled_at", "settled_by"])
    return row


def _kind(offer: Offer) -> ProposalKind:
    return ProposalKind.SPLIT if offer.other is None else ProposalKind.MERGE


def _same(row: Proposal, offer: Offer) -> bool:
    if row.kind != _kind(offer):
        return False
    if offer.other is None:
        return row.campaign_id == offer.key and alike(row.part, offer.part)
    return {row.campaign_id, row.other_id} == {offer.key, offer.other}


def _write(row: Proposal, offer: Offer) -> None:
    row.campaign_id, row.other_id = offer.key, offer.other
    row.part, row.bridges = sorted(offer.part), offer.bridges
    row.families = list(offer.families)
    row.save()
