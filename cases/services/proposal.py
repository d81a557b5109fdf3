"""Answers to what the fusion proposes for cases that people work on."""

from __future__ import annotations

from django.db import transaction

from abusedesk.core import audit
from abusedesk.core.audit import Verb
from abusedesk.core.models import User
from cases import policy
from cases.models import Case, CaseLineage
from cases.proposals import case_of, reason_of
from cases.services.cut import cut_case
from cases.services.merge import merge_cases
from detectors.choices import ProposalKind
from detectors.models import Proposal
from detectors.services.proposal import settle_proposal


@transaction.atomic
def accept_proposal(*, actor: User, proposal: Proposal) -> CaseLineage:
    """Do what is proposed. Raises ConflictError where it is settled or a case is not open."""
    case = _required(actor, proposal)
    if proposal.kind == ProposalKind.SPLIT:
        row = cut_case(actor=actor, case=case, left=proposal.part, reason=reason_of(proposal))
    else:
        other = case_of(proposal.other)
        row = merge_cases(actor=actor, case=case, other=other, reason=reason_of(proposal))
    settle_proposal(actor=actor, proposal=proposal, accepted=True)
    audit.append(actor=actor, verb=Verb.PROPOSAL_ACCEPTED, target=case, what=reason_of(proposal))
    return row


@transaction.atomic
def reject_proposal(*, actor: User, proposal: Proposal) -> Proposal:
    """Leave the cases as they are; the same is not proposed again."""
    case = _required(actor, proposal)
    row = settle_proposal(actor=actor, proposal=proposal, accepted=False)
    audit.append(actor=actor, verb=Verb.PROPOSAL_REJECTED, target=case, what=reason_of(proposal))
    return row


def _required(actor: User, proposal: Proposal) -> Case:
    case = case_of(proposal.campaign)
    policy.require(actor, "proposal.settle", case)
    return case
