"""Refusals become pages and API answers with the right status, once for all."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client, RequestFactory
from rest_framework.exceptions import NotFound
from rest_framework.views import APIView

from abusedesk.core import errors
from abusedesk.core.problems import ErrorMiddleware, exception_handler

CASES = [
    (errors.ForbiddenError, 403, "permission_denied"),
    (errors.NotFoundError, 404, "not_found"),
    (errors.ConflictError, 409, "conflict"),
    (errors.IllegalTransitionError, 409, "illegal_transition"),
    (errors.StaleError, 409, "stale"),
    (errors.ClaimLostError, 409, "claim_lost"),
    (errors.InvalidError, 422, "invalid"),
]


def _context() -> Any:
    view = APIView()
    return {
        "view": view,
        "request": view.initialize_request(RequestFactory().get("/")),
        "args": (),
        "kwargs": {},
    }


@pytest.mark.parametrize(("kind", "status", "code"), CASES)
def test_the_api_answers_in_the_standard_shape(
    kind: type[errors.AbuseDeskError], status: int, code: str
) -> None:
    answer = exception_handler(kind("Not so.", field="reason"), _context())
    assert answer is not None
    assert answer.status_code == status
    assert answer.data == {
        "type": "client_error",
        "errors": [{"code": code, "detail": "Not so.", "attr": "reason"}],
    }


def test_an_error_without_a_field_has_none() -> None:
    answer = exception_handler(errors.NotFoundError("Gone."), _context())
    assert answer is not None
    assert answer.data["errors"][0]["attr"] is None


def test_other_errors_of_the_api_stay_as_they_are() -> None:
    answer = exception_handler(NotFound(), _context())
    assert answer is not None
    assert answer.status_code == 404


@pytest.mark.parametrize(("kind", "status", "code"), CASES)
def test_the_console_answers_with_a_page_that_escapes(
    kind: type[errors.AbuseDeskError], status: int, code: str
) -> None:
    middleware = ErrorMiddleware(lambda request: pytest.fail("not called"))
    page = middleware.process_exception(RequestFactory().get("/"), kind("<script>no</script>"))
    assert page is not None
    assert page.status_code == status
    assert b"<script>no" not in page.content


def test_a_fault_of_the_program_is_not_dressed_up() -> None:
    middleware = ErrorMiddleware(lambda request: pytest.fail("not called"))
    assert middleware.process_exception(RequestFactory().get("/"), ValueError("x")) is None


@pytest.mark.parametrize("path", ["/api/v1/no-such-thing/", "/api/v1/sources/a%0Ab/", "/api/"])
def test_an_address_of_the_api_that_leads_nowhere_answers_in_json(
    client: Client, path: str
) -> None:
    answer = client.get(path)
    assert answer.status_code == 404
    assert answer.json()["errors"][0]["code"] == "not_found"
    assert client.get("/no-such-page/").headers["Content-Type"].startswith("text/html")
