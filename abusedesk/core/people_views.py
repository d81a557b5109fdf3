"""Pages of people: an admin makes and changes them; everybody changes their own password."""

from __future__ import annotations

from django import forms
from django.contrib import messages
from django.contrib.auth import views as auth_views
from django.contrib.auth.decorators import login_required
from django.contrib.auth.forms import PasswordChangeForm
from django.db import transaction
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse_lazy
from django.views.decorators.http import require_http_methods, require_POST

from abusedesk.core import audit
from abusedesk.core.errors import AbuseDeskError, InvalidError, NotFoundError
from abusedesk.core.htmx import DeskRequest
from abusedesk.core.models import Role, User
from abusedesk.core.people import change_user, create_user, people_for, renew_password
from abusedesk.core.policy import allowed


class PersonForm(forms.Form):
    """A new person."""

    name = forms.CharField(
        label="User name", max_length=150, help_text="Letters, digits and @ . + - _",
        widget=forms.TextInput(attrs={"autocomplete": "off", "spellcheck": "false"}),
    )  # fmt: skip
    mail = forms.EmailField(
        label="Mail address", required=False, help_text="Only for notices by mail; may stay empty."
    )
    role = forms.ChoiceField(choices=Role.choices, initial=Role.REVIEWER)


class ChangeForm(forms.Form):
    """What an admin changes of somebody."""

    role = forms.ChoiceField(choices=Role.choices)
    active = forms.BooleanField(required=False)


class OwnPasswordView(auth_views.PasswordChangeView):
    """Change one's own password; other sessions of the person end."""

    http_method_names = ["get", "head", "post", "options"]
    template_name = "core/own_password.html"
    success_url = reverse_lazy("me")
    extra_context = {"section": "me"}

    @transaction.atomic
    def form_valid(self, form: PasswordChangeForm) -> HttpResponse:
        """The audit chain knows that, and nothing of the password."""
        response = super().form_valid(form)
        name = form.user.username
        audit.append(actor=form.user, verb=audit.Verb.USER_RENEWED, target=form.user, name=name)
        messages.success(self.request, "Your password is changed.")
        return response

    def form_invalid(self, form: PasswordChangeForm) -> HttpResponse:
        """The page again, with what is wrong."""
        return self.render_to_response(self.get_context_data(form=form), status=422)


@login_required
@require_http_methods(["GET", "POST"])
def people(request: DeskRequest) -> HttpResponse:
    """Everybody; a new person's password is shown once, in the answer to the form."""
    _require_sight(request.user)
    form = PersonForm(request.POST or None)
    shown: dict[str, str] = {}
    if form.is_valid():
        name = form.cleaned_data["name"]
        try:
            password = create_user(actor=request.user, **form.cleaned_data)
        except InvalidError as error:
            form.add_error(error.field, error.message)
        else:
            shown = {"whose": name, "plain": password}
            form = PersonForm()
    return _page(request, form, shown, status=422 if form.is_bound else 200)


@login_required
@require_POST
def person_change(request: DeskRequest, user_id: int) -> HttpResponse:
    """Another role, off or on."""
    person = _person(request.user, user_id)
    form = ChangeForm(request.POST)
    if not form.is_valid():
        message = "Choose one of the roles."
        raise InvalidError(message, field="role")
    said = form.cleaned_data
    try:
        change_user(actor=request.user, name=person.username, role=Role(said["role"]),
                    active=said["active"])  # fmt: skip
    except AbuseDeskError as error:
        messages.error(request, error.message)
    else:
        messages.success(request, f"{person.username} is changed.")
    return redirect("people")


@login_required
@require_POST
def person_password(request: DeskRequest, user_id: int) -> HttpResponse:
    """A new password for somebody who lost theirs, shown once."""
    person = _person(request.user, user_id)
    plain = renew_password(actor=request.user, name=person.username)
    return _page(request, PersonForm(), {"whose": person.username, "plain": plain})


def _page(
    request: DeskRequest, form: PersonForm, shown: dict[str, str], status: int = 200
) -> HttpResponse:
    context = {
        "section": "people",
        "form": form,
        "people": people_for(request.user),
        "roles": Role.choices,
        **shown,
    }
    return render(request, "core/people.html", context, status=status)


def _person(viewer: User, user_id: int) -> User:
    _require_sight(viewer)
    return get_object_or_404(people_for(viewer), pk=user_id)


def _require_sight(viewer: User) -> None:
    if not allowed(viewer, "person.view"):
        message = "There is nothing here."
        raise NotFoundError(message)
