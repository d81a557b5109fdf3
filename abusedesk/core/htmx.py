"""One URL, page or fragment: the request type of pages and the helper that answers both."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.cache import patch_vary_headers
from django_htmx.middleware import HtmxDetails

from abusedesk.core.models import User


class DeskRequest(HttpRequest):
    """A request of a signed-in person."""

    user: User
    htmx: HtmxDetails


def render_part(
    request: HttpRequest,
    template: str,
    context: Mapping[str, Any],
    *,
    part: str,
    status: int = 200,
) -> HttpResponse:
    """The page, or its fragment `part` when htmx asked for a piece of this page.

    A boosted request and a history restore want the page: a bare fragment must never become one.
    """
    htmx: HtmxDetails | None = getattr(request, "htmx", None)
    wants_part = bool(htmx) and not (htmx.boosted or htmx.history_restore_request)  # type: ignore[union-attr]  # bool() above
    name = f"{template}#{part}" if wants_part else template
    response = render(request, name, dict(context), status=status)
    patch_vary_headers(response, ["HX-Request", "HX-Boosted"])
    return response
