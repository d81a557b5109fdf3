"""One search in everything: cases, notes, decisions, appeals, tasks, files, signals."""

from __future__ import annotations

from typing import Any, Final

from django.contrib.auth.decorators import login_required
from django.http import HttpResponse
from django.views.decorators.http import require_GET

from abusedesk.core.errors import InvalidError, NotFoundError
from abusedesk.core.htmx import DeskRequest, render_part
from cases import policy
from cases.search.words import words_in
from cases.selectors.found import hits_by_words

MAX_CHARS: Final = 1_000


@login_required
@require_GET
def search(request: DeskRequest) -> HttpResponse:
    """Places in which all the words stand, by kind, newest first."""
    if not policy.allowed(request.user, "case.view"):
        message = "There is nothing here."
        raise NotFoundError(message)
    typed = request.GET.get("q", "").strip()[:MAX_CHARS]
    context: dict[str, Any] = {"section": "search", "typed": typed, "fault": "", "kinds": []}
    try:
        context["kinds"] = hits_by_words(words_in(typed), request.user)
    except InvalidError as error:
        context["fault"] = error.message
    status = 422 if context["fault"] else 200
    return render_part(request, "cases/search.html", context, part="found", status=status)
