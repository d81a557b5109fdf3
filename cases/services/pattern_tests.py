"""Adds tests to an own pattern and takes them away; each change makes a new preview."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from abusedesk.core.errors import InvalidError
from abusedesk.core.models import User
from cases import policy
from cases.models import Pattern, ReceivedPattern
from cases.services.pattern import PatternText, change_pattern


def add_test(*, actor: User, pattern: Pattern, test: Mapping[str, Any]) -> Pattern:
    """One more set of made-up signals, in the place of one of the same name."""
    policy.require(actor, "pattern.write")
    others = [one for one in pattern.tests if one["name"] != test.get("name")]
    return change_pattern(actor=actor, pattern=pattern, said=_said(pattern, [*others, test]))


def drop_test(*, actor: User, pattern: Pattern, name: str) -> Pattern:
    """Without the test of that name. Raises InvalidError where there is none."""
    policy.require(actor, "pattern.write")
    others = [one for one in pattern.tests if one["name"] != name]
    if len(others) == len(pattern.tests):
        message = "There is no test of that name."
        raise InvalidError(message, field="name")
    return change_pattern(actor=actor, pattern=pattern, said=_said(pattern, others))


def _said(row: Pattern, tests: Sequence[Mapping[str, Any]]) -> PatternText:
    """What was said before, with other tests."""
    parents = [(one["id"], one["revision"]) for one in row.lineage]
    made_of = [
        one.pk
        for one in ReceivedPattern.objects.filter(stix_id__in=[stix_id for stix_id, _ in parents])
        if (one.stix_id, one.revision) in parents
    ]
    return PatternText(
        title=row.title,
        purpose=row.purpose,
        valid_until=row.valid_until,
        summary=row.summary,
        tlp=row.tlp,
        pap=row.pap,
        licence=row.licence,
        lifetime_days=row.lifetime_days,
        partners=[one.slug for one in row.partners.all()],
        tests=tests,
        parameters=row.parameters,
        derived_from=made_of,
    )
