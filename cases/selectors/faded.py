"""Reads members of a case whom no evidence ties any more."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Final

from abusedesk.core.models import User
from cases import facts, policy
from cases.models import Case
from cases.summary import FADED
from detectors.models import Finding

NEWEST: Final = 50  # findings that are asked for a date


@dataclass(frozen=True, slots=True)
class Faded:
    """One account. named_at: the end of the newest finding that names it, None without any."""

    account: str
    named_at: datetime | None


def faded_for(case: Case, viewer: User) -> list[Faded]:
    """All of them with their dates; asks for nothing where the summary tells of none."""
    if not policy.can_see(viewer, case) or all(line["lead"] != FADED for line in case.summary):
        return []
    names = facts.faded_of(case)
    named_at: dict[str, datetime] = {}
    rows = Finding.objects.filter(subjects__overlap=names).order_by("-last_at")
    for subjects, last_at in rows.values_list("subjects", "last_at")[:NEWEST]:
        for name in subjects:
            named_at.setdefault(name, last_at)
    return [Faded(name, named_at.get(name)) for name in names]
