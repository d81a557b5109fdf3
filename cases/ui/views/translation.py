"""Evidence in the language of the desk, by a service of one's own, at a press."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.contrib.auth.decorators import login_required
from django.http import HttpResponse
from django.views.decorators.http import require_POST

from abusedesk.core import translating
from abusedesk.core.errors import AbuseDeskError, ConflictError, GatewayError, InvalidError
from abusedesk.core.htmx import DeskRequest, render_part
from abusedesk.core.translating import Translation
from cases.selectors.case import case_by_ref
from cases.services.translation import translate_evidence, translate_signal


@login_required
@require_POST
def translate(request: DeskRequest, ref: str, signal_id: int) -> HttpResponse:
    """The words of one signal of a case: a piece for the page that asks, or a page of its own."""
    translating.require_on()
    case = case_by_ref(ref, request.user)
    page = {"section": "queues", "case": case, "signal_id": signal_id}
    return _answer(
        request,
        lambda: translate_evidence(actor=request.user, case=case, signal_id=signal_id),
        page,
    )


@login_required
@require_POST
def translate_one(request: DeskRequest, signal_id: int) -> HttpResponse:
    """The same from pages that are about no case."""
    page = {"section": "signals", "signal_id": signal_id}
    return _answer(request, lambda: translate_signal(actor=request.user, signal_id=signal_id), page)


def _answer(
    request: DeskRequest, ask: Callable[[], Translation], page: dict[str, Any]
) -> HttpResponse:
    """What failed is said where the words would stand."""
    fault: AbuseDeskError | None = None
    try:
        page["translation"] = ask()
    except (ConflictError, GatewayError, InvalidError) as error:
        fault = error
    page["fault"] = fault
    response = render_part(request, "cases/translated.html", page, part="words")
    response.status_code = fault.status if fault else response.status_code
    return response
