"""Takes in objects of others: looked at one by one, kept, and believed no further than allowed."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Final

from django.db import transaction

from abusedesk.core import audit
from abusedesk.core.audit import Verb
from abusedesk.core.models import User
from cases.choices import FeedMode, Tlp
from cases.importing import Known, drop_orphans, keep, known_objects, revoke, still_said
from cases.models import Feed, ImportedObject, Partner
from cases.services.outcome import receive_outcomes
from cases.taking.kinds import Kind, kind_of
from cases.taking.limits import Object, cleaned, fault_of, refs_of, version_of
from detectors.choices import Opinion
from detectors.intel.report import Report, Row
from detectors.intel.stix.marks import tlp_of
from detectors.intel.stix.reading import rows_of
from detectors.intel.terms import SEED_CONFIDENCE, BatchTerms
from detectors.models import IndicatorBatch
from detectors.services.indicator_batch import accept_batch, keep_report
from detectors.services.said import withdraw_said

TAKEN: Final = "taken"
WAITS: Final = "waits for a person"
KNOWN: Final = "known already"
OLDER: Final = "an older version of what is known"
WITHDRAWN: Final = "taken back"
RED: Final = "TLP:RED is for named people; it is not kept."
OTHER_BODY: Final = "This version came before with another body."
OTHER_MAKER: Final = "Only its maker makes new versions of an object."

# receive_...(*, actor, partner, objects) -> who takes objects of a kind further than to be looked
# at. What no one receives is kept, and does nothing. Patterns of feeds go on from `polling`.
Receiver = Callable[..., object]
RECEIVERS: Final[dict[Kind, Receiver]] = {Kind.OUTCOME: receive_outcomes}


@dataclass(frozen=True, slots=True)
class Origin:
    """From whom objects come. terms.source: under which name they count; mode: how far."""

    terms: BatchTerms
    mode: FeedMode
    feed: Feed | None = None
    partner: Partner | None = None
    name: str = ""


@dataclass(slots=True)
class Taken:
    """What became of objects. outcomes: id -> in words. kept: those that were new or newer."""

    outcomes: dict[str, str] = field(default_factory=dict)
    refused: dict[str, str] = field(default_factory=dict)
    kept: list[Object] = field(default_factory=list)
    batch: IndicatorBatch | None = None

    @property
    def fresh(self) -> int:
        """How many were new or newer."""
        return len(self.kept)


@transaction.atomic
def take_objects(*, actor: User, origin: Origin, objects: Sequence[object]) -> Taken:
    """Keep each object that can be kept; its values wait, or stand on the watch list by the rule.

    Nothing is blocked, closed or decided by it. What a source takes back is ended at once. Raises
    ForbiddenError when `actor` may not change the watch list.
    """
    done = Taken()
    source = origin.terms.source
    good = list(_good(objects, done))
    known = known_objects(source, [one["id"] for one in good])
    marks = [*known.marks, *(one["id"] for one in good if one["type"] == "marking-definition")]
    fresh = [one for one in good if _is_fresh(one, known, marks, done)]
    done.kept = fresh
    if fresh:
        _store(actor, origin, fresh, known, marks, done)
        _receive(actor, origin, fresh)
    counts = Counter([*done.outcomes.values(), *("refused" for _ in done.refused)])
    if fresh or done.refused:
        what = ", ".join(f"{count} {said}" for said, count in sorted(counts.items()))
        audit.append(
            actor=actor,
            verb=Verb.OBJECTS_TAKEN,
            target_type="source",
            target_id=source,
            source=source,
            total=len(objects),
            what=what,
            refused=dict(list(done.refused.items())[:20]),
        )
    return done


@transaction.atomic
def forget_objects(*, actor: User, source: str, ids: Sequence[str]) -> int:
    """End what a source said in these objects, which it deleted. Returns how many values it was.

    Raises ForbiddenError when `actor` may not change the watch list.
    """
    known = known_objects(source, ids)
    led = {ref for row in known.by_id.values() for ref in row.refs}
    revoke(list(known.by_id.values()))
    orphans, digests = drop_orphans(source, led)
    ended = sorted(orphans | known.by_id.keys())
    still = still_said(source, digests | known.digests, ended)
    return withdraw_said(actor=actor, source=source, uids=ended, still=still)


def _good(objects: Iterable[object], done: Taken) -> Iterable[Object]:
    """Objects that can be taken, each once in its newest version."""
    newest: dict[str, Object] = {}
    for at, raw in enumerate(objects):
        if fault := fault_of(raw):
            said = raw.get("id") if isinstance(raw, dict) else None
            done.refused[str(said)[:100] if said else f"object {at + 1}"] = fault
            continue
        one: Object = cleaned(raw)
        before = newest.get(one["id"])
        if before is None or str(one.get("modified", "")) > str(before.get("modified", "")):
            newest[one["id"]] = one
    return newest.values()


def _is_fresh(one: Object, known: Known, marks: Sequence[str], done: Taken) -> bool:
    """Whether it says something new; the outcome says why not."""
    if tlp_of(one, marks) == Tlp.RED:
        done.refused[one["id"]] = RED
        return False
    before = known.by_id.get(one["id"])
    if before is None:
        return True
    if before.revoked and before.body.get("revoked") is not True:
        return True  # deleted, or fallen with what stood around it, and sent again
    said, why = _stale(one, before)
    if said or why:
        (done.outcomes if said else done.refused)[one["id"]] = said or why
    return not said and not why


def _stale(one: Object, before: ImportedObject) -> tuple[str, str]:
    """What became of an object that came before, or why it is refused; both empty for newer."""
    version = version_of(one)
    if before.version is None or version is None:
        return KNOWN, ""
    if version == before.version:
        return (KNOWN, "") if one == before.body else ("", OTHER_BODY)
    if version < before.version:
        return OLDER, ""
    same_maker = one.get("created_by_ref") == before.body.get("created_by_ref")
    return "", "" if same_maker else OTHER_MAKER


def _store(
    actor: User,
    origin: Origin,
    fresh: list[Object],
    known: Known,
    marks: Sequence[str],
    done: Taken,
) -> None:
    source = origin.terms.source
    gone = {one["id"] for one in fresh if one.get("revoked") is True}
    same = {one["id"] for one in fresh if _says_same(one, known, marks)}
    led = {ref for one in fresh if one["id"] in gone for ref in _led_to(one, known)}
    keep(fresh, source, origin.feed, origin.partner, origin.terms.licence, marks)
    orphans, digests = drop_orphans(source, led)
    gone |= orphans
    ended = sorted((gone | known.by_id.keys()) - same)
    if ended:
        still = still_said(source, digests | known.digests, ended)
        withdraw_said(actor=actor, source=source, uids=ended, still=still)
    done.outcomes |= {one["id"]: WITHDRAWN if one["id"] in gone else TAKEN for one in fresh}
    said = [one for one in fresh if one["id"] not in gone | same and kind_of(one) is Kind.VALUES]
    told = rows_of(said, marks)
    rows = [one for one in told if counts(row=one, mode=origin.mode, form="stix")]
    if rows:
        done.batch = keep_rows(actor=actor, origin=origin, rows=rows)
        if origin.mode == FeedMode.HOLD:
            done.outcomes |= {one.uid: WAITS for one in rows}


def _led_to(one: Object, known: Known) -> list[str]:
    """Where it leads, and where its last version led: a revoked one may lead nowhere."""
    before = known.by_id.get(one["id"])
    return [*refs_of(one), *(before.refs if before else ())]


def _says_same(one: Object, known: Known, marks: Sequence[str]) -> bool:
    """Whether a new version says of values exactly what the old one said."""
    before = known.by_id.get(one["id"])
    if before is None or before.revoked or one.get("revoked") is True:
        return False
    if kind_of(one) is not Kind.VALUES:
        return True
    old, new = rows_of([before.body], marks)[0], rows_of([one], marks)[0]
    return replace(old, note=new.note) == new


def counts(*, row: Row, mode: FeedMode, form: str) -> bool:
    """Whether a row is for the watch list: it tells a value, or says why it is none.

    A source that is taken for seeds only does not object to what others say. Of STIX only patterns
    say why: what else is no value is kept as an object anyway.
    """
    if mode == FeedMode.SEED and row.opinion == Opinion.NEGATIVE:
        return False
    return bool(row.things) or form != "stix" or row.heading == "indicator"


def keep_rows(
    *, actor: User, origin: Origin, rows: Sequence[Row], form: str = "stix"
) -> IndicatorBatch:
    """Rows of a source as an import, which waits for a person or is accepted, as its rule says."""
    numbered = tuple(replace(row, number=at) for at, row in enumerate(rows, 1))
    terms = origin.terms
    if origin.mode == FeedMode.SEED:
        sure = min(terms.confidence, SEED_CONFIDENCE)
        terms = replace(terms, opinion=Opinion.SEED.value, confidence=sure)
    told = hashlib.sha256("\n".join(row.uid + row.raw for row in rows).encode("utf-8", "replace"))
    batch = keep_report(
        actor=actor,
        report=Report(form, "utf-8", numbered),
        terms=terms,
        name=origin.name,
        sha256=told.hexdigest(),
    )
    if origin.mode == FeedMode.HOLD:
        return batch
    return accept_batch(actor=actor, batch=batch)


def _receive(actor: User, origin: Origin, fresh: Sequence[Object]) -> None:
    by_kind: dict[Kind, list[dict[str, Any]]] = {}
    for one in fresh:
        by_kind.setdefault(kind_of(one), []).append(one)
    for kind, receive in RECEIVERS.items():
        if some := by_kind.get(kind):
            receive(actor=actor, partner=origin.partner, objects=some)
