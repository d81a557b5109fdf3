"""How often reviewers confirm what a detector has found, and how much of it they never see."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from typing import Any, Final

from django.db.models import Count, F, Q, QuerySet

from abusedesk.core.models import User
from detectors.calibration.proportion import Share, precision, recall
from detectors.calibration.verdicts import Judged
from detectors.choices import CampaignState, Outcome
from detectors.fits import standing_verdicts
from detectors.models import CampaignFinding, DetectorConfig, Verdict
from detectors.policy import READERS

NOTHING: Final = precision(0, 0)
WATCH_LIST: Final = "watch-list"
_OPENED: Final = Q(campaign__state=CampaignState.OPEN)
_WITHDRAWN: Final = Q(campaign__verdicts__withdrawn_at__isnull=False)
_BELOW: Final = Q(campaign__state=CampaignState.WATCH, campaign__audit_draw__isnull=False)


@dataclass(frozen=True, slots=True)
class Fares:
    """How the campaigns of one detector fare; recall is estimated from the audit sample.

    opened, below: its campaigns above the threshold of a case, and under it. reversed: share of
    the verdicts on them that were taken back.
    """

    precision: Share
    recall: Share
    opened: int
    below: int
    reversed: Share


def precisions_for(viewer: User) -> dict[str, Share]:
    """Detector -> share of the decided campaigns with its findings that were confirmed."""
    return _precisions(_decided(viewer), "finding__detector")


def precisions_of(slug: str, viewer: User) -> dict[int, Share]:
    """Number of the configuration -> the same for what it found, newest first."""
    found = _precisions(_decided(viewer).filter(finding__detector=slug), "finding__config__number")
    return dict(sorted(found.items(), reverse=True))


def version_precision_of(config: DetectorConfig) -> Share:
    """The same for one version; the desk asks, for no person."""
    links = CampaignFinding.objects.filter(campaign__verdicts__in=_alone().values("pk"))
    found = _precisions(links.order_by().filter(finding__config=config), "finding__config")
    return found.get(config.pk, NOTHING)


def source_precisions_for(viewer: User) -> dict[str, Share]:
    """Source of indicators -> the same for what the watch list found by its word."""
    links = _decided(viewer).filter(finding__detector=WATCH_LIST)
    confirmed = set(_confirmed().values_list("campaign", flat=True))
    decided: dict[str, set[int]] = defaultdict(set)
    for campaign, items in links.values_list("campaign", "finding__constants__items"):
        for source, _ in items or ():
            decided[source].add(campaign)
    return {
        source: precision(len(campaigns & confirmed), len(campaigns))
        for source, campaigns in decided.items()
    }


def fares_for(viewer: User) -> dict[str, Fares]:
    """Detector -> how its campaigns fare; those without campaigns are left out."""
    audited = _audited(viewer)
    decided = Q(campaign__in=_alone().values("campaign"))
    confirmed = decided & Q(campaign__in=_confirmed().values("campaign"))
    rows = (
        _links(viewer)
        .values("finding__detector")
        .annotate(
            opened=Count("campaign", distinct=True, filter=_OPENED),
            below=Count("campaign", distinct=True, filter=_BELOW),
            confirmed=Count("campaign", distinct=True, filter=confirmed),
            decided=Count("campaign", distinct=True, filter=decided),
            said=Count("campaign__verdicts", distinct=True),
            withdrawn=Count("campaign__verdicts", distinct=True, filter=_WITHDRAWN),
        )
        .values_list(
            "finding__detector", "opened", "below", "confirmed", "decided", "said", "withdrawn"
        )
    )
    found: dict[str, Fares] = {}
    for slug, opened, below, hits, total, said, withdrawn in sorted(rows):
        share = precision(hits, total)
        found[slug] = Fares(
            precision=share,
            recall=recall(opened, share, below, audited[slug]),
            opened=opened,
            below=below,
            reversed=precision(withdrawn, said),
        )
    return found


def _links(viewer: User) -> QuerySet[CampaignFinding]:
    seen = CampaignFinding.objects.order_by()
    return seen if viewer.role in READERS else seen.none()


def _decided(viewer: User) -> QuerySet[CampaignFinding]:
    """Evidence of decided campaigns that came to review by themselves: they stand for one."""
    return _links(viewer).filter(campaign__verdicts__in=_alone().values("pk"))


def _precisions(links: QuerySet[CampaignFinding], key: str) -> dict[Any, Share]:
    """By the values of one column."""
    confirmed = Q(campaign__in=_confirmed().values("campaign"))
    rows = (
        links.values(group=F(key))
        .annotate(
            decided=Count("campaign", distinct=True),
            confirmed=Count("campaign", distinct=True, filter=confirmed),
        )
        .values_list("group", "confirmed", "decided")
    )
    return {group: precision(hits, decided) for group, hits, decided in rows}


def _alone() -> QuerySet[Verdict]:
    """Verdicts on campaigns that no draw of the audit sample brought to review."""
    return Verdict.objects.filter(pk__in=standing_verdicts().values("pk"), weight=1)


def _confirmed() -> QuerySet[Verdict]:
    rows = Verdict.objects.filter(pk__in=standing_verdicts().values("pk"))
    return rows.filter(outcome=Outcome.ABUSE)


def _audited(viewer: User) -> dict[str, list[Judged]]:
    """Detector -> verdicts on its campaigns that the audit sample brought to review."""
    drawn = Verdict.objects.filter(pk__in=standing_verdicts().values("pk"), weight__gt=1)
    rows = (
        _links(viewer)
        .filter(campaign__verdicts__in=drawn.values("pk"))
        .values_list(
            "finding__detector",
            "campaign",
            "campaign__verdicts__p",
            "campaign__verdicts__outcome",
            "campaign__verdicts__weight",
        )
        .distinct()
    )
    found: dict[str, list[Judged]] = defaultdict(list)
    for slug, _, p, outcome, weight in rows:
        found[slug].append(Judged(p or 0.0, outcome == Outcome.ABUSE, weight))
    return found
