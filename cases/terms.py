"""What a decision says besides verdict and reason: policy, confidence, assessment, actions."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

from abusedesk.core.errors import InvalidError
from cases.choices import ActionKind, Answer, Confidence
from cases.involved import MAX_ACCOUNTS, accounts_of_case, others_of_case
from cases.models import Case, Decision, PolicyVersion
from detectors.choices import EntityType, Outcome

MAX_DAYS: Final = 3_650
# Who gets what: accounts and everything else.
KINDS: Final[dict[bool, frozenset[ActionKind]]] = {
    True: frozenset(ActionKind) - {ActionKind.BLOCK},
    False: frozenset({ActionKind.BLOCK}),
}


@dataclass(frozen=True, slots=True)
class Act:
    """One action on one entity of the case. days: how long, None is until it is reversed."""

    value: str
    kind: ActionKind
    days: int | None = None
    entity_type: str = EntityType.ACCOUNT.value


@dataclass(frozen=True, slots=True)
class Terms:
    """The structured part of a decision; all of it may be left out."""

    policy: PolicyVersion | None = None
    confidence: Confidence | None = None
    assessment: Mapping[str, str] = field(default_factory=dict)
    actions: Sequence[Act] = ()


NO_TERMS: Final = Terms()


def outcome_of(value: str) -> Outcome:
    """Raises InvalidError for what is no outcome."""
    if value not in Outcome.values:
        message = f"Choose an outcome: {', '.join(Outcome.values)}."
        raise InvalidError(message, field="outcome")
    return Outcome(value)


def check(terms: Terms, *, case: Case, outcome: Outcome) -> None:
    """Raises InvalidError that names the field."""
    _check_policy(terms)
    _check_assessment(terms)
    if not terms.actions:
        return
    if outcome != Outcome.ABUSE:
        message = "Only confirmed abuse has actions."
        raise InvalidError(message, field="actions")
    if len(terms.actions) > MAX_ACCOUNTS:
        message = f"A decision has at most {MAX_ACCOUNTS:,} actions."
        raise InvalidError(message, field="actions")
    for act in terms.actions:
        _check_act(act)
    _check_named(terms.actions, case)


def acts_of(decision: Decision) -> tuple[Act, ...]:
    """The actions of a decision, for another that is put in its place."""
    begun = decision.created_at
    return tuple(
        Act(
            value=one.value,
            kind=ActionKind(one.kind),
            days=max(1, (one.until - begun).days) if one.until else None,
            entity_type=one.entity_type,
        )
        for one in decision.actions.all()
    )


def _check_policy(terms: Terms) -> None:
    if terms.policy is not None and not terms.policy.current:
        message = f"{terms.policy} is not in force any more. Decide under its newest version."
        raise InvalidError(message, field="policy")


def _check_assessment(terms: Terms) -> None:
    """Every question of the policy has an answer, and nothing else has."""
    asked = set(terms.policy.questions) if terms.policy else set()
    if missing := sorted(asked - set(terms.assessment)):
        message = f"{terms.policy} asks: {', '.join(missing)}."
        raise InvalidError(message, field="assessment")
    wrong = {
        name for name, said in terms.assessment.items() if said not in Answer or name not in asked
    }
    if wrong:
        message = f"Answer with {', '.join(Answer.values)}, and only what the policy asks."
        raise InvalidError(message, field="assessment")


def _check_act(act: Act) -> None:
    if act.kind not in KINDS[act.entity_type == EntityType.ACCOUNT]:
        message = f"{act.kind.label} does not fit {act.entity_type} {act.value}."
        raise InvalidError(message, field="actions")
    if act.days is not None and not 1 <= act.days <= MAX_DAYS:
        message = f"An action lasts 1 to {MAX_DAYS:,} days."
        raise InvalidError(message, field="actions")


def _check_named(actions: Sequence[Act], case: Case) -> None:
    """Each entity is one of the case's, and has one action."""
    named = [(act.entity_type, act.value) for act in actions]
    if len(set(named)) < len(named):
        message = "An entity has one action."
        raise InvalidError(message, field="actions")
    known = {(EntityType.ACCOUNT.value, account) for account in accounts_of_case(case)}
    if set(named) - known:
        known |= others_of_case(case)
    if strange := sorted(set(named) - known):
        message = f"{case.ref} is not about {strange[0][0]} {strange[0][1]}."
        raise InvalidError(message, field="actions")
