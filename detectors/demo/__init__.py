"""The demo world: a benign background and operations, the same for the same seed."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime

from detectors.demo import background as benign
from detectors.demo.recipes import RECIPES
from detectors.demo.stage import Stage
from detectors.demo.story import SCENARIOS, SOURCE, WORLD, Scenario
from detectors.schema import SignalIn

__all__ = ["SCENARIOS", "SOURCE", "WORLD", "Scenario", "truth", "world"]

_BACKGROUND_NETWORKS = range(1 << 15)
_NETWORKS_EACH = 1 << 11


def world(
    *,
    seed: int,
    end: datetime,
    days: int = 5,
    scenarios: Sequence[str] | None = None,
    background: int = 4_000,
) -> list[SignalIn]:
    """Signals of the `days` before `end`, by time.

    scenarios: slugs of the operations to play; None: the five of the demo world.
    background: benign signals.
    Equal arguments give equal signals; an operation is the same whichever others are played.
    Raises KeyError for an unknown operation, ValueError for a naive `end` or days < 1.
    """
    everyday = Stage("bg", seed=seed, end=end, days=days, networks=_BACKGROUND_NETWORKS)
    benign.play(everyday, background)
    signals = list(everyday.signals)
    for _, stage in _played(seed=seed, end=end, days=days, scenarios=scenarios):
        signals += stage.signals
    return sorted(signals, key=lambda signal: (signal.occurred_at, signal.external_id))


def truth(
    *, seed: int, end: datetime, days: int = 5, scenarios: Sequence[str] | None = None
) -> dict[str, set[str]]:
    """Operation -> its accounts as `platform:actor`. For tests and evaluation only."""
    played = _played(seed=seed, end=end, days=days, scenarios=scenarios)
    return {slug: {who.key for who in stage.accounts} for slug, stage in played}


def _played(
    *, seed: int, end: datetime, days: int, scenarios: Sequence[str] | None
) -> Iterator[tuple[str, Stage]]:
    places = {slug: n for n, slug in enumerate(RECIPES)}
    for slug in dict.fromkeys(WORLD if scenarios is None else scenarios):
        first = len(_BACKGROUND_NETWORKS) + places[slug] * _NETWORKS_EACH
        networks = range(first, first + _NETWORKS_EACH)
        stage = Stage(slug, seed=seed, end=end, days=days, networks=networks)
        RECIPES[slug](stage)
        yield slug, stage
