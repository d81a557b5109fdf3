"""The cases of a backtest as a table to count again."""

from __future__ import annotations

import csv

from django.contrib.auth.decorators import login_required
from django.http import HttpResponse
from django.views.decorators.http import require_GET

from abusedesk.core.htmx import DeskRequest
from cases import policy
from cases.selectors.workload import COLUMNS, workload_rows_for
from detectors.selectors.backtest import backtest_by_id


@login_required
@require_GET
def backtest_workload(request: DeskRequest, slug: str, backtest_id: int) -> HttpResponse:
    """CSV; every cell is a number, a day, a reference or one of our own words."""
    run = backtest_by_id(backtest_id, request.user, slug)
    policy.require(request.user, "case.view")
    response = HttpResponse(content_type="text/csv; charset=utf-8")
    response["Content-Disposition"] = f'attachment; filename="backtest-{run.pk}-workload.csv"'
    csv.writer(response).writerows([COLUMNS, *workload_rows_for(request.user, run)])
    return response
