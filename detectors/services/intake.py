"""The pull side of campaigns: which one waits for the next layer, and that it was taken."""

from __future__ import annotations

from collections.abc import Collection

from detectors.models import Campaign, Touched


def next_for_intake(*, without: Collection[int] = ()) -> Campaign | None:
    """The campaign that has waited longest, locked until commit; those of other workers are passed.

    No key lock: rows that point at the campaign may be written meanwhile.
    """
    waiting = Campaign.objects.select_for_update(skip_locked=True, no_key=True)
    return (
        waiting.filter(needs_intake=True)
        .exclude(pk__in=without)
        .order_by("updated_at", "id")
        .first()
    )


def lock_campaign(*, campaign_id: int) -> Campaign:
    """One campaign, locked until commit."""
    return Campaign.objects.select_for_update(no_key=True).get(pk=campaign_id)


def mark_taken(*, campaign: Campaign) -> None:
    """Its evidence has been taken in; call under the lock of `next_for_intake`."""
    campaign.needs_intake = False
    Campaign.objects.filter(pk=campaign.pk).update(needs_intake=False)


def mark_touched(*, campaign_ids: Collection[int]) -> None:
    """People work on these from now on: their members move by a person only."""
    rows = [Touched(campaign_id=key) for key in sorted(campaign_ids)]
    Touched.objects.bulk_create(rows, ignore_conflicts=True)


def ask_again(*, campaign_ids: Collection[int]) -> int:
    """What kept these from being taken is gone."""
    return Campaign.objects.filter(pk__in=campaign_ids, needs_intake=False).update(
        needs_intake=True
    )
