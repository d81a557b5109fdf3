"""Runs tests: with the settings in force, and with those that somebody proposes."""

from __future__ import annotations

import time
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any, Final

from django.conf import settings

from abusedesk.core import clock
from abusedesk.core.errors import InvalidError
from abusedesk.core.models import User
from detectors import registry
from detectors.base import BaseParams
from detectors.models import Expectation
from detectors.policy import require
from detectors.scenario.document import unpacked
from detectors.scenario.replaying import Outcome, replayed
from detectors.selectors.config import params_of

BUDGET_S: Final = 20.0
"""What a person waits for at most; of a hundred tests each takes a fraction of a second."""


@dataclass(frozen=True, slots=True)
class Lost:
    """A test that settings would fail."""

    origin: str
    outcome: Outcome

    @property
    def sentence(self) -> str:
        """For the person who proposes them."""
        one = self.outcome
        return one.error or f"names {one.found} of {one.of} accounts, {one.needed} are needed"


def run_scenarios(*, slug: str) -> int:
    """Run all tests of a detector with its settings in force, and keep what comes out.

    Returns how many failed.
    """
    params = _checked(slug, params_of(slug))
    failed = 0
    for one in _tests(slug):
        outcome = _outcome(one, params)
        failed += not outcome.holds
        one.found, one.holds = outcome.found, outcome.holds
        one.sentence, one.error = outcome.sentence, outcome.error
        one.ran_hash, one.ran_version = params.digest(), registry.get(slug).meta.version
        one.ran_at = clock.now()
        # an erased test stays erased
        Expectation.objects.filter(pk=one.pk).update(
            **{name: getattr(one, name) for name in _RESULT}
        )
    return failed


def run_again(*, actor: User, slugs: Collection[str]) -> int:
    """The same for several detectors, asked for by a person. Raises ForbiddenError."""
    require(actor, "detector.backtest")
    return sum(run_scenarios(slug=slug) for slug in sorted(set(slugs)) if registry.exists(slug))


def lost_with(*, slug: str, params: Mapping[str, Any]) -> list[Lost]:
    """Tests that these settings would fail, by name. Nothing is kept.

    Raises InvalidError where they cannot all be run in the time that somebody waits for.
    """
    checked = _checked(slug, params)
    end = time.monotonic() + BUDGET_S
    lost: list[Lost] = []
    tests = _tests(slug)
    for number, one in enumerate(tests):
        if time.monotonic() > end:
            message = (
                f"Only {number} of {len(tests)} cases saved as tests could be run in"
                f" {BUDGET_S:.0f} s. Erase some that say the same, then try again."
            )
            raise InvalidError(message, field="params")
        outcome = _outcome(one, checked)
        if not outcome.holds:
            lost.append(Lost(one.scenario.origin, outcome))
    return lost


_RESULT: Final = ("found", "holds", "sentence", "error", "ran_hash", "ran_version", "ran_at")


def _tests(slug: str) -> list[Expectation]:
    rows = Expectation.objects.filter(detector=slug, scenario__erased_at=None)
    return list(rows.select_related("scenario").order_by("scenario"))


def _outcome(one: Expectation, params: BaseParams) -> Outcome:
    kind = registry.get(one.detector)
    signals = unpacked(bytes(one.scenario.body))
    return replayed(kind, params, signals, one.accounts, settings.SECRET_KEY.encode())


def _checked(slug: str, params: Mapping[str, Any]) -> BaseParams:
    return registry.get(slug).Params.model_validate(dict(params))
