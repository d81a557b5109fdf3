"""Writes that fail instead of overwriting what somebody else wrote meanwhile."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from contextlib import contextmanager

from django.db import transaction

from abusedesk.core.errors import StaleError
from cases import claims
from cases.models import Case
from cases.timeline import last_change_of


@contextmanager
def unchanged(case: Case, versions: Collection[int] | None) -> Iterator[Case]:
    """The newest row of `case`, locked until the block ends, which is one transaction.

    versions: those that the caller would change; None: whichever it is. Raises StaleError.
    """
    with transaction.atomic():
        newest = claims.lock(case)
        if versions is not None and newest.version not in versions:
            message = f"{case.ref} has changed since: {last_change_of(newest)}."
            raise StaleError(message, version=newest.version)
        yield newest
