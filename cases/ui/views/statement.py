"""Pages of statements of reasons and of the transparency report."""

from __future__ import annotations

import csv
import io
from dataclasses import replace
from datetime import date, timedelta
from typing import Any, Final

from django import forms
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse, HttpResponseBase, StreamingHttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.http import urlencode
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from abusedesk.core import clock
from abusedesk.core.errors import ConflictError, InvalidError
from abusedesk.core.htmx import DeskRequest
from abusedesk.core.text import csv_cell
from cases import policy
from cases.models import PolicyVersion
from cases.selectors.policy import policy_by_slug
from cases.selectors.statement import MAX_DRAFTS, Span, drafts_by_span, statements_by_span
from cases.services.policy import PolicyText, save_policy
from cases.services.statement import export_statements, issue_statements
from cases.services.transparency import read_report
from cases.statements.ground import LIMITS
from cases.statements.vocabulary import CATEGORIES, CONTENT, COUNTRIES, GROUNDS, KEYWORDS

SHOWN: Final = 100
DAYS: Final = 30
MEDIA: Final = {"csv": "text/csv; charset=utf-8", "json": "application/json"}
EMPTY: Final = ("", "Nothing is said")


class SpanForm(forms.Form):
    """First and last day, in UTC."""

    first = forms.DateField()
    last = forms.DateField()


class GroundForm(forms.Form):
    """What statements about breaches of one policy say."""

    ground = forms.ChoiceField(
        label="Ground", choices=[EMPTY, *GROUNDS.items()], required=False,
        help_text="Empty, with all below: decisions under this policy get no statement.",
    )  # fmt: skip
    reference = forms.CharField(
        label="Clause or article", max_length=LIMITS["reference"], required=False
    )
    explanation = forms.CharField(
        label="Why it is a breach", max_length=LIMITS["explanation"], required=False,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text="Public: no names, addresses or links.",
    )  # fmt: skip
    category = forms.ChoiceField(
        label="Category", choices=[EMPTY, *CATEGORIES.items()], required=False
    )
    keywords = forms.MultipleChoiceField(
        label="Keywords", required=False, widget=forms.CheckboxSelectMultiple,
        choices=[(code, code.removeprefix("KEYWORD_").replace("_", " ").lower())
                 for code in KEYWORDS],
    )  # fmt: skip
    content = forms.MultipleChoiceField(
        label="What is restricted", choices=list(CONTENT.items()), required=False,
        widget=forms.CheckboxSelectMultiple, help_text="Empty: text.",
    )  # fmt: skip
    facts = forms.CharField(
        label="Facts that hold for every breach", max_length=LIMITS["facts"], required=False,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text="Public. What the desk knows of each one is added.",
    )  # fmt: skip
    territory = forms.MultipleChoiceField(
        label="Countries", choices=[(one, one) for one in sorted(COUNTRIES)], required=False,
        widget=forms.CheckboxSelectMultiple, help_text="Empty: all of the European Union.",
    )  # fmt: skip
    reason = forms.CharField(label="Reason of this version", max_length=500)
    based_on = forms.IntegerField(min_value=1, widget=forms.HiddenInput)


@login_required
@require_GET
def statements(request: DeskRequest) -> HttpResponse:
    """What decisions of some days owe, what was issued, and the report."""
    policy.require(request.user, "statement.view")
    span, form = _span(request)
    drafts = drafts_by_span(span, request.user)
    issued = statements_by_span(span, request.user)
    ready = [one for one in drafts if not one.faults]
    context = {
        "section": "statements",
        "form": form,
        "span": span,
        "ready": ready,
        "sample": _sample(ready[0].body) if ready else [],
        "kept": [one for one in drafts if one.faults][:SHOWN],
        "kept_count": sum(bool(one.faults) for one in drafts),
        "is_cut": len(drafts) == MAX_DRAFTS,
        "issued": issued[:SHOWN],
        "issued_count": issued.count(),
        "figures": read_report(actor=request.user, span=span),
    }
    status = 422 if form.errors else 200
    return render(request, "cases/statements.html", context, status=status)


