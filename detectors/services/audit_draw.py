"""Draws the audit sample: a keyed share of the campaigns below the threshold is looked at too."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from django.conf import settings

from abusedesk.core.ids import keyed_hash
from detectors.choices import CampaignState
from detectors.models import AuditDraw, Campaign

_STEPS: Final = 16**15
"""The first fifteen hex digits of a hash are a number below this, exact as a float's fraction."""


def is_drawn(*, campaign: Campaign, core: Iterable[str] = ()) -> bool:
    """Whether a campaign below the threshold goes to review nevertheless.

    core: its accounts; drawn by the least of them when it has no draw yet, so that the same signals
    give the same sample under the same secret, and nobody else can tell which.
    """
    if campaign.state != CampaignState.WATCH:
        return False
    draw = AuditDraw.objects.filter(campaign=campaign).first()
    if draw is None and (name := min(core, default="")):
        rate = settings.AUDIT_SAMPLE_PERCENT / 100
        draw, _ = AuditDraw.objects.get_or_create(
            campaign=campaign, defaults={"rate": rate, "drawn": chance_of(name=name) < rate}
        )
    return draw is not None and draw.drawn


def chance_of(*, name: str) -> float:
    """A number in 0..1 that only the desk's secret and `name` decide."""
    digest = keyed_hash(name, key=settings.SECRET_KEY, purpose="audit-sample")
    return int(digest[:15], 16) / _STEPS


def weight_of(*, campaign: Campaign) -> float:
    """How many campaigns its verdict stands for: one over the chance that it came to review.

    Above the threshold every campaign comes.
    """
    if campaign.state != CampaignState.WATCH:
        return 1.0
    draw = AuditDraw.objects.filter(campaign=campaign, drawn=True).first()
    return 1 / draw.rate if draw else 1.0
