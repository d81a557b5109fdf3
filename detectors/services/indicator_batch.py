"""Takes in reports of indicators: read, look at what would happen, accept, undo."""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from collections.abc import Collection, Sequence
from dataclasses import replace
from typing import Final

from django.db import connection, transaction
from django.db.models import Count, Q

from abusedesk.core import audit, clock
from abusedesk.core.audit import Verb
from abusedesk.core.errors import ConflictError, InvalidError
from abusedesk.core.models import User
from abusedesk.core.queueing import wake
from detectors.choices import BatchState, Opinion, RowOutcome
from detectors.entities import digest_of
from detectors.intel import terms as rules
from detectors.intel.grid import TooManyRowsError
from detectors.intel.incoming import read_incoming
from detectors.intel.judging import Judged, Known, judge
from detectors.intel.report import Report, Row
from detectors.intel.terms import BatchTerms
from detectors.intel.warning import blocks
from detectors.models import IndicatorBatch, IndicatorRow, WatchItem
from detectors.models.watch import in_force
from detectors.policy import require
from detectors.reasons import why
from detectors.selectors.reference import lists_of
from detectors.services.assertion import put_assertions, withdraw_assertions
from detectors.services.said import outgrow_seeds
from detectors.services.watch import lock_list
from detectors.services.watch_change import expire_items
from detectors.watching.things import Thing

MAX_BYTES: Final = 10 * 1024 * 1024
STEP: Final = 2_000
_MESSAGE: Final = 300
# Through the ORM ten thousand rows take ten times as long.
_COPY: Final = """
COPY detectors_indicatorrow (
    batch_id, number, raw, heading, form, outcome, things, message, phase, phase_how, said,
    technique, procedure, note, first_seen, last_seen, extra, opinion, confidence, uid, tags, until
) FROM STDIN
"""


def read_batch(*, actor: User, raw: bytes, terms: BatchTerms, name: str = "") -> IndicatorBatch:
    """Read a file or what was pasted, and keep what would become of each row; nothing counts yet.

    Raises ForbiddenError, or InvalidError naming the field.
    """
    require(actor, "watch.edit")
    rules.check(terms)
    return keep_report(
        actor=actor,
        report=_read(raw),
        terms=terms,
        name=name,
        sha256=hashlib.sha256(raw).hexdigest(),
    )


def keep_report(
    *, actor: User, report: Report, terms: BatchTerms, name: str, sha256: str
) -> IndicatorBatch:
    """Keep what would become of each row of a report that was read; nothing counts yet.

    Raises ForbiddenError, or InvalidError naming the field.
    """
    require(actor, "watch.edit")
    rules.check(terms)
    rows = _with_said(report.rows, terms.source)
    told = list(judge(rows, _known(rows, terms.source), terms.opinion))
    outcomes = Counter(one.outcome.value for one in told)
    with transaction.atomic():
        batch = IndicatorBatch.objects.create(
            source=terms.source,
            name=name.replace("\0", "")[:200],
            sha256=sha256,
            form=report.form,
            trust=terms.trust,
            confidence=terms.confidence,
            opinion=terms.opinion,
            tlp=terms.tlp,
            licence=terms.licence,
            reference=terms.reference,
            note=terms.note,
            days=terms.days,
            rows=len(told),
            forms={form.value: count for form, count in sorted(report.counts().items())},
            outcomes=dict(sorted(outcomes.items())),
            actor=actor,
        )
        _keep_rows(batch, told)
        audit.append(
            actor=actor,
            verb=Verb.INDICATORS_READ,
            target=batch,
            rows=batch.rows,
            source=batch.source,
            outcomes=batch.outcomes,
            sha256=batch.sha256,
        )
    return batch


