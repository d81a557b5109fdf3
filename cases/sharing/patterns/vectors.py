"""Runs the tests that travel with a pattern: made-up signals in, groups of accounts out."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from typing import Any, Final

from pydantic import ValidationError

from cases.sharing.patterns.wire import BUILTIN, Builtin, UnreadableError, Vector
from detectors import registry
from detectors.base import BaseParams, Detector, Signal
from detectors.engine import run_all
from detectors.pasted import read_items
from detectors.sigma.detector import PREFIX, rule_detector
from detectors.sigma.params import RuleParams

SECRET: Final = b"abusedesk/pattern-test/1"
"""Tests are the same everywhere, so no desk's own key takes part in them."""
OLDEST: Final = date(2000, 1, 1)
LATEST: Final = datetime(2100, 1, 1, tzinfo=UTC)
TRIED_AS: Final = f"{PREFIX}test"


@dataclass(frozen=True, slots=True)
class Result:
    """What became of one test. found, missing, beyond: groups of accounts."""

    name: str
    kind: str
    passed: bool
    found: list[list[str]] = field(default_factory=list)
    missing: list[list[str]] = field(default_factory=list)
    beyond: list[list[str]] = field(default_factory=list)
    error: str = ""


@dataclass(frozen=True, slots=True)
class Runnable:
    """A pattern as this desk runs it."""

    kind: type[Detector[Any, Any]]
    params: BaseParams


def runnable(pattern_type: str, pattern: str) -> Runnable:
    """The detector and its settings. Raises UnreadableError for what cannot run here."""
    try:
        if pattern_type == BUILTIN:
            return _builtin(json.loads(pattern))
        return Runnable(rule_detector(TRIED_AS), RuleParams(sigma=pattern))
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(str(part) for part in first["loc"])
        message = f"It cannot run here. {where}: {first['msg']}"
        raise UnreadableError(message) from error
    except (ValueError, RecursionError) as error:
        message = f"It cannot be read: {error}"
        raise UnreadableError(message) from error


def run_vectors(what: Runnable, vectors: Iterable[Vector]) -> list[Result]:
    """Each test, in order."""
    return [_run(what, one) for one in vectors]


def all_green(results: Sequence[Result]) -> bool:
    """Whether there is a positive and a negative test, and every one passes."""
    kinds = {one.kind for one in results}
    return {"positive", "negative"} <= kinds and all(one.passed for one in results)


def groups_found(what: Runnable, signals: Sequence[Signal]) -> list[list[str]]:
    """The accounts of each group that stands after the last signal, sorted."""
    detector = what.kind(SECRET, every=True)
    ordered = sorted(signals, key=lambda one: one.place)
    last = {one.draft.anchor: one.draft for one in run_all(detector, what.params, ordered)}
    groups = {tuple(sorted(one.subjects)) for one in last.values() if not one.lapsed}
    return [list(one) for one in sorted(groups)]


def _builtin(told: Any) -> Runnable:
    one = told if isinstance(told, dict) else {}
    builtin = Builtin(str(one.get("slug", "")), int(one.get("version", 0)), one.get("params", {}))
    if builtin.slug not in registry.all_detectors():
        message = f"There is no detector {builtin.slug[:60]} here."
        raise UnreadableError(message)
    kind = registry.get(builtin.slug)
    if kind.meta.version != builtin.version:
        message = (
            f"It is made for version {builtin.version} of {builtin.slug}; here is"
            f" {kind.meta.version}."
        )
        raise UnreadableError(message)
    return Runnable(kind, kind.Params.model_validate(builtin.params))


def _run(what: Runnable, vector: Vector) -> Result:
    pasted = read_items(list(vector.signals), LATEST, OLDEST)
    if pasted.faults:
        return Result(vector.name, vector.kind, passed=False, error=pasted.faults[0])
    if vector.kind == "positive" and not vector.expected:
        message = "A positive test names the groups that have to be found."
        return Result(vector.name, vector.kind, passed=False, error=message)
    if vector.kind == "negative" and vector.expected:
        message = "In a negative test nothing has to be found."
        return Result(vector.name, vector.kind, passed=False, error=message)
    try:
        found = groups_found(what, pasted.signals)
    except Exception as error:  # plug-in border: a detector that cannot digest a test fails it
        said = f"{type(error).__name__}: {error}"
        return Result(vector.name, vector.kind, passed=False, error=said)
    wanted = [sorted(one) for one in vector.expected]
    missing = [one for one in wanted if one not in found]
    beyond = [one for one in found if one not in wanted]
    is_met = not missing and not beyond
    return Result(vector.name, vector.kind, is_met, found, missing, beyond)
