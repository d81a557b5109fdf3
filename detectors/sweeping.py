"""Several values of one parameter, tried in one backtest."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

from abusedesk.core.errors import InvalidError
from detectors import registry
from detectors.forms import numbers_of
from detectors.selectors.config import params_of
from detectors.services.config import checked_params

LEAST_VALUES: Final = 2
MAX_VALUES: Final = 8
"""Each costs as much as one side of a backtest."""


@dataclass(frozen=True, slots=True)
class Sweep:
    """Values of one parameter, all others as they are in force."""

    name: str
    values: Sequence[float]


def checked_sweep(slug: str, sweep: Sweep) -> dict[str, Any]:
    """Name and values, each once, in order. Raises InvalidError naming the field."""
    if sweep.name not in numbers_of(registry.get(slug).Params):
        message = "Choose a setting that is a number."
        raise InvalidError(message, field="parameter")
    current = params_of(slug)
    told = [
        checked_params(slug, {**current, sweep.name: value}).model_dump()[sweep.name]
        for value in sweep.values
    ]
    values = sorted(set(told))
    if not LEAST_VALUES <= len(values) <= MAX_VALUES:
        message = f"Give {LEAST_VALUES} to {MAX_VALUES} different values."
        raise InvalidError(message, field="values")
    return {"name": sweep.name, "values": values}
