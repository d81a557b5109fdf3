"""`manage.py detectors test`: runs scenario files, for CI. It needs no database and no desk."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import CommandError
from pydantic import ValidationError

from abusedesk.core.text import visible
from detectors import registry
from detectors.configuration.document import Configuration
from detectors.needs import missing
from detectors.scenario.document import BrokenError, Expected, Scenario, read
from detectors.scenario.replaying import Outcome, replayed

Changes = Mapping[str, Mapping[str, Any]]


def run_files(files: Sequence[str], changes: Changes, say: Callable[[str], Any]) -> int:
    """Run each file, and say a line for each detector. Returns how many detectors lost a case.

    changes: detector -> parameters in place of those that the file holds. Raises CommandError for a
    file that cannot be run: a test that does not run is no success.
    """
    lost = 0
    for name in files:
        scenario = _read(Path(name))
        for one in scenario.head.expected:
            outcome = _outcome(one, scenario, changes, name)
            lost += not outcome.holds
            said = outcome.error or f"{outcome.found} of {outcome.of} accounts"
            state = "found" if outcome.holds else "LOST "
            say(f"{state}  {visible(scenario.head.name)}  {one.detector}: {visible(said)}")
    return lost


def settings_of(values: Sequence[str]) -> dict[str, dict[str, Any]]:
    """`detector.name=value` as detector -> name -> value; a value is JSON, or else a word."""
    told: dict[str, dict[str, Any]] = {}
    for one in values:
        path, equals, text = one.partition("=")
        slug, dot, name = path.partition(".")
        if not equals or not dot or not slug or not name:
            message = f"Write detector.name=value instead of {one}."
            raise CommandError(message)
        try:
            value = json.loads(text)
        except json.JSONDecodeError:
            value = text
        told.setdefault(slug, {})[name] = value
    return told


def params_in(told: Configuration) -> dict[str, dict[str, Any]]:
    """Detector -> its parameters; what a file leaves out is at its default."""
    return {
        one.detector: registry.get(one.detector).Params().model_dump(mode="json") | one.params
        for one in told.detectors
        if registry.exists(one.detector)
    }


def _read(path: Path) -> Scenario:
    try:
        with path.open("rb") as lines:
            return read(lines)
    except OSError as error:
        message = f"{path}: {error.strerror or error}"
        raise CommandError(message) from error
    except BrokenError as error:
        message = f"{path}: {error}"
        raise CommandError(message) from error


def _outcome(one: Expected, scenario: Scenario, changes: Changes, name: str) -> Outcome:
    if not registry.exists(one.detector):
        message = f"{name}: this release has no detector called {one.detector}."
        raise CommandError(message)
    kind = registry.get(one.detector)
    if packages := missing(kind.meta):
        message = f"{name}: {one.detector} needs {' and '.join(packages)}."
        raise CommandError(message)
    try:
        params = kind.Params.model_validate({**one.params, **changes.get(one.detector, {})})
    except ValidationError as error:
        first = error.errors()[0]
        field = ".".join(str(part) for part in first["loc"])
        message = f"{name}: {one.detector}.{field}: {first['msg']}"
        raise CommandError(message) from error
    secret = settings.SECRET_KEY.encode()
    names = {int(number): slug for number, slug in scenario.head.sources.items()}
    return replayed(kind, params, scenario.signals, one.accounts, secret, names)
