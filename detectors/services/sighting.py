"""Tells the stream who used what stands on the watch list, so that a replay finds the same.

The linker knows every entity of every signal and compares each once. What it meets becomes an
`engine.watch` row behind the signal, in the linker's transaction.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence
from datetime import UTC, datetime
from typing import Final

import msgspec
from django.db.models import DateTimeField, ExpressionWrapper, F, Max, QuerySet
from django.db.models.functions import Coalesce, Greatest

from abusedesk.core import clock
from detectors import stream
from detectors.base import Signal as Seen
from detectors.choices import Opinion, Stance
from detectors.engine import WATCH
from detectors.entities import Mentioned, digest_of
from detectors.intel.stance import stance_of
from detectors.models import Shard, Signal, WatchItem
from detectors.models.watch import in_force
from detectors.partitions import ensure_partitions
from detectors.services.heartbeat import NOBODY
from detectors.services.watch import lock_list
from detectors.watching.things import SAID, Notice, Thing, things_of

SLUG: Final = "watch-list"


def note_sightings(*, stream_id: int, found: Sequence[tuple[Seen, Sequence[Mentioned]]]) -> None:
    """Write what these signals used of the list. found: signals with their entities."""
    lock_list(shared=True)
    if not _in_force().exists():
        return
    things = [(signal, thing) for signal, ones in found for thing in things_of(signal, ones)]
    listed = items_of(things={thing for _, thing in things})
    told = {thing: told_of(items=items) for thing, items in listed.items()}
    met = [(signal, thing) for signal, thing in things if told.get(thing) and signal.account]
    write_rows(
        rows=[
            row_of(
                stream_id=stream_id,
                name=_name_of(signal, thing),
                items=told[thing],
                thing=thing,
                signal=signal,
            )
            for signal, thing in sorted(met, key=lambda one: (one[0].id, one[1]))
        ]
    )
    hits: dict[int, list[float]] = defaultdict(list)
    for signal, thing in things:
        for item in listed.get(thing, ()):
            hits[item.pk].append(signal.at)
    for pk, moments in sorted(hits.items()):
        count_hits(item_id=pk, moments=moments)


def items_of(*, things: Collection[Thing]) -> dict[Thing, list[WatchItem]]:
    """Items in force of each value that has any, by source."""
    digests = [digest_of(*thing) for thing in things]
    found: dict[Thing, list[WatchItem]] = defaultdict(list)
    for item in _in_force().filter(digest__in=digests).order_by("source"):
        found[item.type, item.value].append(item)
    return dict(found)


def told_of(*, items: Sequence[WatchItem]) -> list[WatchItem]:
    """What the detector hears of a value: who warns of it, and nothing while that is disputed.

    Seeds say where to look and objections that there is nothing: neither is evidence.
    """
    if stance_of([item.opinion for item in items]) != Stance.POSITIVE:
        return []
    return [item for item in items if item.opinion == Opinion.POSITIVE]


def row_of(
    *,
    stream_id: int,
    name: str,
    items: Iterable[WatchItem],
    thing: Thing,
    signal: Seen | None = None,
) -> Signal:
    """A row of the engine's own. It bears the time of the signal, else its stream's."""
    now = clock.now()
    notice = Notice(
        type=thing[0],
        value=thing[1],
        stated_at=now.timestamp(),
        items=tuple((item.source, round(item.base / 100, 4)) for item in items),
        account=signal.account if signal else "",
        signal=signal.id if signal else 0,
    )
    return Signal(
        stream_id=stream_id,
        source_id=NOBODY,
        external_id=name,
        platform="engine",
        kind=WATCH,
        occurred_at=datetime.fromtimestamp(signal.at, UTC) if signal else _clock_of(stream_id),
        received_at=now,
        actor="",
        text="",
        payload={"attributes": {SAID: msgspec.to_builtins(notice)}},
    )


def write_rows(*, rows: Sequence[Signal]) -> None:
    """Store rows of the engine's own; one that is there stays."""
    if not rows:
        return
    epoch = stream.current_epoch()
    for row in rows:
        row.epoch = epoch
    ensure_partitions(row.occurred_at for row in rows)
    Signal.objects.bulk_create(rows, 500, ignore_conflicts=True)


def count_hits(*, item_id: int, moments: Sequence[float]) -> None:
    """Add signals of these times to what an item has met."""
    if not moments:
        return
    newest = datetime.fromtimestamp(max(moments), UTC)
    WatchItem.objects.filter(pk=item_id).update(
        hits=F("hits") + len(moments),
        last_hit_at=Greatest(Coalesce("last_hit_at", newest), newest),
        # A sighting begins the age anew; what does not fade has no reach, and NULL stays NULL.
        fades_at=Greatest("fades_at", ExpressionWrapper(newest + F("reach"), DateTimeField())),
    )


def _in_force() -> QuerySet[WatchItem]:
    return WatchItem.objects.filter(in_force(clock.now()))


def _name_of(signal: Seen, thing: Thing) -> str:
    return f"watch-{signal.id}-{digest_of(*thing).hex()}"


def _clock_of(stream_id: int) -> datetime:
    """Engine time of a stream: a row that bears it neither moves the clock nor comes late."""
    shards = Shard.objects.filter(stream=stream_id, config__slug=SLUG, config__current=True)
    seconds = shards.aggregate(furthest=Max("clock_s"))["furthest"]
    return datetime.fromtimestamp(seconds, UTC) if seconds else clock.now()
