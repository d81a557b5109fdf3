"""Pages for who runs the desk: who may do what, what was done, how it fares."""

from __future__ import annotations

import json
from typing import Any
from urllib.parse import urlencode

from django.contrib.auth.decorators import login_required
from django.http import HttpResponse, HttpResponseBase, QueryDict
from django.shortcuts import render
from django.views.decorators.http import require_GET, require_POST

from abusedesk.core.downloads import csv_file
from abusedesk.core.errors import InvalidError, NotFoundError
from abusedesk.core.htmx import DeskRequest, render_part
from abusedesk.core.models import Role, User
from abusedesk.core.permissions import ROLE_SCOPES
from cases import policy
from cases.selectors.audit import (
    PAGE,
    Asked,
    Line,
    audit_lines_of,
    audit_page_for,
    veiled_decisions_for,
)
from cases.selectors.health import health_for
from cases.selectors.role import rights_for, roles_for
from cases.services.audit_export import LIMIT, export_audit
from cases.ui.audit_form import AuditForm, in_utc
from detectors.selectors.source import silent_for


@login_required
@require_GET
def roles(request: DeskRequest) -> HttpResponse:
    """The tables of permissions as they are in force, and the people of each role."""
    _require(request.user, "role.view")
    context = {
        "section": "roles",
        "roles": roles_for(request.user),
        "columns": list(Role),
        "scopes": [(role.label, sorted(ROLE_SCOPES[role])) for role in Role],
        "rights": rights_for(request.user),
    }
    return render(request, "cases/roles.html", context)


@login_required
@require_GET
def audit_trail(request: DeskRequest) -> HttpResponse:
    """Entries of the audit chain that a search finds, newest first."""
    _require(request.user, "audit.view")
    form = in_utc(AuditForm(_searched(request.GET)))
    found, more = _found(request, form)
    said = urlencode({name: value for name, value in form.data.items() if value})
    first = f"?{said}" if request.GET.get("from") else ""
    context: dict[str, Any] = {
        "section": "audit",
        "form": form,
        "searched": bool(said),
        "lines": [(line, _details(line)) for line in found],
        "veiled": veiled_decisions_for(request.user).exists(),
        "can_export": policy.allowed(request.user, "audit.export"),
        "limit": LIMIT,
        "step": PAGE,
        "shown": "Newest first",
        "first": first,
        "more": f"?{said}{'&' if said else ''}from={more}" if more else "",
    }
    status = 422 if form.errors else 200
    return render_part(request, "cases/audit.html", context, part="rows", status=status)


@login_required
@require_POST
def audit_export(request: DeskRequest) -> HttpResponseBase:
    """All that the search finds as a table."""
    _require(request.user, "audit.export")
    form = in_utc(AuditForm(_searched(request.POST)))
    if form.errors:
        field, (fault, *_) = next(iter(form.errors.items()))
        raise InvalidError(str(fault), field=field)
    return csv_file("audit", export_audit(actor=request.user, asked=form.asked()))


@login_required
@require_GET
def health(request: DeskRequest) -> HttpResponse:
    """What is wrong, what waits, who is behind. `?ask=1` also waits for a worker to answer."""
    _require(request.user, "health.view")
    context = {
        "section": "health",
        "health": health_for(request.user, ask_workers=request.GET.get("ask") == "1"),
        "silent": silent_for(request.user),
    }
    return render(request, "cases/health.html", context)


def _searched(values: QueryDict) -> dict[str, str]:
    return {name: values.get(name, "").strip() for name in AuditForm.base_fields}


def _found(request: DeskRequest, form: AuditForm) -> tuple[list[Line], str]:
    """Lines of this page. A fault that only the database knows goes to its field, too."""
    if form.errors:
        return [], ""
    try:
        asked: Asked = form.asked()
        entries, more = audit_page_for(request.user, asked, request.GET.get("from", ""))
    except InvalidError as error:
        form.add_error(error.field if error.field in form.fields else None, error.message)
        return [], ""
    return audit_lines_of(entries, request.user), more


def _details(line: Line) -> str:
    return json.dumps(line.entry.data, indent=1, sort_keys=True, ensure_ascii=False)


def _require(viewer: User, verb: str) -> None:
    if not policy.allowed(viewer, verb):
        message = "There is no such page."
        raise NotFoundError(message)
