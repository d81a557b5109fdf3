"""Settings of queues, routing rules and shifts; a case given or moved by hand."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from abusedesk.core.errors import AbuseDeskError, InvalidError, NotFoundError
from abusedesk.core.htmx import DeskRequest
from abusedesk.core.models import User
from cases import policy
from cases.assigning import words_of
from cases.models import Case, Queue, RoutingRule
from cases.routing import read_rule
from cases.search import ROUTING
from cases.selectors.case import queue_counts
from cases.selectors.queue import (
    people_for,
    queue_by_slug,
    routing_rule_by_id,
    routing_rules_for,
    trial_for,
)
from cases.services.assignment import assign_case, move_case, save_shift
from cases.services.queue import save_queue
from cases.services.routing import delete_rule, order_rules, save_rule
from cases.ui.routing import QueueForm, RuleForm, ShiftForm
from cases.ui.views.actions import case_action, to_case


@login_required
@require_GET
def queue_settings(request: DeskRequest) -> HttpResponse:
    """Queues and rules in their order."""
    _require(request.user, "queue.save")
    context = {
        "section": "routing",
        "entries": queue_counts(request.user),
        "rules": list(routing_rules_for(request.user)),
    }
    return render(request, "cases/queue_settings.html", context)


@login_required
@require_http_methods(["GET", "POST"])
def queue_new(request: DeskRequest) -> HttpResponse:
    """Make a queue."""
    _require(request.user, "queue.save")
    form = QueueForm(request.POST if request.method == "POST" else None)
    return _save_queue(request, form, None)


@login_required
@require_http_methods(["GET", "POST"])
def queue_edit(request: DeskRequest, slug: str) -> HttpResponse:
    """Change a queue."""
    _require(request.user, "queue.save")
    queue = queue_by_slug(slug, request.user)
    first = {name: getattr(queue, name) for name in QueueForm.base_fields if name != "people"}
    first["people"] = ", ".join(queue.people.values_list("username", flat=True))
    form = QueueForm(request.POST if request.method == "POST" else None, initial=first)
    form.fields["slug"].disabled = True
    return _save_queue(request, form, queue)


@login_required
@require_http_methods(["GET", "POST"])
def rule_new(request: DeskRequest) -> HttpResponse:
    """Make a rule, or try it on cases there are."""
    _require(request.user, "routing.save")
    return _save_rule(request, RuleForm(request.POST if request.method == "POST" else None), None)


@login_required
@require_http_methods(["GET", "POST"])
def rule_edit(request: DeskRequest, route_id: int) -> HttpResponse:
    """Change a rule, or try the change."""
    _require(request.user, "routing.save")
    rule = routing_rule_by_id(route_id, request.user)
    first = {
        "name": rule.name,
        "query": rule.query,
        "queue": rule.queue.slug,
        "active": rule.active,
    }
    form = RuleForm(request.POST if request.method == "POST" else None, initial=first)
    return _save_rule(request, form, rule)


@login_required
@require_POST
def rule_move(request: DeskRequest, route_id: int) -> HttpResponse:
    """One place up or down."""
    _require(request.user, "routing.save")
    rule = routing_rule_by_id(route_id, request.user)
    order = [one.pk for one in routing_rules_for(request.user)]
    place = order.index(rule.pk)
    other = place + (1 if request.POST.get("way") == "down" else -1)
    if 0 <= other < len(order):
        order[place], order[other] = order[other], order[place]
        order_rules(actor=request.user, rule_ids=order)
    return redirect("cases:queue-settings")


@login_required
@require_POST
def rule_delete(request: DeskRequest, route_id: int) -> HttpResponse:
    """Delete a rule."""
    _require(request.user, "routing.save")
    rule = routing_rule_by_id(route_id, request.user)
    delete_rule(actor=request.user, rule=rule)
    messages.success(request, f"Deleted: {rule.name}. Cases stay where they are.")
    return redirect("cases:queue-settings")


@login_required
@require_http_methods(["GET", "POST"])
def shifts(request: DeskRequest) -> HttpResponse:
    """When people take cases that the desk hands out."""
    _require(request.user, "shift.save")
    if request.method != "POST":
        return _shifts(request)
    form = ShiftForm(request.POST)
    if not form.is_valid():
        return _shifts(request, form, 422)
    person = get_object_or_404(people_for(request.user), username=form.cleaned_data["user"])
    try:
        shift = save_shift(actor=request.user, user=person, **form.values())
    except InvalidError as error:
        form.add_error(error.field if error.field in form.fields else None, error.message)
        return _shifts(request, form, 422)
    messages.success(request, f"{person}: {words_of(shift)}.")
    return redirect("cases:shifts")


@case_action
def assign(request: DeskRequest, case: Case) -> HttpResponse:
    """Keep the case for one person, or for nobody."""
    name = request.POST.get("assignee", "").strip().replace("\x00", "")
    person = User.objects.filter(username=name, is_active=True).first()
    if name and person is None:
        messages.error(request, f"There is no {name}.")
        return to_case(case)
    try:
        assign_case(actor=request.user, case=case, assignee=person)
    except InvalidError as error:
        messages.error(request, error.message)
    return to_case(case)


@case_action
def move(request: DeskRequest, case: Case) -> HttpResponse:
    """Put the case into another queue."""
    try:
        queue = queue_by_slug(request.POST.get("queue", ""), request.user)
        reason = request.POST.get("reason", "")
        move_case(actor=request.user, case=case, queue=queue, reason=reason)
    except (InvalidError, NotFoundError) as error:
        messages.error(request, error.message)
    else:
        messages.success(request, f"{case.ref} is in {queue} now.")
    return to_case(case)


def _save_queue(request: DeskRequest, form: QueueForm, queue: Queue | None) -> HttpResponse:
    status = 200
    if request.method == "POST":
        if form.is_valid() and (saved := _saved_queue(request.user, form, queue)):
            messages.success(request, f"Saved: {saved}.")
            return redirect("cases:queue-settings")
        status = 422
    context = {"section": "routing", "form": form, "edited": queue}
    return render(request, "cases/queue_edit.html", context, status=status)


def _saved_queue(actor: User, form: QueueForm, queue: Queue | None) -> Queue | None:
    said = form.cleaned_data
    if queue is not None:
        said = {name: value for name, value in said.items() if name != "slug"}
    try:
        return save_queue(actor=actor, queue=queue, **said)
    except InvalidError as error:
        form.add_error(error.field if error.field in form.fields else None, error.message)
        return None


def _save_rule(request: DeskRequest, form: RuleForm, rule: RoutingRule | None) -> HttpResponse:
    context: dict[str, Any] = {"section": "routing", "form": form, "rule": rule}
    if request.method == "POST" and form.is_valid():
        said = form.cleaned_data
        try:
            if request.POST.get("do") != "try":
                saved = save_rule(actor=request.user, rule=rule, **said)
                messages.success(request, f"Saved: {saved}. It counts for cases that open now.")
                return redirect("cases:queue-settings")
            context["trial"] = trial_for(request.user, read_rule(said["query"]), instead_of=rule)
            context["target"] = said["queue"]
        except AbuseDeskError as error:
            form.add_error(error.field if error.field in form.fields else None, error.message)
    context["help"] = [(one.example, one.help) for one in ROUTING.values()]
    status = 422 if form.is_bound and form.errors else 200
    return render(request, "cases/routing_rule.html", context, status=status)


def _shifts(
    request: DeskRequest, refused: ShiftForm | None = None, status: int = 200
) -> HttpResponse:
    people = list(people_for(request.user))
    rows = [(person, _words(person), refused if _is(refused, person) else _form(person))
            for person in people]  # fmt: skip
    context = {"section": "shifts", "rows": rows}
    return render(request, "cases/shifts.html", context, status=status)


def _is(form: ShiftForm | None, person: User) -> bool:
    return form is not None and form.data.get("user") == person.username


def _form(person: User) -> ShiftForm:
    shift = getattr(person, "shift", None)
    first: dict[str, Any] = {"user": person.username, "days": list(range(5))}
    if shift is not None:
        first |= {
            "days": shift.days,
            "start": f"{shift.start_min // 60:02}:{shift.start_min % 60:02}",
            "end": f"{shift.end_min // 60:02}:{shift.end_min % 60:02}",
            "zone": shift.zone,
            "capacity": shift.capacity,
            "skills": ", ".join(shift.skills),
            "away_until": shift.away_until and shift.away_until.date(),
        }
    return ShiftForm(initial=first, auto_id=f"{person.username}_%s")


def _words(person: User) -> str:
    shift = getattr(person, "shift", None)
    return words_of(shift) if shift else "always there, at most 20 cases"


def _require(user: User, verb: str) -> None:
    if not policy.allowed(user, verb):
        message = "There is nothing here."
        raise NotFoundError(message)
