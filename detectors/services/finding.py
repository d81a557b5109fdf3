"""Writes findings: the newest revision of each, and the log of every change."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from hashlib import blake2b
from typing import NamedTuple

import msgspec
from django.db.models import F

from abusedesk.core import clock
from detectors import folding, registry
from detectors.base import MAX_SIGNAL_IDS, FindingDraft
from detectors.choices import FindingStatus
from detectors.engine import Found, Ticked
from detectors.models import DetectorConfig, Finding, FindingRevision, Stream
from detectors.services.follow import note_findings

_FIXED = {"id", "uid", "stream", "detector", "version", "created_at"}


def record_findings(*, config: DetectorConfig, stream: Stream, found: Sequence[Found]) -> int:
    """Store drafts in order; an unchanged one is no revision. Returns how many there were."""
    if not found:
        return 0
    uids = [_uid(config, stream, one.draft) for one in found]
    known = _known(uids)
    rows: dict[str, Finding] = {}
    log: list[FindingRevision] = []
    for uid, one in zip(uids, found, strict=True):
        digest = folding.revision_digest(one.draft)
        before = known.get(uid)
        if before is None and one.draft.lapsed:
            continue
        if before is not None and before.digest == digest:
            continue
        revision = before.revision + 1 if before else 1
        row = rows.get(uid) or Finding(uid=uid, config=config, stream=stream)
        _fill(row, one.draft, digest, revision)
        rows[uid] = row
        known[uid] = _Known(digest, revision)
        log.append(_revision(row, one, revision, row.status, _evidence(row, one.draft)))
    _upsert(list(rows.values()))
    FindingRevision.objects.bulk_create(log, 1_000)
    note_findings(config=config, stream=stream, rows=list(rows.values()))
    return len(log)


def replace_findings(
    *, config: DetectorConfig, stream: Stream, at: Ticked, found: Sequence[Found]
) -> int:
    """Store what holds at a tick; what held before and is not there any more becomes lapsed."""
    changed = record_findings(config=config, stream=stream, found=found)
    uids = [_uid(config, stream, one.draft) for one in found]
    gone = list(
        Finding.objects.filter(config=config, stream=stream, status=FindingStatus.CURRENT)
        .exclude(uid__in=uids)
        .only("uid", "revision", "stream")
        .order_by("uid")
    )
    if not gone:
        return changed
    Finding.objects.filter(pk__in=[row.pk for row in gone]).update(
        status=FindingStatus.LAPSED, digest="", revision=F("revision") + 1, updated_at=clock.now()
    )
    FindingRevision.objects.bulk_create(
        _revision(row, at, row.revision + 1, FindingStatus.LAPSED, {}) for row in gone
    )
    return changed + len(gone)


class _Known(NamedTuple):
    """What must be known of a stored finding to tell whether a draft changes it."""

    digest: str
    revision: int


def _known(uids: Sequence[str]) -> dict[str, _Known]:
    rows = Finding.objects.select_for_update(no_key=True).filter(uid__in=set(uids))
    return {
        uid: _Known(digest, revision)
        for uid, digest, revision in rows.values_list("uid", "digest", "revision")
    }


def _uid(config: DetectorConfig, stream: Stream, draft: FindingDraft) -> str:
    version = registry.get(config.slug).meta.version
    named = (config.slug, version, config.params_hash, stream.slug, *draft.anchor)
    return blake2b(msgspec.json.encode(named), digest_size=16).hexdigest()


def _fill(row: Finding, draft: FindingDraft, digest: str, revision: int) -> None:
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
    row.links = msgspec.to_builtins(draft.links)
    row.values = msgspec.to_builtins(draft.values)
    row.constants = msgspec.to_builtins(draft.constants)
    row.conditions = msgspec.to_builtins(draft.conditions)
    row.falsifiers = list(meta.falsifiers)
    row.flags = list(draft.flags)
    row.status = FindingStatus.LAPSED if draft.lapsed else FindingStatus.CURRENT
    row.digest = digest
    row.revision = revision
    row.updated_at = clock.now()


def _revision(
    row: Finding, event: Found | Ticked, revision: int, status: str, evidence: object
) -> FindingRevision:
    return FindingRevision(
        finding=row,
        stream=row.stream,
        revision=revision,
        status=status,
        at_s=event.at,
        signal_id=event.signal_id,
        digest=row.digest,
        evidence=evidence,
    )


def _evidence(row: Finding, draft: FindingDraft) -> object:
    """What the fusion needs; the finding's id is put in when it is read."""
    return msgspec.to_builtins(folding.evidence_of(draft, registry.get(row.config.slug).meta))


def _upsert(rows: list[Finding]) -> None:
    """One statement for new and known rows; it fills in the ids that the log points at."""
    fields = [field.name for field in Finding._meta.fields if field.name not in _FIXED]  # noqa: SLF001 -- documented by Django
    Finding.objects.bulk_create(
        rows, 500, update_conflicts=True, unique_fields=["uid"], update_fields=fields
    )
