"""Puts values on the watch list and takes them off; every change is told to the detector."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Final

from django.db import connection, transaction

from abusedesk.core import audit, clock
from abusedesk.core.audit import Verb
from abusedesk.core.errors import ConflictError
from abusedesk.core.models import User
from abusedesk.core.queueing import wake
from detectors.choices import Opinion
from detectors.entities import digest_of
from detectors.models import WatchItem
from detectors.policy import require
from detectors.reasons import why
from detectors.selectors.reference import lists_of
from detectors.watching.lines import Fate, Line, Terms, check, no_such, read
from detectors.watching.things import Thing

CERTAIN: Final = 100
SHOWN: Final = 50
"""Values that an audit entry names."""
LISTS = 0x5761_7463  # "Watc"


@dataclass(frozen=True, slots=True)
class Told:
    """What became of one line, and why. value: canonical where there is one."""

    raw: str
    type: str
    value: str
    fate: Fate
    message: str = ""
    item: WatchItem | None = None


def add_items(
    *, actor: User, lines: Sequence[Line], terms: Terms, confirm: bool = False
) -> list[Told]:
    """Put values on the list, or renew what this source has there; one outcome a line, in order.

    confirm: also values that stand on a list of well-known things. Raises ForbiddenError, and
    InvalidError for terms that cannot be used.
    """
    require(actor, "watch.edit")
    check(lines, terms)
    things = [read(line) for line in lines]
    known = lists_of({thing for thing in things if thing})
    told: list[Told] = []
    with transaction.atomic():
        lock_list()
        for line, thing in zip(lines, things, strict=True):
            warned = [one.name for one in known.get(thing, [])] if thing else []
            slugs = [one.slug for one in known.get(thing, [])] if thing else []
            if thing is None:
                told.append(Told(line.value, line.type, "", Fate.REFUSED, no_such(line)))
            elif warned and not confirm:
                message = f"Well known ({', '.join(warned)}): confirm it, or leave it out."
                told.append(Told(line.value, *thing, Fate.HELD, message))
            else:
                told.append(_put(actor, line, thing, terms, slugs))
        _record(actor, terms, told)
    return told


@transaction.atomic
def remove_item(*, actor: User, item: WatchItem, reason: str) -> WatchItem:
    """Take one value of one source off the list; what was found by it lapses.

    Raises ForbiddenError, InvalidError without a reason, ConflictError for one that has ended.
    """
    require(actor, "watch.edit")
    told = why(reason)
    lock_list()
    item = WatchItem.objects.select_for_update(no_key=True).get(pk=item.pk)
    if item.ended_at is not None:
        message = "It has left the list already."
        raise ConflictError(message)
    item.ended_at, item.ended_by, item.end_reason = clock.now(), actor, told
    item.pending = True
    item.save(update_fields=["ended_at", "ended_by", "end_reason", "pending"])
    audit.append(
        actor=actor,
        verb=Verb.WATCH_REMOVED,
        target=item,
        type=item.type,
        value=item.value[:200],
        source=item.source,
        reason=told,
    )
    wake("detectors.watch")
    return item


def lock_list(*, shared: bool = False) -> None:
    """Held until commit. A linker that shares it sees the whole list of one moment.

    Whoever changes the list waits for the linkers that still read the old one: what they have not
    met is then stored, so that looking back finds it.
    """
    how = "pg_advisory_xact_lock_shared" if shared else "pg_advisory_xact_lock"
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT {how}(%s)", [LISTS])


def _put(actor: User, line: Line, thing: Thing, terms: Terms, warned: list[str]) -> Told:
    now = clock.now()
    # By hand it warns, and keeps its score until the day that was chosen, also where an import
    # of this source said it before.
    fresh = {
        "opinion": Opinion.POSITIVE,
        "confidence": CERTAIN,
        "lifetime_d": None,
        "reach": None,
        "fades_at": None,
        "renewed_at": now,
        "trust": terms.trust,
        "note": terms.note,
        "warned": warned,
        "expires_at": now + timedelta(days=terms.days),
        "pending": True,
    }
    item, added = WatchItem.objects.update_or_create(
        digest=digest_of(*thing),
        source=terms.source,
        ended_at=None,
        defaults=fresh,
        create_defaults={
            **fresh,
            "type": thing[0],
            "value": thing[1],
            "added_by": actor,
            "added_at": now,
        },
    )
    return Told(line.value, *thing, Fate.ADDED if added else Fate.RENEWED, "", item)


def _record(actor: User, terms: Terms, told: Sequence[Told]) -> None:
    put = [one for one in told if one.item is not None]
    if not put:
        return
    audit.append(
        actor=actor,
        verb=Verb.WATCH_ADDED,
        target_type="watchlist",
        target_id=terms.source,
        count=len(put),
        source=terms.source,
        trust=terms.trust,
        days=terms.days,
        values=[f"{one.type}:{one.value[:200]}" for one in put[:SHOWN]],
        warned=sum(1 for one in put if one.item and one.item.warned),
    )
    wake("detectors.watch")
