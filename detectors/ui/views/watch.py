"""The watch list: what stands on it, paste more, take something off."""

from __future__ import annotations

from collections import Counter
from typing import Any, Final

from django import forms
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.http import urlencode
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from abusedesk.core import clock
from abusedesk.core.errors import ConflictError, InvalidError, NotFoundError
from abusedesk.core.htmx import DeskRequest
from abusedesk.core.models import Role, User
from detectors.choices import WatchType
from detectors.intel.decay import LEAST
from detectors.intel.stance import stance_of
from detectors.policy import READERS, allowed
from detectors.selectors.precision import source_precisions_for
from detectors.selectors.watch import (
    STATES,
    WatchFilter,
    assertions_of,
    watch_item_by_id,
    watch_items_for,
)
from detectors.services.watch import Told, add_items, remove_item
from detectors.ui.decay import curves_of
from detectors.watching.lines import (
    DAYS,
    MAX_DAYS,
    MAX_LINES,
    MIN_DAYS,
    TRUST,
    Fate,
    Line,
    Terms,
)

PAGE: Final = 50
MAX_DIGITS: Final = 18
MAX_PASTED: Final = 500_000
STATE_WORDS: Final = dict(zip(STATES, ("in force", "ended", "all"), strict=True))


class PasteForm(forms.Form):
    """Values of one source, one a line."""

    values = forms.CharField(
        label="Values",
        max_length=MAX_PASTED,
        widget=forms.Textarea(attrs={"rows": 6, "class": "mono", "spellcheck": "false"}),
        help_text=f"One a line, at most {MAX_LINES:,}. Defanged ones (hxxp, [.]) are understood.",
    )
    type = forms.ChoiceField(
        label="Type",
        choices=[("", "As each line looks"), *WatchType.choices],
        required=False,
        help_text="An account is platform:name and must be chosen.",
    )
    source = forms.CharField(label="Source", max_length=60, help_text="Who warns of them?")
    trust = forms.FloatField(
        label="Trust",
        min_value=0,
        max_value=1,
        initial=TRUST,
        help_text="0 to 1. Below 0.8 a second source must name the value too.",
    )
    days = forms.IntegerField(
        label="Days on the list", min_value=MIN_DAYS, max_value=MAX_DAYS, initial=DAYS
    )
    note = forms.CharField(label="Note", max_length=300, required=False)
    confirm = forms.BooleanField(
        label="Also well-known values",
        required=False,
        help_text="Values of top lists, shorteners or clouds are held back without this.",
    )


@login_required
@require_http_methods(["GET", "POST"])
def watch_list(request: DeskRequest) -> HttpResponse:
    """Items that match the filter, and the form for more with what became of each line."""
    _require_reader(request.user)
    form = PasteForm(request.POST or None)
    told: list[Told] = []
    if request.method == "POST":
        _require_editor(request.user)
        told = _added(request, form)
    status = 422 if form.is_bound and not told else 200
    context = {
        "section": "watch",
        "form": form if not told else PasteForm(initial=_again(form, told)),
        "told": told,
        "sums": Counter(one.fate.value for one in told).items(),
        "can_edit": allowed(request.user, "watch.edit"),
        "types": WatchType.choices,
        "states": STATE_WORDS.items(),
        **_listed(request),
    }
    return render(request, "detectors/watch_list.html", context, status=status)


@login_required
@require_GET
def watch_detail(request: DeskRequest, item_id: int) -> HttpResponse:
    """One value: what every source says or said of it, and how its scores fall."""
    item = watch_item_by_id(item_id, request.user)
    said = assertions_of(item, request.user)
    now = clock.now()
    standing = [one for one in said if one.is_in_force(now)]
    context = {
        "section": "watch",
        "item": item,
        "assertions": said,
        "stance": stance_of([one.opinion for one in standing]),
        "curves": curves_of(standing, now),
        "least": LEAST,
        "precisions": source_precisions_for(request.user),
        "can_edit": allowed(request.user, "watch.edit"),
    }
    return render(request, "detectors/watch_detail.html", context)


@login_required
@require_POST
def watch_remove(request: DeskRequest, item_id: int) -> HttpResponse:
    """Take one item off the list."""
    _require_editor(request.user)
    item = watch_item_by_id(item_id, request.user)
    try:
        remove_item(actor=request.user, item=item, reason=request.POST.get("reason", ""))
    except (InvalidError, ConflictError) as error:
        messages.error(request, error.message)
    else:
        messages.success(request, "The item is off the list.")
    return redirect("detectors:watch-list")


def _listed(request: DeskRequest) -> dict[str, Any]:
    wanted = WatchFilter.read(request.GET)
    rows = wanted.of(watch_items_for(request.user))
    before = request.GET.get("before", "")
    if before.isascii() and before.isdecimal() and len(before) <= MAX_DIGITS:
        rows = rows.filter(pk__lt=int(before))
    page = list(rows[: PAGE + 1])
    words = {
        name: word
        for name in ("state", "type", "source", "value")
        if (word := getattr(wanted, name))
    }
    last = page[PAGE - 1].pk if len(page) > PAGE else 0
    return {
        "rows": page[:PAGE],
        "wanted": wanted,
        "first": f"?{urlencode(words)}" if before else "",
        "more": f"?{urlencode({**words, 'before': last})}" if last else "",
        "shown": f"{min(len(page), PAGE)} shown",
        "step": PAGE,
    }


def _added(request: DeskRequest, form: PasteForm) -> list[Told]:
    if not form.is_valid():
        return []
    said = form.cleaned_data
    lines = [line.strip() for line in said["values"].splitlines() if line.strip()]
    try:
        return add_items(
            actor=request.user,
            lines=[Line(line, said["type"]) for line in lines],
            terms=Terms(said["source"], said["trust"], said["days"], said["note"]),
            confirm=said["confirm"],
        )
    except InvalidError as error:
        form.add_error(error.field, error.message)
        return []


def _again(form: PasteForm, told: list[Told]) -> dict[str, Any]:
    """What is left to do: lines that were not taken, under the same terms."""
    left = [one.raw for one in told if one.fate in {Fate.HELD, Fate.REFUSED}]
    return {**form.cleaned_data, "values": "\n".join(left), "confirm": False}


def _require_reader(user: User) -> None:
    if user.role not in READERS:
        message = "There is nothing here."
        raise NotFoundError(message)


def _require_editor(user: User) -> None:
    if user.role != Role.ADMIN:
        message = "There is nothing here."
        raise NotFoundError(message)
