"""Covered evidence: a look at it, and how it is covered."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods, require_POST

from abusedesk.core import text
from abusedesk.core.errors import NotFoundError
from abusedesk.core.htmx import DeskRequest, render_part
from abusedesk.core.models import User
from cases import policy
from cases.choices import Masking
from cases.masking import BLUR_RANGE
from cases.media import INLINE
from cases.models import PeekHabit
from cases.selectors.case import case_by_ref
from cases.selectors.content import file_by_id
from cases.selectors.masking import mask_categories_for, masks_for
from cases.services.masking import peek as look
from cases.services.masking import peek_signal as look_at
from cases.services.masking import save_desk_masks, save_own_masks
from cases.ui import evidence
from detectors.models import Signal
from detectors.ui.views.signal import WHOLE, raw_of


class MaskForm(forms.Form):
    """One choice for each category; `names` maps the names of its fields to the categories."""

    blur = forms.IntegerField(
        label="How strong the blur is",
        min_value=BLUR_RANGE[0],
        max_value=BLUR_RANGE[1],
        widget=forms.NumberInput(attrs={"type": "range"}),
        required=False,
        help_text="Further right: less can be guessed.",
    )
    press = forms.BooleanField(
        required=False,
        label="Peek with one press instead of holding",
        help_text="What is shown is covered again after ten seconds.",
    )

    def __init__(
        self,
        data: QueryDict | None,
        *,
        categories: list[tuple[str, str]],
        chosen: dict[str, str],
        nothing: str,
        habit: PeekHabit | None,
    ) -> None:
        """habit: None where no person chooses."""
        super().__init__(data)
        self.names: dict[str, str] = {}
        choices = [("", nothing), *Masking.choices]
        for category, title in categories:
            field = forms.ChoiceField(
                choices=choices, required=False, label=title, initial=chosen.get(category, "")
            )
            name = f"mode-{category}" if category else "else"
            self.fields[name] = field
            self.names[name] = category
        self.order_fields(self.names)
        for name in ("blur", "press"):
            if habit is None:
                del self.fields[name]
            else:
                self.initial[name] = getattr(habit, name)

    @property
    def modes(self) -> dict[str, str]:
        """Category -> mode, of those that were chosen."""
        said = ((category, self.cleaned_data[name]) for name, category in self.names.items())
        return {category: mode for category, mode in said if mode}


@login_required
@require_POST
def peek(request: DeskRequest, ref: str, signal_id: int) -> HttpResponse:
    """The words of one signal: a piece for the page that asks, or a page of their own."""
    case = case_by_ref(ref, request.user)
    signal = look(actor=request.user, case=case, signal_id=signal_id)
    return _peeked(request, signal, section="queues", case=case)


@login_required
@require_POST
def peek_signal(request: DeskRequest, signal_id: int) -> HttpResponse:
    """The same from pages that are about no case."""
    signal = look_at(actor=request.user, signal_id=signal_id)
    return _peeked(request, signal, section="signals")


@login_required
@require_POST
def peek_file(request: DeskRequest, ref: str, file_id: int) -> HttpResponse:
    """A picture of the case; its bytes are counted, and in its custody, when they are fetched."""
    case = case_by_ref(ref, request.user)
    file = file_by_id(file_id, case, request.user)
    if file.media_type not in INLINE:
        message = "This file is no picture."
        raise NotFoundError(message)
    page = {"section": "queues", "case": case, "file": file}
    return render_part(request, "cases/peeked.html", page, part="words")


@login_required
@require_http_methods(["GET", "POST"])
def wellness(request: DeskRequest) -> HttpResponse:
    """How evidence is covered for oneself."""
    _require(request.user, "mask.own")
    own, _ = masks_for(request.user)
    habit = getattr(request.user, "peek_habit", None) or PeekHabit()
    form = MaskForm(
        request.POST or None,
        categories=mask_categories_for(request.user),
        chosen=own,
        nothing="As the desk",
        habit=habit,
    )
    if form.is_valid():
        said = form.cleaned_data
        blur = habit.blur if said["blur"] is None else said["blur"]
        save_own_masks(actor=request.user, modes=form.modes, press=said["press"], blur=blur)
        messages.success(request, "Saved.")
        return redirect("cases:wellness")
    page = {"section": "me", "form": form, "title": "Wellness", "whom": "you"}
    return render(request, "cases/masking.html", page, status=422 if form.is_bound else 200)


@login_required
@require_http_methods(["GET", "POST"])
def desk_masking(request: DeskRequest) -> HttpResponse:
    """How evidence is covered for who has chosen nothing."""
    _require(request.user, "mask.save")
    _, desk = masks_for(request.user)
    form = MaskForm(
        request.POST or None,
        categories=mask_categories_for(request.user),
        chosen=desk,
        nothing="By severity",
        habit=None,
    )
    if form.is_valid():
        save_desk_masks(actor=request.user, modes=form.modes)
        messages.success(request, "Saved.")
        return redirect("cases:masking")
    page = {"section": "masking", "form": form, "title": "Masking", "whom": "everybody"}
    return render(request, "cases/masking.html", page, status=422 if form.is_bound else 200)


def _peeked(request: DeskRequest, signal: Signal, **page: Any) -> HttpResponse:
    """raw, whole: what the page that asks has room for."""
    whole = request.POST.get("whole") == "1"
    page |= {
        "signal": signal,
        "links": evidence.item(signal).links,
        "whole": whole,
        "text_view": text.safe_view(signal.text, WHOLE if whole else text.GRAPHEMES),
        "raw": raw_of(signal) if request.POST.get("raw") == "1" else "",
    }
    return render_part(request, "cases/peeked.html", page, part="words")


def _require(user: User, verb: str) -> None:
    if not policy.allowed(user, verb):
        message = "There is nothing here."
        raise NotFoundError(message)
