"""What one source says of many values, put on the watch list and withdrawn set by set."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from datetime import timedelta
from typing import Any, Final

from django.db import connection

from abusedesk.core import clock
from abusedesk.core.models import User
from detectors.choices import Opinion, RowOutcome, Tlp
from detectors.entities import digest_of
from detectors.intel.decay import LEAST, LIFETIMES_D, base_of, matching_d
from detectors.intel.markings import marking_of
from detectors.intel.terms import SEED_CONFIDENCE
from detectors.models import IndicatorBatch, IndicatorRow, WatchItem
from detectors.policy import require

_WORDS: Final = 300
# One statement for all: through the ORM ten thousand rows take ten times as long.
_PUT: Final = """
INSERT INTO detectors_watchitem (
    batch_id, source, trust, reference, added_by_id, added_at, renewed_at, expires_at,
    hits, pending, end_reason,
    type, value, digest, tlp, opinion, confidence, note, uid, phase, warned,
    first_seen, last_seen, lifetime_d, reach, fades_at
)
SELECT
    %(batch)s, %(source)s, %(trust)s, %(reference)s, %(actor)s, %(now)s, %(now)s,
    LEAST(%(end)s, one.until),
    0, TRUE, '',
    one.type, one.value, one.digest, one.tlp, one.opinion, one.confidence, one.note, one.uid,
    one.phase,
    ARRAY(SELECT jsonb_array_elements_text(one.warned::jsonb)),
    one.first_seen, one.last_seen, one.lifetime_d, one.reach, %(now)s + one.reach
FROM unnest(
    %(type)s::text[], %(value)s::text[], %(digest)s::bytea[], %(tlp)s::text[], %(opinion)s::text[],
    %(confidence)s::int[], %(note)s::text[], %(uid)s::text[], %(phase)s::text[],
    %(warned)s::text[], %(first_seen)s::timestamptz[], %(last_seen)s::timestamptz[],
    %(lifetime_d)s::int[], %(reach)s::interval[], %(until)s::timestamptz[]
) AS one (
    type, value, digest, tlp, opinion, confidence, note, uid, phase, warned, first_seen,
    last_seen, lifetime_d, reach, until
)
ON CONFLICT (digest, source) WHERE ended_at IS NULL DO NOTHING
"""


def put_assertions(*, actor: User, batch: IndicatorBatch, rows: Iterable[IndicatorRow]) -> int:
    """Put the new values of rows on the list. Returns how many were not there yet.

    The list must be locked. A value that its source already says stays as it is.
    """
    require(actor, "watch.edit")
    now = clock.now()
    said = [
        _said(batch, row, thing)
        for row in rows
        if row.until is None or row.until > now
        for thing in row.things
        if thing["outcome"] == RowOutcome.NEW
    ]
    if not said:
        return 0
    columns = {name: [one[name] for one in said] for name in said[0]}
    common: dict[str, Any] = {
        "batch": batch.pk,
        "source": batch.source,
        "trust": batch.trust,
        "reference": batch.reference,
        "actor": actor.pk,
        "now": now,
        "end": now + timedelta(days=batch.days),
    }
    with connection.cursor() as cursor:
        cursor.execute(_PUT, {**common, **columns})
        return int(cursor.rowcount)


def withdraw_assertions(*, actor: User, batch: IndicatorBatch, rows: Sequence[IndicatorRow]) -> int:
    """End what the source of a batch said of these values, and nothing that others say."""
    require(actor, "watch.edit")
    things = [
        (thing["type"], thing["value"])
        for row in rows
        for thing in row.things
        if thing["outcome"] == RowOutcome.WITHDRAWS
    ]
    return WatchItem.objects.filter(
        source=batch.source, ended_at=None, digest__in=[digest_of(*one) for one in things]
    ).update(
        ended_at=clock.now(), ended_by=actor, end_reason="Its source took it back.", pending=True
    )


def _said(batch: IndicatorBatch, row: IndicatorRow, thing: dict[str, Any]) -> dict[str, Any]:
    """One line of the list, without what all lines of a batch have in common."""
    kind, value = thing["type"], thing["value"]
    opinion = row.opinion or batch.opinion
    confidence = batch.confidence if row.confidence is None else row.confidence
    if opinion == Opinion.POSITIVE and base_of(batch.trust, confidence) <= LEAST:
        opinion = Opinion.SEED.value  # too unsure to match; it still says where to look
    if opinion == Opinion.SEED:
        confidence = min(confidence, SEED_CONFIDENCE)
    lifetime_d, reach = _life(kind, opinion, base_of(batch.trust, confidence))
    return {
        "type": kind,
        "value": value,
        "digest": digest_of(kind, value),
        "tlp": Tlp.narrowest(batch.tlp, marking_of(row.tags) or Tlp.CLEAR).value,
        "opinion": opinion,
        "confidence": confidence,
        "note": (row.note or batch.note).replace("\n", " ")[:_WORDS],
        "uid": row.uid,
        "phase": row.phase,
        "warned": json.dumps([name[:60] for name in thing["lists"]]),
        "first_seen": row.first_seen,
        "last_seen": row.last_seen,
        "lifetime_d": lifetime_d,
        "reach": reach,
        "until": row.until,
    }


def _life(kind: str, opinion: str, base: float) -> tuple[int | None, timedelta | None]:
    """How long a score lasts; a seed and an objection match nothing, so they only expire."""
    if opinion != Opinion.POSITIVE:
        return None, None
    lifetime_d = LIFETIMES_D[kind]
    return lifetime_d, timedelta(days=matching_d(base, lifetime_d))
