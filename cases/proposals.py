"""What the fusion proposes, in words, and about which case."""

from __future__ import annotations

from cases.models import Case
from detectors.choices import ProposalKind
from detectors.models import Campaign, Proposal


def reason_of(proposal: Proposal) -> str:
    """What is proposed, and why, in a sentence."""
    if proposal.kind == ProposalKind.SPLIT:
        return f"{len(proposal.part)} accounts act apart from the others by now"
    kinds = ", ".join(proposal.families)
    return f"{proposal.bridges} strong links between the two cases: {kinds}"


def case_of(campaign: Campaign | None) -> Case:
    """The case of a campaign that has one."""
    return Case.objects.select_related("queue").get(campaign_links__campaign=campaign)
