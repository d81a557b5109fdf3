"""Reads reports and writes them down, each once; `placing` gives them their cases."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime

from django.db.models import Exists, OuterRef

from abusedesk.core.queueing import wake
from cases import gates, placing, reporters
from cases.models import CaseReport
from detectors.entities import digest_of
from detectors.services.complaints import Told, hand_over
from detectors.services.drain import SHORT_S, drain


def take_reports(stream_id: int) -> None:
    """Read one stream to its end and place what it complains of; wakes itself when time is up."""
    done = drain(lambda: hand_over(stream_id=stream_id, to=note), SHORT_S)
    placing.place()
    if not done:
        wake("cases.take_reports", stream_id)


def sweep(limit: int = 50) -> None:
    """What a lost message forgot, what a gate held until now, and who acts as one by now."""
    release()
    placing.place(limit)
    reporters.sweep()


def note(told: Sequence[Told]) -> None:
    """Write reports down, each once; call it in the transaction that remembers they were read."""
    CaseReport.objects.bulk_create(
        [
            CaseReport(
                signal_id=signal.id,
                target_type=target.type,
                target=target.value,
                digest=digest_of(*target),
                platform=signal.platform,
                reporter=complaint.reporter,
                source_id=signal.source or None,
                reason=complaint.reason,
                reported_at=datetime.fromtimestamp(signal.at, UTC),
            )
            for signal, complaint in told
            for target in complaint.targets
        ],
        ignore_conflicts=True,
    )


def release() -> int:
    """Let those wait again whose gate has ended. Returns how many rows."""
    gated = gates.in_force().filter(account=OuterRef("target"))
    held = CaseReport.objects.filter(~Exists(gated), case=None, held=True)
    return held.update(held=False)
