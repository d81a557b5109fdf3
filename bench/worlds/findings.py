"""A findings log without detectors: groups of four accounts whose devices are told bit by bit."""

from __future__ import annotations

import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

from cases.intake import intake
from detectors.base import Family
from detectors.choices import FindingStatus, Mode, StreamKind
from detectors.models import DetectorConfig, Finding, FindingRevision, Shard, Stream
from detectors.services.fusion import fuse_all

SIZE = 4
START = datetime(2026, 9, 1, tzinfo=UTC)
BATCH = 2_000
SLUG = "shared-infrastructure"


def write(findings: int, *, each: int, lots: int, at_once: int, tied: int) -> None:
    """`each` findings about every group, in `lots`; of `tied` groups the last two become one."""
    stream = Stream.objects.create(slug="bench", title="Bench", kind=StreamKind.LIVE)
    config = DetectorConfig.objects.create(
        slug=SLUG, number=1, mode=Mode.LIVE, params={}, params_hash="0", reason="bench"
    )
    Shard.objects.create(config=config, stream=stream, number=0, of=1, clock_s=1e9)
    rows: list[Finding] = []
    steps: list[int] = []
    for step, group, number in _order(findings // each, each, lots, at_once):
        last = number == each - 1 and group % tied == tied - 1
        names = _names(group - 1) + _names(group) if last else _names(group)
        rows.append(_finding(config, stream, names, f"{group}-{number}", len(steps) + 1))
        steps.append(step)
    for start in range(0, len(rows), BATCH):
        part = Finding.objects.bulk_create(rows[start : start + BATCH])
        FindingRevision.objects.bulk_create(
            _revision(one, step)
            for one, step in zip(part, steps[start : start + BATCH], strict=True)
        )


def take() -> None:
    """One worker: fusion and intake in turn, for ever."""
    while True:
        fuse_all(budget_s=0.5)
        if not intake(limit=20):
            time.sleep(0.1)


def _order(groups: int, each: int, lots: int, at_once: int) -> Iterator[tuple[int, int, int]]:
    """(step, group, number of the finding): a lot of every group, then the next lot."""
    size, step = each // lots, 0
    for lot in range(lots):
        for first in range(0, groups, at_once):
            step += 1
            for group in range(first, min(groups, first + at_once)):
                for number in range(lot * size, (lot + 1) * size):
                    yield step, group, number


def _names(group: int) -> list[str]:
    return [f"x:g{group}-{place}" for place in range(SIZE)]


def _finding(
    config: DetectorConfig, stream: Stream, names: list[str], anchor: str, signal: int
) -> Finding:
    return Finding(
        uid=f"{signal:032d}",
        config=config,
        stream=stream,
        detector=config.slug,
        version=1,
        family=Family.INFRA_HARD,
        tier="opening",
        anchor_type="device",
        anchor_value=anchor,
        subjects=names,
        signal_ids=[signal],
        signal_total=1,
        first_at=START,
        last_at=START + timedelta(hours=1),
        llr=8.0,
        sentence=f"{len(names)} accounts share device {anchor}",
        digest="0",
    )


def _revision(one: Finding, step: int) -> FindingRevision:
    evidence = {
        "detector": one.detector,
        "family": one.family,
        "anchor": f"device:{one.anchor_value}",
        "subjects": one.subjects,
        "links": [],
        "llr": one.llr,
        "last_at": one.last_at.timestamp(),
        "first_at": one.first_at.timestamp(),
        "signals": 1,
    }
    return FindingRevision(
        finding=one,
        stream=one.stream,
        revision=1,
        status=FindingStatus.CURRENT,
        at_s=float(step),
        signal_id=0,
        digest="0",
        evidence=evidence,
    )
