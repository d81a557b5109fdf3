"""Refused items: the list, one with its editor, export."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Final

import msgspec
from django.conf import settings
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpResponse, StreamingHttpResponse
from django.shortcuts import redirect, render
from django.utils.http import urlencode
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from abusedesk.core import audit, clock
from abusedesk.core.errors import InvalidError, NotFoundError
from abusedesk.core.htmx import DeskRequest, render_part
from abusedesk.core.text import json_escaped
from detectors.adapters.registry import all_adapters
from detectors.choices import DeadLetterState
from detectors.ingest import Fault, Window
from detectors.models import DeadLetter
from detectors.selectors.dead_letter import (
    NO_ADAPTER,
    LetterFilter,
    letter_by_id,
    letter_count_for,
    letters_for,
    reasons_for,
    signal_of,
)
from detectors.services.dead_letter import (
    discard_letter,
    is_mapped,
    read_again,
    replay_letter,
)
from detectors.ui import letters as shapes
from detectors.ui.letter_links import (
    ANY,
    can_settle,
    id_of,
    list_link,
    require_reader,
    require_settler,
    said_count,
    wanted_of,
    words_of,
)

PAGE: Final = 50
SHOWN_REASONS: Final = 12
NO_ERROR: Final = {"field": "", "code": "", "message": ""}
PLAIN: Final = re.compile(r"[a-z_]{1,40}(\.[a-z0-9_]{1,40})?")
"""Names that may stand in an address; a sender can call a field anything."""
WHY: Final = "Say why; the next person will ask."
STATES: Final = [*DeadLetterState.choices, (ANY, "any")]
ADAPTERS: Final = [
    ("", "any"),
    (NO_ADAPTER, "posted as a signal"),
    *((slug, slug) for slug in all_adapters()),
]
EXPORTS: Final = {
    "csv": (shapes.csv_lines, "text/csv; charset=utf-8"),
    "ndjson": (shapes.ndjson_lines, "application/x-ndjson"),
}


@login_required
@require_GET
def letter_list(request: DeskRequest) -> HttpResponse:
    """Refused items, newest first, and what is wrong with them."""
    require_reader(request.user)
    wanted = wanted_of(request.GET)
    context = {
        "section": "letters",
        "wanted": wanted,
        "since": _local(wanted.since),
        "until": _local(wanted.until),
        "filtered": bool(set(wanted.words()) - {"state"}),
        "states": STATES,
        "state": wanted.state or ANY,
        "adapters": ADAPTERS,
        "reasons": _reasons(request, wanted),
        "hidden": words_of(wanted),
        "query": urlencode(words_of(wanted)),
        "can_settle": can_settle(request.user) and wanted.state in {"", DeadLetterState.OPEN},
        **_page(request, wanted),
    }
    return render_part(request, "detectors/letter_list.html", context, part="rows")


@login_required
@require_http_methods(["GET", "POST"])
def letter_detail(request: DeskRequest, letter_id: int) -> HttpResponse:
    """One refused item; POST stores what the editor holds."""
    letter = letter_by_id(letter_id, request.user)
    if request.method != "POST":
        return _letter_page(request, letter)
    require_settler(request.user)
    typed = request.POST.get("item", "")
    window = Window.at(clock.now(), oldest=settings.OLDEST_SIGNAL)
    try:
        found = read_again(letter, window, raw=typed.encode("utf-8", "replace"))
    except InvalidError as error:  # not even a document of the mapping
        faults = (Fault(error.field or "item", "invalid", str(error)),)
        return _letter_page(request, letter, typed=typed, faults=faults, status=422)
    if found.bad:
        return _letter_page(request, letter, typed=typed, faults=found.bad[0].faults, status=422)
    result = replay_letter(actor=request.user, letter=letter, signals=found.good)
    said = "It is stored as a signal." if result.accepted else "Its signal was known already."
    messages.success(request, said)
    return redirect("detectors:letter-detail", letter.pk)


@login_required
@require_POST
def letter_discard(request: DeskRequest, letter_id: int) -> HttpResponse:
    """Set one aside, with the reason."""
    letter = letter_by_id(letter_id, request.user)
    require_settler(request.user)
    reason = request.POST.get("reason", "").strip()[:500]
    if not reason:
        return _letter_page(request, letter, discard_error=WHY, status=422)
    discard_letter(actor=request.user, letter=letter, reason=reason)
    messages.success(request, "The item is set aside; it stays readable here.")
    return redirect("detectors:letter-detail", letter.pk)


@login_required
@require_GET
def letter_export(request: DeskRequest, form: str) -> StreamingHttpResponse:
    """The filtered list as a file, newest first."""
    require_reader(request.user)
    if form not in EXPORTS:
        message = "There is CSV and NDJSON."
        raise NotFoundError(message)
    wanted = wanted_of(request.GET)
    audit.append(
        actor=request.user,
        verb=audit.Verb.LETTERS_EXPORTED,
        target_type="deadletter",
        form=form,
        filters=wanted.words(),
    )
    lines, media_type = EXPORTS[form]
    return StreamingHttpResponse(
        lines(wanted.of(letters_for(request.user))),
        content_type=media_type,
        headers={"Content-Disposition": f'attachment; filename="dead-letters.{form}"'},
    )


def _page(request: DeskRequest, wanted: LetterFilter) -> dict[str, Any]:
    """One page of rows and the links around it."""
    found = wanted.of(letters_for(request.user))
    before = id_of(request.GET.get("before", ""))
    rows = list((found.filter(pk__lt=before) if before else found)[: PAGE + 1])
    total = said_count(letter_count_for(request.user, wanted))
    return {
        "rows": [(row, _shown_error(row, wanted)) for row in rows[:PAGE]],
        "sources": sorted({row.source.slug for row in rows}),
        "total": total,
        "shown": f"{len(rows[:PAGE])} of {total}",
        "step": PAGE,
        "first": list_link(wanted) if before else "",
        "more": list_link(wanted, before=rows[PAGE - 1].pk) if len(rows) > PAGE else "",
    }


def _shown_error(letter: DeadLetter, wanted: LetterFilter) -> Mapping[str, str]:
    """The reason that was asked for, else the first."""
    asked = {name: value for name, value in wanted.words().items() if name in {"field", "code"}}
    errors: list[dict[str, str]] = letter.errors
    fitting = (one for one in errors if asked.items() <= one.items())
    return next(fitting, errors[0] if errors else NO_ERROR)


def _letter_page(
    request: DeskRequest,
    letter: DeadLetter,
    *,
    typed: str | None = None,
    faults: Sequence[msgspec.Struct] | None = None,
    discard_error: str = "",
    status: int = 200,
) -> HttpResponse:
    shown = shapes.laid_out(bytes(letter.raw))
    judged = bytes(letter.raw) if typed is None else typed.encode("utf-8", "replace")
    errors: Sequence[Mapping[str, str]] = msgspec.to_builtins(faults) if faults else letter.errors
    is_editable = not letter.adapter or is_mapped(letter)
    context: dict[str, Any] = {
        "section": "letters",
        "letter": letter,
        "is_piece": not is_editable,
        "is_open": letter.state == DeadLetterState.OPEN,
        "can_settle": can_settle(request.user),
        "wrongs": shapes.wrongs(judged, errors),
        "again": bool(faults),
        "item": typed if typed is not None else json_escaped(shown) if is_editable else "",
        "raw": shown,
        "signal": signal_of(letter, request.user),
        "discard_error": discard_error,
    }
    return render(request, "detectors/letter_detail.html", context, status=status)


def _reasons(request: DeskRequest, wanted: LetterFilter) -> list[dict[str, Any]]:
    """Each with the address of the list that holds just those, or, when chosen, of all again."""
    rows = []
    for one in reasons_for(request.user, wanted)[:SHOWN_REASONS]:
        chosen = (one.field, one.code) == (wanted.field, wanted.code)
        field = one.field if PLAIN.fullmatch(one.field) else ""
        place = {"field": "", "code": ""} if chosen else {"field": field, "code": one.code}
        rows.append({"reason": one, "chosen": chosen, "href": list_link(wanted, **place)})
    return rows


def _local(moment: datetime | None) -> str:
    """As `<input type=datetime-local>` wants it, in UTC."""
    return f"{moment:%Y-%m-%dT%H:%M}" if moment else ""
