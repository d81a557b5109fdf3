"""Reads how the desk itself fares, for who runs it."""

from __future__ import annotations

from dataclasses import dataclass, field

from abusedesk.core import health
from abusedesk.core.backlog import Waiting, backlog
from abusedesk.core.health import Verdict
from abusedesk.core.models import User
from cases import policy
from detectors.backpressure import limit_of
from detectors.selectors.lag import Lag, lag_for


@dataclass(frozen=True, slots=True)
class Health:
    """verdicts: worst first. queues: of the broker. lag: the slowest reader of the stream.

    throttled: whether senders are asked to wait. asked: whether workers were asked, too.
    """

    verdicts: list[Verdict] = field(default_factory=list)
    queues: list[Waiting] = field(default_factory=list)
    lag: Lag = field(default_factory=Lag)
    throttled: bool = False
    asked: bool = False


WORST: list[health.Level] = [health.Level.FAULT, health.Level.WARNING, health.Level.OK]


def health_for(viewer: User, *, ask_workers: bool = False) -> Health:
    """What `manage.py doctor` says; without `ask_workers` only what answers at once."""
    if not policy.allowed(viewer, "health.view"):
        return Health()
    verdicts = list(health.examine()) if ask_workers else health.glance()
    lag = lag_for(viewer)
    return Health(
        verdicts=sorted(verdicts, key=lambda one: WORST.index(one.level)),
        queues=backlog(),
        lag=lag,
        throttled=bool(limit_of(lag)),
        asked=ask_workers,
    )
