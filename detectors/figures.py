"""Figures as plain dicts for Plotly; every string from data is escaped, labels are HTML there."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

from abusedesk.core.text import chart_text

TRACES = frozenset({"bar", "scatter", "histogram", "heatmap", "sankey"})
COLOURS = 6
SHAPES = ("", "/", "x", "-", "|", "+")


def bars(series: Mapping[str, Sequence[float]], labels: Sequence[str], unit: str) -> dict[str, Any]:
    """Bars over categories or ISO dates; several series are told apart by colour and pattern.

    unit: title of the value axis.
    """
    traces = [
        {
            "type": "bar",
            "name": chart_text(name),
            "x": [chart_text(label) for label in labels],
            "y": list(values),
            "meta": {"colour": f"chart-{number % COLOURS + 1}"},
            "marker": {"pattern": {"shape": SHAPES[number % COLOURS]}},
            "hovertemplate": f"%{{x}}: %{{y:,}} {chart_text(unit)}<extra></extra>",
        }
        for number, (name, values) in enumerate(series.items())
    ]
    return {"data": traces, "layout": layout(unit, legend=len(traces) > 1)}


def stacked(
    series: Mapping[str, Sequence[float]], labels: Sequence[str], unit: str
) -> dict[str, Any]:
    """`bars`, one on the other."""
    figure = bars(series, labels, unit)
    figure["layout"]["barmode"] = "stack"
    return figure


def curve(
    x: Sequence[float], y: Sequence[float], labels: Sequence[str], titles: tuple[str, str]
) -> dict[str, Any]:
    """Shares over shares, joined in the order given; each point bears its label."""
    trace = {
        "type": "scatter",
        "mode": "lines+markers+text",
        "x": list(x),
        "y": list(y),
        "text": [chart_text(label) for label in labels],
        "textposition": "top center",
        "meta": {"colour": "chart-1"},
        "cliponaxis": False,
        "hovertemplate": f"%{{text}}: {chart_text(titles[0])} %{{x:.0%}},"
        f" {chart_text(titles[1])} %{{y:.0%}}<extra></extra>",
    }
    told = layout(titles[1], legend=False)
    axis = {"type": "linear", "range": [0, 1.05], "tickformat": ".0%"}
    told["xaxis"] = {**axis, "title": {"text": chart_text(titles[0])}}
    told["yaxis"] = {**axis, "title": {"text": chart_text(titles[1])}}
    return {"data": [trace], "layout": told}


def layout(unit: str, *, legend: bool) -> dict[str, Any]:
    """What all figures share; colours and fonts come from the theme, in chart.js."""
    return {
        "height": 280,
        "margin": {"l": 48, "r": 8, "t": 8, "b": 36},
        "bargap": 0.25,
        "showlegend": legend,
        "legend": {
            "traceorder": "normal",
            "orientation": "h",
            "y": 1.02,
            "yanchor": "bottom",
            "x": 0,
        },
        "xaxis": {"type": "category", "nticks": 16, "tickangle": 0, "showgrid": False},
        "yaxis": {"title": {"text": chart_text(unit)}, "rangemode": "tozero"},
    }


def by_day(counts: Mapping[str, Mapping[date, int]], days: Sequence[date]) -> dict[str, list[int]]:
    """Series over `days`; what lies behind the sixth is summed up as `other`."""
    names = list(counts)
    own = names if len(names) <= COLOURS else names[: COLOURS - 1]
    series = {name: [counts[name].get(day, 0) for day in days] for name in own}
    rest = [counts[name] for name in names if name not in own]
    if rest:
        series["other"] = [sum(one.get(day, 0) for one in rest) for day in days]
    return series
