"""Playbooks: checklists that new cases get when they fit."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods

from abusedesk.core.errors import ConflictError, InvalidError, NotFoundError
from abusedesk.core.htmx import DeskRequest
from cases import policy
from cases.choices import Severity
from cases.models import Playbook
from cases.selectors.content import playbook_by_id, playbooks_for
from cases.services.task import save_playbook
from cases.ui.forms import PlaybookForm


@login_required
@require_http_methods(["GET", "POST"])
def playbooks(request: DeskRequest) -> HttpResponse:
    """All playbooks; POST makes one."""
    return _page(request, None)


@login_required
@require_http_methods(["GET", "POST"])
def playbook(request: DeskRequest, playbook_id: int) -> HttpResponse:
    """One playbook among all; POST changes it."""
    return _page(request, playbook_by_id(playbook_id, request.user))


def _page(request: DeskRequest, edited: Playbook | None) -> HttpResponse:
    if not policy.allowed(request.user, "playbook.view"):
        message = "There is nothing here."
        raise NotFoundError(message)
    status = 200
    form = PlaybookForm(initial=_initial(edited), viewer=request.user)
    if request.method == "POST":
        policy.require(request.user, "playbook.save")
        form = PlaybookForm(request.POST, viewer=request.user)
        status = _save(request, form, edited)
        if not form.errors:
            return redirect("cases:playbooks")
    context = {
        "section": "playbooks",
        "rows": playbooks_for(request.user),
        "edited": edited,
        "form": form,
        "can_save": policy.allowed(request.user, "playbook.save"),
    }
    return render(request, "cases/playbooks.html", context, status=status)


def _save(request: DeskRequest, form: PlaybookForm, edited: Playbook | None) -> int:
    """The status of the answer; a refusal stands in the form, beside what was typed."""
    if not form.is_valid():
        return InvalidError.status
    said = form.cleaned_data
    if edited is not None:
        edited.version = said["version"] or 0
    try:
        saved = save_playbook(
            actor=request.user,
            title=said["title"],
            steps=said["steps"].splitlines(),
            fits=(said["queue"], said["platform"], Severity(said["severity"])),
            active=said["active"],
            playbook=edited,
        )
    except (ConflictError, InvalidError) as error:
        form.add_error(error.field or None, error.message)
        return error.status
    messages.success(request, f"Saved: {saved}.")
    return 200


def _initial(edited: Playbook | None) -> dict[str, Any]:
    if edited is None:
        return {}
    names = ("title", "platform", "severity", "active", "version")
    values = {name: getattr(edited, name) for name in names}
    return values | {"steps": "\n".join(edited.steps), "queue": edited.queue_id}
