"""The recommended action: harm of the policy x severity of the case x strikes. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from cases.choices import ActionKind, Severity

# From this weight on, this action for so many days; None is for good. The heaviest first.
LADDER: Final[tuple[tuple[float, ActionKind, int | None], ...]] = (
    (24.0, ActionKind.TERMINATE, None),
    (12.0, ActionKind.SUSPEND, 30),
    (6.0, ActionKind.SUSPEND, 7),
    (2.0, ActionKind.LIMIT, 7),
    (0.0, ActionKind.WARN, None),
)


@dataclass(frozen=True, slots=True)
class Recommendation:
    """What to do with the accounts of a case, and why."""

    kind: ActionKind
    days: int | None
    reason: str

    @property
    def label(self) -> str:
        """`Suspend 30 days`."""
        return f"{self.kind.label} {self.days} days" if self.days else self.kind.label


def recommend(*, harm: int, severity: int, strikes: float) -> Recommendation:
    """strikes: points of the worst account today; without any the other two decide."""
    weight = harm * severity * (1.0 + strikes)
    kind, days = next((kind, days) for least, kind, days in LADDER if weight >= least)
    reason = (
        f"harm {Severity(harm).label} ({harm}) x severity {Severity(severity).label} ({severity})"
        f" x (1 + {strikes:.1f} strikes) = {weight:.1f}"
    )
    return Recommendation(kind, days, reason)
