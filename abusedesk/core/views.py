"""Pages that know neither cases nor detectors: sign-in, personal, tokens, errors."""

from __future__ import annotations

from datetime import timedelta

from django import forms
from django.conf import settings
from django.contrib import messages
from django.contrib.auth import views as auth_views
from django.contrib.auth.decorators import login_required
from django.contrib.auth.forms import AuthenticationForm
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.template.loader import render_to_string
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from abusedesk.core import audit, clock, context, saved, zones
from abusedesk.core.errors import InvalidError, NotFoundError
from abusedesk.core.htmx import DeskRequest
from abusedesk.core.models import ApiToken, Role, Scope, Theme, User
from abusedesk.core.tokens import issue_token, revoke_token

YEAR_S = 365 * 86_400
OF_BROWSER = {"contrast": "more", "density": "compact"}
"""Cookies of what belongs to a screen, not to a person, with the value that switches each on."""


class LoginView(auth_views.LoginView):
    """Sign in by name and password."""

    template_name = "core/login.html"
    redirect_authenticated_user = True

    def form_valid(self, form: AuthenticationForm) -> HttpResponse:
        """The audit chain knows who came in."""
        response = super().form_valid(form)
        audit.append(actor=form.get_user(), verb=audit.Verb.LOGGED_IN, target=form.get_user())
        return response


class LookForm(forms.Form):
    """Theme and time zone of the account, contrast and density of this browser."""

    theme = forms.ChoiceField(choices=Theme.choices)
    time_zone = forms.CharField(max_length=64, required=False)
    contrast = forms.BooleanField(required=False)
    density = forms.BooleanField(required=False)


class TokenForm(forms.Form):
    """A new token."""

    name = forms.CharField(max_length=80, help_text="Which integration will use it.")
    scopes = forms.MultipleChoiceField(
        choices=Scope.choices, error_messages={"required": "Choose at least one."}
    )
    days = forms.TypedChoiceField(
        label="Valid for",
        choices=[(90, "90 days"), (365, "a year"), (0, "no end")],
        coerce=int,
    )


@login_required
@require_http_methods(["GET", "POST"])
def me(request: DeskRequest) -> HttpResponse:
    """Personal settings."""
    kept = {name: request.COOKIES.get(name) == value for name, value in OF_BROWSER.items()}
    first = {"theme": request.user.theme, "time_zone": request.user.time_zone, **kept}
    form = LookForm(request.POST or None, initial=first)
    if form.is_valid():
        try:
            zones.choose_zone(actor=request.user, name=form.cleaned_data["time_zone"])
        except InvalidError as error:
            form.add_error(error.field, error.message)
    if not form.is_valid():
        return render(request, "core/me.html", _looks(form), status=422 if form.is_bound else 200)
    request.user.theme = form.cleaned_data["theme"]
    request.user.save(update_fields=["theme"])
    response = redirect("me")
    for name, value in OF_BROWSER.items():
        if form.cleaned_data[name]:
            response.set_cookie(name, value, max_age=YEAR_S, samesite="Lax", httponly=True)
        else:
            response.delete_cookie(name, samesite="Lax")
    return response


@login_required
@require_http_methods(["GET", "POST"])
def tokens(request: DeskRequest) -> HttpResponse:
    """All tokens; a new one is shown once, in the answer to its form."""
    _require_admin(request.user)
    form = TokenForm(request.POST or None, initial={"scopes": [Scope.INGEST]})
    plain = _issued(form, request.user) if form.is_valid() else ""
    shown = TokenForm(initial={"scopes": [Scope.INGEST]}) if plain else form
    page = {
        "section": "settings",
        "form": shown,
        "plain": plain,
        "tokens": ApiToken.objects.order_by("revoked_at", "-created_at"),
    }
    status = 422 if form.is_bound and not plain else 200
    return render(request, "core/tokens.html", page, status=status)


@login_required
@require_POST
def token_revoke(request: DeskRequest, token_id: int) -> HttpResponse:
    """End a token at once."""
    _require_admin(request.user)
    token = get_object_or_404(ApiToken, pk=token_id)
    revoke_token(actor=request.user, token=token)
    messages.success(request, f"The token {token.name} does not work any more.")
    return redirect("tokens")


@login_required
@require_GET
def view_open(request: DeskRequest, view_id: int) -> HttpResponse:
    """The list and filters of a saved view."""
    return redirect(saved.address_of(saved.view_by_id(view_id, request.user)))


@login_required
@require_POST
def view_save(request: DeskRequest) -> HttpResponse:
    """Keep a list and its filters under a name."""
    view = saved.save_view(
        actor=request.user,
        page=request.POST.get("page", ""),
        name=request.POST.get("name", ""),
        at=request.POST.get("at", ""),
        tab=request.POST.get("tab", ""),
        query=request.POST.get("q", ""),
        shared=bool(request.POST.get("shared")),
    )
    messages.success(request, f"Saved as {view.name}.")
    return redirect(saved.address_of(view))


@login_required
@require_POST
def view_delete(request: DeskRequest, view_id: int) -> HttpResponse:
    """Forget a saved view."""
    view = saved.view_by_id(view_id, request.user)
    saved.delete_view(actor=request.user, view=view)
    messages.success(request, f"{view.name} is deleted.")
    return redirect("cases:views")


def error_403(request: HttpRequest, exception: Exception) -> HttpResponse:
    return _error(request, 403)


def error_404(request: HttpRequest, exception: Exception) -> HttpResponse:
    return _error(request, 404)


def error_500(request: HttpRequest) -> HttpResponse:
    return _error(request, 500)


def csrf_failure(request: HttpRequest, reason: str = "") -> HttpResponse:
    return _error(request, 403)


def _error(request: HttpRequest, status: int) -> HttpResponse:
    """Without the shell: an error page must not need the database."""
    page = {"request_id": context.current().request_id}
    return HttpResponse(render_to_string(f"errors/{status}.html", page), status=status)


def _looks(form: LookForm) -> dict[str, object]:
    return {
        "section": "me",
        "form": form,
        "zones": zones.names(),
        "zone_error": " ".join(map(str, form.errors.get("time_zone", []))),
        "desk_zone": settings.TIME_ZONE,
    }


def _issued(form: TokenForm, user: User) -> str:
    said = form.cleaned_data
    until = clock.now() + timedelta(days=said["days"]) if said["days"] else None
    _, plain = issue_token(user=user, name=said["name"], scopes=said["scopes"], expires_at=until)
    return plain


def _require_admin(user: User) -> None:
    if user.role != Role.ADMIN:
        message = "There is nothing here."
        raise NotFoundError(message)