@transaction.atomic
def accept_batch(
    *, actor: User, batch: IndicatorBatch, ticked: Collection[int] = ()
) -> IndicatorBatch:
    """Put its new values on the watch list, and those of the rows that somebody ticked.

    ticked: numbers of rows that needed a look. Values that another import of this source brought
    meanwhile stay as they are. Raises ForbiddenError, ConflictError, or InvalidError for a row that
    cannot be ticked.
    """
    require(actor, "watch.edit")
    lock_list()
    expire_items()
    batch = _locked(batch, BatchState.PREVIEW, "It was accepted or dropped already.")
    chosen = _ticked(batch, ticked)
    new = list(IndicatorRow.objects.filter(batch=batch, outcome=RowOutcome.NEW))
    outgrow_seeds(actor=actor, source=batch.source, things=_more_than_seeds(batch, new))
    batch.added = put_assertions(actor=actor, batch=batch, rows=new)
    gone = IndicatorRow.objects.filter(batch=batch, outcome=RowOutcome.WITHDRAWS)
    batch.withdrawn = withdraw_assertions(actor=actor, batch=batch, rows=list(gone))
    batch.outcomes = _outcomes(batch)
    _settle(batch, actor, BatchState.ACCEPTED, "")
    audit.append(
        actor=actor,
        verb=Verb.INDICATORS_ACCEPTED,
        target=batch,
        added=batch.added,
        withdrawn=batch.withdrawn,
        ticked=len(chosen),
        source=batch.source,
    )
    wake("detectors.watch")
    return batch


@transaction.atomic
def drop_batch(*, actor: User, batch: IndicatorBatch) -> IndicatorBatch:
    """Leave a preview at that. Raises ForbiddenError or ConflictError."""
    require(actor, "watch.edit")
    batch = _locked(batch, BatchState.PREVIEW, "It was accepted or dropped already.")
    _settle(batch, actor, BatchState.DROPPED, "")
    audit.append(actor=actor, verb=Verb.INDICATORS_DROPPED, target=batch, source=batch.source)
    return batch


@transaction.atomic
def undo_batch(*, actor: User, batch: IndicatorBatch, reason: str) -> IndicatorBatch:
    """Take off the list what it put there; what other sources say stays, and what it withdrew too.

    Raises ForbiddenError, ConflictError, or InvalidError without a reason.
    """
    require(actor, "watch.edit")
    told = why(reason)
    lock_list()
    batch = _locked(batch, BatchState.ACCEPTED, "Only an import that was accepted can be undone.")
    ended = WatchItem.objects.filter(batch=batch, ended_at=None).update(
        ended_at=clock.now(), ended_by=actor, end_reason=told, pending=True
    )
    _settle(batch, actor, BatchState.UNDONE, told)
    audit.append(
        actor=actor,
        verb=Verb.INDICATORS_UNDONE,
        target=batch,
        count=ended,
        source=batch.source,
        reason=told,
    )
    wake("detectors.watch")
    return batch


def _more_than_seeds(batch: IndicatorBatch, rows: Sequence[IndicatorRow]) -> list[Thing]:
    return [
        (thing["type"], thing["value"])
        for row in rows
        if (row.opinion or batch.opinion) != Opinion.SEED
        for thing in row.things
        if thing["outcome"] == RowOutcome.NEW
    ]


def _read(raw: bytes) -> Report:
    if len(raw) > MAX_BYTES:
        message = f"A report has at most {MAX_BYTES // 1024 // 1024} MiB."
        raise InvalidError(message, field="file")
    try:
        report = read_incoming(raw)
    except TooManyRowsError as error:
        raise InvalidError(str(error), field="file") from None
    if not report.rows:
        message = "There is no row in it."
        raise InvalidError(message, field="file")
    return report


def _with_said(rows: Sequence[Row], source: str) -> list[Row]:
    """Rows that take something back by its name alone, with what the source said under it."""
    named = {row.uid for row in rows if row.gone and row.uid}
    said: dict[str, tuple[Thing, ...]] = {}
    items = WatchItem.objects.filter(source=source, uid__in=named, ended_at=None) if named else []
    for one in items:
        said[one.uid] = (*said.get(one.uid, ()), (one.type, one.value))
    return [replace(row, things=said[row.uid]) if row.uid in said else row for row in rows]


