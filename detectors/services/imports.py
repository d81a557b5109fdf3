"""Imports files of signals: in the order of time, resumable at any instant, each signal once."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from hashlib import sha256
from itertools import islice
from pathlib import Path
from typing import Final

import msgspec
from django.conf import settings
from django.db import transaction
from django.db.models import F

from abusedesk.core import audit, clock
from abusedesk.core.audit import Verb
from abusedesk.core.errors import ConflictError
from detectors.adapters.base import Adapter
from detectors.choices import ImportState
from detectors.ingest import Parsed, Refused, Window, read_item
from detectors.ingest.files import Line, Reader, check_name, merged
from detectors.ingest.foreign import judged
from detectors.models import ImportRun, Source
from detectors.schema import SignalIn
from detectors.services.heartbeat import end_stream
from detectors.services.ingest import IngestResult, committed, keep_rejected, store, wake_detectors
from detectors.services.source import history_stream, note_adapter

TICK_FLOOR_S: Final = 21_600
HEAD_BYTES: Final = 64 * 1024
TITLE_LENGTH: Final = 200
Judge = Callable[[Line, Window], SignalIn | Refused]


@dataclass(frozen=True, slots=True)
class Progress:
    """Where an import stands. read: bytes of the files, of `size`."""

    run: ImportRun
    read: int
    size: int
    unsorted: int


def open_run(*, files: Sequence[Path], source: Source, adapter: Adapter | None = None) -> ImportRun:
    """The run of these files into this source: a new one, or the one that was begun before.

    adapter: for files of a foreign format. Raises InvalidError for a name of no known format.
    """
    files = sorted(files, key=lambda path: path.name)
    for path in files:
        check_name(path, adapter)
    digest = _digest(files, source, adapter)
    if run := ImportRun.objects.select_related("stream", "source").filter(digest=digest).first():
        return run
    title = ", ".join(path.name for path in files)
    with transaction.atomic():
        stream = history_stream(
            slug=f"import-{digest[:16]}", title=title[:TITLE_LENGTH], tick_floor_s=TICK_FLOOR_S
        )
        run, _ = ImportRun.objects.get_or_create(
            digest=digest,
            defaults={
                "files": [path.name[:500] for path in files],
                "stream": stream,
                "source": source,
            },
        )
    return run


def import_files(
    *,
    run: ImportRun,
    files: Sequence[Path],
    batch: int,
    platform: str = "",
    adapter: Adapter | None = None,
) -> Iterator[Progress]:
    """Store what `run` has not stored yet, a batch a transaction; yields after each.

    platform: for items that name none. Raises ConflictError when another process runs the same
    import, InvalidError for a damaged file.
    """
    files = sorted(files, key=lambda path: path.name)
    readers = [Reader(path, index, adapter) for index, path in enumerate(files)]
    if adapter is not None:
        note_adapter(source=run.source, adapter=adapter.meta.slug)
    judge, once = _judge(platform, adapter), bool(adapter and adapter.meta.once)
    size = sum(path.stat().st_size for path in files)
    lines = islice(merged(readers), run.items, None)
    while chunk := list(islice(lines, batch)):
        _store_chunk(run, chunk, judge, once=once)
        wake_detectors()
        yield Progress(run, _read(readers), size, _unsorted(readers))
    _finish(run)
    wake_detectors()
    yield Progress(run, size, size, _unsorted(readers))


def _store_chunk(run: ImportRun, chunk: Sequence[Line], judge: Judge, *, once: bool) -> None:
    parsed = _parsed(chunk, judge)

    def work() -> IngestResult:
        _lock(run)
        result = store(source=run.source, signals=parsed.good, stream=run.stream, once=once)
        keep_rejected(source=run.source, rejected=parsed.bad)
        ImportRun.objects.filter(pk=run.pk).update(
            items=F("items") + len(chunk),
            accepted=F("accepted") + result.accepted,
            duplicates=F("duplicates") + result.duplicates,
            rejected=F("rejected") + len(parsed.bad),
        )
        return result

    committed(work, parsed.good)
    run.refresh_from_db(fields=["items", "accepted", "duplicates", "rejected"])


def _lock(run: ImportRun) -> None:
    """The row, when nobody went on with it since."""
    now = ImportRun.objects.select_for_update(no_key=True).get(pk=run.pk)
    if now.items != run.items or now.state != ImportState.RUNNING:
        message = "Another process runs this import."
        raise ConflictError(message)


@transaction.atomic
def _finish(run: ImportRun) -> None:
    _lock(run)
    run.state, run.finished_at = ImportState.DONE, clock.now()
    run.save(update_fields=["state", "finished_at"])
    end_stream(stream=run.stream)
    audit.append(
        actor=None,
        verb=Verb.SIGNALS_IMPORTED,
        target=run,
        accepted=run.accepted,
        duplicates=run.duplicates,
        rejected=run.rejected,
        files=run.files,
    )


def _parsed(chunk: Iterable[Line], judge: Judge) -> Parsed:
    window = Window.at(clock.now(), oldest=settings.OLDEST_SIGNAL)
    parsed = Parsed()
    for line in chunk:
        found = judge(line, window)
        if isinstance(found, SignalIn):
            parsed.good.append(found)
        else:
            parsed.bad.append(found)
    return parsed


def _judge(platform: str, adapter: Adapter | None) -> Judge:
    """How lines become signals: by the adapter's rules, or as items of the contract."""
    complete: Callable[[bytes], bytes] = partial(_with_platform, platform) if platform else bytes

    def judge(line: Line, window: Window) -> SignalIn | Refused:
        if adapter is not None:
            return judged(line.raw, line.refusal, adapter, window, line.number)
        return read_item(complete(line.raw), window, position=line.number)

    return judge


def _with_platform(platform: str, raw: bytes) -> bytes:
    """The item with a platform, if it is an object without one."""
    try:
        item = msgspec.json.decode(raw)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return raw
    if not isinstance(item, dict) or "platform" in item:
        return raw
    return msgspec.json.encode({"platform": platform, **item})


def _digest(files: Sequence[Path], source: Source, adapter: Adapter | None) -> str:
    """Names, sizes, first bytes and adapter: what differs in one of them is another import."""
    mark = sha256(f"{source.slug}\x00".encode())
    if adapter is not None:
        mark.update(f"{adapter.meta.slug}\x00".encode())
    for path in files:
        with path.open("rb") as stream:
            mark.update(f"{path.name}\x00{path.stat().st_size}\x00".encode())
            mark.update(stream.read(HEAD_BYTES))
    return mark.hexdigest()


def _read(readers: Iterable[Reader]) -> int:
    return sum(reader.consumed for reader in readers)


def _unsorted(readers: Iterable[Reader]) -> int:
    return sum(reader.unsorted for reader in readers)
