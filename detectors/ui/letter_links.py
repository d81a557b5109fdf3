"""Addresses of the pages of refused items, and who may use them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from django.urls import reverse
from django.utils.http import urlencode

from abusedesk.core.errors import ForbiddenError, NotFoundError
from abusedesk.core.models import Scope, User
from abusedesk.core.permissions import has_scope
from detectors.choices import DeadLetterState
from detectors.policy import STAFF
from detectors.selectors.dead_letter import EXACT, LetterFilter

ANY: Final = "any"
MAX_DIGITS: Final = 18  # of an id


def wanted_of(query: Mapping[str, Any]) -> LetterFilter:
    """What an address asks for; without a state, what waits."""
    state = query.get("state", DeadLetterState.OPEN)
    said = {name: query.get(name, "") for name in LetterFilter.__dataclass_fields__}
    return LetterFilter.read({**said, "state": "" if state == ANY else state})


def words_of(wanted: LetterFilter) -> dict[str, str]:
    """The filter as an address of the page says it."""
    return {**wanted.words(), "state": wanted.state or ANY}


def list_link(wanted: LetterFilter, **more: str | int) -> str:
    """The list of what is meant. more: instead of a part of the filter, or beside it."""
    words: dict[str, str | int] = {**words_of(wanted), **more}
    kept = {name: value for name, value in words.items() if value}
    return f"{reverse('detectors:letter-list')}?{urlencode(kept)}"


def id_of(said: str) -> int | None:
    """The id that an address names."""
    return int(said) if said.isdecimal() and len(said) <= MAX_DIGITS else None


def said_count(count: int) -> str:
    """Exact, or that there are more."""
    return f"{count:,}" if count <= EXACT else f"{EXACT:,}+"


def can_settle(viewer: User) -> bool:
    """Whether this person may replay and discard at the browser."""
    return has_scope(viewer, Scope.INGEST)


def require_reader(viewer: User) -> None:
    """Raises NotFoundError: for others there are no refused items."""
    if viewer.role not in STAFF:
        message = "There is nothing here."
        raise NotFoundError(message)


def require_settler(viewer: User) -> None:
    """Raises ForbiddenError for who may only read, NotFoundError for others."""
    require_reader(viewer)
    if not can_settle(viewer):
        message = "Only an admin may replay or discard refused items here."
        raise ForbiddenError(message)
