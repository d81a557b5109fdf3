"""Stores signals set-based, each once, and keeps what was refused."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from operator import itemgetter
from typing import Any, Final, TypeVar

import msgspec
from django.db import IntegrityError, OperationalError, connection, transaction
from psycopg import errors

from abusedesk.core import clock
from abusedesk.core.queueing import wake
from detectors.ingest import Parsed, Refused
from detectors.models import DeadLetter, Source, Stream
from detectors.partitions import ensure_partitions, forget_partitions
from detectors.schema import MAX_RAW_BYTES, ActorProfile, Ai, SignalIn
from detectors.services.answer import Answer, Ticket, answer_once
from detectors.services.count import count_refused
from detectors.services.source import live_stream
from detectors.stream import current_epoch

ATTEMPTS: Final = 5
SEEN_EVERY_S: Final = 5
WAKES: Final = 4  # at once; then so many a second

COLUMNS: Final = (
    "id, stream_id, source_id, external_id, platform, kind, occurred_at, received_at, actor, text,"
    " payload, epoch"
)
# Binary: formatting a row costs half of what it costs as text.
_COPY: Final = f"COPY {{}} ({COLUMNS}) FROM STDIN (FORMAT binary)"
_TYPES: Final = (
    "int8", "int8", "int8", "varchar", "varchar", "varchar", "timestamptz", "timestamptz",
    "varchar", "text", "bytea", "int2",
)  # fmt: skip
_KEY: Final = itemgetter(6, 3)  # when it occurred, which lies in one partition; then its name
_JSONB: Final = b"\x01"  # what jsonb looks like in binary COPY: this version, then its text
_STAGING: Final = """
CREATE TEMPORARY TABLE IF NOT EXISTS signal_staging
    (LIKE detectors_signal INCLUDING DEFAULTS) ON COMMIT DELETE ROWS
"""
_MERGE: Final = f"""
INSERT INTO detectors_signal ({COLUMNS})
SELECT {COLUMNS} FROM signal_staging ORDER BY occurred_at, external_id COLLATE "C"
ON CONFLICT DO NOTHING
"""  # noqa: S608 -- a constant
_NUMBERS: Final = """
SELECT nextval('detectors_signal_seq') FROM generate_series(1, %s)
"""
_SEEN: Final = """
UPDATE detectors_source SET last_seen_at = %(now)s WHERE id = (
    SELECT id FROM detectors_source
    WHERE id = %(source)s
      AND coalesce(last_seen_at, '-infinity')
          < %(now)s::timestamptz - %(every)s * interval '1 second'
    FOR NO KEY UPDATE SKIP LOCKED)
"""

_ONCE_LOCK: Final = 0x4F4E_4345  # "ONCE"
_KNOWN: Final = """
SELECT external_id, min(occurred_at) FROM detectors_signal
WHERE source_id = %(source)s AND external_id = ANY(%(names)s) GROUP BY external_id
"""

T = TypeVar("T")

_resenders: set[int] = set()
"""Sources whose last batch held known signals; they go the way that expects some."""


@dataclass(frozen=True, slots=True)
class IngestResult:
    """How many signals were stored and how many were known."""

    accepted: int = 0
    duplicates: int = 0


class Payload(msgspec.Struct, frozen=True, omit_defaults=True):
    """The contract's fields without a column; `stream.Payload` reads them."""

    actor_profile: ActorProfile | None = None
    urls: tuple[str, ...] = ()
    objects: tuple[str, ...] = ()
    identifiers: dict[str, Any] = {}
    ai: Ai | None = None
    fingerprints: tuple[str, ...] = ()
    attributes: dict[str, Any] = {}


def ingest_batch(
    *,
    source: Source,
    signals: Sequence[SignalIn],
    stream: Stream | None = None,
    once: bool = False,
) -> IngestResult:
    """Store one batch in one transaction, each signal once. stream: None is the live one.

    Ids ascend in the order of `signals`. The same batch twenty times at once is stored once.
    once: as for `store`.
    """
    if not signals:
        return IngestResult()
    line = stream or live_stream()
    result = committed(
        lambda: store(source=source, signals=signals, stream=line, once=once), signals
    )
    wake_detectors()
    return result


def ingest_parsed(
    *,
    source: Source,
    parsed: Parsed,
    say: Callable[[IngestResult], Answer],
    once: bool = False,
    ticket: Ticket | None = None,
) -> Answer:
    """Store what is good, keep what was refused and, under a ticket, the answer: all or nothing.

    say: how the result is told. once: as for `store`. Raises what `answer_once` raises.
    """
    line = live_stream()

    def work() -> Answer:
        result = IngestResult()
        if parsed.good:
            result = store(source=source, signals=parsed.good, stream=line, once=once)
        keep_rejected(source=source, rejected=parsed.bad)
        return say(result)

    answer = committed(
        work if ticket is None else partial(answer_once, ticket=ticket, work=work), parsed.good
    )
    if parsed.good and not answer.again:
        wake_detectors()
    return answer


def keep_rejected(*, source: Source, rejected: Iterable[Refused]) -> None:
    """Keep refused items whole (up to 64 KiB) with their reasons, to be fixed and replayed.

    What an adapter could make no item of is kept as it came, under the adapter's name.
    """
    now = clock.now()
    letters = [
        DeadLetter(
            source=source,
            received_at=now,
            position=one.position,
            external_id=one.external_id,
            raw=one.raw[:MAX_RAW_BYTES],
            truncated=len(one.raw) > MAX_RAW_BYTES,
            errors=[msgspec.to_builtins(fault) for fault in one.faults],
            adapter=one.adapter,
        )
        for one in rejected
    ]
    if letters:
        with transaction.atomic():
            DeadLetter.objects.bulk_create(letters, batch_size=500)
            count_refused(source=source, refused=len(letters))


