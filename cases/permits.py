"""What an automation may say: the terms that people fill in, and what is wrong with them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from abusedesk.core.errors import InvalidError
from cases.choices import ActionKind
from cases.terms import KINDS, MAX_DAYS

MAX_CAP: Final = 10_000
MAX_RESUME_HOURS: Final = 24 * 30
MAX_WEIGHT: Final = 100.0
ACCOUNT_KINDS: Final = [kind for kind in ActionKind if kind in KINDS[True]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Permit:
    """Which action, on how many accounts an hour, from which weight of a finding, and when not.

    days, resume_hours, least_precision, most_reversed: None where there is no such limit.
    """

    kind: str
    cap: int
    min_weight: float = 0.0
    days: int | None = None
    resume_hours: int | None = None
    least_precision: float | None = None
    most_reversed: float | None = None

    def __str__(self) -> str:
        lasting = f" for {self.days} days" if self.days else ""
        return (
            f"{ActionKind(self.kind).label}{lasting}, at most {self.cap:,} accounts an hour,"
            f" from weight {self.min_weight:g}"
        )


def check(permit: Permit) -> None:
    """Raises InvalidError that names the field."""
    if permit.kind not in ACCOUNT_KINDS:
        message = f"Choose an action: {', '.join(ACCOUNT_KINDS)}."
        raise InvalidError(message, field="kind")
    for field, least, most in BOUNDS:
        value = getattr(permit, field)
        # a number that is none compares with nothing
        if value is not None and not least <= value <= most:
            message = f"Choose {least:g} to {most:,g}."
            raise InvalidError(message, field=field)


BOUNDS: Final[tuple[tuple[str, float, float], ...]] = (
    ("cap", 1, MAX_CAP),
    ("min_weight", 0, MAX_WEIGHT),
    ("days", 1, MAX_DAYS),
    ("resume_hours", 1, MAX_RESUME_HOURS),
    ("least_precision", 0, 1),
    ("most_reversed", 0, 1),
)
"""Field, least and most."""
