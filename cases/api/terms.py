"""The structured part of a verdict, out of a request."""

from __future__ import annotations

from typing import Any

from abusedesk.core.errors import InvalidError, NotFoundError
from abusedesk.core.models import User
from cases.choices import ActionKind, Confidence
from cases.selectors.policy import policy_by_slug
from cases.terms import Act, Terms


def take_terms(said: dict[str, Any], viewer: User) -> Terms:
    """Take what belongs to terms out of `said`. Raises InvalidError for a policy that is none."""
    slug, confidence = said.pop("policy", ""), said.pop("confidence", None)
    acts = said.pop("actions", [])
    try:
        under = policy_by_slug(slug, viewer) if slug else None
    except NotFoundError as error:
        raise InvalidError(error.message, field="policy") from error
    return Terms(
        policy=under,
        confidence=Confidence(confidence) if confidence else None,
        assessment=said.pop("assessment", {}),
        actions=tuple(Act(**{**act, "kind": ActionKind(act["kind"])}) for act in acts),
    )
