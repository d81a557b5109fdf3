"""Curves of scores that fall, as points of a drawing."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from detectors.intel.decay import LEAST, curve, matching_d
from detectors.models import WatchItem

WIDTH, HEIGHT = 320, 100
MAX_CURVES: Final = 6
_DAY: Final = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Curve:
    """One assertion's score from its last sighting on. points: of an SVG polyline.

    at_x, at_y: today; least_y: where it stops matching; age_d, until_d: days since, and for which.
    """

    item: WatchItem
    points: str
    at_x: float
    at_y: float
    least_y: float
    age_d: float
    until_d: float
    width: int = WIDTH
    height: int = HEIGHT


def curves_of(items: Iterable[WatchItem], now: datetime) -> list[Curve]:
    """Curves of those that fade."""
    return [_curve(one, now) for one in items if one.lifetime_d][:MAX_CURVES]


def _curve(item: WatchItem, now: datetime) -> Curve:
    life = float(item.lifetime_d or 1)
    age_d = max((now - item.met_at) / _DAY, 0.0)
    dots = [(_x(age, life), _y(score)) for age, score in curve(item.base, life)]
    return Curve(
        item=item,
        points=" ".join(f"{x:.1f},{y:.1f}" for x, y in dots),
        at_x=_x(min(age_d, life), life),
        at_y=_y(item.score),
        least_y=_y(LEAST),
        age_d=age_d,
        until_d=matching_d(item.base, life),
    )


def _x(age_d: float, life: float) -> float:
    return round(WIDTH * age_d / life, 1)


def _y(score: float) -> float:
    return round(HEIGHT - score, 1)
