"""Lists of cases as a file."""

from __future__ import annotations

from django.contrib.auth.decorators import login_required
from django.http import HttpResponseBase
from django.views.decorators.http import require_POST

from abusedesk.core.downloads import csv_file
from abusedesk.core.errors import NotFoundError
from abusedesk.core.htmx import DeskRequest
from abusedesk.core.query import parse
from cases import ordering, policy
from cases.search import FIELDS
from cases.services.export import export_cases


@login_required
@require_POST
def case_export(request: DeskRequest) -> HttpResponseBase:
    """What a list shows, all pages of it."""
    if not policy.allowed(request.user, "case.view"):
        message = "There is nothing here."
        raise NotFoundError(message)
    query = parse(request.POST.get("q", ""), FIELDS)
    order = ordering.read_strictly(request.POST.get("sort", ""))
    pieces = export_cases(actor=request.user, query=query, order=order)
    return csv_file("cases", pieces)
