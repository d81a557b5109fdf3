"""The keys of a page of signals: found by one worker, read by the others that run its shards.

A row here is worth a calculation and nothing else: any may be missing or found twice.
"""

from __future__ import annotations

import time
from collections import OrderedDict
from dataclasses import dataclass
from hashlib import blake2b
from typing import Any, NamedTuple

import msgspec
from django.db import connection, transaction

from detectors import stream
from detectors.base import BaseParams, Detector
from detectors.engine import Cut, cut_signals
from detectors.models import KeyCut
from detectors.stream import Page, Position

SHARED_FROM = 500
"""Signals of a page below which it is not worth a row."""
WORTH_S = 0.02
"""What takes less than this is found as fast as it is read."""
AHEAD = 3
_KEPT = 8

_PASSED = """
DELETE FROM detectors_keycut AS c WHERE NOT EXISTS (
    SELECT FROM detectors_shard AS s
    WHERE s.config_id = c.config_id AND s.stream_id = c.stream_id
      AND (s.epoch, s.tx, s.signal_id) <= (c.epoch, c.tx, c.signal_id)
)
"""


@dataclass(frozen=True, slots=True)
class Reader:
    """Whose keys are wanted: a configuration of a detector on one stream, in `of` shards."""

    config_id: int
    stream_id: int
    detector: Detector[Any, Any]
    params: BaseParams
    of: int


class _Name(NamedTuple):
    config_id: int
    version: int
    stream_id: int
    after: Position
    last_id: int
    signals: int


_decoder = msgspec.msgpack.Decoder(Cut)
_cuts: OrderedDict[_Name, Cut] = OrderedDict()
_cheap: set[int] = set()


def cut_of(reader: Reader, after: Position, page: Page, skip: frozenset[int]) -> Cut:
    """The keys of `page`, which begins after `after`. Raises PoisonError. No open transaction.

    While another worker finds them, this one finds those of the pages behind it.
    """
    name = _name(reader, after, page)
    if (cut := _cuts.get(name)) is not None:
        return cut
    if not _is_shared(reader, page):
        return _keep(name, _found(reader, page, skip))
    cut = _read(name) or _find_first(reader, after, page, skip)
    last = page
    for _ in range(AHEAD):
        if cut is not None or not last.signals:  # found, or nothing lies ahead
            break
        start, last = last.last, stream.read(reader.stream_id, last.last, len(page.signals))
        if _is_shared(reader, last) and _name(reader, start, last) not in _cuts:
            _find_first(reader, start, last, skip)
        cut = _read(name)
    return _keep(name, cut or _found(reader, page, skip))


def known_cut(reader: Reader, after: Position, page: Page) -> Cut | None:
    """The keys of a page where somebody has found them."""
    if not page.signals:
        return None
    name = _name(reader, after, page)
    return _cuts.get(name) or (_read(name) if _is_shared(reader, page) else None)


def lock_of(reader: Reader, after: Position, page: Page) -> int:
    """Key of the advisory lock under which the keys of a page are found."""
    raw = msgspec.msgpack.encode(_name(reader, after, page))
    return int.from_bytes(blake2b(raw, digest_size=8).digest(), "big", signed=True)


def drop_passed() -> None:
    """Delete what every shard has behind it."""
    with connection.cursor() as cursor:
        cursor.execute(_PASSED)


def forget_cuts() -> None:
    """Drop what this process holds; for tests that empty the tables."""
    _cuts.clear()
    _cheap.clear()


def _is_shared(reader: Reader, page: Page) -> bool:
    enough = len(page.signals) >= SHARED_FROM
    return reader.of > 1 and enough and reader.config_id not in _cheap


def _name(reader: Reader, after: Position, page: Page) -> _Name:
    version = reader.detector.meta.version
    last_id, count = page.last.signal_id, len(page.signals)
    return _Name(reader.config_id, version, reader.stream_id, after, last_id, count)


def _found(reader: Reader, page: Page, skip: frozenset[int]) -> Cut:
    return cut_signals(reader.detector, reader.params, page.signals, reader.of, skip)


def _find_first(reader: Reader, after: Position, page: Page, skip: frozenset[int]) -> Cut | None:
    """Find the keys of a page unless another worker is at it; tell them to the others."""
    name = _name(reader, after, page)
    with transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_try_advisory_xact_lock(%s)", [lock_of(reader, after, page)])
            if not cursor.fetchone()[0]:
                return None
        if (cut := _read(name)) is not None:
            return cut
        start = time.perf_counter()
        cut = _found(reader, page, skip)
        if time.perf_counter() - start < WORTH_S:
            _cheap.add(reader.config_id)
        else:
            _write(name, cut)
        return _keep(name, cut)


def _write(name: _Name, cut: Cut) -> None:
    KeyCut.objects.bulk_create(
        [KeyCut(**_columns(name), payload=msgspec.msgpack.encode(cut))], ignore_conflicts=True
    )


def _read(name: _Name) -> Cut | None:
    row = KeyCut.objects.filter(**_columns(name)).values_list("payload", flat=True).first()
    if row is None:
        return None
    try:
        return _keep(name, _decoder.decode(bytes(row)))
    except msgspec.ValidationError:  # another release wrote it
        return None


def _columns(name: _Name) -> dict[str, int]:
    return {
        "config_id": name.config_id,
        "version": name.version,
        "stream_id": name.stream_id,
        "epoch": name.after.epoch,
        "tx": name.after.tx,
        "signal_id": name.after.signal_id,
        "last_id": name.last_id,
        "count": name.signals,
    }


def _keep(name: _Name, cut: Cut) -> Cut:
    _cuts[name] = cut
    while len(_cuts) > _KEPT:
        _cuts.popitem(last=False)
    return cut
