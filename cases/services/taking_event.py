"""Takes in an event of somebody else's MISP: kept whole, its values no further than allowed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Final

from django.db import transaction

from abusedesk.core import audit
from abusedesk.core.audit import Verb
from abusedesk.core.models import User
from cases.choices import FeedMode
from cases.importing import keep, known_objects, still_said
from cases.models import ImportedObject
from cases.services.taking import (
    KNOWN,
    OLDER,
    OTHER_MAKER,
    TAKEN,
    WAITS,
    WITHDRAWN,
    Origin,
    Taken,
    counts,
    keep_rows,
)
from cases.taking.limits import Object, version_of
from cases.taking.misp import rows_in
from detectors.entities import digest_of
from detectors.intel.report import Row
from detectors.services.said import withdraw_said

FORM: Final = "misp"


@transaction.atomic
def take_event(*, actor: User, origin: Origin, event: Object) -> Taken:
    """Keep an event in place of its older version; what it says no more is ended at once.

    Nothing is blocked, closed or decided by it. event: as `object_of` made it. Raises
    ForbiddenError when `actor` may not change the watch list.
    """
    done, source = Taken(), origin.terms.source
    known = known_objects(source, [event["id"]])
    before = known.by_id.get(event["id"])
    stale, why = _stale(event, before)
    if stale or why:
        (done.outcomes if stale else done.refused)[event["id"]] = stale or why
        return _told(actor, source, done) if why else done
    old = rows_in(before.body) if before and not before.revoked else []
    new = [row for row in rows_in(event) if not row.gone]
    same = _same(old, new)
    keep([event], source, origin.feed, origin.partner, origin.terms.licence, known.marks)
    _end(actor, source, event, old, same, known.digests)
    fresh = [row for row in new if row.uid not in same]
    rows = [row for row in fresh if counts(row=row, mode=origin.mode, form=FORM)]
    done.kept = [event]
    done.outcomes[event["id"]] = WITHDRAWN if event.get("revoked") else TAKEN
    if any(row.things for row in rows):
        done.batch = keep_rows(actor=actor, origin=origin, rows=rows, form=FORM)
        if origin.mode == FeedMode.HOLD:
            done.outcomes[event["id"]] = WAITS
    return _told(actor, source, done)


def _stale(event: Object, before: ImportedObject | None) -> tuple[str, str]:
    """What became of it, or why it is refused, where it says nothing new; both empty if it does."""
    if before is None:
        return "", ""
    version = version_of(event)
    if event.get("created_by_ref") != before.body.get("created_by_ref"):
        return "", OTHER_MAKER
    if before.version is not None and version is not None and version < before.version:
        return OLDER, ""
    return (KNOWN, "") if event == before.body else ("", "")


def _same(old: Sequence[Row], new: Sequence[Row]) -> set[str]:
    """Names of rows that say now exactly what they said."""
    before = {row.uid: replace(row, number=0) for row in old if not row.gone}
    return {row.uid for row in new if before.get(row.uid) == replace(row, number=0)}


def _end(
    actor: User,
    source: str,
    event: Object,
    old: Sequence[Row],
    same: set[str],
    digests: set[bytes],
) -> None:
    """End what it said and says no more, or says otherwise now; twins of it stay."""
    ended = sorted({row.uid for row in old} - same)
    gone = [row.uid for row in rows_in(event) if row.gone]
    if not ended and not gone:
        return
    kept = {digest_of(*thing) for row in old if row.uid in same for thing in row.things}
    still = kept | still_said(source, digests, [event["id"]])
    withdraw_said(actor=actor, source=source, uids=[*ended, *gone], still=still)


def _told(actor: User, source: str, done: Taken) -> Taken:
    what = ", ".join(f"1 {said}" for said in done.outcomes.values()) or "1 refused"
    audit.append(
        actor=actor,
        verb=Verb.OBJECTS_TAKEN,
        target_type="source",
        target_id=source,
        source=source,
        total=1,
        what=what,
        refused=done.refused,
    )
    return done
