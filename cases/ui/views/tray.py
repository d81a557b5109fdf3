"""The tray: what was put aside on any page, what it has in common, and one act on all of it."""

from __future__ import annotations

import csv
import io
from typing import Any, Final

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_GET, require_POST

from abusedesk.core.errors import AbuseDeskError, InvalidError, NotFoundError
from abusedesk.core.htmx import DeskRequest
from abusedesk.core.models import User
from abusedesk.core.text import csv_cell
from cases import policy
from cases.models import Case
from cases.selectors.case import case_by_ref, cases_for
from cases.selectors.preview import chosen_for
from cases.selectors.tray import common_of, tray_of
from cases.services.tray import (
    MOST,
    Put,
    add_all_to_case,
    empty_tray,
    export_tray,
    put_in_tray,
    put_lines_in_tray,
    take_out_of_tray,
)
from cases.tray import CASE, COLUMNS
from cases.ui import bulk
from cases.ui.rows import with_claims
from cases.ui.tray_forms import AddForm, LinesForm
from detectors.models import Entity
from detectors.selectors.entity import actors_by_signal, entities_for

LONGEST: Final = 18  # digits of an id


@login_required
@require_GET
def tray(request: DeskRequest) -> HttpResponse:
    """What is in it. `?q=` narrows it; `?common=1` also compares what is left."""
    return _page(request, request.GET)


@login_required
@require_POST
def tray_put(request: DeskRequest) -> HttpResponse:
    """Put cases, entities, or the accounts of signals into it, and stay where one is."""
    said = request.POST
    back = bulk.back_of(said, reverse("cases:tray"))
    try:
        cases = _chosen(request.user, said)
        entities = [*_entities(request.user, said), *_signals(request.user, said)]
        _tell(request, put_in_tray(actor=request.user, cases=cases, entities=entities))
    except InvalidError as error:
        messages.error(request, error.message)
    return redirect(back)


@login_required
@require_POST
def tray_take(request: DeskRequest) -> HttpResponse:
    """Take what is ticked out of it, or everything."""
    said = request.POST
    if said.get("everything"):
        count = empty_tray(actor=request.user)
    else:
        refs = [*said.getlist("ref"), *said.get("refs", "").split()]
        cases = cases_for(request.user).filter(ref__in=[ref.replace("\x00", "") for ref in refs])
        entities = _entities(request.user, said)
        count = take_out_of_tray(actor=request.user, cases=cases, entities=entities)
    messages.success(request, f"{count} taken out." if count else "Nothing was ticked.")
    return redirect("cases:tray")


@login_required
@require_POST
def tray_lines(request: DeskRequest) -> HttpResponse:
    """Put what a table or a list names into it; lines that name nothing stay in the box."""
    form = LinesForm(request.POST, request.FILES)
    if form.is_valid():
        try:
            put = put_lines_in_tray(actor=request.user, text=form.cleaned_data["lines"])
        except InvalidError as error:
            form.add_error("lines", error.message)
        else:
            _tell(request, put)
            if not put.unknown:
                return redirect("cases:tray")
            form = LinesForm.of_unknown(put.unknown)
    return _page(request, QueryDict(), lines=form, status=422)


@login_required
@require_POST
def tray_add(request: DeskRequest) -> HttpResponse:
    """Add the ticked entities to one case, all or none."""
    form = AddForm(request.POST)
    entities = _entities(request.user, request.POST)
    if not entities:
        form.add_error(None, "Tick what is to be added.")
    if form.is_valid():
        try:
            case = case_by_ref(form.cleaned_data["case"].upper(), request.user)
            reason = form.cleaned_data["reason"]
            add_all_to_case(actor=request.user, case=case, entities=entities, reason=reason)
        except NotFoundError:
            form.add_error("case", "There is no such case.")
        except AbuseDeskError as error:
            form.add_error(error.field if error.field in form.fields else None, error.message)
        else:
            count = len(entities)
            messages.success(request, f"{count} {'thing' if count == 1 else 'things'} added.")
            return redirect("cases:case-detail", case.ref)
    ticked = {one.pk for one in entities}
    return _page(request, QueryDict(), add=form, ticked=ticked, status=422)


@login_required
@require_POST
def tray_export(request: DeskRequest) -> HttpResponse:
    """The tray as a table that another tray takes; no cell is a formula."""
    _require_owner(request.user)
    found = tray_of(request.user)
    export_tray(actor=request.user, count=len(found))
    text = io.StringIO()
    table = csv.writer(text)
    table.writerow(COLUMNS)
    table.writerows((CASE, one.ref, csv_cell(one.title)) for one in found.cases)
    table.writerows((one.type, csv_cell(one.value), "") for one in found.entities)
    headers = {
        "Content-Disposition": 'attachment; filename="tray.csv"',
        "Cache-Control": "no-store",
    }
    return HttpResponse(text.getvalue(), content_type="text/csv; charset=utf-8", headers=headers)


def _page(
    request: DeskRequest, said: QueryDict, *, lines: LinesForm | None = None,
    add: AddForm | None = None, ticked: set[int] | None = None, status: int = 200,
) -> HttpResponse:  # fmt: skip
    _require_owner(request.user)
    everything = tray_of(request.user)
    words = said.get("q", "")[:200].replace("\x00", "")
    found = everything.holding(words)
    compared = bool(said.get("common"))
    context: dict[str, Any] = {
        "section": "tray",
        "total": len(everything),
        "most": MOST,
        "typed": words,
        "rows": with_claims(found.cases, request.user),
        "entities": found.entities,
        "compared": compared,
        "common": common_of(found, request.user) if compared else [],
        "selection": bulk.bar_of_ticked(request.user, "tray", reverse("cases:tray")),
        "lines": lines or LinesForm(),
        "add": add or AddForm(),
        "ticked": ticked or set(),
    }
    return render(request, "cases/tray.html", context, status=status)


def _chosen(viewer: User, said: QueryDict) -> list[Case]:
    """The cases that the bar below a list means."""
    if not any(said.get(name) for name in ("all", "ref", "refs")):
        return []
    return chosen_for(viewer, bulk.choice_of(said), MOST + 1)


def _entities(viewer: User, said: QueryDict) -> list[Entity]:
    return list(entities_for(viewer).filter(pk__in=_numbers(said.getlist("entity"))))


def _signals(viewer: User, said: QueryDict) -> list[Entity]:
    """The accounts of ticked signals. signals: those that the page does not show."""
    ticked = [*said.getlist("signal"), *said.get("signals", "").split()]
    return actors_by_signal(_numbers(ticked)[:MOST], viewer) if ticked else []


def _numbers(texts: list[str]) -> list[int]:
    return [int(one) for one in texts if one.isascii() and one.isdecimal() and len(one) <= LONGEST]


def _tell(request: DeskRequest, put: Put) -> None:
    known = f", {put.known} were there already" if put.known else ""
    messages.success(request, f"{put.added} put in the tray{known}.")


def _require_owner(viewer: User) -> None:
    if not policy.allowed(viewer, "tray.own"):
        message = "There is no such page."
        raise NotFoundError(message)
