"""How urgent a case is: the formula of the detection specification, section 6. Pure.

priority = 100 x P x (0.45 harm + 0.25 reach + 0.20 velocity + 0.10 novelty), each part 0..1.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from datetime import timedelta
from typing import Final

from cases.choices import Severity

WEIGHTS: Final = {"harm": 0.45, "reach": 0.25, "velocity": 0.20, "novelty": 0.10}

# There are no policy categories yet: harm is read from what the evidence is about.
HARM_DEFAULT: Final = 0.4
HARM_BY_ANCHOR: Final = {"payment": 0.7, "wallet": 0.7, "phone": 0.5, "email": 0.5}
DAY: Final = timedelta(days=1)
SHORTEST: Final = timedelta(hours=1)
REACH_DECADES: Final = 7
DOUBLINGS_FULL: Final = 3

SEVERITIES: Final = (
    (0.60, Severity.CRITICAL),
    (0.45, Severity.HIGH),
    (0.30, Severity.MEDIUM),
    (0.15, Severity.LOW),
)


def harm(anchor_types: Iterable[str]) -> float:
    """The worst of what the evidence is about: money weighs more than links."""
    return max(
        (HARM_BY_ANCHOR.get(one, HARM_DEFAULT) for one in anchor_types), default=HARM_DEFAULT
    )


def reach(exposures: int) -> float:
    """0..1; ten million exposures are full reach."""
    return min(1.0, math.log10(1 + exposures) / REACH_DECADES)


def velocity(signals: int, span: timedelta) -> float:
    """Doublings a day from one signal to all of them; three a day are full speed."""
    doublings = math.log2(max(1, signals)) / (max(span, SHORTEST) / DAY)
    return min(1.0, doublings / DOUBLINGS_FULL)


def priority(parts: dict[str, float]) -> float:
    """0..100 from `p` and the four parts."""
    return 100 * parts["p"] * impact(parts)


def impact(parts: dict[str, float]) -> float:
    """How bad, 0..1, however sure."""
    return sum(weight * parts[name] for name, weight in WEIGHTS.items())


def severity(parts: dict[str, float]) -> Severity:
    """The word for `impact`."""
    value = impact(parts)
    return next((word for least, word in SEVERITIES if value >= least), Severity.INFO)
