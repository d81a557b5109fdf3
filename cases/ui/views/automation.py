"""Detectors that act by themselves: what they may, what is held, and who lets it out."""

from __future__ import annotations

from typing import Any, Final

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.db.models import QuerySet
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from abusedesk.core.errors import ConflictError, InvalidError, NotFoundError
from abusedesk.core.htmx import DeskRequest
from abusedesk.core.models import User
from cases import policy
from cases.choices import AutomatedState
from cases.deeds import ALONE
from cases.models import Automation
from cases.selectors.automation import (
    automated_actions_for,
    automation_by_id,
    automations_for,
    held_counts_for,
    standings_for,
    undos_for,
)
from cases.services.automation import (
    allow_automation,
    end_automation,
    others_who_allow,
    propose_automation,
    refuse_automation,
    resume_automation,
    withdraw_automation,
)
from cases.services.held_hit import settle_held
from cases.ui.automation_forms import RELEASE, HeldForm, PermitForm, UndoForm
from detectors.choices import DraftState, Mode
from detectors.policy import allowed, change_verb
from detectors.selectors.config import configs_for, detector_by_slug, detectors_for

SHOWN: Final = 100
PAST: Final = 10


@login_required
@require_GET
def automations(request: DeskRequest) -> HttpResponse:
    """Which detectors act by themselves, and how they stand."""
    require_sight(request.user)
    rows = standings_for(request.user)
    on = {one.automation.detector for one in rows}
    open_ = automations_for(request.user).filter(state=DraftState.OPEN)
    titles = {slug: one.meta.title for slug, one in detectors_for(request.user).items()}
    left = held_counts_for(request.user)
    context = {
        "section": "automation",
        "rows": [(one, titles.get(one.automation.detector, "")) for one in rows],
        "proposals": open_[:SHOWN],
        "left": [(slug, number) for slug, number in left.items() if slug not in on],
        "others": [(slug, title) for slug, title in titles.items() if slug not in on],
    }
    return render(request, "cases/automations.html", context)


@login_required
@require_http_methods(["GET", "POST"])
def detector_automation(request: DeskRequest, slug: str) -> HttpResponse:
    """One detector; POST proposes what it may do."""
    require_sight(request.user)
    detector_by_slug(slug, request.user)
    if request.method != "POST":
        return _page(request, slug)
    policy.require(request.user, "automation.propose")
    form = PermitForm(request.POST)
    if not form.is_valid():
        return _page(request, slug, form=form, status=422)
    try:
        propose_automation(
            actor=request.user,
            slug=slug,
            permit=form.permit(),
            reason=form.cleaned_data["reason"],
        )
    except InvalidError as error:
        form.add_error(error.field if error.field in form.fields else None, error.message)
        return _page(request, slug, form=form, status=422)
    messages.success(request, "Proposed. Nothing acts before somebody else allows it.")
    return redirect("cases:detector-automation", slug)


@login_required
@require_POST
def automation_settle(request: DeskRequest, slug: str, automation_id: int) -> HttpResponse:
    """Allow, refuse or withdraw a proposal."""
    require_sight(request.user)
    row = automation_by_id(automation_id, slug, request.user)
    do = request.POST.get("do", "")
    try:
        _settled(request.user, row, do, request.POST.get("note", ""))
    except (ConflictError, InvalidError) as error:
        messages.error(request, error.message)
    return redirect("cases:detector-automation", slug)


@login_required
@require_POST
def automation_end(request: DeskRequest, slug: str) -> HttpResponse:
    """From now on it acts on nobody."""
    require_sight(request.user)
    detector_by_slug(slug, request.user)
    try:
        end_automation(actor=request.user, slug=slug, reason=request.POST.get("reason", ""))
    except (ConflictError, InvalidError) as error:
        messages.error(request, error.message)
    else:
        messages.success(request, "It acts on nobody from now on.")
    return redirect("cases:detector-automation", slug)


@login_required
@require_POST
def automation_resume(request: DeskRequest, slug: str) -> HttpResponse:
    """Put it live again after its circuit breaker tripped."""
    require_sight(request.user)
    detector_by_slug(slug, request.user)
    try:
        resume_automation(actor=request.user, slug=slug, reason=request.POST.get("reason", ""))
    except (ConflictError, InvalidError) as error:
        messages.error(request, error.message)
    else:
        messages.success(request, "Live again from the next tick. What is held stays held.")
    return redirect("cases:detector-automation", slug)


