"""Saved views: a list with its filters under a name, for one person or the team."""

from __future__ import annotations

import re
from typing import Final
from urllib.parse import urlencode

from django.db import transaction
from django.db.models import Q, QuerySet
from django.urls import reverse

from abusedesk.core import audit
from abusedesk.core.audit import Verb
from abusedesk.core.errors import ForbiddenError, InvalidError, NotFoundError
from abusedesk.core.models import Role, SavedView, User
from abusedesk.core.query import MAX_CHARS

STAFF: Final = frozenset({Role.REVIEWER, Role.LEAD, Role.ADMIN})
LEADS: Final = frozenset({Role.LEAD, Role.ADMIN})
# Lists that read the filter language, by the name of their address.
PAGES: Final = {
    "signals": "detectors:signal-list",
    "cases": "cases:case-list",
    "queue": "cases:queue",
}
SEVERAL: Final = frozenset({"queue"})  # of these there are several, each with its slug
MAX_NAME: Final = 80  # characters
MAX_VIEWS: Final = 100  # of one person
MAX_SLUG: Final = 60
MAX_TAB: Final = 16

_SLUG: Final = re.compile(r"[a-z0-9_-]*", re.IGNORECASE)


def views_for(viewer: User, page: str = "") -> QuerySet[SavedView]:
    """Own views and those of the team, by name; page: of one list."""
    if viewer.role not in STAFF:
        return SavedView.objects.none()
    rows = SavedView.objects.filter(Q(owner=viewer) | Q(shared=True)).select_related("owner")
    return rows.filter(page=page) if page else rows


def view_by_id(view_id: int, viewer: User) -> SavedView:
    """One view. Raises NotFoundError, also for what the viewer may not see."""
    view = views_for(viewer).filter(pk=view_id).first()
    if view is None:
        message = "There is no such view."
        raise NotFoundError(message)
    return view


def address_of(view: SavedView) -> str:
    """The list with its filters."""
    values = {"state": view.tab, "q": view.query}
    query = urlencode({name: value for name, value in values.items() if value})
    return f"{reverse(PAGES[view.page], args=[view.at] if view.at else [])}?{query}"


@transaction.atomic
def save_view(
    *, actor: User, page: str, name: str, query: str, shared: bool, at: str = "", tab: str = ""
) -> SavedView:
    """Keep a query under a name; the same name again changes what it means.

    at: slug of the list, where there are several. tab: a part of it.
    """
    if actor.role not in STAFF:
        message = "There is nothing here."
        raise NotFoundError(message)
    name = " ".join(name.split())
    if not name or len(name) > MAX_NAME or "\x00" in name:
        message = f"A view needs a name of at most {MAX_NAME} characters."
        raise InvalidError(message, field="name")
    if len(query) > MAX_CHARS or "\x00" in query:
        message = f"A query may have {MAX_CHARS:,} characters."
        raise InvalidError(message, field="q")
    if page not in PAGES or bool(at) != (page in SEVERAL) or not _fits(at, tab):
        message = "There is no such list."
        raise InvalidError(message, field="page")
    if other := actor.views.filter(page=page, name=name).exclude(at=at).first():
        message = f"You have a view of this name for {other.at}; choose another name."
        raise InvalidError(message, field="name")
    if actor.views.exclude(page=page, name=name).count() >= MAX_VIEWS:
        message = f"You have {MAX_VIEWS} views; delete one first."
        raise InvalidError(message, field="name")
    view, _ = SavedView.objects.update_or_create(
        owner=actor,
        page=page,
        name=name,
        defaults={"query": query, "shared": shared, "at": at, "tab": tab},
    )
    whom = "the team" if shared else "themselves"
    audit.append(actor=actor, verb=Verb.VIEW_SAVED, target=view, name=name, query=query, whom=whom)
    return view


@transaction.atomic
def delete_view(*, actor: User, view: SavedView) -> None:
    """Delete one's own view; a lead also deletes what is shared. Raises ForbiddenError."""
    if view.owner_id != actor.pk and not (view.shared and actor.role in LEADS):
        message = f"Only {view.owner} or a lead may delete this view."
        raise ForbiddenError(message)
    audit.append(actor=actor, verb=Verb.VIEW_DELETED, target=view, name=view.name)
    view.delete()


def _fits(at: str, tab: str) -> bool:
    """Whether both are slugs that the columns hold."""
    return len(at) <= MAX_SLUG and len(tab) <= MAX_TAB and all(map(_SLUG.fullmatch, (at, tab)))