def _known(rows: Sequence[Row], source: str) -> dict[Thing, Known]:
    """What the desk knows of every value, in two queries."""
    things = {thing for row in rows for thing in row.things}
    lists = lists_of(things)
    said = WatchItem.objects.filter(in_force(clock.now()))
    said = said.filter(digest__in=[digest_of(*thing) for thing in things])
    sums = (
        said.order_by()
        .values("type", "value")
        .annotate(
            own=Count("pk", filter=Q(source=source)),
            seeds=Count("pk", filter=Q(source=source, opinion=Opinion.SEED)),
            both=Count("pk"),
        )
        .values_list("type", "value", "own", "seeds", "both")
    )
    counts = {(kind, value): (own, seeds, both) for kind, value, own, seeds, both in sums}
    found = {}
    for thing in things:
        own, seeds, both = counts.get(thing, (0, 0, 0))
        listed = lists.get(thing, [])
        holding = [one for one in listed if blocks(thing, one.category, one.slug)]
        found[thing] = Known(
            by_source=own > 0,
            as_seed=0 < own == seeds,
            others=both - own,
            blocking=tuple(one.name for one in holding if one.exact),
            above=tuple(one.name for one in holding if not one.exact),
            informing=tuple(one.name for one in listed),
        )
    return found


def _keep_rows(batch: IndicatorBatch, told: Sequence[Judged]) -> None:
    with connection.cursor() as cursor, cursor.copy(_COPY) as copy:
        for one in told:
            copy.write_row((batch.pk, *_cells(one)))


def _cells(told: Judged) -> tuple[object, ...]:
    """What is stored of a row, in the order of `_COPY`."""
    row = told.row
    return (
        *(row.number, row.raw, row.heading, row.form.value, told.outcome.value),
        *(json.dumps(told.things), row.message[:_MESSAGE], row.phase.phase, row.phase.how),
        *(row.said, row.technique, row.procedure, row.note, row.first_seen, row.last_seen),
        *(json.dumps(row.extra), row.opinion, row.confidence, row.uid, list(row.tags)),
        row.until,
    )


def _locked(batch: IndicatorBatch, state: BatchState, otherwise: str) -> IndicatorBatch:
    held = IndicatorBatch.objects.select_for_update(no_key=True).get(pk=batch.pk)
    if held.state != state:
        raise ConflictError(otherwise)
    return held


def _ticked(batch: IndicatorBatch, numbers: Collection[int]) -> list[IndicatorRow]:
    """The rows of these numbers, which count from now on."""
    rows = list(
        IndicatorRow.objects.filter(
            batch=batch, outcome=RowOutcome.CANDIDATE, number__in=list(numbers)
        )
    )
    if wrong := set(numbers) - {row.number for row in rows}:
        message = f"Row {min(wrong)} does not need a look, so it cannot be ticked."
        raise InvalidError(message, field="ticked")
    for row in rows:
        row.outcome = RowOutcome.NEW
        for thing in row.things:
            if thing["outcome"] == RowOutcome.CANDIDATE:
                thing["outcome"] = RowOutcome.NEW.value
    IndicatorRow.objects.bulk_update(rows, ["outcome", "things"], STEP)
    return rows


def _outcomes(batch: IndicatorBatch) -> dict[str, int]:
    rows = IndicatorRow.objects.filter(batch=batch).order_by()
    return dict(rows.values_list("outcome").annotate(Count("pk")).order_by("outcome"))


def _settle(batch: IndicatorBatch, actor: User, state: BatchState, reason: str) -> None:
    batch.state, batch.settled_by, batch.settled_at = state, actor, clock.now()
    batch.reason = reason
    batch.save(
        update_fields=[
            "state", "settled_by", "settled_at", "reason", "added", "withdrawn", "outcomes"
        ]
    )  # fmt: skip
