"""Wakes what a lost message or a killed worker forgot; each finds its work in rows."""

from __future__ import annotations

from cases import actions
from cases.services import (
    bulk_work,
    inbox,
    lookup,
    pattern_watch,
    polling,
    retention,
    version_undo,
)


def wake() -> None:
    """Messages that are owed, purges, work on many cases, undos of versions."""
    actions.wake_if_due()
    retention.wake_purges()
    bulk_work.wake_bulk()
    version_undo.wake_undos()
    inbox.sweep_posted()
    polling.wake_feeds()
    lookup.wake_index()
    pattern_watch.sweep_patterns()
