"""Cases as rows of a list."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from abusedesk.core import clock
from abusedesk.core.models import User
from cases.models import Case


class Row:
    """A case and who holds it; everything else is read from the case."""

    def __init__(self, case: Case, claim_label: str) -> None:
        self.case = case
        self.claim_label = claim_label

    def __getattr__(self, name: str) -> object:
        return getattr(self.case, name)


def with_claims(cases: Iterable[Case], viewer: User) -> list[Row]:
    """Rows with the claims that are in force; needs `claimed_by` loaded."""
    return list(_rows(cases, viewer))


def _rows(cases: Iterable[Case], viewer: User) -> Iterator[Row]:
    now = clock.now()
    for case in cases:
        held = case.claimed_by if case.claim_expires_at and case.claim_expires_at > now else None
        label = "" if held is None else "you" if held == viewer else held.get_username()
        yield Row(case, label)
