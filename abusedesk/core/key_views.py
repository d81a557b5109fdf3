"""The page on which somebody sets their own keys."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods

from abusedesk.core import shortcuts
from abusedesk.core.errors import InvalidError
from abusedesk.core.htmx import DeskRequest
from abusedesk.core.own_keys import REBINDABLE, current_keys, printed, save_keys


@login_required
@require_http_methods(["GET", "POST"])
def own_keys(request: DeskRequest) -> HttpResponse:
    """All single keys as fields; two buttons switch all off, or back to what the desk ships."""
    if request.method != "POST":
        return _page(request, current_keys(request.user))
    typed = {name: request.POST[name] for name in REBINDABLE if name in request.POST}
    wholesale = {"off": dict.fromkeys(REBINDABLE, ""), "reset": current_keys(None)}
    try:
        save_keys(actor=request.user, typed=wholesale.get(request.POST.get("do", ""), typed))
    except InvalidError as error:
        fields = current_keys(request.user) | typed
        return _page(request, fields, {error.field: error.message}, status=error.status)
    messages.success(request, "Your keys are saved.")
    return redirect("own-keys")


def _page(
    request: DeskRequest,
    fields: Mapping[str, str],
    errors: Mapping[str, str] | None = None,
    status: int = 200,
) -> HttpResponse:
    groups: list[tuple[str, list[dict[str, Any]]]] = [
        (
            title,
            [
                {
                    "id": one.id,
                    "label": one.label,
                    "value": fields[one.id],
                    "default": printed(one),
                    "error": (errors or {}).get(one.id, ""),
                }
                for one in entries
            ],
        )
        for title, entries in shortcuts.groups(REBINDABLE.values())
    ]
    context = {"section": "me", "groups": groups}
    return render(request, "core/own_keys.html", context, status=status)
