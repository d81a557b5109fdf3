"""One named operation in a benign background, through the desk in memory."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from bench.evaluation.desk import Outcome, run_desk
from detectors import demo
from detectors.base import Signal

END = datetime(2026, 11, 24, 3, 17, tzinfo=UTC)
TICK_S = 6 * 3_600
BACKGROUND = 4_000


@dataclass(frozen=True, slots=True)
class Replayed:
    """What became of one operation. cases: open ones that name an account of it. others: open
    ones that name none. minutes, signals, done: from its first act to its first open case."""

    accounts: frozenset[str]
    cases: tuple[frozenset[str], ...]
    others: tuple[frozenset[str], ...]
    minutes: float | None
    signals: int | None
    done: float | None

    @property
    def named(self) -> frozenset[str]:
        """Everybody in its cases."""
        return frozenset().union(*self.cases)

    @property
    def recall(self) -> float:
        """Share of its accounts that are named."""
        return len(self.named & self.accounts) / len(self.accounts)

    @property
    def precision(self) -> float:
        """Share of those named that belong to it; 1 where nobody is."""
        return len(self.named & self.accounts) / len(self.named) if self.named else 1.0


def replay(
    seed: int, slugs: Sequence[str] | None = None, *, background: int = BACKGROUND
) -> dict[str, Replayed]:
    """Operation -> what became of it in one world with all of them. slugs: None for the five."""
    wire = demo.world(seed=seed, end=END, scenarios=slugs, background=background)
    signals = [Signal.of(one, place + 1) for place, one in enumerate(wire)]
    outcome = run_desk(signals, tick_floor_s=TICK_S)
    truth = demo.truth(seed=seed, end=END, scenarios=slugs)
    everybody = frozenset().union(*truth.values())
    return {
        slug: _replayed(signals, outcome, frozenset(accounts), everybody)
        for slug, accounts in truth.items()
    }


def benign_cases(seed: int, signals: int, days: int) -> list[frozenset[str]]:
    """Open cases of a world without any operation."""
    wire = demo.world(seed=seed, end=END, days=days, scenarios=(), background=signals)
    life = [Signal.of(one, place + 1) for place, one in enumerate(wire)]
    return run_desk(life, tick_floor_s=TICK_S).cases.open_cases()


def _replayed(
    signals: Sequence[Signal],
    outcome: Outcome,
    accounts: frozenset[str],
    everybody: frozenset[str],
) -> Replayed:
    cases = outcome.cases.open_cases()
    own = [one.at for one in signals if one.account in accounts]
    opened = next((one.at for one in outcome.cases.history if one.members & accounts), None)
    before = 0 if opened is None else sum(own[0] <= one.at < opened for one in signals)
    return Replayed(
        accounts,
        tuple(case for case in cases if case & accounts),
        tuple(case for case in cases if not case & everybody),
        minutes=None if opened is None else (opened - own[0]) / 60,
        signals=None if opened is None else before,
        done=None if opened is None else sum(at < opened for at in own) / len(own),
    )
