"""Work on many cases as pages ask for it: the bar below a list, and what a form means by it."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Any, Final

from django.http import QueryDict
from django.utils.http import url_has_allowed_host_and_scheme

from abusedesk.core import clock
from abusedesk.core.errors import NotFoundError
from abusedesk.core.models import User
from abusedesk.core.query import MAX_CHARS, Query, Term, parse
from cases import policy
from cases.choices import BulkAction
from cases.deeds import RULES
from cases.models import Queue
from cases.search import FIELDS
from cases.selectors.preview import Choice

KEYS: Final = {
    BulkAction.ASSIGN: "assign",
    BulkAction.LABEL: "label",
    BulkAction.SNOOZE: "snooze",
}


def bar(viewer: User, query: Query, total: str, back: str) -> dict[str, Any] | None:
    """What the bar below a list needs; None for who changes no cases.

    query: what finds all rows of the list, also those of other pages; total: how many, for people.
    back: the address of the list.
    """
    if not policy.allowed(viewer, "case.bulk"):
        return None
    said = str(query)
    return bar_of_ticked(viewer, said, back) | {"query": said, "total": total}


def bar_of_ticked(viewer: User, key: str, back: str, refs: Iterable[str] = ()) -> dict[str, Any]:
    """The bar of a list whose rows no query finds.

    key: under it browsers keep what is ticked. refs: what is selected and not shown.
    """
    return {
        "key": key,
        "query": "",
        "total": "",
        "back": back,
        "refs": " ".join(refs),
        "actions": actions_for(viewer),
    }


def actions_for(viewer: User) -> list[dict[str, str]]:
    """Buttons that this person may press."""
    return [
        {"value": one.value, "label": one.label, "key": KEYS.get(one, "")}
        for one in BulkAction
        if policy.allowed(viewer, RULES[one].verb)
    ]


def require_worker(user: User) -> None:
    """These pages do not exist for who changes no cases."""
    if not policy.allowed(user, "case.bulk"):
        message = "There is nothing here."
        raise NotFoundError(message)


def of_queue(query: Query, queue: Queue, states: Iterable[str], flag: str = "") -> Query:
    """The query that finds the same on every list. flag: one more `is:`, such as regressed."""
    terms = [Term("queue", (queue.slug,)), Term("is", tuple(states))]
    for term in [*terms, *([Term("is", (flag,))] if flag else [])]:
        query = query.adding(term)
    return query


def choice_of(said: QueryDict) -> Choice:
    """Which cases a form means. Raises QueryError; nothing ticked is a choice of no case."""
    at = min(_moment(said.get("seen", "")), clock.now())
    if said.get("all"):
        return Choice(at, parse(said.get("q", "")[: MAX_CHARS + 1], FIELDS))
    more = said.get("refs", "").split()
    refs = dict.fromkeys(ref.replace("\x00", "") for ref in [*said.getlist("ref"), *more])
    return Choice(at, refs=tuple(refs) or ("",))


def back_of(said: QueryDict, otherwise: str) -> str:
    """Where to return to: a page of this desk."""
    back = said.get("back", "")
    return back if url_has_allowed_host_and_scheme(back, None) else otherwise


def _moment(text: str) -> datetime:
    try:
        at = datetime.fromisoformat(text)
    except ValueError:
        return clock.now()
    return at if at.tzinfo else at.replace(tzinfo=UTC)