@login_required
@require_POST
def statements_issue(request: DeskRequest) -> HttpResponse:
    """Issue what is ready."""
    span, form = _span(request)
    policy.require(request.user, "statement.issue")
    if form.is_valid():
        done = issue_statements(actor=request.user, span=span)
        messages.success(request, f"{done.count:,} issued, {len(done.kept):,} kept back.")
    return redirect(_page(span))


@login_required
@require_POST
def statements_export(request: DeskRequest) -> HttpResponseBase:
    """What was issued, as a file."""
    span, _ = _span(request)
    format = request.POST.get("format", "csv")
    pieces = export_statements(actor=request.user, span=span, format=format)
    return StreamingHttpResponse(pieces, **_as_file("statements", span, format))


@login_required
@require_POST
def transparency_export(request: DeskRequest) -> HttpResponse:
    """The report as a file for spreadsheets."""
    span, _ = _span(request)
    rows = read_report(actor=request.user, span=span, format="csv")
    text = io.StringIO()
    writer = csv.writer(text)
    writer.writerow(["section", "measure", "value", "unit"])
    for row in rows:
        cells = (row.section, row.measure, str(row.value), row.unit)
        writer.writerow([csv_cell(cell) for cell in cells])
    return HttpResponse(text.getvalue(), **_as_file("transparency", span, "csv"))


@login_required
@require_http_methods(["GET", "POST"])
def policy_statement(request: DeskRequest, policy_slug: str) -> HttpResponse:
    """What statements about breaches of one policy say; saved as its next version."""
    row = policy_by_slug(policy_slug, request.user)
    form = GroundForm(request.POST or None, initial=row.statement | {"based_on": row.number})
    if request.method == "POST":
        policy.require(request.user, "policy.save")
        if form.is_valid() and _saved(request, form, row):
            return redirect("cases:policy-detail", row.slug)
    context = {
        "section": "policies",
        "row": row,
        "form": form,
        "can_save": policy.allowed(request.user, "policy.save"),
    }
    status = 422 if form.is_bound else 200
    return render(request, "cases/policy_statement.html", context, status=status)


def _sample(body: dict[str, Any]) -> list[tuple[str, str]]:
    return [
        (name, ", ".join(value) if isinstance(value, list) else value)
        for name, value in body.items()
    ]


def _saved(request: DeskRequest, form: GroundForm, row: PolicyVersion) -> bool:
    said = dict(form.cleaned_data)
    reason, based_on = said.pop("reason"), said.pop("based_on")
    try:
        saved = save_policy(
            actor=request.user,
            slug=row.slug,
            said=replace(PolicyText.of(row), statement=said),
            reason=reason,
            based_on=based_on,
        )
    except (ConflictError, InvalidError) as error:
        form.add_error(error.field if error.field in form.fields else None, error.message)
        return False
    messages.success(request, f"{saved} is in force.")
    return True


def _span(request: HttpRequest) -> tuple[Span, SpanForm]:
    """The days that were asked for, the last thirty without or with wrong ones."""
    today = clock.now().date()
    usual = Span(today - timedelta(days=DAYS - 1), today)
    asked = request.POST if request.method == "POST" else request.GET
    if not asked.get("first") and not asked.get("last"):
        return usual, SpanForm(_values(usual))
    form = SpanForm(asked)
    if not form.is_valid():
        return usual, form
    span = Span(form.cleaned_data["first"], form.cleaned_data["last"])
    try:
        span.check()
    except InvalidError as error:
        form.add_error(error.field, error.message)
        return usual, form
    return span, form


def _values(span: Span) -> dict[str, date]:
    return {"first": span.first, "last": span.last}


def _page(span: Span) -> str:
    days = {"first": str(span.first), "last": str(span.last)}
    return f"{reverse('cases:statements')}?{urlencode(days)}"


def _as_file(name: str, span: Span, format: str) -> dict[str, Any]:
    return {
        "content_type": MEDIA[format],
        "headers": {
            "Content-Disposition": (
                f'attachment; filename="{name}-{span.first}-{span.last}.{format}"'
            ),
            "Cache-Control": "no-store",
        },
    }
