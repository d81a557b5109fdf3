"""A case on paper: what is known and decided, without a word of evidence or of internal notes."""

from __future__ import annotations

from typing import Any, Final

from django.contrib.auth.decorators import login_required
from django.http import HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_GET

from abusedesk.core import clock
from abusedesk.core.htmx import DeskRequest
from cases.choices import Tlp
from cases.involved import accounts_of_case
from cases.selectors.case import case_by_ref
from cases.selectors.content import files_of
from cases.selectors.decision import decisions_for
from cases.selectors.evidence import findings_of
from cases.services.case import record_report
from cases.timeline import timeline_of

ACCOUNTS: Final = 200
FINDINGS: Final = 50
UNTOLD: Final = frozenset({"case.noted"})


@login_required
@require_GET
def case_report(request: DeskRequest, ref: str) -> HttpResponse:
    """One page to print or to save; of TLP:RED only the screen shows it."""
    viewer = request.user
    case = case_by_ref(ref, viewer)
    record_report(actor=viewer, case=case)
    accounts, findings = accounts_of_case(case), findings_of(case, viewer)
    context: dict[str, Any] = {
        "case": case,
        "made_at": clock.now(),
        "is_red": case.tlp == Tlp.RED,
        "decision": decisions_for(viewer).filter(case=case, undone_at=None).first(),
        "accounts": accounts[:ACCOUNTS],
        "account_total": len(accounts),
        "findings": findings[:FINDINGS],
        "finding_total": len(findings),
        "files": files_of(case, viewer),
        "timeline": [one for one in timeline_of(case, viewer) if one.verb not in UNTOLD],
    }
    return render(request, "cases/report.html", context)
