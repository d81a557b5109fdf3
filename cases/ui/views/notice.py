"""The inbox: what people were told, and whom they can name in a note."""

from __future__ import annotations

from typing import Final

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from abusedesk.core import mail
from abusedesk.core.errors import InvalidError
from abusedesk.core.htmx import DeskRequest
from abusedesk.core.models import User
from cases.choices import NoticeKind
from cases.selectors.case import case_by_ref, queue_counts
from cases.selectors.notice import (
    colleagues_of,
    habit_of,
    inbox_for,
    notice_by_id,
    notices_for,
)
from cases.services.notice import read_notices, save_habit
from cases.ui.habit_forms import HabitForm

SIZE: Final = 50
COMPLETED: Final = 8
NAMES_MOST: Final = 500
LONGEST_ID: Final = 18  # digits
DETECTOR: Final = "detectors:detector-detail"
PLACES: Final[dict[str, str]] = {
    NoticeKind.TRIPPED: "cases:detector-automation",
    NoticeKind.AUTOMATION: "cases:detector-automation",
    NoticeKind.AUTOMATION_DONE: "cases:detector-automation",
    NoticeKind.AUTOMATION_NO: "cases:detector-automation",
    NoticeKind.FEED: "cases:feed",
}
"""Where a notice leads that is about no case, where not to a detector."""


@login_required
@require_GET
def inbox(request: DeskRequest) -> HttpResponse:
    """What I have not read; `?show=all` also what I have."""
    everything = request.GET.get("show") == "all"
    rows = inbox_for(request.user) if everything else notices_for(request.user)
    after = _id(request.GET.get("from", ""))
    found = list((rows.filter(pk__lt=after) if after else rows)[: SIZE + 1])
    here = "?show=all&" if everything else "?"
    counts = queue_counts(request.user)
    context = {
        "section": "inbox",
        "queue_counts": counts,
        "everything": everything,
        "rows": found[:SIZE],
        "shown": "",
        "step": SIZE,
        "first": here if after else "",
        "more": f"{here}from={found[SIZE - 1].pk}" if len(found) > SIZE else "",
    }
    return render(request, "cases/inbox.html", context)


@login_required
@require_GET
def notice(request: DeskRequest, notice_id: int) -> HttpResponse:
    """What a notice is about; it is read then."""
    found = notice_by_id(notice_id, request.user)
    read_notices(actor=request.user, ids=[found.pk])
    if found.case is None:
        return redirect(PLACES.get(found.kind, DETECTOR), found.detector)
    place = f"#note-{found.note_id}" if found.note_id else ""
    return redirect(f"{reverse('cases:case-detail', args=[found.case.ref])}{place}")


@login_required
@require_POST
def notices_read(request: DeskRequest) -> HttpResponse:
    """One of my notices is read, or all."""
    one = _id(request.POST.get("notice", ""))
    read_notices(actor=request.user, ids=[one] if one else None)
    return redirect("cases:inbox")


@login_required
@require_http_methods(["GET", "POST"])
def notice_habits(request: DeskRequest) -> HttpResponse:
    """Which notices I want, on the desk and by mail, and when mail may come."""
    person = request.user
    form = HabitForm(
        request.POST if request.method == "POST" else None,
        person=person,
        habit=habit_of(person),
        mail_is_on=mail.is_on(),
    )
    if form.is_valid() and _saved(form, person):
        messages.success(request, "Your choice of notices is saved.")
        return redirect("cases:notice-habits")
    context = {"section": "inbox", "form": form, "mail_is_on": mail.is_on()}
    status = 422 if form.is_bound else 200
    return render(request, "cases/notice_habits.html", context, status=status)


def _saved(form: HabitForm, person: User) -> bool:
    """Whether it is kept; else the form says at its field what is wrong, and nothing is."""
    said = form.cleaned_data
    try:
        save_habit(
            actor=person,
            habit=form.habit(),
            mailed=said.get("wanted"),
            address=said.get("address", ""),
        )
    except InvalidError as error:
        form.add_error(error.field, error.message)
    return form.is_valid()


@login_required
@require_GET
def colleagues(request: DeskRequest, ref: str) -> HttpResponse:
    """Whom a note on the case can name; as JSON what completes the letters that were typed."""
    case = case_by_ref(ref, request.user)
    begins = request.GET.get("begins", "")
    people = colleagues_of(case, request.user, begins)
    if request.GET.get("format") == "json":
        names = people.values_list("username", flat=True)[:COMPLETED]
        return JsonResponse({"names": list(names)})
    context = {"section": "queues", "case": case, "people": people[:NAMES_MOST]}
    return render(request, "cases/colleagues.html", context)


def _id(text: str) -> int:
    """The id that was sent; 0 for what is none."""
    usable = text.isascii() and text.isdecimal() and len(text) <= LONGEST_ID
    return int(text) if usable else 0
