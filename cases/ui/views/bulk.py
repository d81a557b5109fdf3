"""Work on many cases before it begins: look first, then confirm."""

from __future__ import annotations

from typing import Any, Final

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods

from abusedesk.core.errors import InvalidError
from abusedesk.core.htmx import DeskRequest
from abusedesk.core.models import User
from cases import paging, policy
from cases.choices import BulkAction, BulkState, ItemState
from cases.deeds import ALONE, RULES, Deed
from cases.models import BulkJob
from cases.selectors.preview import (
    Choice,
    Preview,
    policies_by_count,
    preview_for,
    samples_of,
)
from cases.services.bulk import start_bulk
from cases.ui import bulk
from cases.ui.bulk import require_worker
from cases.ui.bulk_forms import FORMS, ConfirmForm
from cases.ui.rows import with_claims

STAYED: Final = (ItemState.FAILED, ItemState.SKIPPED, ItemState.KEPT)
ENDED: Final = (BulkState.DONE, BulkState.CANCELLED)
SHOWN: Final = 100
"""Cases that were not changed, on the page of a job."""
JOBS: Final = 50


@login_required
@require_http_methods(["GET", "POST"])
def bulk_new(request: DeskRequest) -> HttpResponse:
    """What would happen to the ticked cases, or to all that match; and then it happens."""
    require_worker(request.user)
    said = request.POST if request.method == "POST" else request.GET
    back = bulk.back_of(said, reverse("cases:case-list"))
    if said.get("action") not in BulkAction.values:
        return redirect(back)
    action = BulkAction(said["action"])
    policy.require(request.user, RULES[action].verb)
    try:
        choice = bulk.choice_of(said)
        confirms = request.method == "POST" and bool(said.get("confirm"))
        form = FORMS[action](said if confirms else None, viewer=request.user)
        if confirms and form.is_valid() and (job := _started(request, form, choice)):
            return redirect("cases:bulk-job", job.pk)
        return _preview_page(request, action, choice, form, back)
    except InvalidError as error:
        messages.error(request, error.message)
        return redirect(back)


def _started(request: DeskRequest, form: ConfirmForm, choice: Choice) -> BulkJob | None:
    """The job; None when something in the form does not do, which it says then."""
    try:
        return start_bulk(
            actor=request.user,
            choice=choice,
            deed=form.deed(),
            reason=form.cleaned_data["reason"],
            confirmed=form.cleaned_data["count"],
        )
    except InvalidError as error:
        form.add_error(error.field if error.field in form.fields else None, error.message)
        return None


def _preview_page(
    request: DeskRequest, action: BulkAction, choice: Choice, form: ConfirmForm, back: str
) -> HttpResponse:
    found = preview_for(request.user, choice, Deed(action))
    if not found.typed:
        del form.fields["count"]
    else:
        form["count"].label = f"Type the number of cases, {found.total:,}"
    context = {
        "section": "cases",
        "action": action,
        "found": found,
        "matching": paging.told(found.found),
        "accounts": sum(one.accounts for one in found.takes),
        "alone": ALONE,
        "form": form,
        "hidden": _hidden(choice, action, back) | {"shown": str(found.total)},
        "key": request.POST.get("key", ""),
        "back": back,
        **_looks(found, request.user),
    }
    status = 422 if form.errors else 200
    return render(request, "cases/bulk_new.html", context, status=status)


def _looks(found: Preview, viewer: User) -> dict[str, Any]:
    """What the cases are."""
    samples = samples_of(found.takes, viewer)
    return {
        "policies": policies_by_count(found.takes, viewer),
        "rows": with_claims(samples, viewer),
    }


def _hidden(choice: Choice, action: BulkAction, back: str) -> dict[str, str]:
    """Fields that repeat the choice when it is confirmed."""
    which = {"refs": " ".join(choice.refs)} if choice.refs else {"all": "1", "q": str(choice.query)}
    return {
        "action": action.value,
        "seen": choice.at.isoformat(),
        "back": back,
        "confirm": "1",
        **which,
    }
