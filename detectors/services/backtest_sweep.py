"""What a sweep says: each value of one parameter with its findings, precision and recall."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from detectors.backtest.comparing import compare
from detectors.backtest.trial import CURRENT, Variant, said_since
from detectors.models import Backtest
from detectors.services.backtest_result import end_with, judge, totals_of


def keep_sweep(*, run: Backtest, variants: Mapping[str, Variant], signals: int) -> None:
    """Store it and end the run, unless somebody has cancelled it meanwhile."""
    since = run.since.timestamp()
    sides = {name: said_since(variant.said, since) for name, variant in variants.items()}
    told: dict[str, Any] = {name: totals_of(side) for name, side in sides.items()}
    judge(told, sides)
    points = []
    for value in run.sweep["values"]:
        name = f"{run.sweep['name']}={value}"
        compared = compare(sides[CURRENT], sides[name])
        points.append(
            {
                "value": value,
                **told[name],
                "gained": len(compared.gained),
                "lost": len(compared.lost),
            }
        )
    in_force = {"value": run.current[run.sweep["name"]], **told[CURRENT], "gained": 0, "lost": 0}
    end_with(run=run, told={"points": points, "in_force": in_force}, rows=(), signals=signals)
