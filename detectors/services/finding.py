"""Writes findings: the newest revision of each, and the log of every change."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from datetime import UTC, datetime
from hashlib import blake2b
from typing import Any

import msgspec

from abusedesk.core import clock
from detectors import registry
from detectors.base import MAX_SIGNAL_IDS, FindingDraft
from detectors.choices import FindingStatus
from detectors.engine import Found, Ticked
from detectors.models import DetectorConfig, Finding, FindingRevision, Stream
from detectors.stream import current_epoch

_FIXED = {"id", "uid", "config", "stream", "detector", "version", "created_at"}


def record_findings(*, config: DetectorConfig, stream: Stream, found: Sequence[Found]) -> int:
    """Store drafts in order; an unchanged one is no revision. Returns how many there were."""
    if not found:
        return 0
    uids = [_uid(config, stream, one.draft) for one in found]
    rows = {row.uid: row for row in Finding.objects.select_for_update().filter(uid__in=uids)}
    log: list[FindingRevision] = []
    epoch = current_epoch()
    for uid, one in zip(uids, found, strict=True):
        digest = _digest(one.draft)
        row = rows.get(uid)
        if row is None:
            if one.draft.lapsed:
                continue
            row = rows[uid] = Finding(uid=uid, config=config, stream=stream, revision=0)
        elif row.digest == digest:
            continue
        _fill(row, one.draft, digest)
        log.append(_revision(row, one.at, one.signal_id, epoch))
    _write(list({id(entry.finding): entry.finding for entry in log}.values()), log)
    return len(log)


def replace_findings(
    *, config: DetectorConfig, stream: Stream, at: Ticked, found: Sequence[Found]
) -> int:
    """Store what holds at a tick; what held before and is not there any more becomes lapsed."""
    changed = record_findings(config=config, stream=stream, found=found)
    uids = {_uid(config, stream, one.draft) for one in found}
    gone = Finding.objects.select_for_update().filter(
        config=config, stream=stream, status=FindingStatus.CURRENT
    )
    lapsed = [row for row in gone.order_by("uid") if row.uid not in uids]
    epoch = current_epoch()
    log = []
    for row in lapsed:
        row.status = FindingStatus.LAPSED
        row.digest = ""
        row.revision += 1
        row.updated_at = clock.now()
        log.append(_revision(row, at.at, at.signal_id, epoch))
    _write(lapsed, log)
    return changed + len(log)


def _uid(config: DetectorConfig, stream: Stream, draft: FindingDraft) -> str:
    version = registry.get(config.slug).meta.version
    named = (config.slug, version, config.params_hash, stream.slug, *draft.anchor)
    return blake2b(msgspec.json.encode(named), digest_size=16).hexdigest()


def _digest(draft: FindingDraft) -> str:
    return blake2b(msgspec.json.encode(draft, order="sorted"), digest_size=16).hexdigest()


def _fill(row: Finding, draft: FindingDraft, digest: str) -> None:
    meta = registry.get(row.config.slug).meta
    row.detector = meta.slug
    row.version = meta.version
    row.family = str(draft.family or meta.family)
    row.tier = str(draft.tier)
    row.anchor_type, row.anchor_value = draft.anchor
    row.subjects = list(draft.subjects)
    row.signal_ids = sorted(draft.signal_ids)[:MAX_SIGNAL_IDS]
    row.signal_total = max(draft.signal_total, len(draft.signal_ids))
    row.first_at = datetime.fromtimestamp(draft.first_at, UTC)
    row.last_at = datetime.fromtimestamp(draft.last_at, UTC)
    row.llr, row.score = draft.llr, draft.score
    row.sentence = draft.sentence
    row.flags = list(draft.flags)
    row.falsifiers = list(meta.falsifiers)
    row.status = FindingStatus.LAPSED if draft.lapsed else FindingStatus.CURRENT
    row.digest = digest
    row.revision += 1
    row.updated_at = clock.now()
    plain = _plain(asdict(draft))
    row.links, row.values, row.constants = plain["links"], plain["values"], plain["constants"]
    row.conditions = _plain([msgspec.to_builtins(one) for one in draft.conditions])


def _plain(value: Any) -> Any:
    return msgspec.to_builtins(value)


def _revision(row: Finding, at: float, signal_id: int, epoch: int) -> FindingRevision:
    return FindingRevision(
        finding=row,
        revision=row.revision,
        status=row.status,
        at_s=at,
        signal_id=signal_id,
        digest=row.digest,
        epoch=epoch,
    )


def _write(rows: list[Finding], log: list[FindingRevision]) -> None:
    """Rows first, so that the log can point at them."""
    fresh = [row for row in rows if row._state.adding]  # noqa: SLF001 -- documented by Django
    known = [row for row in rows if not row._state.adding]  # noqa: SLF001 -- as above
    Finding.objects.bulk_create(fresh)
    names = [field.name for field in Finding._meta.fields if field.name not in _FIXED]  # noqa: SLF001 -- as above
    Finding.objects.bulk_update(known, names, 200)
    FindingRevision.objects.bulk_create(log, 1_000)
