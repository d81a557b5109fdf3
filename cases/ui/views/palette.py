"""The palette: one field that leads anywhere; a page of its own without JavaScript."""

from __future__ import annotations

from django.contrib.auth.decorators import login_required
from django.http import HttpResponse
from django.views.decorators.http import require_GET

from abusedesk.core.htmx import DeskRequest, render_part
from cases.ui.palette import groups_for


@login_required
@require_GET
def palette(request: DeskRequest) -> HttpResponse:
    """Where one may go from here, narrowed by what was typed or pasted."""
    typed = request.GET.get("q", "")
    context = {"section": "palette", "typed": typed, "groups": groups_for(typed, request.user)}
    return render_part(request, "cases/palette.html", context, part="found")
