"""Who acts in which request: bound by the middleware, carried into tasks by message headers."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import asdict, dataclass
from typing import Any, Self

import structlog
from django.http import HttpRequest, HttpResponse
from django.utils.cache import patch_cache_control

from abusedesk.core import ids


@dataclass(frozen=True)
class Context:
    """The actor's user id ("" when nobody is signed in) and the request's id."""

    actor: str = ""
    request_id: str = ""

    @classmethod
    def from_headers(cls, headers: Mapping[str, Any]) -> Self:
        """The context a message carries; empty when it carries none."""
        return cls(str(headers.get("actor") or ""), str(headers.get("request_id") or ""))

    def as_headers(self) -> dict[str, str]:
        """Message headers for `from_headers`."""
        return asdict(self)


_current: ContextVar[Context] = ContextVar("context", default=Context())  # noqa: B039 -- frozen


def current() -> Context:
    """The context of the running request or task."""
    return _current.get()


@contextmanager
def bound(context: Context) -> Iterator[None]:
    """Make `context` the current one, in log lines too."""
    token = _current.set(context)
    try:
        with structlog.contextvars.bound_contextvars(
            **{k: v for k, v in asdict(context).items() if v}
        ):
            yield
    finally:
        _current.reset(token)


class ContextMiddleware:
    """Binds the context of each request; what signed-in people see is not kept by any cache."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        context = Context(actor=str(request.user.pk or ""), request_id=ids.new_uuid().hex)
        with bound(context):
            response = self.get_response(request)
        response["X-Request-ID"] = context.request_id
        if request.user.is_authenticated:
            patch_cache_control(response, no_store=True)
        return response
