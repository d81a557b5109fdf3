"""Reads refused items, what is wrong with them, and the work on many of them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from datetime import UTC, datetime
from typing import Any, Final, Self

from django.core.exceptions import EmptyResultSet
from django.db import connection
from django.db.models import QuerySet

from abusedesk.core.errors import InvalidError, NotFoundError
from abusedesk.core.models import Role, User
from detectors.choices import DeadLetterState
from detectors.models import DeadLetter, LetterJob, Signal
from detectors.policy import STAFF
from detectors.selectors.signal import signals_for

EXACT: Final = 10_000
"""Counts are exact up to this many; reasons are counted over so many of the newest."""
NO_ADAPTER: Final = "none"
MAX_VALUE: Final = 200
_REASONS: Final = """
SELECT error->>'field', error->>'code', count(DISTINCT taken.id)
FROM ({taken}) AS taken, jsonb_array_elements(taken.errors) AS error
GROUP BY 1, 2 ORDER BY 3 DESC, 1, 2 LIMIT 50
"""


@dataclass(frozen=True, slots=True)
class LetterFilter:
    """Which refused items are meant; empty values ask for nothing.

    code, field: of one reason. adapter: a slug, or `none` for what was posted as a signal.
    """

    source: str = ""
    code: str = ""
    field: str = ""
    adapter: str = ""
    state: str = ""
    since: datetime | None = None
    until: datetime | None = None

    @classmethod
    def read(cls, query: Mapping[str, str]) -> Self:
        """From the words of an address. Raises InvalidError for what is no time or no state."""
        words: dict[str, Any] = {
            one.name: query.get(one.name, "").replace("\x00", "").strip()[:MAX_VALUE]
            for one in fields(cls)
        }
        if words["state"] not in {"", *DeadLetterState.values}:
            message = f"state must be one of {', '.join(DeadLetterState.values)}."
            raise InvalidError(message, field="state")
        words |= {name: _moment(name, words[name]) for name in ("since", "until")}
        return cls(**words)

    def words(self) -> dict[str, str]:
        """What `read` makes the same filter of."""
        return {
            name: value.isoformat() if isinstance(value, datetime) else value
            for name, value in asdict(self).items()
            if value
        }

    def of(self, letters: QuerySet[DeadLetter]) -> QuerySet[DeadLetter]:
        """Those of `letters` that are meant."""
        error = {name: value for name in ("field", "code") if (value := getattr(self, name))}
        wanted = {
            "source__slug": self.source,
            "state": self.state,
            "received_at__gte": self.since,
            "received_at__lt": self.until,
            "errors__contains": [error] if error else None,
        }
        found = letters.filter(**{name: value for name, value in wanted.items() if value})
        if self.adapter:
            found = found.filter(adapter="" if self.adapter == NO_ADAPTER else self.adapter)
        return found


@dataclass(frozen=True, slots=True)
class Reason:
    """How many items were refused at one field with one code."""

    field: str
    code: str
    letters: int


def letters_for(viewer: User) -> QuerySet[DeadLetter]:
    """Refused items, newest first. An integration sees those of its own sources."""
    letters = DeadLetter.objects.select_related("source")
    if viewer.role == Role.INTEGRATION:
        return letters.filter(source__token__user=viewer)
    return letters if viewer.role in STAFF else letters.none()


def letter_by_id(letter_id: int, viewer: User) -> DeadLetter:
    """One refused item. Raises NotFoundError, also for what the viewer may not see."""
    letter = letters_for(viewer).select_related("settled_by").filter(pk=letter_id).first()
    if letter is None:
        message = "There is no such refused item."
        raise NotFoundError(message)
    return letter


def letter_count_for(viewer: User, wanted: LetterFilter) -> int:
    """How many match; `EXACT` + 1 stands for more than `EXACT`."""
    return wanted.of(letters_for(viewer)).order_by()[: EXACT + 1].count()


def reasons_for(viewer: User, wanted: LetterFilter) -> list[Reason]:
    """Reasons of the newest `EXACT` that match, most frequent first, at most 50."""
    newest = wanted.of(letters_for(viewer)).select_related(None).order_by("-id")
    try:
        taken, params = newest.values("id", "errors")[:EXACT].query.sql_with_params()
    except EmptyResultSet:  # Django knows without asking: nothing exists for this viewer
        return []
    with connection.cursor() as cursor:
        cursor.execute(_REASONS.format(taken=taken), params)
        return [Reason(*row) for row in cursor.fetchall()]


def signal_of(letter: DeadLetter, viewer: User) -> Signal | None:
    """What a replayed item became, found by its external id."""
    if letter.state != DeadLetterState.REPLAYED or not letter.external_id:
        return None
    stored = signals_for(viewer).filter(source=letter.source, external_id=letter.external_id)
    return stored.order_by("-pk").first()


def jobs_for(viewer: User) -> QuerySet[LetterJob]:
    """Work on many items, newest first: the staff sees all, an integration its own."""
    jobs = LetterJob.objects.select_related("actor")
    if viewer.role == Role.INTEGRATION:
        return jobs.filter(actor=viewer)
    return jobs if viewer.role in STAFF else jobs.none()


def job_by_id(job_id: int, viewer: User) -> LetterJob:
    """One. Raises NotFoundError, also for what the viewer may not see."""
    job = jobs_for(viewer).filter(pk=job_id).first()
    if job is None:
        message = "There is no such job."
        raise NotFoundError(message)
    return job


def _moment(name: str, said: str) -> datetime | None:
    """A time without offset is UTC, as the page shows them."""
    if not said:
        return None
    try:
        moment = datetime.fromisoformat(said)
    except ValueError:
        message = f"{name} must be a date and time, as in 2026-01-31T12:00."
        raise InvalidError(message, field=name) from None
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)
