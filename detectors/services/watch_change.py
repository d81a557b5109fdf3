"""Tells the detector what changed on the watch list.

A value that was added is looked up in what was linked before; one that left the list, or that
another source names too, is told to the streams where it was found.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Final

from django.db import transaction
from django.db.models import Case, Q, QuerySet, Value, When

from abusedesk.core import audit, clock
from abusedesk.core.audit import Verb
from abusedesk.core.queueing import wake
from detectors import stream
from detectors.base import DAY_S
from detectors.base import Signal as Seen
from detectors.choices import Opinion
from detectors.entities import digest_of, mentioned
from detectors.models import Entity, Finding, Signal, SignalEntity, WatchItem
from detectors.normalise import registrable_domain
from detectors.selectors.entity_type import forms_by_slug
from detectors.services.drain import SHORT_S, drain
from detectors.services.sighting import (
    SLUG,
    count_hits,
    items_of,
    row_of,
    told_of,
    write_rows,
)
from detectors.services.watch import lock_list
from detectors.watching.things import FINGERPRINTS, Thing, things_of

LOOK_BACK: Final = timedelta(seconds=30 * DAY_S)
MAX_LOOKED: Final = 1_000
"""Newest signals of a value that are looked at when it is added."""
PAGE: Final = 2_000
EXPIRED: Final = "Its time is over."
FADED: Final = "Its score fell under 25 without a sighting."


def settle_items(*, budget_s: float = SHORT_S) -> None:
    """Let items expire and tell the detector of every change; wakes itself for the rest."""
    expire_items()
    _settle_unmet()
    if not drain(_settle_one, budget_s):
        wake("detectors.watch")


def is_due() -> bool:
    """Whether an item has expired, or the detector does not know of a change."""
    return WatchItem.objects.filter(pending=True).exists() or _due(clock.now()).exists()


@transaction.atomic
def expire_items() -> None:
    """Let what is over and what has faded leave the list."""
    now = clock.now()
    due = _due(now)
    if not due.exists():
        return
    lock_list()
    why = Case(When(expires_at__lte=now, then=Value(EXPIRED)), default=Value(FADED))
    count = due.update(ended_at=now, end_reason=why, pending=True)
    if count:
        audit.append(actor=None, verb=Verb.WATCH_EXPIRED, target_type="watchlist", count=count)


def _due(moment: datetime) -> QuerySet[WatchItem]:
    """What stands on the list and does not match any more."""
    over = Q(expires_at__lte=moment) | Q(fades_at__lte=moment)
    return WatchItem.objects.filter(over, ended_at=None)


def _settle_unmet() -> None:
    """Settle the items whose values nobody used and nothing was found by; of an import, most.

    Who used one before it was listed is linked already, who does from now on meets the list.
    """
    last: int | None = 0
    while last is not None:
        last = _settle_page(last)


@transaction.atomic
def _settle_page(after: int) -> int | None:
    """The same for some items behind a number. Returns the last of them, None at the end."""
    waiting = WatchItem.objects.select_for_update(skip_locked=True, no_key=True)
    items = list(waiting.filter(pending=True, pk__gt=after).order_by("pk")[:PAGE])
    if not items:
        return None
    names = {item.pk: _entities((item.type, item.value)) for item in items}
    asked = [name for ones in names.values() for name in ones]
    linked = Entity.objects.filter(digest__in=asked).values_list("digest", flat=True)
    met = {bytes(digest) for digest in linked}
    said = Finding.objects.filter(detector=SLUG, anchor_value__in=[one.value for one in items])
    found = set(said.values_list("anchor_type", "anchor_value"))
    idle = [
        item.pk
        for item in items
        if not met.intersection(names[item.pk]) and (item.type, item.value) not in found
    ]
    WatchItem.objects.filter(pk__in=idle).update(pending=False)
    return items[-1].pk


@transaction.atomic
def _settle_one() -> int:
    """Tell the streams of one changed item. Returns 0 when none is left."""
    waiting = WatchItem.objects.select_for_update(skip_locked=True, no_key=True).filter(
        pending=True
    )
    item = waiting.order_by("pk").first()
    if item is None:
        return 0
    thing = (item.type, item.value)
    standing = told_of(items=items_of(things={thing}).get(thing, []))
    stamp = f"watch-{item.pk}-{int(clock.now().timestamp() * 1e6)}"
    rows = [
        row_of(stream_id=one, name=stamp, items=standing, thing=thing)
        for one in _streams_that_know(thing)
    ]
    # An objection that ended lets the others speak again: what was used meanwhile was not told.
    if item.ended_at is None or (standing and item.opinion != Opinion.POSITIVE):
        seen = _looked_up(thing)
        for one, signal in seen if standing else ():
            name = f"{stamp}-{signal.id}"
            rows.append(
                row_of(stream_id=one, name=name, items=standing, thing=thing, signal=signal)
            )
        if not item.hits and item.ended_at is None:
            count_hits(item_id=item.pk, moments=[signal.at for _, signal in seen])
    write_rows(rows=rows)
    WatchItem.objects.filter(pk=item.pk).update(pending=False)
    return 1


def _looked_up(thing: Thing) -> list[tuple[int, Seen]]:
    """Stored signals that used a value, with their streams, oldest first."""
    since = clock.now() - LOOK_BACK
    mentions = SignalEntity.objects.filter(
        entity__in=Entity.objects.filter(digest__in=_entities(thing)).values("pk"),
        occurred_at__gte=since,
    )
    newest = mentions.order_by("-occurred_at", "-signal_id").values_list("signal_id", flat=True)
    ids = list(dict.fromkeys(newest[:MAX_LOOKED]))
    streams = dict(
        Signal.objects.filter(pk__in=ids, occurred_at__gte=since).values_list("pk", "stream_id")
    )
    forms = forms_by_slug()
    return [
        (streams[signal.id], signal)
        for signal in stream.signals_by_id(list(streams))
        if signal.account and thing in things_of(signal, mentioned(signal, forms))
    ]


def _entities(thing: Thing) -> list[bytes]:
    """Keys of the entities under which signals with this value are linked."""
    kind, value = thing
    names = {thing}
    if kind == "domain":
        names.add((kind, registrable_domain(value) or value))
    if kind == "fingerprint":
        names = {(one, value) for one in FINGERPRINTS}
    return [digest_of(*name) for name in sorted(names)]


def _streams_that_know(thing: Thing) -> list[int]:
    """Where something was found by this value."""
    kind, value = thing
    found = Finding.objects.filter(detector=SLUG, anchor_type=kind, anchor_value=value)
    return sorted(set(found.values_list("stream_id", flat=True)))
