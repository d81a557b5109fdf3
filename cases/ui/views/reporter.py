"""The page of reporters: how often each was right."""

from __future__ import annotations

from typing import Final

from django.contrib.auth.decorators import login_required
from django.http import HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_GET

from abusedesk.core.errors import NotFoundError
from abusedesk.core.htmx import DeskRequest
from cases import policy
from cases.selectors.reporter import reporters_for

SHOWN: Final = 100


@login_required
@require_GET
def reporters(request: DeskRequest) -> HttpResponse:
    """Those who were judged most often, or the one of this name."""
    if not policy.allowed(request.user, "case.view"):
        message = "There is no such page."
        raise NotFoundError(message)
    name = request.GET.get("name", "").replace("\x00", "").strip()
    rows = reporters_for(request.user).order_by("-decided", "-id")
    rows = rows.filter(name=name) if name else rows
    context = {"section": "quality", "name": name, "reporters": rows[:SHOWN]}
    return render(request, "cases/reporters.html", context)