@login_required
@require_POST
def held_settle(request: DeskRequest, slug: str) -> HttpResponse:
    """Let held hits out, or drop them."""
    require_sight(request.user)
    detector_by_slug(slug, request.user)
    form = HeldForm(request.POST)
    policy.require(request.user, "automation.settle")
    if not form.is_valid():
        return _page(request, slug, held_form=form, status=422)
    said = form.cleaned_data
    ids = None if said["everything"] else _ids(request)
    try:
        rows = settle_held(
            actor=request.user,
            slug=slug,
            release=said["do"] == RELEASE,
            reason=said["reason"],
            ids=ids,
            confirmed=said["count"],
        )
    except InvalidError as error:
        form.add_error(error.field if error.field in form.fields else None, error.message)
        return _page(request, slug, held_form=form, status=422)
    left = sum(one.state == AutomatedState.ACTED for one in rows)
    kept = sum(one.state == AutomatedState.BARRED for one in rows)
    told = f"Released {left}." if said["do"] == RELEASE else f"Dropped {len(rows)}."
    messages.success(request, f"{told} {kept} may not be acted on." if kept else told)
    return redirect("cases:detector-automation", slug)


def require_sight(user: User) -> None:
    """These pages do not exist for who works on no cases."""
    if not policy.allowed(user, "automation.view"):
        message = "There is nothing here."
        raise NotFoundError(message)


def _settled(actor: User, row: Automation, do: str, note: str) -> Automation:
    match do:
        case "allow":
            return allow_automation(actor=actor, automation=row)
        case "refuse":
            return refuse_automation(actor=actor, automation=row, note=note)
        case "withdraw":
            return withdraw_automation(actor=actor, automation=row)
        case _:
            message = "Choose: allow, refuse or withdraw."
            raise InvalidError(message, field="do")


def _ids(request: DeskRequest) -> list[int]:
    return [int(one) for one in request.POST.getlist("hit") if one.isascii() and one.isdecimal()][
        :SHOWN
    ]


def _page(
    request: DeskRequest,
    slug: str,
    *,
    form: PermitForm | None = None,
    held_form: HeldForm | None = None,
    status: int = 200,
) -> HttpResponse:
    viewer = request.user
    rows = automations_for(viewer).filter(detector=slug)
    standing = next(iter(standings_for(viewer, slug)), None)
    config = configs_for(viewer).get(slug)
    held = automated_actions_for(viewer, slug, AutomatedState.HELD)
    total = held.count()
    context: dict[str, Any] = {
        "section": "automation",
        "meta": detector_by_slug(slug, viewer).meta,
        "config": config,
        "mode": config.mode if config else Mode.OFF.value,
        "tripped": config is not None and config.is_tripped,
        "standing": standing,
        "proposals": _proposals(rows.filter(state=DraftState.OPEN), viewer),
        "past": rows.exclude(state=DraftState.OPEN).filter(current=False)[:PAST],
        "held": held[:SHOWN],
        "held_total": total,
        "typed": total > ALONE,
        "barred": automated_actions_for(viewer, slug, AutomatedState.BARRED)[:PAST],
        "latest": automated_actions_for(viewer, slug).exclude(
            state__in=(AutomatedState.HELD, AutomatedState.BARRED)
        )[:SHOWN],
        "undos": undos_for(viewer, slug)[:PAST],
        "form": form or PermitForm(initial=_initial(standing.automation if standing else None)),
        "held_form": held_form or HeldForm(),
        "undo_form": UndoForm.of_today(_last_acting(viewer, slug)),
        "can_propose": policy.allowed(viewer, "automation.propose"),
        "can_end": standing is not None and policy.allowed(viewer, "automation.end"),
        "can_settle": policy.allowed(viewer, "automation.settle"),
        "can_undo": policy.allowed(viewer, "automation.undo"),
        "can_resume": allowed(viewer, change_verb(slug)),
    }
    return render(request, "cases/detector_automation.html", context, status=status)


def _last_acting(viewer: User, slug: str) -> int:
    """The version that set something off last: what people come to undo."""
    rows = automated_actions_for(viewer, slug, AutomatedState.ACTED)
    return rows.values_list("config__number", flat=True).first() or 1


def _initial(automation: Automation | None) -> dict[str, Any]:
    """What is in force, to change something of it."""
    if automation is None:
        return {}
    names = ("kind", "days", "cap", "min_weight", "resume_hours")
    shares = ("least_precision", "most_reversed")
    said = {name: getattr(automation, name) for name in names}
    return said | {
        name: None if (share := getattr(automation, name)) is None else round(100 * share)
        for name in shares
    }


def _proposals(
    rows: QuerySet[Automation], viewer: User
) -> list[tuple[Automation, dict[str, bool]]]:
    """Each with what this person may do with it."""
    may = policy.allowed(viewer, "automation.allow")
    solo = may and not others_who_allow(actor=viewer)
    return [(one, _steps(mine=one.author_id == viewer.pk, may=may, solo=solo)) for one in rows]


def _steps(*, mine: bool, may: bool, solo: bool) -> dict[str, bool]:
    others = may and not mine
    return {"mine": mine, "allow": others, "alone": mine and solo, "refuse": others}
