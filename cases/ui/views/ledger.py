"""The ledger of everything that left for partners: by time, by the value it told of, as a table."""

from __future__ import annotations

import csv
import io
from typing import Final

from django.contrib.auth.decorators import login_required
from django.http import HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_GET, require_POST

from abusedesk.core.errors import NotFoundError
from abusedesk.core.htmx import DeskRequest
from abusedesk.core.models import User
from abusedesk.core.text import csv_cell
from cases import policy
from cases.selectors.ledger import Told, handovers_for
from cases.selectors.pattern import pattern_handovers_for
from cases.services.ledger import export_ledger, search_ledger
from cases.ui.sharing_forms import SubjectForm

SHOWN: Final = 200
COLUMNS: Final = (
    "at", "partner", "circle", "case", "share", "revision", "way", "tlp", "purpose", "legal_basis",
    "agreement", "sha256", "bytes", "by", "objects",
)  # fmt: skip


@login_required
@require_GET
def ledger(request: DeskRequest) -> HttpResponse:
    """What left, newest first; with a value, what told of it. A search is kept in the audit."""
    _require_reader(request.user)
    form = SubjectForm(request.GET if "value" in request.GET else None)
    rows = _found(request, form)
    patterns = [] if form.is_bound else pattern_handovers_for(request.user)[:SHOWN]
    context = {
        "section": "ledger",
        "form": form,
        "rows": rows,
        "patterns": patterns,
        "asked": form.is_bound,
    }
    return render(request, "sharing/ledger.html", context)


@login_required
@require_POST
def ledger_export(request: DeskRequest) -> HttpResponse:
    """The same lines as a table; no cell is a formula, addresses are defanged."""
    _require_reader(request.user)
    form = SubjectForm(request.POST if request.POST.get("value") else None)
    rows = _found(request, form)
    export_ledger(actor=request.user, rows=len(rows))
    text = io.StringIO()
    table = csv.writer(text)
    table.writerow(COLUMNS)
    table.writerows([csv_cell(cell) for cell in _cells(one)] for one in rows)
    headers = {
        "Content-Disposition": 'attachment; filename="sharing-ledger.csv"',
        "Cache-Control": "no-store",
    }
    return HttpResponse(text.getvalue(), content_type="text/csv; charset=utf-8", headers=headers)


def _found(request: DeskRequest, form: SubjectForm) -> list[Told]:
    if form.is_bound and form.is_valid() and form.cleaned_data["value"]:
        return search_ledger(actor=request.user, **form.cleaned_data)
    return [Told(one, []) for one in handovers_for(request.user)[:SHOWN]]


def _cells(one: Told) -> list[str]:
    row = one.handover
    return [
        row.at.isoformat(timespec="seconds"),
        row.partner.slug,
        row.share.circle.slug,
        row.share.case.ref,
        str(row.share_id),
        str(row.revision),
        row.way,
        row.tlp,
        row.purpose,
        row.legal_basis,
        row.agreement,
        row.sha256,
        str(row.size),
        str(row.actor),
        " ".join(id for id, _ in one.objects) or str(len(row.objects_sent)),
    ]


def _require_reader(viewer: User) -> None:
    if not policy.allowed(viewer, "ledger.view"):
        message = "There is no such page."
        raise NotFoundError(message)
