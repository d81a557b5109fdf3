"""Runs one detector over the signals of a scenario: does it still find the accounts?"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from math import ceil
from types import MappingProxyType
from typing import Any, Final

from detectors.base import BaseParams, Detector, FindingDraft, Key, Signal
from detectors.engine import run_all
from detectors.keyed import PoisonError
from detectors.overrides import told_among

LEAST: Final = 0.5
"""Share of the expected accounts that findings must still name. Fewer would open another case, or
none: half of the members is also what makes two campaigns the same one."""
MAX_ERROR: Final = 300
UNNAMED: Final[Mapping[int, str]] = MappingProxyType({})


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of one detector. found: of the `of` expected accounts, those that it names.

    sentence: of the finding that names most of them. error: why it could not be run.
    """

    found: int
    of: int
    sentence: str = ""
    error: str = ""

    @property
    def needed(self) -> int:
        """Accounts that have to be named."""
        return max(1, ceil(LEAST * self.of))

    @property
    def holds(self) -> bool:
        """Whether the scenario is still found."""
        return not self.error and self.found >= self.needed


def replayed(
    kind: type[Detector[Any, Any]],
    params: BaseParams,
    signals: Sequence[Signal],
    expected: Collection[str],
    secret: bytes = b"",
    names: Mapping[int, str] = UNNAMED,
) -> Outcome:
    """Run a detector over all signals, in the order of their ids, as they came.

    names: slugs of the sources of these signals.
    """
    wanted = frozenset(expected)
    try:
        detector = kind(secret, tell=told_among(signals, names))
        standing = _standing(detector, params, signals)
    except PoisonError as error:
        told = f"It cannot digest signal {error.signal_id}: {error.__cause__!r}"
        return Outcome(0, len(wanted), error=told[:MAX_ERROR])
    named = {name for one in standing for name in one.subjects} & wanted
    best = max(standing, key=lambda one: len(wanted.intersection(one.subjects)), default=None)
    return Outcome(len(named), len(wanted), best.sentence if best and named else "")


def accounts_found(
    kind: type[Detector[Any, Any]],
    params: BaseParams,
    signals: Sequence[Signal],
    accounts: Collection[str],
    secret: bytes = b"",
    names: Mapping[int, str] = UNNAMED,
) -> frozenset[str]:
    """Which of these accounts a detector names with these settings; none where it cannot run."""
    try:
        detector = kind(secret, tell=told_among(signals, names))
        standing = _standing(detector, params, signals)
    except PoisonError:
        return frozenset()
    return frozenset(name for one in standing for name in one.subjects).intersection(accounts)


def _standing(
    detector: Detector[Any, Any], params: BaseParams, signals: Sequence[Signal]
) -> list[FindingDraft]:
    """What holds when all is in: of each anchor the last thing said, unless it lapsed."""
    last: dict[Key, FindingDraft] = {}
    for one in run_all(detector, params, sorted(signals, key=lambda signal: signal.id)):
        last[one.draft.anchor] = one.draft
    return [draft for draft in last.values() if not draft.lapsed]
