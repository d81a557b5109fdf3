"""How disturbing evidence is, and how it is covered until somebody asks to see it. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Final

from cases.budget import Budget
from cases.choices import Masking, Severity

# Nobody rates single texts: those of a case are as bad as the worst policy it is about.
CONTENT_SEVERITY: Final[Mapping[int, int]] = {
    Severity.INFO: 0,
    Severity.LOW: 1,
    Severity.MEDIUM: 1,
    Severity.HIGH: 2,
    Severity.CRITICAL: 3,
}
WITHHELD: Final = 3
BLUR_PX: Final = 12  # larger than letters of the page: a smaller one leaves short words readable
BLUR_RANGE: Final = (6, 40)
ELSE: Final = ""
"""The category of cases that are about no policy yet, and what stands in for any other one."""
UNNAMED_SEVERITY: Final = 0
DEFAULTS: Final[Mapping[int, Masking]] = {
    0: Masking.OFF,
    1: Masking.OFF,
    2: Masking.BLUR,
    3: Masking.SUMMARY,
}
# These would leave the words in the page.
SHOWING: Final = frozenset({Masking.OFF, Masking.BLUR, Masking.GREY})


@dataclass(frozen=True, slots=True)
class Cover:
    """How the evidence of one case, or one signal, is shown to one person.

    category: slug of the policy that decided it, or `ELSE`. press: a press shows for ten seconds,
    for people who cannot hold a key. blur: in px. budget: what they may see uncovered.
    """

    category: str
    severity: int
    mode: Masking
    press: bool
    blur: int
    budget: Budget

    @property
    def on(self) -> bool:
        """Whether anything is covered."""
        return self.mode != Masking.OFF

    @property
    def in_page(self) -> bool:
        """Whether covered words are in the page, under a filter."""
        return self.mode in SHOWING


def worst(policies: Iterable[tuple[str, int]]) -> tuple[str, int]:
    """Category and content severity of a case about these policies, each a slug and its harm."""
    found = max(policies, key=lambda one: (one[1], one[0]), default=None)
    return (found[0], CONTENT_SEVERITY[found[1]]) if found else (ELSE, UNNAMED_SEVERITY)


def mode_of(
    category: str, severity: int, *, own: Mapping[str, str], desk: Mapping[str, str]
) -> Masking:
    """What one's own choice says, else the desk's; each for the category, then for all others.

    What is withheld never comes with the page, whatever was chosen.
    """
    chosen = (table[key] for key in (category, ELSE) for table in (own, desk) if key in table)
    mode = Masking(next(chosen, DEFAULTS[severity]))
    return DEFAULTS[WITHHELD] if severity >= WITHHELD and mode in SHOWING else mode


def signal_item(signal_id: int) -> str:
    """What a signal is called among the items that somebody has seen."""
    return f"signal:{signal_id}"


def file_item(file_id: int) -> str:
    """The same for a picture."""
    return f"file:{file_id}"
