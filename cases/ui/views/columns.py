"""Which columns somebody sees in lists of cases, and in which order."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods

from abusedesk.core.errors import InvalidError, NotFoundError
from abusedesk.core.htmx import DeskRequest
from cases import policy
from cases.columns import BY_ID, COLUMNS, FIXED, USUAL, ids_of
from cases.services.columns import save_columns
from cases.ui import bulk

LONGEST = 3  # digits of a place


@login_required
@require_http_methods(["GET", "POST"])
def own_columns(request: DeskRequest) -> HttpResponse:
    """A form that needs no script: what is shown, and a number that says where."""
    if not policy.allowed(request.user, "columns.own"):
        message = "There is no such page."
        raise NotFoundError(message)
    said = request.POST
    back = bulk.back_of(said or request.GET, reverse("cases:case-list"))
    if request.method == "POST":
        try:
            chosen = list(USUAL) if said.get("do") == "usual" else _chosen(said)
            save_columns(actor=request.user, columns=chosen)
        except InvalidError as error:
            return _page(request, back, _rows(said, _ticked(said)), error.message)
        messages.success(request, "Your columns are saved.")
        return redirect(back)
    shown = ids_of(request.user.own_columns)
    return _page(request, back, _rows(QueryDict(), shown))


def _chosen(said: QueryDict) -> list[str]:
    """Ticked columns by their place; those of the same place in the usual order."""
    at = {column.id: number for number, column in enumerate(COLUMNS)}
    ticked = [*_ticked(said), *(() if FIXED in said.getlist("show") else (FIXED,))]
    for name in ticked:
        text = said.get(f"place-{name}", "").strip()
        if text and not (text.isascii() and text.isdecimal() and len(text) <= LONGEST):
            title = BY_ID[name].title if name in BY_ID else name[:40]
            message = f"The place of {title} is a whole number, such as 3."
            raise InvalidError(message, field=f"place-{name}")
    return sorted(ticked, key=lambda one: (_place(said, one), at.get(one, len(at))))


def _ticked(said: QueryDict) -> list[str]:
    return list(dict.fromkeys(said.getlist("show")))


def _place(said: QueryDict, name: str) -> int:
    return int(said.get(f"place-{name}", "").strip() or len(COLUMNS) + 1)


def _rows(said: QueryDict, shown: list[str]) -> list[dict[str, Any]]:
    """Every column, the shown ones first; with what was typed, where something was."""
    rest = [column.id for column in COLUMNS if column.id not in shown]
    places = {name: str(number) for number, name in enumerate(shown, 1)}
    return [
        {
            "column": BY_ID[name],
            "shown": name in shown or name == FIXED,
            "fixed": name == FIXED,
            "place": said.get(f"place-{name}", "" if said else places.get(name, "")),
        }
        for name in [*shown, *rest]
        if name in BY_ID
    ]


def _page(
    request: DeskRequest, back: str, rows: list[dict[str, Any]], error: str = ""
) -> HttpResponse:
    context = {"section": "me", "rows": rows, "back": back, "error": error}
    return render(request, "cases/own_columns.html", context, status=422 if error else 200)
