"""What a page shows of a list of cases: its rows, the links around them, what is done with all."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

from django.urls import reverse

from abusedesk.core.htmx import DeskRequest
from abusedesk.core.query import Query
from cases import paging, policy
from cases.paging import Page
from cases.services.export import LIMIT
from cases.ui import bulk, filters
from cases.ui.heads import Listing
from cases.ui.rows import with_claims


def whole_list(request: DeskRequest, query: Query, total: int, listing: Listing) -> dict[str, Any]:
    """What can be done with all rows of the list, and its columns. query: what finds them."""
    here, viewer = request.get_full_path(), request.user
    may_export = policy.allowed(viewer, "case.export")
    back = f"?{urlencode({'back': here})}"
    return {
        "selection": bulk.bar(viewer, query, paging.told(total), here),
        "own_columns": f"{reverse('cases:own-columns')}{back}"
        if policy.allowed(viewer, "columns.own")
        else "",
        "export": {"query": str(query), "order": str(listing.asked or ""), "limit": LIMIT}
        if may_export
        else None,
    }


def listing_rows(request: DeskRequest, page: Page, listing: Listing) -> dict[str, Any]:
    """Rows of the page and the links around it."""
    here = filters.link(listing.query, listing.here)
    joint = "&" if len(here) > 1 else ""
    return {
        "rows": with_claims(page.rows, request.user),
        "listing": listing,
        "shown": listing.words.capitalize(),
        "step": paging.SIZE,
        "first": here if request.GET.get("from") else "",
        "more": f"{here}{joint}from={page.more}" if page.more else "",
    }
