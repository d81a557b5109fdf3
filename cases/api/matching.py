"""Versions over HTTP: a case's ETag, and writes that hold only for the version they name."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Final

from drf_spectacular.utils import OpenApiParameter
from rest_framework.request import Request
from rest_framework.response import Response

from abusedesk.core.errors import ChangedError, StaleError, UnconditionalError
from abusedesk.core.models import User
from cases import versions
from cases.models import Case
from cases.selectors.case import case_by_ref

HEADER: Final = "If-Match"
# Strong tags only, as RFC 9110 has it for If-Match; one that is none matches nothing.
_TAG: Final = re.compile(r'(?<!W/)"(\d{1,9})"')
IF_MATCH: Final = OpenApiParameter(
    HEADER,
    location=OpenApiParameter.HEADER,
    description="ETag of the version that the caller saw, or *. Another version answers 412.",
)
MUST_MATCH: Final = OpenApiParameter(
    HEADER,
    location=OpenApiParameter.HEADER,
    description="ETag of the version that the caller saw, or *. Another version answers 412,"
    " none at all 428.",
)


@contextmanager
def matched(request: Request, ref: str, viewer: User, *, must: bool = False) -> Iterator[Case]:
    """The case, locked while the block runs, if it is as `If-Match` says.

    must: a write that replaces something may not leave the header out.
    """
    case = case_by_ref(ref, viewer)
    with http_names(), versions.unchanged(case, versions_in(request, must=must)) as newest:
        yield newest


@contextmanager
def http_names() -> Iterator[None]:
    """A version that is not the newest is 412 here; 409 is for what the state forbids."""
    try:
        yield
    except StaleError as error:
        raise ChangedError(error.message, field=error.field, **error.data) from error


def versions_in(request: Request, *, must: bool) -> frozenset[int] | None:
    """The versions that `If-Match` names; None for any. Raises UnconditionalError."""
    header = request.headers.get(HEADER)
    if header is None and must:
        message = "Say in If-Match which version you saw: the ETag of what you read, or *."
        raise UnconditionalError(message, field=HEADER)
    if header is None or header.strip() == "*":
        return None
    return frozenset(map(int, _TAG.findall(header)))


def tagged(shown: Any, version: int, status: int = 200) -> Response:
    """An answer with the version it shows."""
    return Response(shown, status=status, headers={"ETag": f'"{version}"'})
