"""Messages to reporters and subjects: written on a case from templates that leads keep."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods, require_POST

from abusedesk.core import ids, mail
from abusedesk.core.errors import ConflictError, InvalidError, NotFoundError
from abusedesk.core.htmx import DeskRequest
from cases import policy
from cases.choices import Audience, Tlp
from cases.gaps import Filled, gaps_in
from cases.models import Case, MessageTemplate
from cases.selectors.case import case_by_ref
from cases.selectors.message import (
    known_values_of,
    message_by_id,
    messages_of,
    recipients_of,
    template_by_slug,
    templates_for,
)
from cases.services.message import cancel_message, preview_message, save_template, send_message

SEND = "send"


class TemplateForm(forms.Form):
    """Words with gaps. version: of the template that the page showed."""

    title = forms.CharField(max_length=120)
    slug = forms.SlugField(max_length=60, help_text="Its name for programs; it stays.")
    audience = forms.ChoiceField(label="For the", choices=Audience.choices)
    subject = forms.CharField(max_length=200)
    body = forms.CharField(
        max_length=10_000,
        widget=forms.Textarea(attrs={"rows": 10}),
        help_text="Gaps are written {case}. The desk fills {case}, {date}, {to}, {outcome},"
        " {policy} and {decided}; whoever writes fills the others.",
    )
    active = forms.BooleanField(label="Offer it for new messages", required=False, initial=True)
    version = forms.IntegerField(required=False, widget=forms.HiddenInput)


class KeyForm(forms.Form):
    """One key for each page shown: a double click is one message."""

    key = forms.UUIDField()


@login_required
@require_http_methods(["GET", "POST"])
def case_messages(request: DeskRequest, ref: str) -> HttpResponse:
    """What was written on a case; a template with its gaps, its preview, and the way out."""
    case = case_by_ref(ref, request.user)
    slug = request.POST.get("template") or request.GET.get("template", "")
    template = template_by_slug(slug, request.user) if slug else None
    if request.method != "POST" or template is None:
        return _shown(request, case, template)
    values = {name: request.POST.get(f"gap-{name}", "") for name in _gaps(template)}
    said: dict[str, Any] = {"case": case, "template": template, "to": request.POST.get("to", "")}
    try:
        preview = preview_message(actor=request.user, values=values, **said)
        if request.POST.get("do") != SEND:
            return _shown(request, case, template, preview)
        key = KeyForm(request.POST)
        if not key.is_valid():
            return _shown(request, case, template, preview, "Look at the preview again.")
        sent = send_message(actor=request.user, values=values, key=key.cleaned_data["key"], **said)
    except (InvalidError, ConflictError) as error:
        return _shown(request, case, template, None, error.message, error.status)
    messages.success(request, f"It leaves in a few seconds: to {sent.recipient}.")
    return redirect("cases:messages", case.ref)


@login_required
@require_POST
def message_cancel(request: DeskRequest, ref: str, message_id: int) -> HttpResponse:
    """Take a message back before it leaves."""
    case = case_by_ref(ref, request.user)
    found = message_by_id(message_id, case, request.user)
    try:
        cancel_message(actor=request.user, message=found)
    except ConflictError as error:
        messages.error(request, error.message)
    else:
        messages.success(request, "Taken back: it was not sent.")
    return redirect("cases:messages", case.ref)


@login_required
@require_http_methods(["GET", "POST"])
def templates(request: DeskRequest) -> HttpResponse:
    """All templates; POST makes one."""
    return _template_page(request, None)


@login_required
@require_http_methods(["GET", "POST"])
def template(request: DeskRequest, template_slug: str) -> HttpResponse:
    """One template among all; POST changes it."""
    return _template_page(request, template_by_slug(template_slug, request.user))


def _gaps(template: MessageTemplate) -> list[str]:
    """What the page has a field for; the recipient has one of its own."""
    return [name for name in gaps_in(template.subject, template.body) if name != "to"]


def _shown(
    request: DeskRequest,
    case: Case,
    template: MessageTemplate | None,
    preview: Filled | None = None,
    fault: str = "",
    status: int = 0,
) -> HttpResponse:
    """status: of a refusal; open gaps are one."""
    known = known_values_of(case, request.user)
    gaps = _gaps(template) if template else []
    asked = recipients_of(case, request.user) if template else {}
    context = {
        "section": "queues",
        "case": case,
        "rows": messages_of(case, request.user),
        "templates": templates_for(request.user).filter(active=True),
        "template": template,
        "gaps": [(one, request.POST.get(f"gap-{one}", known.get(one, ""))) for one in gaps],
        "to": request.POST.get("to", ""),
        "offered": asked.get(template.audience, []) if template else [],
        "preview": preview,
        "fault": fault,
        "red": case.tlp == Tlp.RED,
        "can_send": policy.offered(request.user, "message.send", case),
        "key": ids.new_uuid(),
        "mail_is_on": mail.is_on(),
    }
    open_gaps = InvalidError.status if preview and preview.missing else 200
    return render(request, "cases/messages.html", context, status=status or open_gaps)


def _template_page(request: DeskRequest, edited: MessageTemplate | None) -> HttpResponse:
    if not policy.allowed(request.user, "template.view"):
        message = "There is nothing here."
        raise NotFoundError(message)
    status = 200
    names = ("title", "slug", "audience", "subject", "body", "active", "version")
    form = TemplateForm(initial={name: getattr(edited, name) for name in names} if edited else {})
    if request.method == "POST":
        policy.require(request.user, "template.save")
        form = TemplateForm(request.POST)
        status = _save(request, form)
        if not form.errors:
            return redirect("cases:templates")
    context = {
        "section": "templates",
        "rows": templates_for(request.user),
        "edited": edited,
        "form": form,
        "can_save": policy.allowed(request.user, "template.save"),
    }
    return render(request, "cases/message_templates.html", context, status=status)


def _save(request: DeskRequest, form: TemplateForm) -> int:
    """The status of the answer; a refusal stands in the form, beside what was typed."""
    if not form.is_valid():
        return InvalidError.status
    said = dict(form.cleaned_data)
    based_on = said.pop("version") or 0
    try:
        saved = save_template(actor=request.user, based_on=based_on, **said)
    except (ConflictError, InvalidError) as error:
        form.add_error(error.field or None, error.message)
        return error.status
    messages.success(request, f"Saved: {saved}.")
    return 200
