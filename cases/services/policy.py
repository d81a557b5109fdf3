"""Saves versions of policies."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from dataclasses import fields as dataclass_fields
from typing import Any, Final

from django.db import transaction

from abusedesk.core import audit
from abusedesk.core.audit import Verb
from abusedesk.core.errors import InvalidError, StaleError
from abusedesk.core.models import User
from cases import fields, policy
from cases.choices import Effect, Question, Severity
from cases.models import PolicyVersion
from cases.statements.ground import read_ground

SLUG_LIMIT: Final = 60
TEXTS: Final = {"title": 120, "text": 20_000}
# Field -> smallest and largest value.
BOUNDS: Final = {
    "harm": (Severity.LOW, Severity.CRITICAL),
    "review_percent": (0, 100),
    "review_over": (0, 10_000),
    "strikes": (0, 100),
    "strike_half_life_days": (1, 3_650),
    "strike_days": (1, 3_650),
    "appeal_hours": (1, 8_760),
}
_SLUG: Final = re.compile(r"[a-z0-9]+(?:-[a-z0-9]+)*", re.ASCII)


@dataclass(frozen=True, slots=True)
class PolicyText:
    """What one version says; the fields are those of `PolicyVersion`."""

    title: str
    text: str
    harm: int = Severity.MEDIUM.value
    review_percent: int = 0
    review_over: int | None = None
    review_effect: str = Effect.AT_ONCE.value
    questions: Sequence[str] = ()
    strikes: int = 1
    strike_half_life_days: int = 90
    strike_days: int = 365
    appeal_hours: int = 72
    statement: Mapping[str, Any] = field(default_factory=dict)

    @classmethod
    def of(cls, row: PolicyVersion) -> PolicyText:
        """What a version says, to start the next one from."""
        return cls(**{one.name: getattr(row, one.name) for one in dataclass_fields(cls)})


@transaction.atomic
def save_policy(
    *, actor: User, slug: str, said: PolicyText, reason: str, based_on: int = 0
) -> PolicyVersion:
    """Make the next version of a policy, which is in force at once; decisions keep theirs.

    based_on: the version that the author saw, 0 for a new policy. Raises StaleError when there is
    another one by now, ForbiddenError, or InvalidError naming the field.
    """
    policy.require(actor, "policy.save")
    values = _checked(slug, said)
    reason = fields.text(reason, field="reason", limit=500)
    newest = _lock(slug)
    number = newest.number if newest else 0
    if based_on != number:
        message = (
            f"{slug} is at version {number} now; look at it first."
            if number
            else (f"There is no policy {slug}.")
        )
        raise StaleError(message, field="slug")
    if newest is not None:
        newest.current = False
        newest.save(update_fields=["current"])
    row = PolicyVersion.objects.create(
        slug=slug, number=number + 1, reason=reason, created_by=actor, **values
    )
    audit.append(
        actor=actor,
        verb=Verb.POLICY_SAVED,
        target_type="policy",
        target_id=slug,
        slug=slug,
        number=row.number,
        reason=reason,
        values=values,
    )
    return row


def _lock(slug: str) -> PolicyVersion | None:
    """The version in force, locked; two who save at once are told apart by the unique number."""
    rows = PolicyVersion.objects.select_for_update(no_key=True)
    return rows.filter(slug=slug, current=True).first()


def _checked(slug: str, said: PolicyText) -> dict[str, object]:
    if len(slug) > SLUG_LIMIT or not _SLUG.fullmatch(slug):
        message = "The short name is up to 60 of a-z, 0-9 and single hyphens."
        raise InvalidError(message, field="slug")
    values: dict[str, object] = asdict(said)
    for name, limit in TEXTS.items():
        values[name] = fields.text(str(values[name]), field=name, limit=limit)
    for name, (least, most) in BOUNDS.items():
        value = values[name]
        if value is not None and not (isinstance(value, int) and least <= value <= most):
            message = f"Choose {int(least):,} to {int(most):,}."
            raise InvalidError(message, field=name)
    if said.review_effect not in Effect:
        message = f"Choose one of {', '.join(Effect.values)}."
        raise InvalidError(message, field="review_effect")
    if unknown := [one for one in said.questions if one not in Question]:
        message = f"There is no question {unknown[0]}. Choose: {', '.join(Question.values)}."
        raise InvalidError(message, field="questions")
    ground = read_ground(said.statement)
    values["statement"] = ground.values() if ground else {}
    values["questions"] = [one.value for one in Question if one in said.questions]
    return values
