"""Hands findings over to the version that says the same, so that shadow becomes live with them."""

from __future__ import annotations

from collections.abc import Sequence

from django.db.models import F

from abusedesk.core import clock
from detectors.choices import FindingStatus, Mode
from detectors.models import DetectorConfig, Finding, FindingRevision, Shard, Stream
from detectors.services import fusion

BATCH = 500


def adopt_findings(*, config: DetectorConfig) -> int:
    """What earlier versions with the same parameters found, and what still holds, is this one's.

    A finding has one identity for all of them. The fusion has passed by what was found in shadow,
    so a version that goes live says it again; how many that were is returned.
    """
    if config.mode != Mode.LIVE:
        return 0
    earlier = DetectorConfig.objects.filter(
        slug=config.slug, params_hash=config.params_hash, number__lt=config.number
    )
    # no worker writes findings of these versions until commit
    list(Shard.objects.select_for_update(no_key=True).filter(config__in=earlier).order_by("pk"))
    standing = Finding.objects.filter(config__in=earlier, status=FindingStatus.CURRENT)
    unseen = standing.exclude(config__mode=Mode.LIVE)
    by_stream: dict[int, list[int]] = {}
    for pk, stream_id in unseen.order_by("pk").values_list("pk", "stream"):
        by_stream.setdefault(stream_id, []).append(pk)
    standing.update(config=config)
    for stream_id, ids in sorted(by_stream.items()):
        _say_again(Stream.objects.get(pk=stream_id), ids)
    return sum(map(len, by_stream.values()))


def _say_again(stream: Stream, ids: Sequence[int]) -> None:
    """One more entry of the findings log for each, where the fusion reads next."""
    fusion.wait_alone()
    at_s = fusion.next_step(stream=stream)
    for start in range(0, len(ids), BATCH):
        some = ids[start : start + BATCH]
        Finding.objects.filter(pk__in=some).update(
            revision=F("revision") + 1, updated_at=clock.now()
        )
        last = FindingRevision.objects.filter(finding__in=some, revision=F("finding__revision") - 1)
        FindingRevision.objects.bulk_create(
            FindingRevision(
                finding_id=one.finding_id,
                stream=stream,
                revision=one.revision + 1,
                status=one.status,
                at_s=at_s,
                signal_id=one.signal_id,
                digest=one.digest,
                evidence=one.evidence,
            )
            for one in last.order_by("pk")
        )