def committed(work: Callable[[], T], signals: Sequence[SignalIn]) -> T:
    """Run `work` in one transaction, the partitions of `signals` being there; again if it must."""
    for attempt in range(1, ATTEMPTS + 1):
        ensure_partitions(signal.occurred_at for signal in signals)
        try:
            with transaction.atomic():
                return work()
        except (errors.Error, OperationalError, IntegrityError) as error:
            if attempt == ATTEMPTS or not _passes(error.__cause__ or error):
                raise
    raise AssertionError


def store(
    *, source: Source, signals: Sequence[SignalIn], stream: Stream, once: bool = False
) -> IngestResult:
    """Write inside the caller's transaction (`committed`).

    once: an external id that the source has used is known, whatever time it bears now.
    COPY into the table itself takes half the time of staging, so it is tried first; a known signal
    undoes it, and from then on this source is staged until a batch brings only new ones.
    """
    wanted = _as_known(signals, source) if once else signals
    rows = _rows(_first_of(wanted), source, stream)
    stored = None if source.pk in _resenders else _copy_or_none(rows)
    if stored is None:
        stored = _merge(rows)
    (_resenders.discard if stored == len(signals) else _resenders.add)(source.pk)
    _note_seen(source)
    return IngestResult(stored, len(signals) - stored)


def wake_detectors() -> None:
    """Wake the sweep after commit; in a flood, a wake-up for each post would drown the workers."""
    if _bucket.take():
        wake("detectors.sweep")


class _Bucket:
    """`WAKES` tokens, refilled at that rate a second. The beat finds what found none."""

    def __init__(self) -> None:
        self.tokens, self.at = float(WAKES), time.monotonic()

    def take(self) -> bool:
        now = time.monotonic()
        self.tokens = min(float(WAKES), self.tokens + (now - self.at) * WAKES)
        self.at = now
        if self.tokens < 1:
            return False
        self.tokens -= 1
        return True


_bucket = _Bucket()


def _passes(reason: BaseException) -> bool:
    """Whether the same again may go well."""
    if isinstance(reason, errors.CheckViolation):
        forget_partitions()  # one that was there is gone: dropped, or its making was rolled back
        return True
    passing = isinstance(reason, errors.DeadlockDetected | errors.SerializationFailure)
    return passing and not connection.in_atomic_block


def _as_known(signals: Sequence[SignalIn], source: Source) -> list[SignalIn]:
    """With the times under which ids are known, also from earlier in this batch.

    One writer of a source at a time: of two that bring a new id, the second must see the first.
    """
    names = list({one.external_id for one in signals})
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s, %s)", [_ONCE_LOCK, source.pk])
        cursor.execute(_KNOWN, {"source": source.pk, "names": names})
        known: dict[str, datetime] = dict(cursor.fetchall())
    return [
        msgspec.structs.replace(one, occurred_at=known.setdefault(one.external_id, one.occurred_at))
        for one in signals
    ]


def _first_of(signals: Sequence[SignalIn]) -> list[SignalIn]:
    """Each key once, the first one wins, in order."""
    once: dict[tuple[str, Any], SignalIn] = {}
    for one in signals:
        once.setdefault((one.external_id, one.occurred_at), one)
    return list(once.values())


def _rows(signals: Sequence[SignalIn], source: Source, stream: Stream) -> list[tuple[Any, ...]]:
    """Numbered as they came, in the order of time and key: two writers meet without a ring."""
    now, epoch = clock.now(), current_epoch()
    rows = [
        (
            number,
            stream.pk,
            source.pk,
            one.external_id,
            one.platform,
            one.kind.value,
            one.occurred_at,
            now,
            one.actor,
            one.text,
            _payload(one),
            epoch,
        )
        for number, one in zip(_numbers(len(signals)), signals, strict=True)
    ]
    return sorted(rows, key=_KEY)


def _numbers(count: int) -> list[int]:
    with connection.cursor() as cursor:
        cursor.execute(_NUMBERS, [count])
        return [number for (number,) in cursor.fetchall()]


def _payload(one: SignalIn) -> bytes:
    payload = Payload(
        one.actor_profile,
        one.urls,
        one.objects,
        one.identifiers,
        one.ai,
        one.fingerprints,
        one.attributes,
    )
    return _JSONB + msgspec.json.encode(payload)


def _copy_or_none(rows: Sequence[tuple[Any, ...]]) -> int | None:
    """Rows stored, or None when one of them is known."""
    try:
        with transaction.atomic():
            _copy(rows, "detectors_signal")
    except errors.UniqueViolation:
        return None
    return len(rows)


def _merge(rows: Sequence[tuple[Any, ...]]) -> int:
    """Rows that were not known."""
    with connection.cursor() as cursor:
        cursor.execute(_STAGING)
        _copy(rows, "signal_staging")
        cursor.execute(_MERGE)
        stored = int(cursor.rowcount)
        cursor.execute("TRUNCATE signal_staging")  # a second merge in the same transaction
    return stored


def _copy(rows: Iterable[tuple[Any, ...]], table: str) -> None:
    with connection.cursor() as cursor, cursor.copy(_COPY.format(table)) as copy:
        copy.set_types(_TYPES)
        for row in rows:
            copy.write_row(row)


def _note_seen(source: Source) -> None:
    """At most every five seconds, and never waiting for another batch of the same source."""
    with connection.cursor() as cursor:
        cursor.execute(_SEEN, {"now": clock.now(), "source": source.pk, "every": SEEN_EVERY_S})
