"""Members that no evidence ties any more: a cut lets them go, and its end brings them back.

What is tied comes and goes by the evidence; these rows are all that is known of the others.
"""

from __future__ import annotations

from collections.abc import Collection

from django.db.models import Count

from detectors.choices import GONE, CampaignState
from detectors.models import Campaign, CampaignMember, CannotLink


def let_go(*, cut: CannotLink) -> None:
    """Take the faded ones of the cut's left side out of campaigns that hold its right side."""
    right = CampaignMember.objects.filter(account__in=cut.right).values("campaign")
    gone = CampaignMember.objects.filter(account__in=cut.left, p=0.0, campaign__in=right)
    campaigns = set(gone.values_list("campaign", flat=True))
    gone.delete()
    _recount(campaigns)


def take_back(*, cut: CannotLink) -> None:
    """Put who left by the cut and is nowhere now into the open campaign with most of its right.

    As faded: the evidence that there is says more when the campaigns around it are made anew.
    """
    held = CampaignMember.objects.exclude(campaign__state__in=GONE)
    somewhere = set(held.filter(account__in=cut.left).values_list("account", flat=True))
    right = held.filter(account__in=cut.right, campaign__state=CampaignState.OPEN).order_by()
    most = right.values("campaign").annotate(n=Count("pk")).order_by("-n", "campaign").first()
    nowhere = [name for name in cut.left if name not in somewhere]
    if most is None or not nowhere:
        return
    CampaignMember.objects.bulk_create(
        CampaignMember(campaign_id=most["campaign"], account=name, p=0.0, core=False)
        for name in nowhere
    )
    _recount([most["campaign"]])


def _recount(campaign_ids: Collection[int]) -> None:
    for campaign in Campaign.objects.filter(pk__in=campaign_ids):
        names = campaign.members.values_list("account", flat=True)
        campaign.size = len(names)
        campaign.platforms = sorted({name.partition(":")[0] for name in names})
        campaign.save(update_fields=["size", "platforms"])
