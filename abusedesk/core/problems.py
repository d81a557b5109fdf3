"""Answers `core.errors` once for the console and the API."""

from __future__ import annotations

from collections.abc import Callable
from http import HTTPStatus
from typing import Final

from django.http import HttpRequest, HttpResponse
from django.template import TemplateDoesNotExist
from django.template.loader import render_to_string
from django.utils.html import escape
from drf_standardized_errors.handler import exception_handler as standard_handler
from drf_standardized_errors.types import ExceptionHandlerContext
from rest_framework.exceptions import APIException
from rest_framework.response import Response

from abusedesk.core import context
from abusedesk.core.errors import AbuseDeskError

SERVER: Final = 500
"""From this status on it is not the caller's fault."""


def exception_handler(error: Exception, view: ExceptionHandlerContext) -> Response | None:
    """`REST_FRAMEWORK["EXCEPTION_HANDLER"]`: the standard error shape with the field in `attr`."""
    if not isinstance(error, AbuseDeskError):
        return standard_handler(error, view)
    refusal = APIException(error.message, error.code)
    refusal.status_code = error.status
    response = standard_handler(refusal, view)
    if response is not None:
        response.data["type"] = "client_error" if error.status < SERVER else "server_error"
        response.data["errors"][0]["attr"] = error.field or None
        if error.data:
            response.data["meta"] = error.data
        if error.retry_after_s:
            response["Retry-After"] = str(error.retry_after_s)
    return response


class ErrorMiddleware:
    """Turns a refusal that a console view did not handle into a page with its status."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self.get_response(request)

    def process_exception(self, request: HttpRequest, error: Exception) -> HttpResponse | None:
        if not isinstance(error, AbuseDeskError):
            return None
        return HttpResponse(_page(request, error), status=error.status)


def _page(request: HttpRequest, error: AbuseDeskError) -> str:
    """`errors/<status>.html`, or one plain sentence while there is no such template."""
    shown = {
        "error": error,
        "title": HTTPStatus(error.status).phrase,
        "request_id": context.current().request_id,
    }
    try:
        return render_to_string(f"errors/{error.status}.html", shown, request)
    except TemplateDoesNotExist:
        return f"<!doctype html><title>{shown['title']}</title><p>{escape(error.message)}</p>"
