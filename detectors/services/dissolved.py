"""Ends campaigns on the watch list that evidence has taken apart, and spares what people know."""

from __future__ import annotations

from collections.abc import Collection
from typing import Final

from django.db.models import Q

from abusedesk.core import clock
from detectors.choices import CampaignState
from detectors.models import Campaign

_KNOWN: Final = (
    Q(touched__isnull=False)
    | Q(audit_draw__drawn=True)
    | Q(verdicts__isnull=False)
    | Q(proposals__isnull=False)
    | Q(needs_intake=True)
    | Q(absorbed__needs_intake=True)
)
"""People have seen it, or will: campaigns that went into it may bring a case along."""


def end_dissolved(*, campaigns: Collection[Campaign]) -> None:
    """Take all accounts out of those of which people know nothing; call with the rows locked.

    The row stays, with its draw for the audit sample and as the end of what went into it.
    """
    if not campaigns:
        return
    named = Campaign.objects.filter(pk__in=[one.pk for one in campaigns])
    known = named.filter(_KNOWN).values_list("pk", flat=True)
    nothing_rests = {f"{name}__isnull": True for name in Campaign.leaning()}
    ending = set(named.filter(**nothing_rests).values_list("pk", flat=True)).difference(known)
    for campaign in campaigns:
        if campaign.pk in ending:
            _end(campaign)


def _end(campaign: Campaign) -> None:
    for rows in (campaign.members, campaign.evidence, campaign.edges):
        rows.all().delete()
    campaign.state, campaign.size = CampaignState.ENDED, 0
    campaign.signal_total, campaign.declared = 0, None
    campaign.revision += 1
    campaign.updated_at = clock.now()
    campaign.save()
