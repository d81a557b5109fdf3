"""Refuses posts of signals while the readers of the stream are too far behind."""

from __future__ import annotations

import threading
import time
from typing import Final

from django.conf import settings

from abusedesk.core.errors import BusyError
from detectors.selectors.lag import Lag, lag_by_limit

FRESH_S: Final = 1.0
RARELY: Final = 20  # measuring takes at most one part in so many of a process's time


def require_room() -> None:
    """Raises BusyError while the slowest reader is behind by more than a limit (0: none)."""
    if not (settings.MAX_LAG_SIGNALS or settings.MAX_LAG_S):
        return
    lag = _gauge.lag()
    if limit := limit_of(lag):
        message = (
            f"The desk is behind: {lag.reader} has {lag.signals:,} stored signals before it and is"
            f" {lag.seconds:,.0f} s late; the limit is {limit}. Nothing of this request was stored:"
            f" send it again in {BusyError.retry_after_s} s."
        )
        raise BusyError(message)


def limit_of(lag: Lag) -> str:
    """The limit that this lag is above, in words; empty while there is room.

    A detector that reads its lookback again after a change of its settings refuses nobody: what it
    has before it was no flood.
    """
    signals, seconds = settings.MAX_LAG_SIGNALS, settings.MAX_LAG_S
    if signals and lag.signals > signals and not lag.rereads:
        return f"{signals:,} signals"
    if seconds and lag.seconds > seconds and not lag.rereads:
        return f"{seconds:,} s"
    return ""


def forget_lag() -> None:
    """Measure anew; for tests, which change the stream in no time."""
    _gauge.until = 0.0


class _Gauge:
    """The lag of about a second ago. One thread measures, the others go by what is known."""

    def __init__(self) -> None:
        self.known, self.until = Lag(), 0.0
        self.lock = threading.Lock()

    def lag(self) -> Lag:
        began = time.monotonic()
        if began >= self.until and self.lock.acquire(blocking=False):
            try:
                self.known = lag_by_limit(settings.MAX_LAG_SIGNALS)
                done = time.monotonic()
                self.until = done + max(FRESH_S, RARELY * (done - began))
            finally:
                self.lock.release()
        return self.known


_gauge = _Gauge()
