"""Puts findings of followed detectors aside, and hands each over once."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from django.conf import settings

from abusedesk.core.queueing import wake
from detectors.choices import FindingStatus, StreamKind
from detectors.models import DetectorConfig, Finding, FollowedDetector, FollowedFinding, Stream


def follow_detector(*, slug: str) -> None:
    """From now on its new findings are put aside."""
    FollowedDetector.objects.get_or_create(slug=slug)


def unfollow_detector(*, slug: str) -> None:
    """No longer; what waits is forgotten, but for what a worker has in hand.

    To wait for that worker would be a ring: it may wait for what the caller has locked.
    """
    FollowedDetector.objects.filter(slug=slug).delete()
    rows = FollowedFinding.objects.select_for_update(skip_locked=True, no_key=True, of=("self",))
    free = [row.pk for row in rows.filter(config__slug=slug).only("pk")]
    FollowedFinding.objects.filter(pk__in=free).delete()


def note_findings(*, config: DetectorConfig, stream: Stream, rows: Sequence[Finding]) -> int:
    """Put aside what a followed detector found just now. Returns how many findings.

    In the transaction that wrote them, so that a finding and its row here are there or not, both.
    History that is read in later moves nobody.
    """
    standing = [row for row in rows if row.status == FindingStatus.CURRENT]
    if not standing or stream.kind != StreamKind.LIVE:
        return 0
    if not FollowedDetector.objects.filter(slug=config.slug).exists():
        return 0
    FollowedFinding.objects.bulk_create(
        (FollowedFinding(finding=row, config=config) for row in standing), 1_000
    )
    wake(settings.ON_FINDING_TASK)
    return len(standing)


def next_followed(*, without: Collection[int] = ()) -> FollowedFinding | None:
    """The one that has waited longest, locked until commit; those of other workers are passed.

    What is not committed yet has no row here to pass by, so order of commit is the order of taking.
    """
    rows = FollowedFinding.objects.select_for_update(skip_locked=True, no_key=True, of=("self",))
    rows = rows.select_related("finding", "config").exclude(pk__in=without)
    return rows.order_by("pk").first()


def forget_followed(*, row: FollowedFinding) -> None:
    """It was taken up; call under the lock of `next_followed`, in the transaction of the work."""
    FollowedFinding.objects.filter(pk=row.pk).delete()


def waits() -> bool:
    """Whether something was put aside and not taken up."""
    return FollowedFinding.objects.exists()
