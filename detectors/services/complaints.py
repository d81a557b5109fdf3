"""Hands the complaints of a stream to the next layer, in commit order, each once."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Final

from detectors import stream
from detectors.base import Signal
from detectors.complaints import Complaint, complaint_of, opens_cases
from detectors.models import Source
from detectors.services.cursor import held_cursor, move_cursor, position_of

BATCH: Final = 5_000
AT_ONCE: Final = 500
"""Complaints that are decoded together."""
Told = tuple[Signal, Complaint]


def place_of(stream_id: int) -> str:
    """Name of the place of this reader."""
    return f"complaints-{stream_id}"


def hand_over(*, stream_id: int, to: Callable[[Sequence[Told]], None]) -> int:
    """Call `to` with the next complaints in the transaction that moves the place.

    Only those of sources whose reports open cases. Returns how many signals were read.
    """
    with held_cursor(name=place_of(stream_id)) as cursor:
        if cursor is None:
            return 0
        found, last, count = stream.reports(stream_id, position_of(cursor), BATCH)
        if not count:
            return 0
        # asked after the page was read: a source notes its adapter before its signals are stored
        opening = _opening(set(found.values())) if found else {}
        ids = [signal_id for signal_id, source in found.items() if source in opening]
        for start in range(0, len(ids), AT_ONCE):
            to(_complaints(ids[start : start + AT_ONCE], opening))
        move_cursor(cursor=cursor, to=last)
        return count


def _complaints(ids: Sequence[int], opening: dict[int, str]) -> list[Told]:
    """A source is the reporter of what names none."""
    told = []
    for signal in stream.signals_by_id(list(ids)):
        if (one := complaint_of(signal)) is not None:
            reporter = one.reporter or opening[signal.source]
            told.append((signal, Complaint(one.targets, reporter, one.reason)))
    return told


def _opening(sources: Iterable[int]) -> dict[int, str]:
    """Sources of which reports open cases, with their titles."""
    return {
        one.pk: one.title
        for one in Source.objects.filter(pk__in=sources)
        if opens_cases(one.report_cases, one.adapters)
    }
