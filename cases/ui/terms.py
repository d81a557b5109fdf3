"""The structured part of a verdict on pages: its fields, what stands around them, what was said."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from django import forms

from abusedesk.core.errors import InvalidError, NotFoundError
from abusedesk.core.models import User
from cases.choices import ActionKind, Answer, Confidence, Question
from cases.involved import accounts_of_case
from cases.models import Case, PolicyVersion
from cases.recommend import Recommendation, recommend
from cases.selectors.policy import policies_for, policy_by_slug
from cases.selectors.strike import standings_by_case
from cases.terms import KINDS, MAX_DAYS, Act, Terms

ACCOUNT_KINDS: Final = [(one.value, one.label) for one in ActionKind if one in KINDS[True]]
STANDINGS: Final = 3
FOLDED: Final = {"confidence", "action", "days", "spare", *Question.values}


class OpinionFields(forms.Form):
    """Policy, confidence, and answers to what a policy asks."""

    policy = forms.CharField(max_length=60, required=False)
    confidence = forms.TypedChoiceField(
        choices=Confidence.choices, coerce=int, empty_value=None, required=False
    )
    authenticity = forms.ChoiceField(choices=Answer.choices, required=False)
    harm = forms.ChoiceField(choices=Answer.choices, required=False)
    orchestration = forms.ChoiceField(choices=Answer.choices, required=False)
    change = forms.ChoiceField(choices=Answer.choices, required=False)

    def is_used(self) -> bool:
        """Whether something in the folded part was said, or is wrong there."""
        folded = [self[name] for name in self.fields if name in FOLDED]
        asks = self.is_bound and bool(self["policy"].value())
        return asks or any(one.value() or one.errors for one in folded)


class TermsFields(OpinionFields):
    """And one action on the accounts of the case. spare: those left alone, as `platform:actor`."""

    action = forms.ChoiceField(choices=ACCOUNT_KINDS, required=False)
    days = forms.IntegerField(min_value=1, max_value=MAX_DAYS, required=False)
    spare = forms.CharField(max_length=20_000, required=False)


@dataclass(frozen=True, slots=True)
class Offered:
    """A policy to decide under, and what it recommends for this case."""

    policy: PolicyVersion
    recommended: Recommendation


def context(case: Case, viewer: User) -> dict[str, Any]:
    """What the fields need: policies with their recommendation, and strikes behind it."""
    standings = standings_by_case(case, viewer)
    worst = standings[0].points if standings else 0.0
    offered = [
        Offered(one, recommend(harm=one.harm, severity=case.severity, strikes=worst))
        for one in policies_for(viewer)
    ]
    return {
        "policies": offered,
        "standings": standings[:STANDINGS],
        "more_standings": max(0, len(standings) - STANDINGS),
        "confidences": Confidence.choices,
        "actions": ACCOUNT_KINDS,
        "answers": Answer.choices,
        "questions": _questions([one.policy for one in offered]),
    }


def terms_of(said: Mapping[str, Any], case: Case, viewer: User) -> Terms:
    """Terms out of a valid form. Raises InvalidError naming the field."""
    try:
        under = policy_by_slug(said["policy"], viewer) if said.get("policy") else None
    except NotFoundError as error:
        raise InvalidError(error.message, field="policy") from error
    asked = under.questions if under else []
    return Terms(
        policy=under,
        confidence=Confidence(said["confidence"]) if said.get("confidence") else None,
        assessment={name: said[name] for name in asked if said.get(name)},
        actions=_acts(said, case) if said.get("action") else (),
    )


def _questions(policies: list[PolicyVersion]) -> list[dict[str, Any]]:
    """What any policy in force asks, and which do."""
    return [
        {"name": one.value, "label": one.label, "askers": askers}
        for one in Question
        if (askers := [row.title for row in policies if one in row.questions])
    ]


def _acts(said: Mapping[str, Any], case: Case) -> tuple[Act, ...]:
    """The action for every account of the case but those to spare."""
    accounts, spared = accounts_of_case(case), set(said.get("spare", "").split())
    if strange := sorted(spared - set(accounts)):
        message = f"{case.ref} is not about {strange[0]}."
        raise InvalidError(message, field="spare")
    kind, days = ActionKind(said["action"]), said.get("days")
    return tuple(Act(one, kind, days) for one in accounts if one not in spared)
