"""Makes a statement of reasons from what the desk knows of one restriction."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from cases.choices import ActionKind
from cases.statements.ground import Ground
from cases.statements.personal import personal_in
from cases.statements.schema import ILLEGAL, Fault, faults

DEMOTED: Final = "DECISION_VISIBILITY_CONTENT_DEMOTED"
DISABLED: Final = "DECISION_VISIBILITY_CONTENT_DISABLED"
# Action -> what it is called; a warning restricts nobody.
ACCOUNTS: Final = {
    ActionKind.SUSPEND: "DECISION_ACCOUNT_SUSPENDED",
    ActionKind.TERMINATE: "DECISION_ACCOUNT_TERMINATED",
}
VISIBLE: Final = {ActionKind.LIMIT: DEMOTED, ActionKind.BLOCK: DISABLED}
RESTRICTS: Final = (*ACCOUNTS, *VISIBLE)


@dataclass(frozen=True, slots=True)
class Restriction:
    """One entity that a decision restricts. names: of the accounts of its case.

    reported: somebody outside told the desk. detectors: titles of those that found something.
    """

    kind: ActionKind
    decided_at: datetime
    until: datetime | None
    seen_at: datetime | None
    accounts: int
    platforms: Sequence[str]
    detectors: Sequence[str]
    reported: bool
    names: Sequence[str]


def statement_of(one: Restriction, ground: Ground | None, puid: str) -> dict[str, Any]:
    """The fields that are known; `faults_of` says what is missing."""
    found = {
        **_restriction(one),
        **(_ground(ground) if ground else {}),
        "content_date": one.seen_at.date().isoformat() if one.seen_at else "",
        "application_date": one.decided_at.date().isoformat(),
        "decision_facts": _facts(one, ground.facts if ground else ""),
        "source_type": "SOURCE_ARTICLE_16" if one.reported else "SOURCE_VOLUNTARY",
        "automated_detection": "Yes" if one.detectors else "No",
        "automated_decision": "AUTOMATED_DECISION_NOT_AUTOMATED",
        "puid": puid,
    }
    return {name: value for name, value in found.items() if value}


def faults_of(statement: dict[str, Any], names: Sequence[str]) -> list[Fault]:
    """What keeps it from leaving: the schema, and personal data in what is free text."""
    found = faults(statement)
    for name in ("decision_facts", "illegal_content_explanation",
                 "incompatible_content_explanation"):  # fmt: skip
        for what in personal_in(statement.get(name, ""), names):
            found.append(Fault(name, f"names {what}"))
    return found


def _restriction(one: Restriction) -> dict[str, Any]:
    ends = one.until.date().isoformat() if one.until else ""
    if one.kind in ACCOUNTS:
        return {"decision_account": ACCOUNTS[one.kind], "end_date_account_restriction": ends}
    return {"decision_visibility": [VISIBLE[one.kind]], "end_date_visibility_restriction": ends}


def _ground(ground: Ground) -> dict[str, Any]:
    is_illegal = ground.ground == ILLEGAL
    reference = "illegal_content_legal_ground" if is_illegal else "incompatible_content_ground"
    explanation = (
        "illegal_content_explanation" if is_illegal else "incompatible_content_explanation"
    )
    return {
        "decision_ground": ground.ground,
        reference: ground.reference,
        explanation: ground.explanation,
        "category": ground.category,
        "category_specification": list(ground.keywords),
        "content_type": list(ground.content),
        "territorial_scope": list(ground.territory),
    }


def _facts(one: Restriction, always: str) -> str:
    """Counts and kinds of evidence; never a name."""
    where = ", ".join(sorted(one.platforms)) or "one service"
    number = f"{one.accounts:,} accounts" if one.accounts != 1 else "One account"
    said = [
        always,
        f"{number} on {where} {'were' if one.accounts != 1 else 'was'} judged together.",
        f"Found by: {', '.join(sorted(one.detectors))}." if one.detectors else "",
        "Others had reported it." if one.reported else "",
        "A person looked at the evidence and decided.",
    ]
    return " ".join(part for part in said if part)
