"""The hash chain of everything that people and the machine changed, and its words."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from django.db import connection, models, transaction

from abusedesk.core import clock, context
from abusedesk.core.models import AuditEntry, User
from abusedesk.core.verbs import SENTENCES, Verb

__all__ = ["SENTENCES", "Check", "Verb", "append", "digest_of", "sentence", "verify"]

MACHINE = "abusedesk"
GENESIS = "0" * 64
LOCK = 0x6162_7573_6564  # any constant of this desk: "abused" in ASCII
BATCH = 2_000


@dataclass(frozen=True, slots=True)
class Check:
    """Result of `verify`: entries seen, last digest, and the first broken row with its fault."""

    entries: int
    head: str
    broken: int | None = None
    fault: str = ""


@transaction.atomic(savepoint=False)
def append(
    *,
    actor: User | None,
    verb: Verb,
    target: models.Model | None = None,
    target_type: str = "",
    target_id: str = "",
    **data: object,
) -> AuditEntry:
    """Add one link. The lock on the chain is held until commit: write everything else before.

    actor: None is the desk itself. target_type, target_id: stand instead of the model's own.
    """
    if target is not None:
        target_type = target_type or target.__class__.__name__.lower()
        target_id = target_id or str(target.pk)
    entry = AuditEntry(
        at=clock.now(),
        actor=actor,
        actor_label=actor.get_username() if actor else MACHINE,
        verb=verb,
        target_type=target_type,
        target_id=target_id,
        data=_plain(data),
        request_id=context.current().request_id,
    )
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [LOCK])
    newest = AuditEntry.objects.order_by("-id").values_list("digest", flat=True).first()
    entry.previous = newest or GENESIS
    entry.digest = digest_of(entry)
    entry.save(force_insert=True)
    return entry


def digest_of(entry: AuditEntry) -> str:
    """SHA-256 over the previous digest and the canonical JSON of the entry."""
    body = {
        "at": entry.at.astimezone(UTC).isoformat(timespec="microseconds"),
        "actor": entry.actor_id,
        "actor_label": entry.actor_label,
        "verb": str(entry.verb),
        "target": [entry.target_type, entry.target_id],
        "data": entry.data,
        "request": entry.request_id,
    }
    canonical = json.dumps(body, sort_keys=True, separators=(",", ":"), ensure_ascii=True)
    return hashlib.sha256(f"{entry.previous}{canonical}".encode()).hexdigest()


def verify() -> Check:
    """Walk the whole chain, oldest first, and stop at the first row that does not fit."""
    head, seen = GENESIS, 0
    for entry in _walk():
        fault = _fault(entry, head)
        if fault:
            return Check(seen, head, entry.pk, fault)
        head, seen = entry.digest, seen + 1
    return Check(seen, head)


def sentence(entry: AuditEntry) -> str:
    """What happened, as a sentence without its subject; an unknown verb speaks for itself."""
    template = SENTENCES.get(entry.verb)  # a stored verb may be retired
    return template.format_map(_Gaps(entry.data)) if template else entry.verb


class _Gaps(dict[str, Any]):
    """Older entries may lack a value that the sentence has today."""

    def __missing__(self, key: str) -> str:
        return "…"


def _walk() -> Iterator[AuditEntry]:
    last = 0
    while batch := list(AuditEntry.objects.filter(pk__gt=last).order_by("pk")[:BATCH]):
        yield from batch
        last = batch[-1].pk


def _fault(entry: AuditEntry, head: str) -> str:
    if entry.previous != head:
        return "the entry before it was removed, inserted or changed"
    if entry.digest != digest_of(entry):
        return "its content was changed"
    return ""


def _plain(value: Any) -> Any:
    """`value` as jsonb will give it back, so that digests can be computed again."""
    if isinstance(value, dict):
        return {_plain(str(key)): _plain(one) for key, one in value.items()}
    if isinstance(value, list | tuple | set | frozenset):
        return [_plain(one) for one in value]
    if isinstance(value, bool | int | float | None):
        return _number(value) if isinstance(value, float) else value
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat(timespec="seconds")
    return str(value).replace("\x00", "\ufffd").encode("utf-8", "replace").decode()


def _number(value: float) -> float | int | str:
    """Six decimals; jsonb has no infinity and writes very large numbers in another way."""
    if not abs(value) < 1e15:  # noqa: PLR2004 -- also true for NaN; above, floats are not exact
        return str(value)
    rounded = round(value, 6)
    return int(rounded) if rounded.is_integer() else rounded
