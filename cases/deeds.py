"""What can be done to many cases at once: one literal table, and what is said of each."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from typing import Any, Final, Self

from cases.choices import ActionKind, BulkAction, State
from detectors.choices import Outcome

UNDO_FOR: Final = timedelta(hours=24)
TYPED: Final = 1_000
"""Above so many cases the number is typed, not only confirmed."""
ALONE: Final = 50
"""So many enforcing actions one person may set off in one go."""
ENFORCING: Final = frozenset(ActionKind) - {ActionKind.WARN}


@dataclass(frozen=True, slots=True)
class Rule:
    """What an action needs. verb: of `policy.PERMISSIONS`; states: in which a case can take it.

    careful: a case that changed since people looked at the list is left alone. escalated: the verb
    that an escalated case takes besides.
    """

    verb: str
    states: frozenset[State]
    careful: bool = False
    escalated: str = ""


RULES: Final[dict[BulkAction, Rule]] = {
    BulkAction.CLOSE: Rule(
        "case.decide",
        frozenset({State.OPEN, State.ESCALATED}),
        careful=True,
        escalated="case.claim_escalated",
    ),
    BulkAction.ASSIGN: Rule("case.assign", frozenset({State.OPEN, State.ESCALATED})),
    BulkAction.LABEL: Rule("case.mark", frozenset(State) - {State.MERGED}),
    BulkAction.SNOOZE: Rule("case.snooze", frozenset({State.OPEN}), careful=True),
}


@dataclass(frozen=True, slots=True)
class Deed:
    """An action with what it needs to know.

    outcome, policy (id of a version), act (on every account) and days: of a close. assignee: a
    name, empty for nobody. add, remove: labels. until: of a snooze.
    """

    action: BulkAction
    outcome: str = ""
    policy: int | None = None
    act: str = ""
    days: int | None = None
    assignee: str = ""
    add: tuple[str, ...] = ()
    remove: tuple[str, ...] = ()
    until: datetime | None = None

    @classmethod
    def read(cls, action: str, said: dict[str, Any]) -> Self:
        """Out of a job's row."""
        until = said.get("until")
        lists = {name: tuple(said.get(name, ())) for name in ("add", "remove")}
        at = datetime.fromisoformat(until) if until else None
        return cls(**{**said, **lists, "action": BulkAction(action), "until": at})

    def words(self) -> dict[str, Any]:
        """For a job's row: what is not empty."""
        said = asdict(self) | {"until": self.until.isoformat() if self.until else None}
        return {name: value for name, value in said.items() if value and name != "action"}

    @property
    def rule(self) -> Rule:
        return RULES[self.action]

    @property
    def enforces(self) -> bool:
        """Whether it asks receivers to do something to accounts."""
        return self.act in ENFORCING

    def __str__(self) -> str:
        return _TOLD[self.action](self)


def _closing(deed: Deed) -> str:
    said = f"Close as {Outcome(deed.outcome).label.lower()}"
    if not deed.act:
        return said
    lasting = f" for {deed.days} days" if deed.days else ""
    return f"{said}; {ActionKind(deed.act).label.lower()} every account{lasting}"


def _assigning(deed: Deed) -> str:
    return f"Give to {deed.assignee}" if deed.assignee else "Give back to the queue"


def _labelling(deed: Deed) -> str:
    parts = (("add", deed.add), ("remove", deed.remove))
    said = "; ".join(f"{name} {', '.join(words)}" for name, words in parts if words)
    return f"Labels: {said}"


def _snoozing(deed: Deed) -> str:
    return f"Snooze until {deed.until:%-d %b %Y %H:%M} UTC"


_TOLD: Final = {
    BulkAction.CLOSE: _closing,
    BulkAction.ASSIGN: _assigning,
    BulkAction.LABEL: _labelling,
    BulkAction.SNOOZE: _snoozing,
}
