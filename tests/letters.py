"""Builders of refused items."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any

from abusedesk.core import clock
from detectors.ingest import Refused, Window, read_item
from detectors.models import DeadLetter, Source
from detectors.services.ingest import keep_rejected
from tests import make

WINDOW = Window(make.MOMENT - timedelta(days=9_000), make.MOMENT + timedelta(days=9_000))


def refuse(source: Source, raw: bytes, *, position: int = 0) -> DeadLetter:
    """What the desk keeps of an item that it refuses."""
    refused = read_item(raw, WINDOW, position=position)
    assert isinstance(refused, Refused), "this one is good"
    keep_rejected(source=source, rejected=[refused])
    return DeadLetter.objects.latest("pk")


def refuse_item(source: Source, number: int = 0, **fields: Any) -> DeadLetter:
    """As `refuse`, for `make.item` with something wrong in it."""
    return refuse(source, json.dumps(make.item(number, **fields)).encode(), position=number)


def piece(source: Source, *, adapter: str = "xarf") -> DeadLetter:
    """A piece of a foreign payload of which no signal could be made."""
    return DeadLetter.objects.create(
        source=source,
        received_at=clock.now(),
        position=0,
        raw=b'{"Report": {}}',
        adapter=adapter,
        errors=[{"field": "Report", "code": "required", "message": "Report is empty."}],
    )


def mended(number: int, source: Source) -> DeadLetter:
    """Waits as if refused, but would be stored today: the rule that refused it is gone."""
    return DeadLetter.objects.create(
        source=source,
        received_at=clock.now(),
        position=number,
        external_id=f"s-{number}",
        raw=json.dumps(make.item(number)).encode(),
        errors=[{"field": "kind", "code": "choice", "message": "kind must be one of ..."}],
    )
