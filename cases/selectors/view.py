"""Saved views with the number of cases behind each, as the viewer may see them."""

from __future__ import annotations

import time
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from hashlib import blake2b
from typing import Final

from django.core.cache import cache

from abusedesk.core import clock, saved
from abusedesk.core.models import SavedView, User
from abusedesk.core.patience import within
from abusedesk.core.query import QueryError, parse
from cases import paging
from cases.choices import State
from cases.search import FIELDS, where
from cases.search.where import on_tab
from cases.selectors.case import cases_for
from cases.selectors.saved import views_for

KEPT_S: Final = 30  # seconds for which a count is remembered
PATIENCE_MS: Final = 200  # of one count
BUDGET_S: Final = 0.5  # of all of them together


@dataclass(frozen=True, slots=True)
class CountedView:
    """A view and how many cases it shows; None where nobody counts, or counting takes too long."""

    view: SavedView
    total: int | None

    @property
    def href(self) -> str:
        """The list with its filters."""
        return saved.address_of(self.view)


def counted_views_for(viewer: User, views: Iterable[SavedView] | None = None) -> list[CountedView]:
    """Views with their counts. views: only these, which were chosen for the viewer."""
    views = list(views_for(viewer) if views is None else views)
    known = cache.get_many([_key(viewer, view) for view in views])
    until = time.monotonic() + BUDGET_S
    counted = []
    for view in views:
        key = _key(viewer, view)
        if key not in known and time.monotonic() < until:
            known[key] = _total(viewer, view, clock.now())
            cache.set(key, known[key], KEPT_S)
        counted.append(CountedView(view, known.get(key)))
    return counted


def _key(viewer: User, view: SavedView) -> str:
    """What a saved view means may change under its id."""
    meaning = blake2b(f"{view.at} {view.tab} {view.query}".encode(), digest_size=12).hexdigest()
    return f"view:{viewer.pk}:{viewer.role}:{view.pk}:{meaning}"


def _total(viewer: User, view: SavedView, now: datetime) -> int | None:
    """Exact up to 10,000; one more says that there are more."""
    if view.page not in {"cases", "queue"}:
        return None
    try:
        query = parse(view.query, FIELDS)
    except QueryError:
        return None
    rows = cases_for(viewer).filter(where(query, now, viewer))
    if view.page == "queue":
        rows = rows.filter(on_tab(view.tab), queue__slug=view.at)
    else:
        rows = rows.exclude(state=State.MERGED)
    return within(PATIENCE_MS, lambda: paging.count(rows))
