"""`?q=` of the list of signals: the explorer's language, the list's shape."""

from __future__ import annotations

from typing import Final

from drf_spectacular.utils import OpenApiParameter
from rest_framework.exceptions import ValidationError
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.utils.urls import replace_query_param

from abusedesk.core.models import User
from abusedesk.core.pagination import KeysetPagination
from abusedesk.core.query import Query, QueryError, parse
from detectors.api.filters import SignalFilter
from detectors.api.serializers import SignalSerializer
from detectors.search import FIELDS, Goal, Position
from detectors.selectors.search import hits_for, signals_of

PARAMETER: Final = OpenApiParameter(
    "q",
    str,
    description="A query as in the signals explorer, alone: `platform:x since:2d -kind:login"
    ' "exact words"`. Newest act first. A page may be short of rows, or empty, while `next` goes'
    " on: the search stops after a second.",
)
TIME_S: Final = 1.0


def found(request: Request, viewer: User) -> Response:
    """One page of what `q` finds. Raises ValidationError."""
    query, start = _query(request), _start(request)
    size = KeysetPagination().get_page_size(request) or KeysetPagination.page_size
    hits = hits_for(viewer, query, Goal(size + 1, size + 1, TIME_S, TIME_S), start)
    shown = hits.hits[:size]
    following = shown[-1].position if len(hits.hits) > size else hits.end
    rows = SignalSerializer(signals_of(shown, viewer), many=True).data
    return Response({"next": _link(request, following), "previous": None, "results": rows})


def _query(request: Request) -> Query:
    others = sorted(set(SignalFilter.base_filters) & set(request.query_params))
    if others:
        message = f"q stands alone: write {others[0]}: in it."
        raise ValidationError({"q": [message]})
    try:
        return parse(request.query_params["q"], FIELDS)
    except QueryError as error:
        raise ValidationError({"q": error.faults}) from None


def _start(request: Request) -> Position | None:
    text = request.query_params.get("cursor", "")
    start = Position.read(text)
    if text and start is None:
        message = "cursor is not one that this list gave out."
        raise ValidationError({"cursor": [message]})
    return start


def _link(request: Request, position: Position | None) -> str | None:
    if position is None:
        return None
    return str(replace_query_param(request.build_absolute_uri(), "cursor", str(position)))
