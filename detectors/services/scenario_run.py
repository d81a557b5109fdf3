"""Runs tests: with the settings in force, and with those that somebody proposes."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from django.conf import settings

from abusedesk.core import clock
from abusedesk.core.errors import InvalidError
from abusedesk.core.models import User
from detectors import registry
from detectors.base import BaseParams
from detectors.models import Expectation, Scenario
from detectors.policy import require
from detectors.scenario.document import unpacked
from detectors.scenario.replaying import Outcome, replayed
from detectors.selectors.config import params_of
from detectors.selectors.source import slugs_of

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
    return sum(not _kept(one, params).holds for one in _tests(slug))


def run_scenario(*, actor: User, scenario: Scenario) -> int:
    """The same for all detectors of one test, asked for by a person. Raises ForbiddenError."""
    require(actor, "detector.backtest")
    failed = 0
    for one in scenario.expected.select_related("scenario").defer("scenario__body"):
        if registry.exists(one.detector):
            params = _checked(one.detector, params_of(one.detector))
            failed += not _kept(one, params).holds
    return failed


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


def _tests(slug: str) -> list[Expectation]:
    """Without the signals: all of them together may be more than fits into memory."""
    rows = Expectation.objects.filter(detector=slug, scenario__erased_at=None)
    return list(rows.select_related("scenario").defer("scenario__body").order_by("scenario"))


def _kept(one: Expectation, params: BaseParams) -> Outcome:
    """Run a test, and keep what came out unless it was changed or erased meanwhile."""
    outcome = _outcome(one, params)
    Expectation.objects.filter(pk=one.pk, accounts=one.accounts).update(
        found=outcome.found,
        holds=outcome.holds,
        sentence=outcome.sentence,
        error=outcome.error,
        ran_hash=params.digest(),
        ran_version=registry.get(one.detector).meta.version,
        ran_at=clock.now(),
    )
    return outcome


def _outcome(one: Expectation, params: BaseParams) -> Outcome:
    body = Scenario.objects.values_list("body", flat=True).get(pk=one.scenario_id)
    signals = unpacked(bytes(body))
    kind, secret = registry.get(one.detector), settings.SECRET_KEY.encode()
    return replayed(kind, params, signals, one.accounts, secret, slugs_of(signals))


def _checked(slug: str, params: Mapping[str, Any]) -> BaseParams:
    return registry.get(slug).Params.model_validate(dict(params))
