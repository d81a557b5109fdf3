"""The reliability plot: what was said against what reviewers confirmed."""

from __future__ import annotations

from typing import Any

import msgspec

from abusedesk.core.charts import Chart
from abusedesk.core.templatetags.ui import percent
from detectors import figures
from detectors.calibration.measures import Bin, Quality
from detectors.calibration.proportion import wilson
from detectors.selectors.calibration import State

AXIS = {"type": "linear", "range": [0, 1], "tickformat": ".0%", "title": {"text": "said"}}


def measured(state: State) -> tuple[Quality, str]:
    """What to publish, and on which verdicts it was measured."""
    if state.fit is None:
        return state.now, "raw probabilities, all verdicts"
    if state.now.n:
        return state.now, "verdicts since the fit in force"
    return msgspec.convert(state.fit.tested, Quality), "the newer verdicts that the fit was held to"


def reliability(state: State) -> Chart:
    """Bins of equal weight; on the diagonal what is said is what is confirmed."""
    found, where = measured(state)
    return Chart(
        slug="reliability",
        title="Reliability",
        unit=f"share of campaigns confirmed as abuse, by probability; {where}",
        n=found.n,
        figure=_figure(found),
        heads=["Said", "Confirmed", "95 % from", "to", "Verdicts"],
        lines=[_line(one) for one in found.bins],
        nothing="No verdict says anything yet.",
    )


def _figure(found: Quality) -> dict[str, Any]:
    traces = [
        _trace("as said", [0.0, 1.0], [0.0, 1.0], "lines", "chart-2"),
        _trace(
            "as confirmed",
            [one.said for one in found.bins],
            [one.was for one in found.bins],
            "lines+markers",
            "chart-1",
        ),
    ]
    layout = figures.layout("confirmed", legend=True)
    layout["xaxis"] = AXIS
    layout["yaxis"] = {**AXIS, "title": layout["yaxis"]["title"]}
    return {"data": traces, "layout": layout}


def _trace(name: str, x: list[float], y: list[float], mode: str, colour: str) -> dict[str, Any]:
    return {
        "type": "scatter",
        "name": name,
        "x": x,
        "y": y,
        "mode": mode,
        "meta": {"colour": colour},
        "cliponaxis": False,
        "line": {"dash": "dot"} if mode == "lines" else {},
        "hovertemplate": "said %{x:.0%}, confirmed %{y:.0%}<extra></extra>",
    }


def _line(one: Bin) -> list[Any]:
    low, high = wilson(one.was * one.n, one.n)
    return [*(percent(share) for share in (one.said, one.was, low, high)), one.n]
