"""How a moved threshold is drawn: bars by outcome, what is in force, what is tried."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final

from detectors.backtest.what_if import OUTCOMES, Bin, Quantity
from detectors.forms import label_of
from detectors.selectors.what_if import WhatIf

WIDTH: Final = 720
HEIGHT: Final = 150
TOP: Final = 16
FOOT: Final = 18
LABELS: Final = {
    "abuse": "confirmed abuse", "benign": "no abuse", "undecided": "not decided",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Bar:
    """One coloured piece. css: outcome, and whether the threshold leaves it out."""

    x: float
    y: float
    width: float
    height: float
    css: str


def shown(told: WhatIf) -> dict[str, Any]:
    """What the template needs; nothing where no condition can be moved."""
    quantity = told.quantity
    context: dict[str, Any] = {"told": told, "quantity": quantity}
    if quantity is None:
        return context
    end = told.bins[-1].high if told.bins else quantity.high
    return context | {
        "width": WIDTH,
        "height": TOP + HEIGHT + FOOT,
        "floor": TOP + HEIGHT,
        "foot": TOP + HEIGHT + 13,
        "top": TOP,
        "bars": list(_bars(told, quantity)),
        "now_x": _x(quantity, quantity.limit, end),
        "at_x": _x(quantity, told.at, end),
        "at_anchor": "end" if told.at > (quantity.low + quantity.high) / 2 else "start",
        "low": f"{quantity.low:g}",
        "high": f"{quantity.high:g}",
        "end": f"{end:g}",
        "step": f"{quantity.step:g}",
        "at": f"{told.at:.6g}",
        "limit": f"{quantity.limit:.6g}",
        "moved": told.at != quantity.limit,
        "looser": quantity.looser(told.at),
        "setting": label_of(quantity.parameter) if quantity.parameter else "",
        "legend": [(name, LABELS[name], _total(told, name)) for name in OUTCOMES],
        "lines": [_line(one) for one in told.bins if one.total],
        "tried": [f"{float(one.proposed[quantity.parameter]):g}" for one in told.runs],
    }


def _bars(told: WhatIf, quantity: Quantity) -> Iterator[Bar]:
    """What stays stands below, what is left out pale above it."""
    most = max((one.total for one in told.bins), default=0)
    end = told.bins[-1].high if told.bins else quantity.high
    for one in told.bins:
        x, y = _x(quantity, one.low, end), float(TOP + HEIGHT)
        width = max(1.0, _x(quantity, one.high, end) - x - 1)
        pieces = [(name, one.counts[name] - one.left_out[name]) for name in OUTCOMES]
        pieces += [(f"{name} bar-out", one.left_out[name]) for name in OUTCOMES]
        for css, count in pieces:
            if count:
                height = HEIGHT * count / most
                y -= height
                yield Bar(round(x, 1), round(y, 1), round(width, 1), round(height, 1), css)


def _x(quantity: Quantity, value: float, end: float) -> float:
    share = (value - quantity.low) / (end - quantity.low)
    return round(WIDTH * min(1.0, max(0.0, share)), 1)


def _total(told: WhatIf, name: str) -> int:
    return sum(one.counts[name] for one in told.bins)


def _line(one: Bin) -> list[Any]:
    return [f"{one.low:.4g} to {one.high:.4g}", *(one.counts[name] for name in OUTCOMES)]
