"""Wakes what a lost message or a killed worker forgot; each finds its work in rows."""

from __future__ import annotations

from cases import actions, automating
from cases.services import bulk_work, retention, version_undo


def wake() -> None:
    """Messages that are owed, findings of automated detectors, purges, work on much at once."""
    actions.wake_if_due()
    retention.wake_purges()
    bulk_work.wake_bulk()
    automating.wake_if_due()
    version_undo.wake_undos()
