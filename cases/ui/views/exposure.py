"""The break card, and budgets as leads see them."""

from __future__ import annotations

from django import forms
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_http_methods, require_POST

from abusedesk import env
from abusedesk.core.errors import InvalidError, NotFoundError
from abusedesk.core.htmx import DeskRequest
from abusedesk.core.models import User
from cases import policy
from cases.exposure import budget_of, lighter_queues
from cases.selectors.exposure import BREAKS, breaks_for, budgets_for
from cases.selectors.queue import people_for
from cases.services.exposure import begin_break, extend_budget, resume


class ExtendForm(forms.Form):
    """Points for one person, and why."""

    user = forms.CharField(max_length=150)
    points = forms.IntegerField()
    reason = forms.CharField(max_length=500)


@login_required
@require_http_methods(["GET", "POST"])
def rest(request: DeskRequest) -> HttpResponse:
    """The break card: rest, or review in a lighter queue; POST begins a break."""
    _require(request.user, "break.own")
    if request.method == "POST":
        begin_break(actor=request.user)
        return redirect("cases:break")
    page = {
        "section": "work",
        "budget": budget_of(request.user),
        "minutes": env.current().break_minutes,
        "lighter": lighter_queues(request.user),
        "breaks": breaks_for(request.user)[:BREAKS],
    }
    return render(request, "cases/break.html", page)


@login_required
@require_POST
def go_on(request: DeskRequest) -> HttpResponse:
    """The end of a break, by a press."""
    _require(request.user, "break.own")
    resume(actor=request.user)
    return redirect("cases:work")


@login_required
@require_http_methods(["GET", "POST"])
def budgets(request: DeskRequest) -> HttpResponse:
    """Points of everybody; POST adds some."""
    _require(request.user, "exposure.extend")
    if request.method != "POST":
        page = {"section": "shifts", "rows": budgets_for(request.user)}
        return render(request, "cases/budgets.html", page)
    form = ExtendForm(request.POST)
    if not form.is_valid():
        messages.error(request, "Say how many points, and why.")
        return redirect("cases:budgets")
    said = form.cleaned_data
    person = get_object_or_404(people_for(request.user), username=said["user"])
    try:
        extend_budget(
            actor=request.user, person=person, points=said["points"], reason=said["reason"]
        )
    except InvalidError as error:
        messages.error(request, error.message)
    else:
        messages.success(request, f"{person.username} has {said['points']} points more.")
    return redirect("cases:budgets")


def _require(user: User, verb: str) -> None:
    if not policy.allowed(user, verb):
        message = "There is nothing here."
        raise NotFoundError(message)
