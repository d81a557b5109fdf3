"""Saved views: one's own and the team's, with their counts and links."""

from __future__ import annotations

from django.contrib.auth.decorators import login_required
from django.http import HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_GET

from abusedesk.core import saved
from abusedesk.core.errors import NotFoundError
from abusedesk.core.htmx import DeskRequest
from cases.selectors.view import counted_views_for


@login_required
@require_GET
def views(request: DeskRequest) -> HttpResponse:
    """All views of this person."""
    if request.user.role not in saved.STAFF:
        message = "There is nothing here."
        raise NotFoundError(message)
    context = {
        "section": "views",
        "rows": counted_views_for(request.user),
        "may_delete_shared": request.user.role in saved.LEADS,
    }
    return render(request, "cases/views.html", context)
