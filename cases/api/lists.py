"""Lists of cases over REST: their order, their table, and the columns that the caller sees."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

from django.db.models import QuerySet
from django.http import StreamingHttpResponse
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.exceptions import NotFound
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.utils.urls import replace_query_param

from abusedesk.core import clock
from abusedesk.core.downloads import csv_file
from abusedesk.core.errors import InvalidError
from abusedesk.core.models import Scope, User
from abusedesk.core.pagination import KeysetPagination
from abusedesk.core.query import MAX_CHARS, parse
from abusedesk.core.rest import Endpoint, caller, problems
from cases import ordering
from cases.choices import State, Tlp
from cases.columns import COLUMNS, ids_of
from cases.models import Case
from cases.search import FIELDS, where
from cases.selectors.case import cases_for
from cases.services.columns import save_columns
from cases.services.export import export_cases


class CasePagination(KeysetPagination):
    """Newest id first; with `?sort=` in that order, which is read forwards only."""

    following = ""
    order: ordering.Order | None = None

    def paginate_queryset(self, queryset: Any, request: Request, view: Any = None) -> Any:
        """A page. Raises InvalidError for what is no order, NotFound for what is no cursor."""
        self.order = ordering.read_strictly(request.query_params.get("sort", ""))
        if self.order is None:
            return super().paginate_queryset(queryset, request, view)
        self.base_url = request.build_absolute_uri()
        after = request.query_params.get(self.cursor_query_param, "")
        if after and not ordering.is_cursor(self.order, after):
            raise NotFound
        size = self.get_page_size(request) or self.page_size
        page = ordering.in_order(queryset, self.order, after, size)
        self.following = page.more
        return page.rows

    def get_next_link(self) -> str | None:
        """The page behind this one."""
        if self.order is None:
            return super().get_next_link()
        if not self.following:
            return None
        return replace_query_param(str(self.base_url), self.cursor_query_param, self.following)

    def get_previous_link(self) -> str | None:
        """None in an order of one's own."""
        return super().get_previous_link() if self.order is None else None


class ExportSerializer(serializers.Serializer[Any]):
    """Which cases, in the filter language, and in which order."""

    q = serializers.CharField(max_length=MAX_CHARS, allow_blank=True, default="")
    sort = serializers.ChoiceField(ordering.CHOICES, allow_blank=True, default="")


class ColumnSerializer(serializers.Serializer[Any]):
    """A column that there is. sort: by what its head sorts, empty for nothing."""

    id = serializers.CharField()
    title = serializers.CharField()
    sort = serializers.CharField(allow_blank=True)


class OwnColumnsSerializer(serializers.Serializer[Any]):
    """columns: ids in the order in which the caller's pages show them."""

    columns = serializers.ListField(
        child=serializers.CharField(max_length=40), max_length=len(COLUMNS)
    )
    known = ColumnSerializer(many=True, read_only=True)


class CaseExportView(Endpoint):
    """Cases as a table."""

    scopes: ClassVar = {"POST": Scope.READ}

    @extend_schema(
        operation_id="cases_export",
        request=ExportSerializer,
        responses={(200, "text/csv"): OpenApiTypes.STR, **problems(422)},
    )
    def post(self, request: Request) -> StreamingHttpResponse:
        """A line for each case, 50,000 at most; no cell is a formula, addresses are defanged."""
        form = ExportSerializer(data=request.data)
        form.is_valid(raise_exception=True)
        said = form.validated_data
        query, order = parse(said["q"], FIELDS), ordering.read(said["sort"])
        pieces = export_cases(actor=caller(request), query=query, order=order)
        return csv_file("cases", pieces)


class OwnColumnsView(Endpoint):
    """What pages of lists show to the caller."""

    scopes: ClassVar = {"GET": Scope.READ, "PUT": Scope.REVIEW}

    @extend_schema(
        operation_id="me_columns", responses={200: OwnColumnsSerializer, **problems(403)}
    )
    def get(self, request: Request) -> Response:
        """As it is; who chose nothing has the usual ones."""
        return Response(_told(request))

    @extend_schema(
        operation_id="me_columns_save",
        request=OwnColumnsSerializer,
        responses={200: OwnColumnsSerializer, **problems(403, 422)},
    )
    def put(self, request: Request) -> Response:
        """As it is from now on; answers of this API do not change."""
        form = OwnColumnsSerializer(data=request.data)
        form.is_valid(raise_exception=True)
        save_columns(actor=caller(request), columns=form.validated_data["columns"])
        return Response(_told(request))


def _told(request: Request) -> dict[str, Any]:
    known = [{"id": one.id, "title": one.title, "sort": one.sort} for one in COLUMNS]
    return {"columns": ids_of(caller(request).own_columns), "known": known}


def filtered(viewer: User, asked: Mapping[str, str]) -> QuerySet[Case]:
    """The cases that a list asks for. Raises InvalidError for a value that cannot be meant."""
    said = {name: value.replace("\x00", "") for name, value in asked.items()}
    rows = cases_for(viewer, said.get("provider", "")).select_related("claimed_by", "assignee")
    for name, choices in (("state", State.values), ("tlp", Tlp.values)):
        if value := said.get(name):
            if value not in choices:
                message = f"Choose a {name}: {', '.join(choices)}."
                raise InvalidError(message, field=name)
            rows = rows.filter(**{name: value})
    if slug := said.get("queue"):
        rows = rows.filter(queue__slug=slug)
    if label := said.get("label"):
        rows = rows.filter(labels__contains=[label.casefold()])
    if query := said.get("q"):
        rows = rows.filter(where(parse(query, FIELDS), clock.now(), viewer))
    return rows.filter(watches__user=viewer) if said.get("watched") == "true" else rows
