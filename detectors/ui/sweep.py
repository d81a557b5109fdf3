"""How a sweep is shown: precision against recall, a point a value, with the numbers beside it."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any, Final, NamedTuple

from abusedesk.core.charts import Chart
from abusedesk.core.errors import InvalidError
from abusedesk.core.templatetags.ui import percent
from detectors import figures
from detectors.base import BaseParams
from detectors.calibration.proportion import Share
from detectors.choices import BacktestState
from detectors.forms import bounds_of, label_of, unit_of
from detectors.models import Backtest

AROUND: Final = (0.5, 0.75, 1.0, 1.5, 2.0, 3.0)
"""Shares of the value in force that the form proposes."""


class Point(NamedTuple):
    """One value, and what the detector would find with it."""

    value: float
    in_force: bool
    findings: int
    accounts: int
    gained: int
    lost: int
    precision: Share
    recall: Share


def swept(run: Backtest, model: type[BaseParams]) -> dict[str, Any]:
    """What the template needs of a sweep."""
    name = run.sweep["name"]
    told: dict[str, Any] = {
        "sweep_label": label_of(name),
        "sweep_unit": unit_of(model, name),
        "sweep_now": run.current[name],
    }
    if run.state == BacktestState.DONE:
        points = points_of(run.result)
        told |= {"points": points, "chart": _curve(points, told["sweep_label"])}
    return told


def read_values(text: str) -> list[float]:
    """Numbers out of a line. Raises InvalidError naming the field."""
    words = [word.strip() for word in text.replace(";", ",").split(",") if word.strip()]
    try:
        told = [float(word) for word in words]
    except ValueError as error:
        message = "Write numbers, separated by commas."
        raise InvalidError(message, field="values") from error
    return [int(one) if one.is_integer() else one for one in told if math.isfinite(one)]


def proposed_values(model: type[BaseParams], name: str, params: Mapping[str, Any]) -> str:
    """Values around the one in force, within the bounds; empty without a setting."""
    if name not in model.model_fields:
        return ""
    now, whole = float(params[name]), isinstance(params[name], int)
    low, high = bounds_of(model.model_fields[name])
    told = [now * share for share in AROUND]
    inside = [
        min(max(one, low if low is not None else one), high if high is not None else one)
        for one in told
    ]
    shown = sorted({float(round(one)) if whole else round(one, 6) for one in inside})
    return ", ".join(f"{one:g}" for one in shown)


def points_of(result: Mapping[str, Any]) -> list[Point]:
    """All values in order, the one in force among them once."""
    now = result["in_force"]
    rows = [one for one in result["points"] if one["value"] != now["value"]]
    told = sorted([*rows, now], key=lambda one: float(one["value"]))
    return [_point(one, in_force=one is now) for one in told]


def _point(one: Mapping[str, Any], *, in_force: bool) -> Point:
    return Point(
        one["value"],
        in_force,
        one["findings"],
        one["accounts"],
        one["gained"],
        one["lost"],
        Share(**one["precision"]),
        Share(**one["recall"]),
    )


def _curve(points: list[Point], label: str) -> Chart:
    """Values of which nothing was decided have no place on it."""
    drawn = [one for one in points if one.precision.n and one.recall.n]
    return Chart(
        slug="curve",
        title="Precision and recall",
        unit=f"share of decided campaigns, by {label.lower()}",
        n=max((one.recall.n for one in drawn), default=0),
        figure=figures.curve(
            [one.recall.value for one in drawn],
            [one.precision.value for one in drawn],
            [f"{one.value:g}" for one in drawn],
            ("recall", "precision"),
        ),
        heads=[label, "Recall", "Precision"],
        lines=[
            [f"{one.value:g}", percent(one.recall.value), percent(one.precision.value)]
            for one in drawn
        ],
        nothing="No campaign that people decided is found with any of these values.",
    )
