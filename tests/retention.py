"""Signals of different ages, sources and kinds for tests of retention; nothing is random."""

from __future__ import annotations

from collections.abc import Collection
from datetime import UTC, datetime, timedelta
from itertools import count

from django.db import connection

from abusedesk.core import clock
from abusedesk.core.models import User
from detectors.models import (
    Cursor,
    DeadLetter,
    DetectorConfig,
    PurgeRun,
    Shard,
    Signal,
    Source,
)
from detectors.partitions import ensure_partitions
from detectors.purging.plan import InUse
from detectors.services.purge import begin_verify, start_purge, step_run
from detectors.services.retention import save_rule
from tests import cast
from tests.ui import world

_serial = count(1)


def source(slug: str = "shop") -> Source:
    """The source with this slug."""
    row, _ = Source.objects.get_or_create(slug=slug, defaults={"title": slug.title()})
    return row


def ago(days: float) -> datetime:
    """That many days before now."""
    return clock.now() - timedelta(days=days)


def middle(months: int) -> datetime:
    """The middle of a month: its signals fill one partition. months: before this one."""
    now = clock.now()
    year, month = divmod(now.year * 12 + now.month - 1 - months, 12)
    return datetime(year, month + 1, 15, 12, tzinfo=UTC)


def stored(
    moment: datetime, *, number: int = 1, slug: str = "shop", kind: str = "post", actor: str = "a"
) -> list[Signal]:
    """Signals of that moment, each mentioning a domain of its own; every consumer has read them."""
    ensure_partitions([moment])
    rows = Signal.objects.bulk_create(
        Signal(
            stream=world.live_stream(),
            source=source(slug),
            external_id=f"r-{next(_serial)}",
            platform="x",
            kind=kind,
            occurred_at=moment,
            received_at=moment,
            actor=actor,
            text="as it was sent",
            payload={},
            epoch=0,
        )
        for _ in range(number)
    )
    for row in rows:
        world.mention(row, "domain", f"d-{row.pk}.example")
    read_all()
    return rows


def read_all() -> None:
    """Every consumer has read everything; the signals are of a transaction that is over."""
    with connection.cursor() as cursor:
        cursor.execute("UPDATE detectors_signal SET tx = '3'::xid8 WHERE tx <> '3'::xid8")
    newest = Signal.objects.order_by("-pk").values_list("pk", flat=True).first() or 0
    place = {"epoch": 0, "tx": 3, "signal_id": newest}
    line = world.live_stream()
    Cursor.objects.update_or_create(name=f"link-{line.pk}", defaults=place)
    for config in DetectorConfig.objects.filter(current=True):
        Shard.objects.update_or_create(
            config=config, stream=line, number=0, defaults={"of": 1, **place}
        )


def rule(days: int | None, slug: str = "", kind: str = "") -> None:
    """A rule in force."""
    save_rule(actor=cast.admin(), source=source(slug) if slug else None, kind=kind, days=days)


def letter(moment: datetime, slug: str = "shop") -> DeadLetter:
    """A refused item."""
    return DeadLetter.objects.create(
        source=source(slug), received_at=moment, position=0, raw=b"{}", errors=[]
    )


def verified(campaigns: Collection[int] = (), actor: User | None = None) -> PurgeRun:
    """A plan, counted to the end."""
    run = begin_verify(actor=actor or cast.admin(), in_use=InUse(campaigns))
    return stepped(run, campaigns)


def stepped(run: PurgeRun, campaigns: Collection[int] = ()) -> PurgeRun:
    """The run when there is nothing left to do."""
    while step_run(run_id=run.pk, in_use=InUse(campaigns)):
        pass
    run.refresh_from_db()
    return run


def purged(run: PurgeRun, campaigns: Collection[int] = ()) -> PurgeRun:
    """What was verified, purged to the end."""
    return stepped(start_purge(actor=cast.admin(), run=run, signals=run.signals), campaigns)


def left() -> set[int]:
    """Ids of the signals that are still stored."""
    return set(Signal.objects.values_list("pk", flat=True))
