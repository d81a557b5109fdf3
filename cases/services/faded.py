"""Lets members go whom no evidence ties to a case any more."""

from __future__ import annotations

from collections.abc import Collection
from typing import Final

from django.db import transaction

from abusedesk.core.errors import InvalidError
from abusedesk.core.models import User
from cases import facts, policy
from cases.models import Case, CaseLineage
from cases.services.cut import cut_case
from detectors.models import CampaignMember

REASON: Final = "Their evidence has faded."


@transaction.atomic
def let_go(
    *, actor: User, case: Case, accounts: Collection[str], reason: str = ""
) -> list[CaseLineage]:
    """Cut these accounts off, so that weak evidence does not bring them back.

    One row for each campaign that held some; undone like any cut. Raises ForbiddenError,
    ConflictError, or InvalidError for an account that evidence still ties.
    """
    policy.require(actor, "case.cut", case)
    asked = set(accounts)
    if not asked or (others := asked.difference(facts.faded_of(case))):
        message = f"Evidence ties {min(others)} to {case.ref}." if asked else "Say whom."
        raise InvalidError(message, field="accounts")
    rows = CampaignMember.objects.filter(
        campaign__in=facts.live_campaigns(case), account__in=asked
    ).order_by("campaign", "account")
    held: dict[int, list[str]] = {}
    for campaign_id, account in rows.values_list("campaign", "account"):
        held.setdefault(campaign_id, []).append(account)
    return [
        cut_case(actor=actor, case=case, left=names, reason=reason.strip() or REASON)
        for names in held.values()
    ]
