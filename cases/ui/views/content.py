"""What people add on the page of a case: labels, TLP, watching, tasks, files, related cases."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any

from django import forms
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpResponse, HttpResponseBase, HttpResponseRedirect
from django.urls import reverse
from django.views.decorators.http import require_GET, require_http_methods

from abusedesk.core.errors import InvalidError, NotFoundError
from abusedesk.core.htmx import DeskRequest
from abusedesk.core.text import unhidden
from cases import downloads, media, versions
from cases.choices import TaskState, Tlp
from cases.masking import file_item
from cases.models import Case
from cases.selectors.case import case_by_ref
from cases.selectors.content import file_by_id, playbook_by_id, task_by_id
from cases.selectors.masking import cover_for
from cases.services.exposure import count_seen
from cases.services.file import add_file, read_file
from cases.services.marking import label_case, mark_case
from cases.services.relation import link_cases, unlink_cases
from cases.services.task import add_playbook, add_tasks, change_task
from cases.services.watch import unwatch_case, watch_case
from cases.ui.forms import FileForm, LinkForm, MarksForm, TaskForm, TaskStateForm
from cases.ui.views.actions import View


def addition(tab: str, anchor: str = "panel") -> Callable[[Callable[..., None]], View]:
    """A POST that ends on a tab of the case; a value that cannot be used is said there."""

    def wrap(add: Callable[..., None]) -> View:
        @login_required
        @require_http_methods(["GET", "POST"])
        @wraps(add)
        def view(request: DeskRequest, ref: str, **parts: int | str) -> HttpResponse:
            case = case_by_ref(ref, request.user)
            if request.method == "POST":
                try:
                    add(request, case, **parts)
                except InvalidError as error:
                    messages.error(request, error.message)
            page = reverse("cases:case-detail", args=[case.ref])
            return HttpResponseRedirect(f"{page}?tab={tab}#{anchor}", status=303)

        return view

    return wrap


@addition("summary", "marks")
def marks(request: DeskRequest, case: Case) -> None:
    """Set labels and TLP of the version that the page showed."""
    said = _said(MarksForm(request.POST))
    with versions.unchanged(case, {said["version"]}) as newest:
        label_case(actor=request.user, case=newest, labels=said["labels"].split())
        mark_case(actor=request.user, case=newest, tlp=Tlp(said["tlp"]))


@addition("summary", "marks")
def watch(request: DeskRequest, case: Case) -> None:
    """Watch the case, or stop it."""
    change = watch_case if request.POST.get("on") else unwatch_case
    change(actor=request.user, case=case)


@addition("summary", "checklist")
def task_add(request: DeskRequest, case: Case) -> None:
    """Add a task, or the steps of a playbook."""
    said = _said(TaskForm(request.POST))
    if said["playbook"]:
        playbook = playbook_by_id(said["playbook"], request.user)
        add_playbook(actor=request.user, case=case, playbook=playbook)
    else:
        add_tasks(actor=request.user, case=case, texts=[said["text"]])


@addition("summary", "checklist")
def task_change(request: DeskRequest, case: Case, task_id: int) -> None:
    """Say what became of a task."""
    task = task_by_id(task_id, case, request.user)
    said = _said(TaskStateForm(request.POST))
    change_task(
        actor=request.user,
        task=task,
        state=TaskState(said["state"]),
        versions={said["version"]},
    )


@addition("files")
def file_add(request: DeskRequest, case: Case) -> None:
    """Put a file to the case."""
    said = _said(FileForm(request.POST, request.FILES))
    file = add_file(actor=request.user, case=case, upload=said["file"], note=said["note"])
    if file.name != media.plain_name(said["file"].name):
        messages.info(request, f"The same bytes lie here already, as {unhidden(file.name)}.")


@login_required
@require_GET
def file(request: DeskRequest, ref: str, file_id: int) -> HttpResponseBase:
    """The bytes, to be saved; `?show=1` shows a picture, in a sandbox."""
    case = case_by_ref(ref, request.user)
    found = file_by_id(file_id, case, request.user)
    stored = read_file(actor=request.user, file=found)
    inline = request.GET.get("show") == "1" and found.media_type in media.INLINE
    if inline and (cover := cover_for(case, request.user)):
        count_seen(actor=request.user, covers={file_item(found.pk): cover})
    return downloads.answer(found, stored, inline=inline)


@addition("related")
def link(request: DeskRequest, case: Case) -> None:
    """Call another case related."""
    said = _said(LinkForm(request.POST))
    try:
        other = case_by_ref(said["other"], request.user)
    except NotFoundError as error:
        raise InvalidError(error.message, field="other") from error
    link_cases(actor=request.user, case=case, other=other, reason=said["reason"])


@addition("related")
def unlink(request: DeskRequest, case: Case, other: str) -> None:
    """Take that back."""
    unlink_cases(actor=request.user, case=case, other=case_by_ref(other, request.user))


def _said(form: forms.Form) -> dict[str, Any]:
    """What a form says. Raises InvalidError with the first thing that is wrong with it."""
    if form.is_valid():
        return form.cleaned_data
    field, faults = next(iter(form.errors.items()))
    message = f"{field.capitalize()}: {faults[0]}"
    raise InvalidError(message, field=field)
