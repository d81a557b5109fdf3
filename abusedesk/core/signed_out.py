"""A form that is sent after its session ended comes back as it was typed, to be sent again."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from django.conf import settings
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.utils.cache import patch_cache_control

MAX_CHARACTERS: Final = 1 << 20
CSRF_FIELD: Final = "csrfmiddlewaretoken"


class SignedOutMiddleware:
    """Answers such a form with 401 instead of the way to the login page, which forgets the form.

    A page of htmx stays as it is (static/js/app.js says what to do); else the answer is a page that
    holds the form. Only what passed the CSRF check comes this far.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        if not _is_sent_to_login(request, response):
            return response
        typed = [
            (name, value)
            for name, values in request.POST.lists()
            for value in map(str, values)
            if name != CSRF_FIELD
        ]
        if sum(len(value) for _, value in typed) > MAX_CHARACTERS:
            return response
        held = {"typed": typed, "files": bool(request.FILES), "login": settings.LOGIN_URL}
        told = render(request, "errors/401.html", held, status=401)
        told["WWW-Authenticate"] = "Form"
        patch_cache_control(told, no_store=True)
        return told


def _is_sent_to_login(request: HttpRequest, response: HttpResponse) -> bool:
    return (
        request.method == "POST"
        and isinstance(response, HttpResponseRedirect)
        and response.url.startswith(f"{settings.LOGIN_URL}?")
        and not request.user.is_authenticated
    )
