"""Backtests as the shell names and tells them."""

from __future__ import annotations

from collections.abc import Iterator

from django.core.management.base import CommandError

from detectors.models import Backtest
from detectors.sweeping import Sweep

_HEAD = ("value", "findings", "opening", "accounts", "gained", "lost")


def sweep_of(text: str) -> Sweep | None:
    """`name=3,4,5`; None where nothing is swept. Raises CommandError."""
    if not text:
        return None
    name, _, values = text.partition("=")
    try:
        return Sweep(name, [float(one) for one in values.split(",")])
    except ValueError:
        message = f"--sweep: write name=3,4,5 instead of {text}."
        raise CommandError(message) from None


def lines_of(run: Backtest) -> Iterator[str]:
    """What came of one that is done."""
    told = run.result
    if not run.sweep:
        cases = told["campaigns"]
        yield f"Findings: {told['gained']} gained, {told['lost']} lost, {told['kept']} kept."
        yield f"Cases: {len(cases['gained'])} gained, {len(cases['lost'])} lost."
        return
    yield "  ".join(f"{name:>8}" for name in _HEAD)
    for point in told["points"]:
        yield "  ".join(f"{point[name]:>8}" for name in _HEAD)
    yield f"{run.sweep['name']} in force: {told['in_force']['value']}."
